"""Who is enrolled and who is asked for: no picture is ever in both.

The leak that spoils most published re-identification rates is a probe that the recogniser has
seen. Here a person's pictures are parted once, and equal files count as one picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gansec_lib.errors import ParameterError
from gansec_lib.files import sha256
from gansec_lib.images.imageset import ImageSet


@dataclass(frozen=True)
class Gallery:
    """A set of people parted in enrolled pictures and probes.

    Parameters
    ----------
    enrolled, probes : int64 (E,), (P,)
        Places in the set; no place is in both.
    owners, truth : int64 (E,), (P,)
        Whom each of them shows, as a number from 0 to ``people`` − 1.
    people : int
    """

    enrolled: torch.Tensor
    probes: torch.Tensor
    owners: torch.Tensor
    truth: torch.Tensor
    people: int


def part(pictures: ImageSet, seed: int = 0) -> Gallery:
    """Half of each person's pictures enrolled, the others to be asked for.

    Equal pictures count once. People with a single picture are left out: they cannot be both.

    Raises
    ------
    ParameterError
        No identities, or fewer than two people with two different pictures.

    >>> images = torch.arange(6)[:, None, None, None].expand(6, 1, 8, 8).to(torch.uint8)
    >>> found = part(ImageSet(images, torch.tensor([7, 7, 9, 9, 9, 4])))
    >>> found.people, len(found.enrolled), len(found.probes), sorted(found.truth.tolist())
    (2, 2, 3, [0, 1, 1])
    """
    if why := why_nobody(pictures):
        raise ParameterError(f"pictures: {why}")
    rng = torch.Generator().manual_seed(seed)
    halves: tuple[list, list, list, list] = ([], [], [], [])
    people = _people(pictures)
    for person, places in enumerate(people):
        places = places[torch.randperm(len(places), generator=rng)]
        for half, chosen in enumerate((places[: len(places) // 2], places[len(places) // 2 :])):
            halves[half].append(chosen)
            halves[half + 2].append(torch.full_like(chosen, person))
    return Gallery(*(torch.cat(half) for half in halves), len(people))


def why_nobody(pictures: ImageSet) -> str:
    """Why nobody can be recognised among these pictures; empty where somebody can.

    >>> why_nobody(ImageSet(torch.zeros(2, 1, 8, 8, dtype=torch.uint8)))[:29]
    'expected identities, got none'
    """
    if pictures.identities is None:
        return (
            "expected identities, got none; a folder has them where its sub-folders are numbered "
            "people (s01, person-7), and the bundled faces always do"
        )
    people = len(_people(pictures))
    if people >= 2:
        return ""
    return (
        f"expected two people with two different pictures each, got {people} such; of "
        f"{len(pictures)} pictures {len(pictures.identities.unique())} people are shown"
    )


def _people(pictures: ImageSet) -> list[torch.Tensor]:
    """Where the different pictures of each person stand who has two or more of them."""
    places: dict[str, int] = {}
    for place, picture in enumerate(pictures.images.cpu()):
        places.setdefault(sha256(picture.numpy().tobytes()), place)
    kept = torch.tensor(list(places.values()))
    owners = pictures.identities.cpu()[kept]
    of_each = [kept[owners == person] for person in pictures.identities.unique()]
    return [places for places in of_each if len(places) > 1]
