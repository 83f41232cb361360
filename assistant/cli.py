"""The command line: `assistant index · ask · search · eval · doctor · serve · corpus` and what is beside.

Everything slow is imported inside the command that needs it, so that `--help` is instant and one answer
waits for nothing but its own parts.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from assistant import archive, terminal, upkeep
from assistant.errors import AssistantError, CorpusError, InputError, SettingsError
from assistant.terminal import say
from assistant.types import SourceKind

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.ingest import Outcome
    from assistant.settings import Settings
    from assistant.types import Document

FAILED, MISUSED, INTERRUPTED = 1, 2, 130

_group = partial(
    typer.Typer,
    cls=terminal.NorwegianGroup,
    options_metavar="[VALG]",
    subcommand_metavar="KOMMANDO",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app = _group(
    help="Anskaffelsesassistenten: svar på norsk om offentlige anskaffelser, hver setning med kilde."
)
corpus_app = _group(help="Dokumentene assistenten svarer fra.")
app.add_typer(corpus_app, name="corpus")
conversations_app = _group(help="Samtalene som er lagret: innsyn, sletting og frister.")
feedback_app = _group(help="Det brukerne mener om svarene.")
app.add_typer(conversations_app, name="conversations")
app.add_typer(feedback_app, name="feedback")
archive.add_to(conversations_app, feedback_app)
admin_app = _group(help="Administrasjonssiden.")
app.add_typer(admin_app, name="admin")
_command = partial(app.command, cls=terminal.NorwegianCommand, options_metavar="[VALG]")
_corpus_command = partial(corpus_app.command, cls=terminal.NorwegianCommand, options_metavar="[VALG]")
_admin_command = partial(admin_app.command, cls=terminal.NorwegianCommand, options_metavar="[VALG]")


Words = Annotated[list[str] | None, typer.Argument(metavar="SPØRSMÅL", help="Det du lurer på.")]
On = Annotated[
    date | None,
    typer.Option(
        "--on", parser=terminal.day, metavar="DATO", help="Svar slik det var eller blir på denne datoen."
    ),
]
Types = Annotated[
    list[SourceKind] | None,
    typer.Option("--type", help="Svar bare fra denne typen kilder. Kan gis flere ganger."),
]
Corpus = Annotated[
    Path | None,
    typer.Option("--corpus", metavar="MAPPE", help="Dokumentmappe, i stedet for ASSISTANT_CORPUS."),
]


@app.callback()
@corpus_app.callback()
@conversations_app.callback()
@feedback_app.callback()
@admin_app.callback()
def _show_help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        say(context.get_help())


@_command("index")
def index_command(
    corpus: Corpus = None,
    strict: Annotated[bool, typer.Option("--strict", help="Avbryt når et dokument ikke kan leses.")] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Ta i bruk den forrige indeksen igjen.")
    ] = False,
) -> None:
    """Bygg indeksen av dokumentene, og språkmodellen første gang."""
    settings = _settings(corpus)
    if rollback:
        from assistant import index

        say(f"Tok i bruk den forrige indeksen igjen: {index.rollback(settings.index_root)}")
        return
    from assistant import ingest, models
    from assistant.embedding import OnnxEmbedder

    if strict:
        cache = ingest.reading_cache(settings.index_root)
        _, skipped = ingest.read_corpus(settings.corpus, cache, [settings.published])
        if skipped:
            reasons = "; ".join(f"{s.path}: {s.reason}" for s in skipped)
            raise CorpusError(
                f"{len(skipped)} dokumenter kan ikke leses: {reasons}", "Indeksen er ikke endret."
            )
    with terminal.progress("Åpner språkmodellen") as report:
        folder = models.ensure(settings, report)
        embedder = OnnxEmbedder.open(folder, threads=settings.threads)
        outcome = ingest.ingest(settings.corpus, settings.index_root, embedder, report, [settings.published])
    _tell(outcome)


def _tell(outcome: Outcome) -> None:
    state = "bygd og tatt i bruk" if outcome.changed else "uendret"
    say(f"Indeks {outcome.build} {state} på {outcome.seconds:.1f} s".replace(".", ",", 1))
    counts = {
        "dokumenter": outcome.documents,
        "avsnitt": outcome.sections,
        "utdrag": outcome.passages,
        "setninger": outcome.sentences,
        "søkespørsmål": outcome.keys,
        "nye vektorer": outcome.embedded,
    }
    say(" · ".join(f"{number} {name}" for name, number in counts.items()))
    if outcome.skipped:
        say(f"Hoppet over {len(outcome.skipped)}:")
    for skipped in outcome.skipped:
        say(f"  {skipped.path}: {skipped.reason}")
    if outcome.warnings:
        say(f"Lest, men med mangler ({len(outcome.warnings)}):")
    for warning in outcome.warnings:
        say(f"  {warning.path}: {warning.reason}")


@_command()
def ask(
    words: Words = None,
    on: On = None,
    types: Types = None,
    json: Annotated[bool, typer.Option("--json", help="Skriv hele svaret som JSON.")] = False,
    batch: Annotated[
        Path | None, typer.Option("--batch", metavar="FIL", help="Svar på alle spørsmålene i en JSONL-fil.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FIL", help="Hvor svarene til --batch skrives.")
    ] = None,
) -> None:
    """Svar på et spørsmål, eller på en fil med spørsmål."""
    if (batch is None) == (words is None):
        raise typer.BadParameter("Skriv enten et spørsmål eller --batch FIL.")
    if (batch is None) != (out is None):
        raise typer.BadParameter("--batch og --out hører sammen.")
    if batch and on:
        raise typer.BadParameter('Skriv datoen på linjene i filen, som "on".')
    if batch and types:
        raise typer.BadParameter('Skriv kildetypene på linjene i filen, som "types".')
    if batch and out:
        _ask_many(batch, out)
        return
    assistant = _assistant()
    answer = assistant.ask(assistant.question(" ".join(words or ()), on=on, only=types or ()))
    if json:
        from pydantic import TypeAdapter

        from assistant.types import Answer

        say(TypeAdapter(Answer).dump_json(answer).decode())
    else:
        say(terminal.answer(answer))


def _ask_many(source: Path, target: Path) -> None:
    from assistant import batch

    assistant = _assistant()
    with terminal.progress("Åpner filen") as report:
        tally = batch.run(assistant, source, target, partial(report, "Svarer"))
    if tally.ignored:
        terminal.note(f"Disse feltene brukes ikke: {', '.join(tally.ignored)}.")
    say(f"{tally.answered} svar og {tally.failed} feil skrevet til {target}")
    if tally.failed and not tally.answered:
        raise typer.Exit(FAILED)


@_command()
def search(
    words: Annotated[list[str], typer.Argument(metavar="SPØRSMÅL", help="Det du leter etter.")],
    on: On = None,
    types: Types = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Vis plassering, skår og grunner, og det som ble vist bort.")
    ] = False,
) -> None:
    """Vis avsnittene et spørsmål treffer."""
    assistant = _assistant()
    found = assistant.search(assistant.question(" ".join(words), on=on, only=types or ()))
    (terminal.explanation if explain else terminal.hits)(found)


@_command(
    "eval",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def eval_command(context: typer.Context) -> None:
    """Mål svarene på spørsmålene i evals/questions."""
    from evals.run import main as evaluate

    raise typer.Exit(evaluate(context.args))


@_command()
def doctor() -> None:
    """Undersøk installasjonen, og fortell hva som må rettes."""
    from assistant.doctor import Check, Severity, examine

    try:
        checks = examine(_settings(), _today())
    except SettingsError as error:
        checks = [Check("innstillinger", Severity.ERROR, error.message, error.remedy)]
    terminal.rows(
        ("sjekk", "", "funn", "gjør dette"), [(c.name, c.severity, c.message, c.remedy) for c in checks]
    )
    if any(c.severity is Severity.ERROR for c in checks):
        raise typer.Exit(FAILED)


@_command()
def serve() -> None:
    """Start samtalesiden, API-et og kildesidene på én port."""
    from assistant import server

    server.serve(_settings())


@_command("widget")
def widget_command(
    address: Annotated[
        str, typer.Argument(metavar="ADRESSE", help="Der tjenesten står.", show_default=False)
    ] = "http://localhost:7860",
    lang: Annotated[str, typer.Option(metavar="SPRÅK", help="nb eller nn.", show_default=False)] = "nb",
) -> None:
    """Skriv linjene som viser assistenten på en annen side."""
    from assistant import loader
    from assistant.widgettexts import SNIPPET_NOTE

    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?/?", address, re.ASCII):
        raise typer.BadParameter(f"«{address}» er ingen adresse; skriv den som https://ki.fylke.no.")
    if lang not in {"nb", "nn"}:
        raise typer.BadParameter(f"«{lang}» er ikke nb eller nn.")
    terminal.note(SNIPPET_NOTE.format(origin=address.rstrip("/")))
    say(loader.snippet(address, lang).rstrip())


@_corpus_command("list")
def corpus_list(corpus: Corpus = None) -> None:
    """List dokumentene, med gyldighet og kontrolldato."""
    from assistant import ingest

    settings = _settings(corpus)
    read, skipped = ingest.read_corpus(settings.corpus, also=[settings.published])
    terminal.rows(
        ("id", "type", "gjelder fra", "til", "kontrollert", "avsnitt", "tittel"),
        [_facts(document) for document in read],
    )
    for each in skipped:
        terminal.note(f"Kan ikke leses: {each.path}: {each.reason}")


def _facts(document: Document) -> tuple[str, ...]:
    source = document.source
    days = (str(day or "") for day in (source.valid_from, source.valid_to, source.checked))
    return (source.id, source.type, *days, str(len(document.sections)), source.title)


@_corpus_command("check")
def corpus_check(corpus: Corpus = None) -> None:
    """Kontroller hode, datoer, kildelinjer og lenker."""
    from assistant.documents.check import check

    root = _settings(corpus).corpus
    findings = check(root, _today())
    for finding in findings:
        say(str(finding))
    errors = sum(finding.severity == "feil" for finding in findings)
    say(f"{root}: {errors} feil, {len(findings) - errors} advarsler")
    if errors:
        raise typer.Exit(FAILED)


@_corpus_command("fetch")
def corpus_fetch(
    only: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Bare kildene med disse id-ene.")
    ] = None,
    corpus: Corpus = None,
) -> None:
    """Hent kildene i sources.toml over https."""
    from assistant import fetching

    root = _settings(corpus).corpus
    sources = fetching.read(root / "sources.toml")
    with terminal.progress("Henter kilder") as report:
        done = fetching.Fetcher(root, _today()).all(sources, only or (), report)
    terminal.rows(
        ("id", "resultat", "byte", "grunn"), [(f.id, f.result, str(f.bytes), f.reason) for f in done]
    )
    wrong = [f for f in done if f.result in (fetching.Result.REFUSED, fetching.Result.FAILED)]
    say(f"{len(done)} kilder, {len(wrong)} kunne ikke hentes.")
    if wrong:
        raise typer.Exit(FAILED)


upkeep.add_to(corpus_app)


@_admin_command("password")
def admin_password(
    name: Annotated[
        str, typer.Argument(metavar="NAVN", help="Brukernavnet; uten: admin.", show_default=False)
    ] = "admin",
) -> None:
    """Lag verdien til ASSISTANT_ADMIN_PASSWORD_HASH av et passord."""
    from assistant.admin import passwords

    password = terminal.secret("Passord: ")
    if len(password) < passwords.SHORTEST:
        raise InputError("Passordet er for kort.", f"Bruk minst {passwords.SHORTEST} tegn.")
    if sys.stdin.isatty() and terminal.secret("Gjenta passordet: ") != password:
        raise InputError("Passordene er ikke like.", "Prøv igjen.")
    entry = f"{name}={passwords.hashed(password)}"
    passwords.administrators(entry)
    say(entry)


def _settings(corpus: Path | None = None) -> Settings:
    from assistant.settings import Settings

    settings = Settings.read()
    return settings.model_copy(update={"corpus": corpus}) if corpus else settings


def _assistant() -> Assistant:
    """The assistant with exact vector search: for one question, opening Chroma costs more than the answer."""
    from assistant.assistant import Assistant

    return Assistant.open(_settings().model_copy(update={"vectors": "exact"}))


def _today() -> date:
    return datetime.now().astimezone().date()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is 0, 1 when it failed or 2 when it was called wrongly."""
    terminal.forgiving_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return int(app(given, prog_name="assistant", standalone_mode=False) or 0)
    except AssistantError as error:
        terminal.complain(terminal.one_line(error))
        return FAILED
    except TyperException as error:
        context = getattr(error, "ctx", None)
        called = context.command_path if context else "assistant"
        terminal.complain(f"{terminal.usage(error.format_message())} Se `{called} --help`.")
        return MISUSED
    except BrokenPipeError:
        return _reader_left()
    except OSError as error:
        terminal.complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.")
        return FAILED
    except (KeyboardInterrupt, typer.Abort):
        terminal.note("Avbrutt.")
        return INTERRUPTED


def _reader_left() -> int:
    """End quietly when what reads our output has closed it, as `head` does."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED
