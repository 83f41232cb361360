"""The commands over what is kept: `assistant conversations` and `assistant feedback`.

For whoever runs the service: retention, access and deletion on behalf of a user, holding a conversation
for a case, and turning feedback into cases for the evaluation. No command prints what people have
written unless it is asked to export it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant import terminal, texts
from assistant.errors import EnvironmentProblem, InputError
from assistant.terminal import say

if TYPE_CHECKING:
    from assistant.conversations.store import Conversations
    from assistant.conversations.values import Tally

User = Annotated[
    str,
    typer.Option("--user", metavar="NAVN", help="Brukeren, slik innloggingen kaller ham eller henne."),
]
Owner = Annotated[
    str, typer.Option("--owner", metavar="EIER", help="Eieren slik `conversations list` viser den.")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="Samtalens id.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FIL", help="Filen det skrives til.")]


def add_to(conversations: typer.Typer, feedback: typer.Typer) -> None:
    """Put the commands into their groups."""
    command = partial(conversations.command, cls=terminal.NorwegianCommand, options_metavar="[VALG]")
    command("list")(_list)
    command("export")(_export)
    command("delete")(_delete)
    command("hold")(_hold)
    command("purge")(_purge)
    command("backup")(_backup)
    command("restore")(_restore)
    command = partial(feedback.command, cls=terminal.NorwegianCommand, options_metavar="[VALG]")
    command("list")(_feedback_list)
    command("export")(_feedback_export)


def _list(
    user: User = "",
    since: Annotated[
        date | None,
        typer.Option("--since", parser=terminal.day, metavar="DATO", help="Brukt denne dagen eller senere."),
    ] = None,
    until: Annotated[
        date | None,
        typer.Option("--until", parser=terminal.day, metavar="DATO", help="Brukt denne dagen eller før."),
    ] = None,
) -> None:
    """Vis eiere og datoer, uten innholdet."""
    first = _start(since) if since else None
    last = _start(until + timedelta(days=1)) if until else None
    with _store() as store:
        found = store.survey(_owner(user), first, last)
    moment = "%Y-%m-%d %H:%M"
    terminal.rows(
        ("id", "eier", "begynt", "sist brukt", "spørsmål", "holdes"),
        [
            (
                each.id, each.owner, f"{each.created.astimezone():{moment}}",
                f"{each.updated.astimezone():{moment}}", str(each.turns), "ja" if each.held else "",
            )
            for each in found
        ],
    )  # fmt: skip
    say(f"{len(found)} samtaler.")


def _export(
    conversation: Annotated[str, typer.Argument(metavar="ID", help="Bare samtalen med denne id-en.")] = "",
    user: User = "",
    owner: Owner = "",
    form: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORM", show_default=False, help="For én samtale: md, docx, pdf eller json."
        ),
    ] = "json",
    out: Out = None,
) -> None:
    """Skriv ut det som er lagret, til innsyn."""
    with _store() as store:
        if conversation:
            content = _one(store, conversation, form)
        else:
            from pydantic import TypeAdapter

            from assistant.conversations.values import OwnData

            content = TypeAdapter(OwnData).dump_json(store.everything(_whose(user, owner)), indent=2)
    _write(content, out)


def _one(store: Conversations, conversation: str, form: str) -> bytes:
    from assistant import export

    thread = store.find(conversation)
    if thread is None:
        raise _unknown(conversation)
    if form not in export.FORMS:
        raise typer.BadParameter(f"«{form}» er ingen form; velg {', '.join(export.FORMS)}.")
    return export.conversation(thread, form).content


def _delete(
    conversation: Annotated[str, typer.Argument(metavar="ID", help="Bare samtalen med denne id-en.")] = "",
    user: User = "",
    owner: Owner = "",
) -> None:
    """Slett en brukers data, eller én samtale."""
    from assistant.conversations.values import Removal

    with _store() as store:
        if not conversation:
            _tell(store.forget(_whose(user, owner)))
            return
        thread = store.find(conversation)
        if thread is None:
            raise _unknown(conversation)
        if store.delete(thread.conversation.owner, conversation) is Removal.HELD:
            raise InputError(
                f"Samtalen {conversation} holdes for en sak.",
                f"Slipp den først: `assistant conversations hold --off {conversation}`.",
            )
    say(f"Slettet {conversation}.")


def _hold(
    conversation: Id,
    off: Annotated[bool, typer.Option("--off", help="Slipp samtalen, så den kan slettes igjen.")] = False,
) -> None:
    """Ta vare på en samtale for en sak."""
    with _store() as store:
        if not store.hold(conversation, held=not off):
            raise _unknown(conversation)
    say(f"{conversation} {'kan slettes igjen' if off else 'holdes'}.")


def _purge(
    days: Annotated[
        int | None,
        typer.Option("--days", min=0, metavar="DAGER", help="I stedet for ASSISTANT_RETENTION_DAYS."),
    ] = None,
) -> None:
    """Slett det som ikke er brukt på lenge."""
    with _store() as store:
        _tell(store.purge(days))


def _backup(
    copy: Annotated[Path, typer.Argument(metavar="FIL", help="Filen kopien skrives til.")],
) -> None:
    """Skriv en sikkerhetskopi mens tjenesten går."""
    from assistant.conversations import backup
    from assistant.settings import Settings

    say(f"Skrev {copy} med {backup.write(Settings.read(), copy)} samtaler.")


def _restore(
    copy: Annotated[Path, typer.Argument(metavar="FIL", help="Kopien som skal legges tilbake.")],
) -> None:
    """Legg en sikkerhetskopi tilbake i stedet for det som er lagret."""
    from assistant.conversations import backup
    from assistant.settings import Settings

    say(f"La tilbake {backup.restore(Settings.read(), copy)} samtaler fra {copy}.")


def _feedback_list() -> None:
    """Tell tilbakemeldingene etter grunn."""
    from collections import Counter

    with _store() as store:
        found = store.feedback.all()
    counted: Counter[tuple[str, str, str]] = Counter()
    for each in found:
        reasons = [texts.REASON[reason] for reason in each.reasons] or [""]
        counted.update((each.triage.value, each.verdict.value, reason) for reason in reasons)
    rows = [(*key, str(number)) for key, number in sorted(counted.items())]
    terminal.rows(("status", "mening", "grunn", "antall"), rows)
    say(f"{len(found)} tilbakemeldinger.")


def _feedback_export(
    out: Out = None,
    every: Annotated[bool, typer.Option("--all", help="Også det som ikke er nytt.")] = False,
) -> None:
    """Skriv det folk klaget på, som eval-spørsmål."""
    from assistant import feedbackcases
    from assistant.conversations.values import Triage, Verdict

    with _store() as store:
        down = [each for each in store.feedback.all() if each.verdict is Verdict.DOWN]
        found = [each for each in down if every or each.triage is Triage.NEW]
        _write(feedbackcases.as_yaml(found).encode(), out)
        for each in found:
            if each.turn:
                store.feedback.sort(each.owner, each.answer_id, Triage.UNDER_WAY)
    without = sum(each.turn is None for each in found)
    terminal.note(f"{len(found) - without} saker; {without} uten lagret svar er utelatt.")


def _tell(tally: Tally) -> None:
    say(
        f"Slettet {tally.conversations} samtaler og {tally.feedback} tilbakemeldinger; "
        f"{tally.held} samtaler holdes og ble ikke slettet."
    )


@contextmanager
def _store() -> Iterator[Conversations]:
    from assistant.conversations import open_store
    from assistant.settings import Settings

    store = open_store(Settings.read())
    try:
        yield store
    finally:
        store.close()


def _owner(user: str) -> str:
    return f"user:{user.strip().casefold()}" if user.strip() else ""


def _whose(user: str, owner: str) -> str:
    if bool(user) == bool(owner):
        raise typer.BadParameter("Skriv enten en samtale, --user eller --owner.")
    return owner or _owner(user)


def _start(day: date) -> datetime:
    """The moment the day begins here."""
    return datetime.combine(day, time()).astimezone().astimezone(UTC)


def _unknown(conversation: str) -> InputError:
    return InputError(f"Det finnes ingen samtale {conversation[:40]}.", "Se `assistant conversations list`.")


def _write(content: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content + b"\n")
        return
    try:
        out.touch(mode=0o600)
        out.write_bytes(content)
    except OSError as error:
        raise EnvironmentProblem(
            f"Kan ikke skrive {out}: {error.strerror}.", "Velg en mappe du kan skrive i med --out."
        ) from error
    terminal.note(f"Skrev {out}.")
