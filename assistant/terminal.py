"""What the command line shows: help and usage errors in Norwegian, answers, tables and progress.

Tables and progress use rich, which is loaded when something is drawn, so that `--help` and a plain
answer do not wait for it.
"""

from __future__ import annotations

import getpass
import io
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING

from typer import BadParameter, Context
from typer.core import TyperCommand, TyperGroup

from assistant.confidence import ENOUGH
from assistant.errors import AssistantError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from assistant.types import Answer, Hit, Retrieval

Report = Callable[[str, int, int], None]
"""Told (step, done, total) while long work goes on."""
WIDE = 160
"""Columns of a table that is not drawn on a terminal."""
LINES = 5
"""Lines about one step when progress is not drawn on a terminal."""

_HELP = (
    ("Usage:", "Bruk:"),
    ("\nArguments:", "\nArgumenter:"),
    ("\nOptions:", "\nValg:"),
    ("\nCommands:", "\nKommandoer:"),
    ("Show this message and exit.", "Vis denne hjelpen."),
    (" <list[str]>", ""),
    (" <str>", ""),
    ("[required]", "[må være med]"),
)
_USAGE = (
    (r"No such option: (\S+)\.?( \(Possible.*\))?", r"Ukjent valg: \1."),
    (r"No such command '(.*?)'\.? Did you mean (.+)\?", r"Ukjent kommando «\1». Mente du \2?"),
    (r"No such command '(.*?)'\.?", r"Ukjent kommando «\1»."),
    (r"Missing argument '(.*?)'\..*", r"\1 mangler."),
    (r"Invalid value: (.*)", r"\1"),
    (r"Invalid value for '?(.+?)'?: (.*)", r"\1: \2"),
    (r"Got unexpected extra argument\(?s?\)? \((.*)\)", r"Uventet argument: \1."),
    (r"Option '(.*?)' requires an argument\.", r"\1 trenger en verdi."),
    (r"Option '(.*?)' does not take a value\.", r"\1 tar ingen verdi."),
)


def day(text: str) -> date:
    """A day as it is written on the command line.

    Raises:
        BadParameter: it is none.
    """
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    raise BadParameter(f"«{text}» er ingen dato; skriv 2026-11-22 eller 22.11.2026.")


class NorwegianCommand(TyperCommand):
    """A command whose help has Norwegian headings."""

    def get_help(self, ctx: Context) -> str:  # type: ignore[override]  # typer's own context is wider
        """The help of the command."""
        return _norwegian(super().get_help(ctx))


class NorwegianGroup(TyperGroup):
    """A group of commands whose help has Norwegian headings."""

    def get_help(self, ctx: Context) -> str:  # type: ignore[override]  # as above
        """The help of the group."""
        return _norwegian(super().get_help(ctx))


def _norwegian(text: str) -> str:
    for english, norwegian in _HELP:
        text = text.replace(english, norwegian, 1)
    return text


def usage(message: str) -> str:
    """Typer's message about how a command was called, in Norwegian where it is one we know."""
    for english, norwegian in _USAGE:
        if match := re.fullmatch(english, message, re.DOTALL):
            return match.expand(norwegian)
    return message


def forgiving_streams() -> None:
    """Let no character that the terminal cannot show stop the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def say(text: str = "") -> None:
    """Print a line for the reader or the next program."""
    sys.stdout.write(text + "\n")


def complain(message: str) -> None:
    """Print a line about what went wrong, on standard error."""
    sys.stdout.flush()
    sys.stderr.write(f"Feil: {message}\n")


def note(message: str) -> None:
    """Print a line that is not part of the result, on standard error."""
    sys.stdout.flush()
    sys.stderr.write(message + "\n")


def secret(asked: str) -> str:
    """A line that is not shown while it is typed; from a pipe, its first line."""
    if sys.stdin.isatty():
        return getpass.getpass(asked)
    return sys.stdin.readline().rstrip("\r\n")


def one_line(error: AssistantError) -> str:
    """What went wrong and what to do about it, on one line."""
    return " ".join(str(error).split())


@contextmanager
def progress(first: str) -> Iterator[Report]:
    """Progress on standard error, from the step `first` on: bars on a terminal, else a line now and then."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with _bars(console) if console.is_terminal else _log() as report:
        report(first, 0, 1)
        yield report


