"""``reidentify``: is the person in a protected picture named all the same?

The attacker has enrolled some pictures of every person and is shown a protected other one. She
knows the protector, because hiding how a picture is blurred protects nobody.

* *naive*: she enrols clear pictures. This is what most papers measure.
* *adapted*: she protects her own pictures first, and enrols and learns from those.

Two controls go with it. The same people in clear (positive) must be named, or the recogniser is too
weak on these pictures for its failure to mean anything. Pictures of noise (negative) must not be,
or something leaks from the gallery into the probes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from gansec_lib.attacks.on_people.gallery import Gallery, part
from gansec_lib.attacks.on_people.recognisers import features
from gansec_lib.attacks.on_people.table import RECOGNISERS
from gansec_lib.attacks.oracle import Attempt
from gansec_lib.errors import ParameterError
from gansec_lib.images.imageset import ImageSet
from gansec_lib.metrics import identity
from gansec_lib.roles import Protector

ALPHA = 0.001
NAIVE, ADAPTED, CLEAR, NOISE = "naive", "adapted", "in clear", "noise"
SAID = {
    NAIVE: "clear pictures enrolled, protected ones asked for",
    ADAPTED: "the gallery protected like the probes, and learned from",
    CLEAR: "positive control: nothing protected",
    NOISE: "negative control: pictures of noise asked for",
}


@dataclass(frozen=True)
class Reidentification:
    """What the attackers named.

    Parameters
    ----------
    attempts, controls : list of Attempt
        One for each recogniser and setting; the score is rank-1. ``details`` hold its 95 %
        ``interval``, ``rank_five``, the ``limit`` of blind guessing, the equal error rate ``eer``
        and ``tar`` at 1 % false accepts.
    left_out : dict of str to str
        Which recognisers are not reported, by name, and why.
    gallery : Gallery
    places : dict of (name, setting) to int64 array (P,)
        At which place the right person stood for each probe.
    picked : dict of (name, setting) to int64 tensor (P,)
        Whom the attacker named.
    """

    attempts: list[Attempt]
    controls: list[Attempt]
    left_out: dict[str, str]
    gallery: Gallery
    places: dict = field(repr=False)
    picked: dict = field(repr=False)


def reidentify(
    protector: Protector,
    pictures: ImageSet,
    seed: int = 0,
    recognisers: Mapping = RECOGNISERS,
    protected: torch.Tensor | None = None,
) -> Reidentification:
    """Let each recogniser name the people of protected pictures, naive and adapted.

    Parameters
    ----------
    pictures : ImageSet
        With identities, at least two people with two different pictures each.
    seed : int
        Who is enrolled with which pictures, and the noise of the negative control.
    protected : uint8, of the pictures' shape, optional
        What ``protector`` makes of them, where it is at hand.

    Raises
    ------
    ParameterError
        No identities, too few people, or a protector that changes the pictures' shape.
    """
    gallery = part(pictures, seed)
    clear = pictures.images
    if protected is None:
        protected = protector.protect(clear)
    if protected.shape != clear.shape:
        raise ParameterError(
            f"protector: expected pictures of shape {tuple(clear.shape)}, "
            f"got {tuple(protected.shape)}"
        )
    rng = torch.Generator().manual_seed(seed)
    noise = torch.randint(256, clear[gallery.probes].shape, generator=rng).to(torch.uint8)
    rows, rows_protected = features(clear), features(protected)
    settings = {  # the pictures enrolled and those asked for
        CLEAR: (rows[gallery.enrolled], rows[gallery.probes]),
        NOISE: (rows[gallery.enrolled], features(noise)),
        NAIVE: (rows[gallery.enrolled], rows_protected[gallery.probes]),
        ADAPTED: (rows_protected[gallery.enrolled], rows_protected[gallery.probes]),
    }
    found, places, picked = [], {}, {}
    for setting, (enrolled, probes) in settings.items():
        for name, recogniser in recognisers.items():
            start = time.perf_counter()
            distances = recogniser(enrolled, gallery.owners, probes)
            seconds = time.perf_counter() - start
            place = identity.ranks(distances, gallery.truth)
            places[name, setting], picked[name, setting] = place, distances.argmin(1)
            found.append(_attempt(name, setting, distances, place, gallery, seconds))
    controls = [attempt for attempt in found if attempt.setting in (CLEAR, NOISE)]
    left_out: dict[str, str] = {}
    for control in controls:
        if control.beyond_chance == (control.setting == CLEAR):
            continue
        why = "does not know these people even in clear, so its failure would prove nothing"
        if control.setting == NOISE:
            why = "names people in noise, so something leaks from the gallery into the probes"
        left_out.setdefault(control.name, f"{why} (rank-1 {control.score:.3f})")
    attempts = [
        attempt
        for attempt in found
        if attempt.setting in (NAIVE, ADAPTED) and attempt.name not in left_out
    ]
    return Reidentification(attempts, controls, left_out, gallery, places, picked)


def _attempt(name, setting, distances, places, gallery, seconds) -> Attempt:
    """Rank-1 with its interval, beside what guessing gives."""
    hits, people = places == 1, gallery.people
    low, high = identity.rate_interval(hits, gallery.truth.numpy())
    limit = identity.chance_limit(len(hits), people, ALPHA)
    details = {
        "interval": [low, high],
        "rank_five": float((places <= 5).mean()),
        "limit": limit,
        **identity.verification(distances, gallery.truth),
    }
    words = (
        f"{SAID[setting]}: {int(hits.sum())} of {len(hits)} named correctly among {people} people "
        f"({100 * hits.mean():.1f} %, {100 * low:.1f} to {100 * high:.1f}); guessing names "
        f"{100 / people:.1f} %, and more than {100 * limit:.1f} % once in {1 / ALPHA:,.0f} times"
    )
    return Attempt(
        name,
        setting,
        float(hits.mean()),
        1 / people,
        len(gallery.enrolled),
        seconds,
        words,
        details=details,
        margin=limit - 1 / people,
    )
