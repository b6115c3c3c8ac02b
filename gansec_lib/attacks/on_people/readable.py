"""What can still be read from a protected picture: attributes, and where the face's parts are.

For a user of the pictures this is utility, for the person shown it may be the next leak (attribute
inference), so it is one measurement. A reader learns from some people's pictures and is asked about
other people's, in clear or protected; ridge regression on the features of ``recognisers`` is all it
has, so what it reads, others read better.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gansec_lib.attacks.on_people.recognisers import features
from gansec_lib.images.imageset import ImageSet

RIDGE = 0.1  # weight of the penalty, times the mean variance of the features
LEAST = 8  # pictures with and without an attribute, in either half
EYES = ("left_eye", "right_eye")


@dataclass(frozen=True)
class Reading:
    """One thing read: in clear, and from protected pictures by two readers.

    Parameters
    ----------
    name : str
    guess : float
        What is had without looking: ½ of a balanced accuracy, or the error of the mean place.
    clear, naive, adapted : float
        Read in clear by who learned in clear; from protected pictures by who learned in clear, and
        by who learned from protected ones.
    """

    name: str
    guess: float
    clear: float
    naive: float
    adapted: float


def attributes(pictures: ImageSet, protected: torch.Tensor, seed: int = 0) -> list[Reading]:
    """Balanced accuracy (mean of the right shares of yes and of no) of each yes-or-no attribute.

    An attribute is left out where either half of the people shows it, or lacks it, in fewer than 8
    pictures.
    """
    learn = _learners(pictures, seed)
    rows, rows_protected = features(pictures.images), features(protected)
    found = []
    for name, truth in (pictures.attributes or {}).items():
        halves = truth[learn], truth[~learn]
        if truth.dtype != torch.bool or any(
            min(int(half.sum()), int((~half).sum())) < LEAST for half in halves
        ):
            continue
        target = torch.where(truth, 1.0, -1.0)[:, None]
        target = target / torch.where(truth, truth[learn].sum(), (~truth[learn]).sum())[:, None]
        scores = []
        for taught, asked in _pairs(rows, rows_protected):
            said = _ridge(taught[learn], target[learn], asked[~learn])[:, 0] > 0
            right = said == halves[1]
            shares = [right[kind].double().mean() for kind in (halves[1], ~halves[1])]
            scores.append(float(sum(shares) / 2))
        found.append(Reading(name, 0.5, *scores))
    return found


def landmarks(pictures: ImageSet, protected: torch.Tensor, seed: int = 0) -> Reading | None:
    """Mean distance of the landmarks found from the true ones, in % of the distance of the eyes.

    None where the set has no landmarks, or none called ``left_eye`` and ``right_eye``.
    """
    if pictures.landmarks is None or not set(EYES) <= set(pictures.landmark_names):
        return None
    learn = _learners(pictures, seed)
    truth = pictures.landmarks.double()
    left, right = (truth[:, pictures.landmark_names.index(name)] for name in EYES)
    scale = (left - right).norm(dim=1).clamp_min(1e-6)[~learn, None]
    rows, rows_protected = features(pictures.images), features(protected)

    def error(places: torch.Tensor) -> float:
        gaps = (places.reshape(-1, *truth.shape[1:]) - truth[~learn]).norm(dim=2)
        return float(100 * (gaps / scale).mean())

    flat = truth.flatten(1)
    errors = [
        error(_ridge(taught[learn], flat[learn], asked[~learn]))
        for taught, asked in _pairs(rows, rows_protected)
    ]
    guess = error(flat[learn].mean(0).expand(int((~learn).sum()), -1))
    return Reading("landmarks", guess, *errors)


def _pairs(rows, rows_protected):
    """What the reader learns from and is asked about: clear, naive, adapted."""
    return (rows, rows), (rows, rows_protected), (rows_protected, rows_protected)


def _learners(pictures: ImageSet, seed: int) -> torch.Tensor:
    """Bool (N,): the pictures of half of the people, so that nobody is in both halves."""
    who = pictures.identities if pictures.identities is not None else torch.arange(len(pictures))
    people = who.unique()
    rng = torch.Generator().manual_seed(seed)
    return torch.isin(who, people[torch.randperm(len(people), generator=rng)[: len(people) // 2]])


def _ridge(rows: torch.Tensor, targets: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
    """Linear least squares with a penalty, solved over the pictures (fewer than the features)."""
    mean, centre = rows.mean(0), targets.double().mean(0)
    inner = (rows - mean) @ (rows - mean).T
    inner.diagonal().add_(RIDGE * inner.diagonal().mean() + 1e-9)
    weights = torch.linalg.solve(inner, targets.double() - centre)
    return (asked - mean) @ (rows - mean).T @ weights + centre
