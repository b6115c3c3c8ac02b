"""Kernel distance of two sets of feature rows (KID), and how far chance alone moves it.

The squared maximum mean discrepancy (MMD) compares how alike rows of one set are to each other
with how alike they are to rows of the other set.
"""

from __future__ import annotations

import math

import torch

from gansec_lib.metrics.neighbours import rows_of, same_width


def polynomial_mmd(real: torch.Tensor, generated: torch.Tensor) -> float:
    """Unbiased squared MMD with the kernel (x·y / D + 1)³ (Bińkowski et al. 2018, eq. 4).

    Its mean is 0 where both sets come from one distribution, so single values may be negative.
    """
    a, b = rows_of("real", real, least=2), rows_of("generated", generated, least=2)
    same_width(a, b)

    def within(rows):
        square = polynomial_kernel(rows, rows)
        return (square.sum() - square.diagonal().sum()) / (len(rows) * (len(rows) - 1))

    return float(within(a) + within(b) - 2 * polynomial_kernel(a, b).mean())


def polynomial_kernel(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """(x·y / D + 1)³ of each row of (N, D) with each of (M, D): (N, M)."""
    return (a @ b.T / a.shape[1] + 1).pow(3)


def kernel_deviation(
    real: torch.Tensor, generated: torch.Tensor, most: int = 2000, seed: int = 0
) -> float:
    """Standard deviation of :func:`polynomial_mmd` over fresh draws of both sets.

    One pair of sets is enough to know how far the value would scatter. The kernel k of two real,
    of two generated and of one row of each splits into a mean, a part of each row and a rest:

        k(x, x') = μ + a(x) + a(x') + r,   k(y, y') = μ' + b(y) + b(y') + r',
        k(x, y) = μ'' + c(x) + d(y) + r''

    and as these parts are uncorrelated, with N real and M generated rows (Hoeffding 1948;
    Sutherland et al. 2017 for this statistic)

        Var = 4 Var(a − c)/N + 4 Var(b − d)/M + 2 E r²/(N (N − 1)) + 2 E r'²/(M (M − 1))
              + 4 E r''²/(N M).

    Each term has an unbiased estimate.
    The first two vanish where both sets come from one distribution. Their estimates may then be
    negative; together they count as 0 at least, so that the deviation comes out somewhat too large
    there, by a third at most in our trials.

    Parameters
    ----------
    real, generated : float (N, D), (M, D), at least 4 rows each
    most : int
        The terms are estimated on so many rows at most, drawn by ``seed``; N and M stay those of
        the whole sets.
    """
    a, b = rows_of("real", real, least=4), rows_of("generated", generated, least=4)
    same_width(a, b)
    n, m = len(a), len(b)
    rng = torch.Generator().manual_seed(seed)
    a, b = (rows[torch.randperm(len(rows), generator=rng)[:most]] for rows in (a, b))
    across = polynomial_kernel(a, b)
    rest = across - across.mean(0) - across.mean(1, keepdim=True) + across.mean()
    both = float(rest.square().sum()) / ((len(a) - 1) * (len(b) - 1))
    rests, firsts = 4 * both / (n * m), 0.0
    for rows, to_others, whole in ((a, across.mean(1), n), (b, across.mean(0), m)):
        count, others = len(rows), across.numel() // len(rows)
        within = polynomial_kernel(rows, rows).fill_diagonal_(0)
        mean = within.sum() / (count * (count - 1))
        part = (within.sum(1) - (count - 1) * mean) / (count - 2)  # a(x), or b(y)
        rest = (within - mean - part - part[:, None]).fill_diagonal_(0)
        own = float(rest.square().sum()) / (count * (count - 3))
        noise = own / (count - 2) + both / others  # what the rests add to the spread of the parts
        firsts += 4 * (float((part - to_others).var()) - noise) / whole
        rests += 2 * own / (whole * (whole - 1))
    return math.sqrt(rests + max(0.0, firsts))


def kernel_distance(
    real: torch.Tensor,
    generated: torch.Tensor,
    subsets: int = 50,
    size: int = 500,
    seed: int = 0,
) -> tuple[float, float]:
    """KID: mean of :func:`polynomial_mmd` over random subsets, and its standard error.

    ``size`` is cut to the smaller set. The error says how far the value would scatter if both sets
    were drawn again: :func:`kernel_deviation`, and the choice of subsets on top of it. The spread
    over subsets of one pair of sets cannot say this, as subsets share rows; where they are the
    whole set they do not differ at all.
    """
    a, b = rows_of("real", real, least=2), rows_of("generated", generated, least=2)
    same_width(a, b)
    size = min(size, len(a), len(b))
    if size == max(len(a), len(b)):
        subsets = 1  # all the same
    rng = torch.Generator().manual_seed(seed)
    values = torch.tensor(
        [
            polynomial_mmd(
                a[torch.randperm(len(a), generator=rng)[:size]],
                b[torch.randperm(len(b), generator=rng)[:size]],
            )
            for _ in range(subsets)
        ],
        dtype=torch.float64,
    )
    chosen = float(values.var()) / subsets if subsets > 1 else 0.0
    return float(values.mean()), kernel_error(a, b, chosen)


def kernel_error(real: torch.Tensor, generated: torch.Tensor, chosen: float) -> float:
    """Standard error of a mean of :func:`polynomial_mmd` over random subsets; NaN under 4 rows.

    Given both sets, the mean over subsets scatters around the value of the whole sets. ``chosen``
    is the variance of that scatter, and :func:`kernel_deviation` that of the whole sets.
    """
    if min(len(real), len(generated)) < 4:
        return math.nan
    return math.sqrt(kernel_deviation(real, generated) ** 2 + chosen)
