"""An answer as plain text with numbered sources, ready to be pasted into a case file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from assistant import markup
from assistant.exchanges import flow
from assistant.types import Answer, Block, Citation, Sentence
from assistant.wording import in_force, instead, long_date, rank_text, words


def plain_text(answer: Answer, language: str) -> str:
    """The answer with numbered sources as plain text, ready for a case file."""
    say = words(language)
    parts = [
        say["copy_header"].format(question=answer.question),
        say["copy_on"].format(date=long_date(answer.on)),
        "",
        *body(answer),
        *(f"{say['notice']}: {markup.plain(notice)}" for notice in answer.notices),
    ]
    if answer.citations:
        parts += ["", say["copy_sources"]]
        parts += [line for citation in answer.citations for line in source(citation, answer, language)]
    return "\n".join([*parts, "", say["copy_footer"]])


def body(answer: Answer) -> Iterator[str]:
    """The paragraphs and list items of the answer, each with the numbers of its sources."""
    if answer.redirected:
        yield instead(answer, answer.language)
    if not answer.sentences:
        yield from (markup.plain(line) for line in answer.text.splitlines() if line.strip())
    for (block, _, lead), run in groupby(answer.sentences, key=flow):
        lines = [_plain_sentence(each) for each in run]
        if block in (Block.PARAGRAPH, Block.QUOTE):
            yield " ".join([markup.plain(lead), *lines]).strip()
        else:
            yield from ([markup.plain(lead)] if lead else [])
            yield from (f"– {line}" for line in lines)


def _plain_sentence(sentence: Sentence) -> str:
    said = " · ".join(markup.plain(piece) for piece in markup.pieces(sentence.text))
    return " ".join([said, *(f"[{n}]" for n in sentence.citations)])


def source(citation: Citation, answer: Answer, language: str) -> Iterator[str]:
    """A numbered source with what an officer needs to weigh it, and its address on a line of its own."""
    say = words(language)
    _, force = in_force(citation, answer.on, language)
    page = f", {say['page'].lower()} {citation.page}" if citation.page else ""
    facts = [
        rank_text(citation.type, language),
        citation.publisher,
        force,
        say["copy_checked"].format(date=long_date(citation.checked)),
    ]
    yield f"[{citation.n}] {citation.title}, «{citation.section}»{page} ({', '.join(filter(None, facts))})"
    if url := markup.safe_url(citation.url):
        yield f"    {url}"
