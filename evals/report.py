"""A run as files: one HTML page that needs nothing else, JUnit for the build server, Markdown and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.errors import AssistantError
from evals.cases import plain
from evals.gate import Verdict
from evals.metrics import METRICS, Scored
from evals.record import RunRecord
from evals.screen import COLUMNS, SHORT, interval, percent
from evals.stats import Estimate
from evals.summary import ALL, SLICE_LABELS, Summary, label_of

BEGIN, END = "<!-- tall: begynner -->", "<!-- tall: slutter -->"
"""The figures of a document stand between these two lines."""
_TEMPLATES = Path(__file__).parent / "templates"
_PARTS = (("Test", "split=test"), ("Utvikling", "split=dev"), ("Alle", ALL))


@dataclass(frozen=True, slots=True)
class Finding:
    """Everything a report tells about: the run, its scores, the figures and the verdict."""

    record: RunRecord
    scored: tuple[Scored, ...]
    summary: Summary
    verdict: Verdict
    baseline: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a passage, quoted by the answer or not."""

    text: str
    quoted: bool


def write(finding: Finding, folder: Path) -> list[Path]:
    """The reports of a run, written into `folder`; the files that were written."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = {"manifest": dict(finding.record.manifest), **finding.summary.as_json()}
    figures["gate"] = {
        "passed": finding.verdict.passed,
        "failures": [f.text for f in finding.verdict.failures],
    }
    files = {
        "report.html": html(finding),
        "summary.md": markdown(finding),
        "junit.xml": junit(finding),
        "summary.json": json.dumps(figures, ensure_ascii=False, indent=1, default=str),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def html(finding: Finding) -> str:
    """The whole report as one page."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"percent": percent, "interval": interval, "plain": plain}
    sections = finding.record.sections
    old = (finding.baseline or {}).get("cases", {})
    rows = [
        {
            "s": s,
            "labels": {name: label_of(s, name, sections) for name in SLICE_LABELS},
            "was": old.get(s.case.id),
            "cited": [(c, pieces(c.text, c.quotes or (c.quote,))) for c in _citations(s)],
            "golden": [sections[g] for g in s.case.golden if g in sections],
            "found": [f.text for f in s.case.facts if f.found_in(_text(s))],
            "result": "feil" if s.faults else "bestått",
            "moved": _moved(s, old.get(s.case.id)),
        }
        for s in finding.scored
    ]
    options = {name: sorted({row["labels"][name] for row in rows}) for name in SLICE_LABELS}
    return environment.get_template("report.html").render(
        f=finding,
        rows=rows,
        options=options,
        slice_labels=SLICE_LABELS,
        metrics=METRICS,
        columns=COLUMNS,
        short=SHORT,
        all=ALL,
    )


def pieces(text: str, quotes: Sequence[str]) -> list[Piece]:
    """`text` cut where quotes begin and end, in order and without loss."""
    quoted = [False] * len(text)
    for quote in quotes:
        start = text.find(quote) if quote else -1
        if start >= 0:
            quoted[start : start + len(quote)] = [True] * len(quote)
    cuts = [0, *(i for i in range(1, len(text)) if quoted[i] != quoted[i - 1]), len(text)]
    return [Piece(text[a:b], quoted[a]) for a, b in pairwise(cuts) if a < b]


