"""Ask every question, keep what came, score it, and say whether it is good enough.

Exit codes of `main`: 0 passed (or no gate asked for), 1 the gate is red, 2 the run could not be made.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from assistant.errors import AssistantError
from assistant.settings import Settings
from evals import breakers, gate, report, screen
from evals.asking import rescore, run, select
from evals.cases import DAY, QUESTIONS, Case, CasesError, lint, load_cases
from evals.record import Answering, RunRecord
from evals.summary import summarise

OUT = Path("var/evals")
PASSED, RED, BROKEN = 0, 1, 2


def main(argv: Sequence[str], open_assistant: Callable[[Settings], Answering] | None = None) -> int:
    """`assistant eval` with the arguments `argv`; the assistant is opened only when it is needed."""
    options = _parser().parse_args(argv)
    try:
        return _evaluate(options, open_assistant or _open)
    except (AssistantError, OSError) as error:
        _errors().print(f"Evalueringen kunne ikke kjøres: {error}", style="bold red", markup=False)
        return BROKEN


def _evaluate(options: argparse.Namespace, open_assistant: Callable[[Settings], Answering]) -> int:
    names = [name for value in options.set for name in value.split(",")]
    cases = select(load_cases(options.questions, names), options.split, options.style)
    if not cases:
        raise CasesError("Utvalget har ingen spørsmål.", "Se evals/questions/ for settene.")
    rules, baseline = gate.read_rules(options.rules), gate.read_baseline(options.baseline)
    whole = not names and options.split == "all" and not options.style
    if options.update_baseline and not whole:
        raise CasesError("En baseline lages av alle spørsmålene.", "Ta bort --set, --split og --style.")
    if options.breakers:
        assistant = open_assistant(Settings.read())
        return _test_the_tester(assistant, cases, rules)
    record = _record(options, cases, open_assistant)
    problems = lint(cases, {i: s.text for i, s in record.sections.items()})
    for problem in problems:
        _errors().print(f"Spørsmålssett: {problem}", style="yellow", markup=False)
    if problems and options.gate:
        raise CasesError("Spørsmålssettet passer ikke til korpuset.", "Rett feilene over.")
    scored = rescore(record, cases)
    if len(scored) < len(cases):
        _errors().print(
            f"{len(cases) - len(scored)} av {len(cases)} spørsmål finnes ikke i kjøringen.", style="yellow"
        )
    if not scored:
        raise CasesError(f"Ingen av spørsmålene finnes i {options.rescore}.", "Kjør uten --rescore.")
    summary = summarise(scored, record.sections)
    verdict = gate.judge(scored, record.sections, rules, baseline)
    if options.update_baseline:
        gate.write_baseline(gate.make_baseline(scored, record.manifest), options.baseline)
    finding = report.Finding(record, tuple(scored), summary, verdict, baseline)
    files = report.write(finding, options.out)
    if options.docs:
        report.write_figures(options.docs, report.markdown(finding))
    console = screen.wide_console()
    screen.show_failures(console, scored, options.failures)
    screen.show(console, summary, verdict, record.manifest)
    screen.show_wording(console, record.outcomes.values())
    console.print("Skrevet: " + ", ".join(map(str, files)), highlight=False, soft_wrap=True)
    return RED if options.gate and not verdict.passed else PASSED


def _record(
    options: argparse.Namespace, cases: Sequence[Case], open_assistant: Callable[[Settings], Answering]
) -> RunRecord:
    if options.rescore:
        return RunRecord.read(options.rescore)
    settings = Settings.read()
    if options.mode:
        settings = settings.model_copy(update={"answers": _MODES[options.mode]})
        settings.check()
    record = run(open_assistant(settings), cases, settings)
    record.write(options.out / "run.jsonl")
    return record


_MODES = {"extractive": "extractive", "generative": "llm"}


def _test_the_tester(assistant: Answering, cases: Sequence[Case], rules: gate.Rules) -> int:
    proofs = breakers.prove(assistant, cases, rules)
    screen.show_proofs(screen.wide_console(), proofs)
    return PASSED if all(p.seen for p in proofs) else RED


def _open(settings: Settings) -> Answering:
    # Loaded here because re-scoring a record must not wait for the model's libraries.
    module = importlib.import_module("assistant.assistant")
    opened: Answering = module.Assistant.open(settings, clock=lambda: DAY)
    return opened


def _errors() -> Console:
    return Console(stderr=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="assistant eval", description="Still alle spørsmålene i evals/questions og mål svarene."
    )
    add = parser.add_argument
    add("--set", action="append", default=[], metavar="NAVN", help="bare denne filen i evals/questions")
    add("--split", choices=("dev", "test", "all"), default="all", help="bare denne delen")
    add("--style", default="", metavar="FORM", help="bare denne formen: plain, situation, typo …")
    add("--out", type=Path, default=OUT, metavar="MAPPE", help="hvor rapportene skrives (var/evals)")
    add(
        "--mode",
        choices=tuple(_MODES),
        default="",
        help="hvem som formulerer svarene, i stedet for innstillingen",
    )
    add("--gate", action="store_true", help="avslutt med 1 når kravene ikke er oppfylt")
    add("--rules", type=Path, default=gate.GATE, metavar="FIL", help="kravene (evals/gate.toml)")
    add("--baseline", type=Path, default=gate.BASELINE, metavar="FIL", help="sammenlign med denne")
    add("--update-baseline", action="store_true", help="gjør denne kjøringen til ny baseline")
    add(
        "--rescore", type=Path, metavar="FIL", help="mål en lagret kjøring (run.jsonl) på nytt, uten å spørre"
    )
    add("--docs", type=Path, metavar="FIL", help="sett tallene inn i dette dokumentet (docs/evals.md)")
    add("--failures", type=int, default=0, metavar="N", help="vis de N første spørsmålene som feiler")
    add(
        "--break",
        dest="breakers",
        action="store_true",
        help="ødelegg svarene med vilje og se at kravene slår ut",
    )
    add("--questions", type=Path, default=QUESTIONS, metavar="MAPPE|FIL", help="hvor spørsmålene ligger")
    return parser


__all__ = ["BROKEN", "PASSED", "RED", "main", "rescore", "run", "select"]
