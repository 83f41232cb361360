"""Pass or fail: zero tolerance, floors, and a paired comparison with the committed baseline.

No rule fails on a difference that chance explains: a floor fails when the whole interval lies under
it, and the comparison when a drop is significant after correction for the number of tests (Holm).
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from assistant.errors import AssistantError
from evals import stats
from evals.cases import plain
from evals.checks import RULES, silent_components
from evals.metrics import METRICS, Scored
from evals.record import SectionRow
from evals.stats import Difference
from evals.summary import SLICES, estimate, label_of

GATE = Path(__file__).parent / "gate.toml"
BASELINE = Path(__file__).parent / "baseline.json"
_SHOWN = 5
_ROUNDING = 1e-9
_DECIMALS = 4
"""A value is kept, and compared, with this many decimals."""


class GateError(AssistantError):
    """`gate.toml` or `baseline.json` cannot be used."""


class Floor(BaseModel):
    """The least a metric may be, over the cases that `where` picks out."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    metric: str
    min: float | None = Field(default=None, ge=0, le=1)
    max: float | None = Field(default=None, ge=0, le=1)
    where: dict[str, str] = {}
    n: int = Field(default=20, ge=1)
    """With fewer cases than this the floor says nothing."""

    @field_validator("metric")
    @classmethod
    def _known_metric(cls, name: str) -> str:
        if name not in METRICS:
            raise ValueError(f"ukjent mål {name!r}")
        return name

    @field_validator("where")
    @classmethod
    def _known_slices(cls, where: dict[str, str]) -> dict[str, str]:
        if unknown := set(where) - set(SLICES):
            raise ValueError(f"ukjent inndeling {', '.join(sorted(unknown))}")
        return where

    @property
    def place(self) -> str:
        """Which cases the floor is about."""
        return " ".join(f"{k}={v}" for k, v in self.where.items()) or "alle"


