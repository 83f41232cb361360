"""A run in numbers: every measure with n and interval, for all cases and for each slice of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals import stats
from evals.metrics import METRICS, Scored
from evals.record import SectionRow
from evals.stats import Difference, Estimate

SLICES = ("kind", "topic", "language", "style", "split", "source", "set")
"""How cases are divided in reports; `source` is the type of document that answers."""
SLICE_LABELS = {
    "kind": "Spørsmålstype",
    "topic": "Emne",
    "language": "Språk",
    "style": "Form",
    "split": "Del",
    "source": "Kildetype",
    "set": "Sett",
}
ALL = "all"


@dataclass(frozen=True, slots=True)
class StatusRow:
    """How well one status is recognised: of those that came, and of those that should."""

    status: str
    precision: Estimate | None
    recall: Estimate | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A difference in fact recall between two groups of questions."""

    name: str
    label: str
    difference: Difference


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a run."""

    n: int
    passed: int
    slices: Mapping[str, Mapping[str, Estimate]]
    """By slice (`all`, `kind=amount` …) and metric; a metric that applies to no case is left out."""
    confusion: Mapping[tuple[str, str], int]
    """Number of cases by expected and observed status."""
    statuses: tuple[StatusRow, ...]
    gaps: tuple[Gap, ...]
    latency: Mapping[str, Estimate]
    words: Mapping[str, Estimate]

    def as_json(self) -> dict[str, Any]:
        """The figures as plain values."""
        values = asdict(self)
        values["confusion"] = [[e, o, n] for (e, o), n in sorted(self.confusion.items())]
        return values


def summarise(scored: Sequence[Scored], sections: Mapping[str, SectionRow]) -> Summary:
    """The figures of the scored cases."""
    return Summary(
        n=len(scored),
        passed=sum(not s.faults for s in scored),
        slices={name: estimates(part) for name, part in slices(scored, sections).items()},
        confusion=confusion(scored),
        statuses=status_rows(scored),
        gaps=gaps(scored),
        latency=_quantiles([s.outcome.ms for s in scored if s.outcome.answer]),
        words=_quantiles([float(s.words) for s in scored if s.outcome.answer]),
    )


def label_of(scored: Scored, name: str, sections: Mapping[str, SectionRow]) -> str:
    """Which part of the slice `name` a case belongs to."""
    if name == "source":
        return next((sections[g].type for g in scored.case.golden if g in sections), "ingen")
    return str(getattr(scored.case, name))


def slices(scored: Sequence[Scored], sections: Mapping[str, SectionRow]) -> dict[str, list[Scored]]:
    """All cases under `all`, then each part of each slice that has a case."""
    parts: dict[str, list[Scored]] = {ALL: list(scored)}
    for name in SLICES:
        divided: defaultdict[str, list[Scored]] = defaultdict(list)
        for item in scored:
            divided[f"{name}={label_of(item, name, sections)}"].append(item)
        parts |= dict(sorted(divided.items()))
    return parts


def estimates(scored: Iterable[Scored]) -> dict[str, Estimate]:
    """Every metric over the cases it applies to."""
    scored = list(scored)
    found = {name: estimate(scored, name) for name in METRICS}
    return {name: e for name, e in found.items() if e is not None}


def estimate(scored: Iterable[Scored], metric: str) -> Estimate | None:
    """One metric over the cases it applies to; None when it applies to none."""
    pairs = [(v, s.case.group) for s in scored if (v := s.values[metric]) is not None]
    values = [v for v, _ in pairs]
    if METRICS[metric].yes_no:
        return stats.share(round(sum(values)), len(values))
    return stats.mean(values, [group for _, group in pairs])


def confusion(scored: Iterable[Scored]) -> dict[tuple[str, str], int]:
    """Number of cases by expected and observed status; of several right ones, the one that came."""
    return dict(Counter((_expected(s), s.observed) for s in scored))


def status_rows(scored: Sequence[Scored]) -> tuple[StatusRow, ...]:
    """Precision and recall of every status that was expected or came."""
    counts = confusion(scored)
    rows = []
    for status in sorted({s for pair in counts for s in pair}):
        right = counts.get((status, status), 0)
        came = sum(n for (_, observed), n in counts.items() if observed == status)
        due = sum(n for (expected, _), n in counts.items() if expected == status)
        rows.append(StatusRow(status, stats.share(right, came), stats.share(right, due)))
    return tuple(rows)


def gaps(scored: Sequence[Scored]) -> tuple[Gap, ...]:
    """Nynorsk and English against bokmål on the same content, and noisy questions against tidy ones."""
    by_triple: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for item in scored:
        value = item.values["fact_recall"]
        if item.case.triple and value is not None:
            by_triple[item.case.triple][item.case.language] = value
    found = []
    for language, label in (("nn", "Nynorsk mot bokmål"), ("en", "Engelsk mot bokmål")):
        pairs = [(t["nb"], t[language]) for t in by_triple.values() if "nb" in t and language in t]
        difference = stats.paired_mean([a for a, _ in pairs], [b for _, b in pairs])
        found.append((f"{language}-nb", f"{label} (samme innhold)", difference))
    noisy, tidy = [], []
    for item in scored:
        value = item.values["fact_recall"]
        if value is not None and item.case.style in ("typo", "keyword"):
            noisy.append(value)
        elif value is not None and item.case.style in ("plain", "situation") and item.case.language == "nb":
            tidy.append(value)
    found.append(("noise", "Skrivefeil og stikkord mot hele setninger", stats.unpaired_mean(tidy, noisy)))
    return tuple(Gap(name, label, d) for name, label, d in found if d is not None)


def _expected(scored: Scored) -> str:
    if scored.observed in scored.case.status:
        return scored.observed
    return scored.case.status[0]


def _quantiles(values: Sequence[float]) -> dict[str, Estimate]:
    found = {"p50": stats.quantile(values, 0.5), "p95": stats.quantile(values, 0.95)}
    return {name: e for name, e in found.items() if e is not None}
