"""The commands that keep the corpus up to date: `assistant corpus diff`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant import terminal
from assistant.errors import AssistantError
from assistant.terminal import say

if TYPE_CHECKING:
    from assistant.changes import Changed
    from assistant.conversations.values import Resting
    from assistant.settings import Settings


def add_to(corpus: typer.Typer) -> None:
    """Put the commands into their group."""
    command = partial(corpus.command, cls=terminal.NorwegianCommand, options_metavar="[VALG]")
    command("diff")(_diff)


def _diff(
    older: Annotated[str, typer.Argument(metavar="FØR", help="Eldre bygg; uten: det forrige.")] = "",
    newer: Annotated[str, typer.Argument(metavar="ETTER", help="Nyere bygg; uten: det i bruk.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Skriv alt som JSON.")] = False,
) -> None:
    """Vis hvilke avsnitt som er ulike i to bygg, og hvilke spørsmål og lagrede svar som bygger på dem."""
    from assistant import changes, index
    from assistant.settings import Settings

    settings = Settings.read()
    root = settings.index_root
    after = index.Index.at(root, newer or index.current_build(root) or "")
    before = index.Index.at(root, older or str(after.manifest.get("previous") or ""))
    found = changes.between(before.documents, after.documents, _relied())
    resting = _resting(settings, found, after.id)
    answers = Counter(section for each in resting or () for section in each.sections)
    if as_json:
        say(json.dumps(_as_json(before.id, after.id, found, resting, answers), ensure_ascii=False, indent=2))
        return
    heads, kept = ("avsnitt", "endring", "brukt av"), ("lagrede svar",) if resting else ()
    terminal.rows(
        (*heads, *kept),
        [
            (c.section_id, c.change, ", ".join(c.relied), *(str(answers[c.section_id] or "") for _ in kept))
            for c in found
        ],
    )
    relied = {case for c in found for case in c.relied}
    say(f"{before.id} → {after.id}: {len(found)} avsnitt er endret, {len(relied)} spørsmål bygger på dem.")
    if resting is not None:
        _tell(resting)


def _relied() -> dict[str, list[str]]:
    """For each section the eval cases that expect it; none where the evaluation is not installed."""
    try:
        from evals.cases import load_cases
    except ImportError:
        return {}
    relied: dict[str, list[str]] = {}
    for case in load_cases():
        for section in case.golden:
            relied.setdefault(section, []).append(case.id)
    return relied


def _resting(settings: Settings, found: Sequence[Changed], newer: str) -> tuple[Resting, ...] | None:
    """The saved answers that cite what has changed; None where nothing is kept, or it cannot be read."""
    from assistant import conversations

    try:
        return conversations.resting(settings, {each.section_id for each in found}, newer)
    except AssistantError as error:
        terminal.note(terminal.one_line(error))
        return None


def _tell(resting: Sequence[Resting]) -> None:
    """The conversations by their titles, and not another word of what was written."""
    answers = Counter(each.conversation.id for each in resting)
    conversations = {each.conversation.id: each.conversation for each in resting}
    if resting:
        terminal.rows(
            ("samtale", "sist brukt", "svar", "tittel"),
            [
                (each.id, f"{each.updated.astimezone():%Y-%m-%d %H:%M}", str(answers[each.id]), each.title)
                for each in conversations.values()
            ],
        )
    say(f"{len(resting)} lagrede svar i {len(conversations)} samtaler bygger på dem.")


def _as_json(
    older: str,
    newer: str,
    found: Sequence[Changed],
    resting: Sequence[Resting] | None,
    answers: Counter[str],
) -> dict[str, Any]:
    sections = [
        {
            "section_id": each.section_id,
            "heading": each.heading,
            "change": each.change.value,
            "cases": list(each.relied),
            "answers": None if resting is None else answers[each.section_id],
        }
        for each in found
    ]
    cited: dict[str, dict[str, Any]] = {}
    for each in resting or ():
        kept = each.conversation
        told = {"id": kept.id, "title": kept.title, "updated": kept.updated.isoformat()}
        row = cited.setdefault(kept.id, {**told, "answers": 0, "sections": []})
        row["answers"] += 1
        row["sections"] += [section for section in each.sections if section not in row["sections"]]
    conversations = None if resting is None else list(cited.values())
    return {"older": older, "newer": newer, "sections": sections, "conversations": conversations}
