"""``evaluate``: can anyone tell a hider's stegos from covers? With intervals and a control.

Each cover is hidden in, and the analyser scores covers and stegos. An analyser that sees nothing
may be blind on these very pictures. So its answer counts only if it finds the positive control: the
same covers with every last bit replaced by a coin's.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from gansec_lib.attacks.on_hiders.table import ANALYSERS, Analyser
from gansec_lib.attacks.oracle import Attempt
from gansec_lib.errors import ParameterError
from gansec_lib.metrics import detection
from gansec_lib.roles import Hider, check_images

ALPHA = 0.001
SHARES = (1.0, 0.5, 0.2, 0.1, 0.05)  # of what the covers hold
CONTROL = "every last bit random"


@dataclass(frozen=True)
class Evaluation:
    """What the analysers found.

    Parameters
    ----------
    attempts : list of Attempt
        One for each analyser and share; the score is 1 − P_E. ``details`` holds ``p_e``, ``auc``
        and ``md5`` (these two with 95 % intervals, ``auc_interval``…), the ``full`` share of the
        capacity, ``bits`` hidden for each sample, and the median ``covers`` and ``stegos`` score.
    controls : list of Attempt
        The same for the positive control.
    left_out : dict of str to str
        Which analysers are not reported, by name, and why.
    """

    attempts: list[Attempt]
    controls: list[Attempt]
    left_out: dict[str, str]


def evaluate(
    hider: Hider,
    covers: torch.Tensor,
    key: bytes,
    analysers: Sequence[Analyser] = tuple(ANALYSERS.values()),
    shares: Sequence[float] = SHARES,
    seed: int = 0,
) -> Evaluation:
    """Hide random bytes in covers, and let analysers tell them from the covers.

    Parameters
    ----------
    covers : uint8 (N, C, H, W)
        Of 12 covers a blind analyst may get P_E down to 0.17, of 200 to 0.41.
    shares : sequence of float in (0, 1]
        How much of its capacity each stego carries.
    seed : int
        The secrets and the bootstrap follow from it.

    Raises
    ------
    ParameterError
    """
    check_images(covers, "covers")
    known = {analyser.name: _scores(analyser, covers) for analyser in analysers}
    control = _coins(covers, seed)
    controls, left_out = [], {}
    for analyser in analysers:
        found = _compare(analyser, CONTROL, known, control, 1.0, 1.0, seed)
        controls.append(found)
        if not found.succeeded:
            limit = detection.critical_p_e(len(covers), ALPHA)
            left_out[analyser.name] = (
                f"its silence would prove nothing. On these {len(covers)} covers, {CONTROL}, its "
                f"P_E is {found.details['p_e']:.2f}, which is not below the {limit:.2f} that blind "
                f"guessing reaches once in {1 / ALPHA:,.0f}"
            )
    attempts = []
    for share in shares:
        stegos, bits = fill(hider, covers, key, share, seed)
        setting = f"{100 * share:g} % full"
        for analyser in analysers:
            if analyser.name not in left_out:
                attempts.append(_compare(analyser, setting, known, stegos, share, bits, seed))
    return Evaluation(attempts, controls, left_out)


def random_secrets(covers: torch.Tensor, length: int, seed: int = 0) -> torch.Tensor:
    """Random bytes for each cover, uint8 (N, length)."""
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(256, (len(covers), length), generator=rng).to(torch.uint8)


def fill(
    hider: Hider, covers: torch.Tensor, key: bytes, share: float, seed: int = 0
) -> tuple[torch.Tensor, float]:
    """Stegos that carry random bytes up to this share of their capacity, and bits a sample.

    Raises
    ------
    ParameterError
        A share outside (0, 1], or covers that hold nothing.
    """
    if not 0 < share <= 1:
        raise ParameterError(f"share: expected a share of the capacity in (0, 1], got {share!r}")
    capacity = hider.capacity(tuple(covers.shape[1:]))
    if capacity < 1:
        raise ParameterError(f"covers: {tuple(covers.shape[1:])} hold no byte in this system")
    length = max(1, round(share * capacity))
    stegos = hider.hide(covers, random_secrets(covers, length, seed), key)
    return stegos, 8 * length / covers[0].numel()


def _coins(covers: torch.Tensor, seed: int) -> torch.Tensor:
    """The positive control: every last bit a coin's."""
    rng = torch.Generator().manual_seed(seed)
    return covers & 254 | torch.randint(2, covers.shape, generator=rng).to(torch.uint8)


def _scores(analyser: Analyser, images: torch.Tensor) -> tuple[torch.Tensor, float]:
    start = time.perf_counter()
    return analyser.score(images), time.perf_counter() - start


def _compare(analyser, setting, known, stegos, full, bits, seed) -> Attempt:
    """One analyser's scores of covers beside those of stegos."""
    covers, before = known[analyser.name]
    scores, seconds = _scores(analyser, stegos)
    curve = detection.roc(covers, scores)
    details = {
        "p_e": curve.p_e().item(),
        "auc": curve.auc().item(),
        "md5": curve.missed().item(),
        "full": full,
        "bits": bits,
        "covers": covers.median().item(),
        "stegos": scores.median().item(),
    }
    spans = detection.bootstrap(covers, scores, seed=seed)
    details |= {f"{name}_interval": list(span) for name, span in spans.items()}
    limit = detection.critical_p_e(len(scores), ALPHA)
    words = (
        f"{analyser.says}; {len(scores)} covers and their stegos: P_E {details['p_e']:.3f}; blind "
        f"guessing gets below {limit:.3f} once in {1 / ALPHA:,.0f}"
    )
    return Attempt(
        analyser.name,
        setting,
        1 - details["p_e"],
        0.5,
        len(scores),
        before + seconds,
        words,
        details=details,
        tells=True,
        margin=0.5 - limit,
    )
