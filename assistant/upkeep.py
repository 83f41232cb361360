"""The commands that keep the corpus up to date: `assistant corpus diff` and `assistant corpus expand`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant import terminal
from assistant.errors import AssistantError, CorpusError, EnvironmentProblem, SettingsError
from assistant.terminal import say

if TYPE_CHECKING:
    from assistant.changes import Changed
    from assistant.conversations.values import Resting
    from assistant.expanding import Proposal
    from assistant.settings import Settings
    from assistant.types import Document


def add_to(corpus: typer.Typer) -> None:
    """Put the commands into their group."""
    command = partial(corpus.command, cls=terminal.NorwegianCommand, options_metavar="[VALG]")
    command("diff")(_diff)
    command("expand")(_expand)


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


def _expand(
    id: Annotated[str, typer.Argument(metavar="DOKUMENT", help="Id-en, slik `corpus list` viser den.")],
    corpus: Annotated[
        Path | None,
        typer.Option("--corpus", metavar="MAPPE", help="Dokumentmappe, i stedet for ASSISTANT_CORPUS."),
    ] = None,
) -> None:
    """Foreslå spørsmål som leder til avsnittene, med en språkmodell."""
    from assistant import chain, expanding, ingest, llm
    from assistant.documents.questions import PROPOSED
    from assistant.settings import Settings

    settings = Settings.read()
    settings = settings.model_copy(update={"corpus": corpus} if corpus else {})
    caller = llm.Caller(
        chain.language_model(_with_model(settings)),
        llm.Limits(settings.llm_first_seconds, settings.llm_seconds, settings.llm_tokens),
    )
    document, place = _document(settings, id)
    final = place / "questions" / f"{id}.yaml"
    target = final.with_name(f"{id}{PROPOSED}")
    if target.exists():
        raise CorpusError(
            f"Det ligger forslag i {target} fra før.", f"Gi filen navnet {final.name}, eller slett den."
        )
    keys, _ = ingest.read_keys(settings.corpus, [settings.published])
    wanting = expanding.wanting(document, keys.keys())
    if not wanting:
        say(f"Alle avsnittene i {id} har spørsmål.")
        return
    known = [key.question for listed in keys.values() for key in listed]
    proposals = []
    with terminal.progress("Spør språkmodellen") as report:
        for proposal in expanding.expand(document, wanting, known, caller):
            proposals.append(proposal)
            report("Spør språkmodellen", len(proposals), len(wanting))
    _tell_proposals(proposals, len(wanting))
    if not any(each.keys for each in proposals):
        raise EnvironmentProblem(
            "Språkmodellen ga ingen brukbare forslag.", "Se tabellen, og docs/llm.md for innstillingene."
        )
    used = f"legg dem til i {final.name}" if final.exists() else f"gi filen navnet {final.name}"
    head = ("Forslag fra en språkmodell, ikke i bruk.", f"Les hvert spørsmål, rett eller slett, og {used}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(expanding.as_yaml(proposals, head), encoding="utf-8")
    say(f"Skrev {target}. Les hvert spørsmål, rett eller slett, og {used}. Kjør så `assistant index`.")


def _with_model(settings: Settings) -> Settings:
    """The settings, when they name a language model that can be asked; whoever words the answers."""
    if not settings.llm:
        raise SettingsError(
            "`assistant corpus expand` trenger en språkmodell.",
            "Sett ASSISTANT_LLM som leverandør:modell, og ASSISTANT_LLM_BASE_URL, se docs/llm.md.",
        )
    settings.model_copy(update={"answers": "llm"}).check()
    return settings


def _document(settings: Settings, id: str) -> tuple[Document, Path]:
    """The document, and the folder that its questions belong in."""
    from assistant import ingest

    cache = ingest.reading_cache(settings.index_root)
    own, _ = ingest.read_corpus(settings.corpus, cache)
    every, _ = ingest.read_corpus(settings.corpus, cache, [settings.published])
    found = next((each for each in every if each.source.id == id), None)
    if found is None:
        raise CorpusError(f"Fant ikke dokumentet «{id}».", "Se `assistant corpus list`.")
    return found, settings.corpus if id in {each.source.id for each in own} else settings.published


def _tell_proposals(proposals: Sequence[Proposal], wanting: int) -> None:
    rows = []
    for each in proposals:
        faults = [f"{number} {fault}" for fault, number in Counter(each.faults).items()]
        told = [*faults, *([f"modellen svarte ikke ({each.trouble})"] if each.trouble else [])]
        rows.append((each.slug, str(len(each.keys)), ", ".join(told)))
    terminal.rows(("avsnitt", "forslag", "forkastet"), rows)
    if len(proposals) < wanting:
        terminal.note(f"{wanting - len(proposals)} avsnitt er ikke spurt om: modellen svarer ikke.")


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
