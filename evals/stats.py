"""Numbers that know how uncertain they are: every estimate has its n and a 95 % interval."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import comb, sqrt

import numpy as np
import numpy.typing as npt

LEVEL = 0.05
"""A difference counts when its p value is below this, and an interval covers the rest (95 %)."""
_Z = 1.959963984540054
_DRAWS = 4000
_SEED = 20261122
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, the interval it lies in, and how many observations it rests on."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better the second of two is, with its interval and how easily chance explains it."""

    value: float
    low: float
    high: float
    p: float
    n: int
    test: str

    @property
    def worse(self) -> bool:
        """Whether the second is lower and chance alone does not explain it."""
        return self.value < 0 and self.p < LEVEL


def share(hits: int, n: int) -> Estimate | None:
    """A share with its Wilson interval; None when there is nothing to share out."""
    if n == 0:
        return None
    p, z2 = hits / n, _Z**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    reach = _Z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Estimate(p, max(0.0, middle - reach), min(1.0, middle + reach), n)


def mean(values: Sequence[float], groups: Sequence[Hashable] | None = None) -> Estimate | None:
    """The mean with a bootstrap interval; observations of one group are drawn together.

    None when there are no values. `n` counts values, not groups.
    """
    if not values:
        return None
    draws = _draw(np.asarray(values, dtype=np.float64), groups)
    low, high = np.percentile(draws, (100 * LEVEL / 2, 100 * (1 - LEVEL / 2)))
    return Estimate(float(np.mean(values)), float(low), float(high), len(values))


def quantile(values: Sequence[float], q: float) -> Estimate | None:
    """The quantile `q` with a bootstrap interval; None when there are no values."""
    if not values:
        return None
    data = np.asarray(values, dtype=np.float64)
    random = np.random.default_rng(_SEED)
    draws = np.quantile(data[random.integers(len(data), size=(1000, len(data)))], q, axis=1)
    low, high = np.percentile(draws, (100 * LEVEL / 2, 100 * (1 - LEVEL / 2)))
    return Estimate(float(np.quantile(data, q)), float(low), float(high), len(data))


def mcnemar(before: Sequence[float], after: Sequence[float]) -> Difference | None:
    """Exact McNemar test of paired yes/no values; the interval is the paired bootstrap's."""
    paired = paired_mean(before, after)
    if paired is None:
        return None
    gains = sum(b < a for b, a in zip(before, after, strict=True))
    losses = sum(b > a for b, a in zip(before, after, strict=True))
    changed = gains + losses
    tail = sum(comb(changed, i) for i in range(min(gains, losses) + 1))
    p = min(1.0, 2 * tail / 2**changed)
    return Difference(paired.value, paired.low, paired.high, p, paired.n, "McNemar")


def paired_mean(
    before: Sequence[float], after: Sequence[float], groups: Sequence[Hashable] | None = None
) -> Difference | None:
    """Paired bootstrap of the mean difference; None without pairs."""
    if not before:
        return None
    change = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    return _difference(float(change.mean()), _draw(change, groups), len(change), "parret bootstrap")


def unpaired_mean(first: Sequence[float], second: Sequence[float]) -> Difference | None:
    """Bootstrap of the difference between the means of two separate samples; None when one is empty."""
    if not first or not second:
        return None
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    draws = _draw(two, None, _SEED + 1) - _draw(one, None)
    return _difference(float(two.mean() - one.mean()), draws, min(len(one), len(two)), "bootstrap")


def holm(ps: Sequence[float]) -> list[float]:
    """The p values corrected for having looked at all of them (Holm), in the same order."""
    order = sorted(range(len(ps)), key=ps.__getitem__)
    adjusted, floor = [0.0] * len(ps), 0.0
    for place, index in enumerate(order):
        floor = max(floor, min(1.0, (len(ps) - place) * ps[index]))
        adjusted[index] = floor
    return adjusted


def _difference(value: float, draws: _Floats, n: int, test: str) -> Difference:
    low, high = np.percentile(draws, (100 * LEVEL / 2, 100 * (1 - LEVEL / 2)))
    tail = min(int((draws <= 0).sum()), int((draws >= 0).sum()))
    p = min(1.0, 2 * (tail + 1) / (len(draws) + 1))
    return Difference(value, float(low), float(high), p, n, test)


def _draw(values: _Floats, groups: Sequence[Hashable] | None, seed: int = _SEED) -> _Floats:
    """Means of `_DRAWS` resamples, whole groups at a time."""
    if groups is None:
        sums, sizes = values, np.ones(len(values), dtype=np.float64)
    else:
        places: dict[Hashable, int] = {}
        index = [places.setdefault(g, len(places)) for g in groups]
        sums = np.bincount(index, weights=values).astype(np.float64)
        sizes = np.bincount(index).astype(np.float64)
    random = np.random.default_rng(seed)
    means = []
    for _ in range(0, _DRAWS, 500):
        picked = random.integers(len(sums), size=(500, len(sums)))
        means.append(sums[picked].sum(axis=1) / sizes[picked].sum(axis=1))
    return np.concatenate(means)