class Rules(BaseModel):
    """What the gate asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    compare: list[str] = []
    """The metrics that are compared with the baseline."""
    floor: list[Floor] = []
    target: list[Floor] = []
    """What the product is to reach and has not yet: reported every time, never a failure."""

    @field_validator("compare")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        if unknown := [n for n in names if n not in METRICS]:
            raise ValueError(f"ukjent mål {', '.join(unknown)}")
        return names


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric against the baseline, on the cases that both have."""

    metric: str
    difference: Difference
    """Positive is better, also for metrics where low is good."""
    adjusted_p: float
    """The p value after Holm's correction."""

    @property
    def failed(self) -> bool:
        """Whether the metric has become worse and chance does not explain it."""
        return self.difference.value < 0 and self.adjusted_p < stats.LEVEL


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason why the gate is red."""

    key: str
    """Which rule, floor or comparison failed."""
    text: str
    n: int = 0
    """For a rule of zero tolerance, how many times it was broken."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found: red when there is a failure; notes never make it red."""

    failures: tuple[Failure, ...]
    notes: tuple[str, ...]
    compared: tuple[Compared, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.failures


def judge(
    scored: Sequence[Scored],
    sections: Mapping[str, SectionRow],
    rules: Rules,
    baseline: Mapping[str, Any] | None = None,
) -> Verdict:
    """The verdict on a scored run; without a baseline nothing is compared, and a note says so."""
    failures = zero_tolerance(scored)
    low, notes = floors(scored, sections, rules.floor)
    failures += low
    missed, _ = floors(scored, sections, rules.target)
    notes += [f"mål som ikke er nådd: {failure.text}" for failure in missed]
    compared: tuple[Compared, ...] = ()
    if baseline is None:
        notes.append("Ingen baseline å sammenligne med.")
    else:
        compared, more = compare(scored, baseline, rules.compare)
        notes += more
        failures += [Failure(f"drop {c.metric}", _change(c)) for c in compared if c.failed]
    return Verdict(tuple(failures), tuple(notes), compared)


def zero_tolerance(scored: Sequence[Scored]) -> list[Failure]:
    """A failure for each rule that was broken, with the first cases that broke it."""
    found = [(v, s.case.id) for s in scored for v in s.violations]
    lines = []
    for rule, n in Counter(v.rule for v, _ in found).items():
        shown = [f"{case}: {v.detail}" for v, case in found if v.rule == rule][:_SHOWN]
        lines.append(Failure(rule, f"{RULES[rule]} ({n} ganger): {'; '.join(shown)}", n))
    silent = silent_components([s.outcome for s in scored])
    return lines + [Failure(f"silent {v.detail}", v.detail) for v in silent]


def floors(
    scored: Sequence[Scored], sections: Mapping[str, SectionRow], wanted: Sequence[Floor]
) -> tuple[list[Failure], list[str]]:
    """Failures and notes about the floors: below with certainty fails, perhaps below is noted."""
    failures: list[Failure] = []
    notes: list[str] = []
    for floor in wanted:
        cases = [s for s in scored if all(label_of(s, k, sections) == v for k, v in floor.where.items())]
        found = estimate(cases, floor.metric)
        name = f"{METRICS[floor.metric].label} ({floor.place})"
        if found is None or found.n < floor.n:
            notes.append(f"{name}: {found.n if found else 0} saker er for få, krever {floor.n}")
            continue
        figures = f"{name}: {found.value:.3f} [{found.low:.3f}–{found.high:.3f}], n={found.n}"
        least = floor.min if floor.min is not None else 0.0
        most = floor.max if floor.max is not None else 1.0
        if found.high < least - _ROUNDING or found.low > most + _ROUNDING:
            failures.append(
                Failure(f"floor {floor.metric} {floor.place}", f"{figures}, krav {least:g}–{most:g}")
            )
        elif not least <= found.value <= most:
            notes.append(f"{figures}, utenfor kravet {least:g}–{most:g}, men innenfor usikkerheten")
    return failures, notes


def compare(
    scored: Sequence[Scored], baseline: Mapping[str, Any], metrics: Sequence[str]
) -> tuple[tuple[Compared, ...], list[str]]:
    """Each metric against the baseline, on cases that have not changed since."""
    old = baseline["cases"]
    same = [s for s in scored if old.get(s.case.id, {}).get("case") == s.case.fingerprint]
    notes = []
    if len(same) < len(scored):
        notes.append(
            f"{len(scored) - len(same)} saker er nye eller endret siden baseline og er ikke sammenlignet."
        )
    found: list[tuple[str, Difference]] = []
    for name in metrics:
        pairs = [
            (float(before), round(after, _DECIMALS), s.case.group)
            for s in same
            if (before := old[s.case.id]["values"].get(name)) is not None
            and (after := s.values[name]) is not None
        ]
        sign = 1.0 if METRICS[name].high_is_good else -1.0
        was, now = [sign * b for b, _, _ in pairs], [sign * a for _, a, _ in pairs]
        if METRICS[name].yes_no:
            difference = stats.mcnemar(was, now)
        else:
            difference = stats.paired_mean(was, now, [g for _, _, g in pairs])
        if difference is not None:
            found.append((name, difference))
    adjusted = stats.holm([d.p for _, d in found])
    return tuple(Compared(n, d, p) for (n, d), p in zip(found, adjusted, strict=True)), notes


def read_rules(path: Path = GATE) -> Rules:
    """The rules in a TOML file.

    Raises:
        GateError: the file is missing or asks for something that does not exist.
    """
    try:
        return Rules.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise GateError(f"Kan ikke bruke {path}: {error}") from None


def read_baseline(path: Path = BASELINE) -> dict[str, Any] | None:
    """The baseline in the file; None when there is none.

    Raises:
        GateError: the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise GateError(f"Baseline {path} er skadet: {error}", "Hent den fra git.") from None
    if not isinstance(found, dict) or not isinstance(found.get("cases"), dict):
        raise GateError(
            f"Baseline {path} mangler saker.", "Lag en ny med `assistant eval --update-baseline`."
        )
    return found


def make_baseline(scored: Sequence[Scored], manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What later runs are held against: each case's values, status, answer and first sections."""
    return {"manifest": dict(manifest), "cases": {s.case.id: _kept(s) for s in scored}}


def write_baseline(baseline: Mapping[str, Any], path: Path = BASELINE) -> None:
    """Save a baseline with one case a line, so that its review shows what changed."""
    rows = [f"  {json.dumps(i)}: {_dump(baseline['cases'][i])}" for i in sorted(baseline["cases"])]
    head = f'{{"manifest": {_dump(baseline["manifest"])},\n "cases": {{\n'
    path.write_text(head + ",\n".join(rows) + "\n}}\n", encoding="utf-8")


def _kept(s: Scored) -> dict[str, Any]:
    return {
        "case": s.case.fingerprint,
        "values": {k: round(v, _DECIMALS) for k, v in s.values.items() if v is not None},
        "status": s.observed,
        "rank": s.golden_rank,
        "sections": list(s.outcome.sections[:5]),
        "answer": plain(s.outcome.answer.text) if s.outcome.answer else "",
    }


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _change(c: Compared) -> str:
    d = c.difference
    figures = f"{d.value:+.3f} [{d.low:+.3f}, {d.high:+.3f}], n={d.n}, {d.test}, p={c.adjusted_p:.4f}"
    return f"{METRICS[c.metric].label}: endring {figures}"