def markdown(finding: Finding) -> str:
    """The figures as Markdown tables, with n and interval, for a pull request or a document."""
    summary, manifest = finding.summary, finding.record.manifest
    lines = [
        f"**{'Kravene er oppfylt' if finding.verdict.passed else 'Kravene er ikke oppfylt'}.** "
        f"{summary.passed} av {summary.n} spørsmål uten feil. Commit `{manifest.get('commit', '')}`, "
        f"bygg `{manifest.get('build', '')}`, korpus `{manifest.get('corpus', '')}`, "
        f"spørsmål `{manifest.get('questions', '')}`.",
        "",
        "| Mål | " + " | ".join(label for label, _ in _PARTS) + " |",
        "|---|" + "---|" * len(_PARTS),
    ]
    for name, metric in METRICS.items():
        cells = [_cell(summary.slices.get(part, {}).get(name)) for _, part in _PARTS]
        lines.append(f"| {metric.label} `{name}` | " + " | ".join(cells) + " |")
    lines += ["", "| Utvalg | " + " | ".join(SHORT) + " |", "|---|" + "---|" * len(SHORT)]
    for key, values in summary.slices.items():
        dimension, _, part = key.partition("=")
        if dimension not in (ALL, "topic", "set"):
            cells = [percent(values.get(column)) for column in COLUMNS]
            lines.append(f"| {SLICE_LABELS[dimension]}: {part} | " + " | ".join(cells) + " |")
    lines += ["", "| Utfall | Presisjon | Gjenfinning |", "|---|---|---|"]
    lines += [f"| {r.status} | {_cell(r.precision)} | {_cell(r.recall)} |" for r in summary.statuses]
    lines.append("")
    for gap in summary.gaps:
        d = gap.difference
        span = f"[{100 * d.low:+.1f}, {100 * d.high:+.1f}]"
        lines.append(f"- {gap.label}: {100 * d.value:+.1f} poeng {span}, n={d.n}")
    for label, values in (("Svartid (ms)", summary.latency), ("Lengde (ord)", summary.words)):
        span = ", ".join(f"{k} {e.value:.1f} [{e.low:.1f}–{e.high:.1f}] n={e.n}" for k, e in values.items())
        lines.append(f"- {label}: {span}")
    lines += [f"- **Rød:** {f.text}" for f in finding.verdict.failures]
    lines += [f"- Merk: {note}" for note in finding.verdict.notes]
    return "\n".join(lines) + "\n"


def junit(finding: Finding) -> str:
    """Each case, and each failure of the gate, as a JUnit test."""
    root = ET.Element("testsuites", name="evals")
    suite = ET.SubElement(root, "testsuite", name="spørsmål", tests=str(len(finding.scored)))
    for s in finding.scored:
        test = ET.SubElement(
            suite,
            "testcase",
            classname=f"{s.case.set}.{s.case.kind}",
            name=s.case.id,
            time=f"{s.outcome.ms / 1000:.4f}",
        )
        if s.faults:
            failure = ET.SubElement(test, "failure", message=_legal("; ".join(s.faults)))
            failure.text = _legal(f"{s.case.question}\n[{s.observed}] {_text(s)}")
    suite.set("failures", str(sum(bool(s.faults) for s in finding.scored)))
    failures = finding.verdict.failures
    gate = ET.SubElement(
        root, "testsuite", name="krav", tests=str(len(failures) or 1), failures=str(len(failures))
    )
    for failure_found in failures:
        test = ET.SubElement(gate, "testcase", classname="krav", name=_legal(failure_found.key))
        ET.SubElement(test, "failure", message=_legal(failure_found.text))
    if not failures:
        ET.SubElement(gate, "testcase", classname="krav", name="alle krav")
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def write_figures(path: Path, text: str) -> None:
    """Replace the figures of a document, between its two marks, with `text`.

    Raises:
        AssistantError: the document does not have the marks.
    """
    document = path.read_text("utf-8")
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise AssistantError(f"{path} mangler merkene for tall.", f"Sett inn {BEGIN} og {END}.")
    path.write_text(f"{before}{BEGIN}\n{text.strip()}\n{END}{after}", encoding="utf-8")


def _citations(scored: Scored) -> tuple[Any, ...]:
    return scored.outcome.answer.citations if scored.outcome.answer else ()


def _text(scored: Scored) -> str:
    return plain(scored.outcome.answer.text) if scored.outcome.answer else scored.outcome.error


def _moved(scored: Scored, was: Mapping[str, Any] | None) -> str:
    """How the case differs from the baseline, in one word; empty when it does not."""
    if was is None:
        return "ny"
    if was["status"] != scored.observed or was["answer"] != _text(scored):
        return "svar"
    return "" if was["rank"] == scored.golden_rank else "plass"


def _cell(estimate: Estimate | None) -> str:
    return f"{100 * estimate.value:.1f} [{interval(estimate)}] n={estimate.n}" if estimate else "–"


def _legal(text: str) -> str:
    return re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
