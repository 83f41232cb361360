"""What an exported conversation says, the same in every form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import TypeAdapter

from assistant import casefile, markup, texts
from assistant.conversations.values import StoredTurn, Thread
from assistant.types import Citation
from assistant.wording import long_date, outcome, words

_THREAD = TypeAdapter(Thread)
KEYWORDS = "ai-generated, KI-generert"
"""Put into the properties of the file, where programs look for how it was made."""


@dataclass(frozen=True, slots=True)
class SourceNote:
    """A numbered source under an answer, with what was quoted from it."""

    label: str
    url: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One question with its answer."""

    heading: str
    question: str
    lines: tuple[str, ...]
    """Paragraphs and, beginning with a dash, list items."""
    notices: tuple[str, ...]
    sources: tuple[SourceNote, ...]
    facts: tuple[str, ...]
    """When and how the answer was made, and its fingerprint."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """An exported conversation."""

    title: str
    machine: str
    """That a machine made the answers; stands before the first of them."""
    facts: tuple[str, ...]
    parts: tuple[Part, ...]


def program_version() -> str:
    """The version of the installed program."""
    try:
        return version("anskaffelsesassistenten")
    except PackageNotFoundError:
        return "ukjent"


def sheet(thread: Thread, at: datetime) -> Sheet:
    """The conversation as it is to be read."""
    say, about = texts.EXPORT, thread.conversation
    facts = (
        say["begun"].format(start=_moment(about.created), end=_moment(about.updated)),
        say["made"].format(date=_moment(at), version=program_version()),
    )
    return Sheet(about.title, say["machine"], facts, tuple(map(_part, thread.turns)))


def as_json(thread: Thread, at: datetime) -> bytes:
    """The conversation for programs: every answer as it was given, with how it was made."""
    content: dict[str, Any] = {
        "product": texts.PRODUCT,
        "version": program_version(),
        "exported": at.isoformat(),
        "ai_generated": True,
        "statement": texts.EXPORT["machine"],
        **_THREAD.dump_python(thread, mode="json"),
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _part(turn: StoredTurn) -> Part:
    say, answer = texts.EXPORT, turn.answer
    status = outcome(answer, "nb")
    made = say["given"].format(
        date=_moment(turn.created), build=answer.build, mode=say[answer.mode.value], status=status
    )
    return Part(
        heading=say["question"].format(n=turn.number),
        question=turn.question,
        lines=(say["on"].format(date=long_date(turn.on)) + ".", *casefile.body(answer)),
        notices=tuple(map(markup.plain, answer.notices)),
        sources=tuple(_source(each, turn) for each in answer.citations),
        facts=(made, say["print"].format(sha256=turn.sha256)),
    )


def _source(citation: Citation, turn: StoredTurn) -> SourceNote:
    label, *_ = casefile.source(citation, turn.answer, "nb")
    quotes = tuple(
        texts.EXPORT["quote"].format(quote=" · ".join(markup.plain(piece) for piece in markup.pieces(quote)))
        for quote in citation.quotes
    )
    return SourceNote(label, markup.safe_url(citation.url), quotes)


def _moment(at: datetime) -> str:
    local = at.astimezone()
    return f"{long_date(local.date())} kl. {local:%H.%M}"


def headings() -> dict[str, str]:
    """The words for the parts under an answer."""
    return {"sources": texts.EXPORT["sources"], "notice": words("nb")["notice"]}
