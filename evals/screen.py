"""What `assistant eval` prints: compact tables in Norwegian."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assistant.types import AnswerMode
from evals.breakers import Proof
from evals.cases import plain
from evals.gate import Verdict
from evals.metrics import METRICS, Scored
from evals.record import Outcome
from evals.stats import Estimate
from evals.summary import ALL, SLICE_LABELS, Summary

COLUMNS = ("recall@1", "recall@5", "fact_recall", "all_facts", "direct", "refusal_recall", "false_refusal")
"""The metrics that the table by slice has room for."""
SHORT = ("R@1", "R@5", "Fakta", "Alle fakta", "Direkte", "Avviste", "Feilavvist")
_PRINTED = ("split", "language", "style", "kind", "source")


def wide_console() -> Console:
    """A console for tables: as wide as the terminal, or wide enough in a log."""
    return Console() if sys.stdout.isatty() else Console(width=120)


def show(console: Console, summary: Summary, verdict: Verdict, manifest: Mapping[str, Any]) -> None:
    """The figures of a run and the gate's verdict."""
    console.print(_headline(summary))
    console.print(_by_slice(summary))
    console.print(_statuses(summary))
    for gap in summary.gaps:
        d = gap.difference
        console.print(
            f"{gap.label}: {100 * d.value:+.1f} poeng [{100 * d.low:+.1f}, {100 * d.high:+.1f}], n={d.n}"
        )
    for label, values, unit in (("Svartid", summary.latency, "ms"), ("Lengde", summary.words, "ord")):
        figures = ", ".join(f"{k} {e.value:.0f} {unit} [{e.low:.0f}–{e.high:.0f}]" for k, e in values.items())
        console.print(f"{label}: {figures}, n={next((e.n for e in values.values()), 0)}")
    made = " ".join(
        f"{name} {manifest[name]}" for name in ("commit", "build", "questions") if manifest.get(name)
    )
    console.print(f"{summary.passed} av {summary.n} spørsmål uten feil. {made}", highlight=False)
    for note in verdict.notes:
        console.print(f"merk: {escape(note)}", style="dim")
    for failure in verdict.failures:
        console.print(f"[bold red]RØD[/] {escape(failure.key)} – {escape(failure.text)}")
    console.print(
        "[bold green]Kravene er oppfylt.[/]" if verdict.passed else "[bold red]Kravene er ikke oppfylt.[/]"
    )


def show_wording(console: Console, outcomes: Iterable[Outcome]) -> None:
    """What came of a language model's wording; nothing when none was asked."""
    asked = [o for o in outcomes if o.answer]
    worded = sum(o.answer.mode is AnswerMode.GENERATIVE for o in asked if o.answer)
    dropped = Counter(reason for o in asked for reason in o.dropped)
    troubles = Counter(o.trouble for o in asked if o.trouble)
    if not worded and not dropped and not troubles:
        return
    console.print(f"Formulert av språkmodell: {worded} av {len(asked)} svar.")
    for label, found in (("Utelatte setninger", dropped), ("Feil hos modellen", troubles)):
        told = ", ".join(f"{reason} {n}" for reason, n in found.most_common())
        console.print(f"{label}: {sum(found.values())}{f' ({told})' if told else ''}", markup=False)


def show_failures(console: Console, scored: Sequence[Scored], limit: int) -> None:
    """The first `limit` cases that do not pass: question, what was expected, what came, and the hits."""
    for item in [s for s in scored if s.faults][:limit]:
        case, outcome = item.case, item.outcome
        console.rule(escape(f"{case.id} {case.kind}/{case.style}/{case.language}/{case.split}"), align="left")
        lines = [f"Spurt: {case.question}", *(f"  før: {past.question}" for past in case.history)]
        lines += [f"Feil:  {fault}" for fault in item.faults]
        lines += [f"  {v.rule}: {v.detail}" for v in item.violations]
        lines.append(f"Fasit: {', '.join(case.golden) or '–'}; {'; '.join(f.text for f in case.facts)}")
        came = plain(outcome.answer.text)[:400] if outcome.answer else outcome.error
        lines.append(f"Kom:   [{item.observed}] {came}")
        for place, hit in enumerate(outcome.hits[:6], 1):
            mark = "*" if hit.section_id in case.golden else " "
            ranks = f"v{hit.vector_rank or '–'} o{hit.lexical_rank or '–'}"
            lines.append(f" {mark}{place}. {hit.section_id} {hit.score:.3f} {ranks}")
        console.print("\n".join(lines), markup=False, highlight=False)


def show_proofs(console: Console, proofs: Sequence[Proof]) -> None:
    """Which faults the gate sees."""
    table = Table("Feil lagt inn med vilje", "Sett", "Første grunn", title="Prøv prøven")
    for proof in proofs:
        reason = proof.failures[0][:90] if proof.failures else ""
        table.add_row(proof.label, "ja" if proof.seen else "[red]NEI[/]", escape(reason))
    console.print(table)


def percent(estimate: Estimate | None) -> str:
    """`93.1 (n=120)`; a dash where the metric does not apply."""
    return f"{100 * estimate.value:.1f} (n={estimate.n})" if estimate else "–"


def _short(estimate: Estimate | None) -> str:
    return f"{100 * estimate.value:.1f} ({estimate.n})" if estimate else "–"


def interval(estimate: Estimate) -> str:
    """The 95 % interval in percent."""
    return f"{100 * estimate.low:.1f}–{100 * estimate.high:.1f}"


def _headline(summary: Summary) -> Table:
    table = Table("Mål", "Verdi %", "95 %", "n", title="Alle spørsmål", box=box.SIMPLE_HEAD)
    for name, e in summary.slices[ALL].items():
        table.add_row(METRICS[name].label, f"{100 * e.value:.1f}", interval(e), str(e.n))
    return table


def _by_slice(summary: Summary) -> Table:
    table = Table("Utvalg", *SHORT, title="Etter utvalg: prosent (n)", box=box.SIMPLE_HEAD)
    for name, values in summary.slices.items():
        dimension, _, part = name.partition("=")
        if dimension in _PRINTED:
            table.add_row(f"{SLICE_LABELS[dimension]}: {part}", *(_short(values.get(c)) for c in COLUMNS))
    return table


def _statuses(summary: Summary) -> Table:
    table = Table(
        "Utfall",
        "Presisjon",
        "Gjenfinning",
        "Forvekslet med",
        title="Utfall, ventet mot kommet",
        box=box.SIMPLE_HEAD,
    )
    for row in summary.statuses:
        other = [f"{o} {n}" for (e, o), n in sorted(summary.confusion.items()) if e == row.status != o]
        table.add_row(row.status, percent(row.precision), percent(row.recall), ", ".join(other))
    return table
