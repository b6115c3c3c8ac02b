"""Who is enrolled and who is asked for: no picture is ever in both.

The leak that spoils most published re-identification rates is a probe that the recogniser has
seen. Here a person's pictures are parted once, and equal files count as one picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gansec_lib.errors import ParameterError
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
    if pictures.identities is None:
        raise ParameterError(
            "pictures: expected identities, got none; a folder has them where its sub-folders are "
            "numbered people (s01, person-7), and the bundled faces always do"
        )
    _, first = torch.unique(pictures.images.flatten(1), dim=0, return_inverse=True)
    once = torch.full((int(first.max()) + 1,), len(first), dtype=torch.int64)
    once = once.scatter_reduce(0, first, torch.arange(len(first)), "amin")
    kept = torch.zeros(len(first), dtype=torch.bool)
    kept[once] = True
    rng = torch.Generator().manual_seed(seed)
    halves: tuple[list, list, list, list] = ([], [], [], [])
    people = 0
    for person in pictures.identities.unique():
        places = ((pictures.identities == person) & kept).nonzero()[:, 0]
        if len(places) < 2:
            continue
        places = places[torch.randperm(len(places), generator=rng)]
        for half, chosen in enumerate((places[: len(places) // 2], places[len(places) // 2 :])):
            halves[half].append(chosen)
            halves[half + 2].append(torch.full_like(chosen, people))
        people += 1
    if people < 2:
        raise ParameterError(
            f"pictures: expected two people with two different pictures each, got {people} such; "
            f"of {len(pictures)} pictures {len(pictures.identities.unique())} people are shown"
        )
    return Gallery(*(torch.cat(half) for half in halves), people)