@contextmanager
def _bars(console: Console) -> Iterator[Report]:
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(complete_style="cyan", finished_style="green", pulse_style="cyan"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[count]}"),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console) as bars:

        def finish(but: str = "") -> None:
            for name, task in tasks.items():
                if name != but and not bars.tasks[task].finished:
                    total = bars.tasks[task].total or 1
                    bars.update(task, completed=total, total=total)

        def report(step: str, done: int, total: int) -> None:
            finish(but=step)
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=None, count="")
            if total > 1:
                bars.update(tasks[step], completed=done, total=total, count=f"{done} av {total}")

        yield report
        finish()


@contextmanager
def _log() -> Iterator[Report]:
    told: tuple[str, int] = ("", 0)

    def report(step: str, done: int, total: int) -> None:
        nonlocal told
        part = LINES * done // max(total, 1)
        if (step, part) != told and not (total <= 1 and told[0] == step):
            note(f"{step} …" + (f" {done} av {total}" if total > 1 else ""))
        told = (step, part)

    yield report


def answer(given: Answer) -> str:
    """An answer as text: status, sentences, notices, numbered sources, and the way on."""
    from assistant import casefile
    from assistant.wording import outcome, words

    language = "nn" if given.language == "nn" else "nb"
    label = words(language)
    parts = [outcome(given, language).upper(), "", casefile.plain_text(given, language)]
    if given.suggestions:
        parts += ["", f"{label['suggestions']}:"]
        parts += [f"– {s.title}: {s.section}" for s in given.suggestions]
    if given.choices:
        parts += ["", f"{label['choices']}:", *(f"– {c.label}: {c.question}" for c in given.choices)]
    if given.follow_ups:
        parts += ["", f"{label['follow_ups']}:", *(f"– {question}" for question in given.follow_ups)]
    return "\n".join(parts)


def hits(found: Retrieval) -> None:
    """Print the hits of a search, best first: place, score, source and section."""
    if not found.hits:
        say("Ingen treff.")
    for place, hit in enumerate(found.hits, 1):
        passage = hit.passage
        say(f"{place}. {passage.source.title} – {passage.heading}  ({hit.score:.2f})")
        say(f"   {passage.section_id}")


def explanation(found: Retrieval) -> None:
    """Print a search with its reasons: both ranks, every feature, and what was turned away and why."""
    table = _table("Treff", ("plass", "avsnitt", "skår", "vektor", "ord", "trekk"))
    for place, hit in enumerate(found.hits, 1):
        features = ", ".join(f"{name} {value:.2f}" for name, value in hit.features)
        table.add_row(str(place), hit.passage.id, *_numbers(hit), features)
    say(f"Søkte etter: {found.query}")
    _draw(table)
    if found.rejected:
        turned = _table("Vist bort", ("avsnitt", "skår", "vektor", "ord", "grunn"))
        for rejection in found.rejected:
            turned.add_row(rejection.hit.passage.id, *_numbers(rejection.hit), rejection.reason)
        _draw(turned)
    signs = ", ".join(f"{name} {value:.2f}" for name, value in found.signs)
    say(f"Grunnlag for sikkerheten: {signs or 'ingen treff'}")
    say(
        f"Sikkerhet {found.confidence:.2f} (svar fra {ENOUGH:.2f}) · dato {found.on} · indeks {found.build}"
        + (f" · {found.limited}" if found.limited else "")
    )


def _numbers(hit: Hit) -> list[str]:
    ranks = [str(rank) if rank is not None else "–" for rank in (hit.vector_rank, hit.lexical_rank)]
    return [f"{hit.score:.2f}", *ranks]


def rows(columns: Sequence[str], content: Sequence[Sequence[str]]) -> None:
    """Print a plain table."""
    table = _table("", columns)
    for row in content:
        table.add_row(*row)
    _draw(table)


def _table(title: str, columns: Sequence[str]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _draw(table: Table) -> None:
    """Print a table at the width of the terminal, or plainly and wide for the next program."""
    from rich.console import Console

    console = Console(markup=False, highlight=False)
    if console.is_terminal:
        console.print(table)
        return
    wide = Console(markup=False, highlight=False, width=WIDE, file=io.StringIO())
    with wide.capture() as drawn:
        wide.print(table)
    say("\n".join(line.strip() for line in drawn.get().strip().splitlines()))
