"""One exchange as HTML and as plain text: pure functions from the frozen values to what is drawn.

The chat page puts these strings on the screen unchanged, so everything that comes from a question,
a source or a model is escaped here or in `markup`, and every link leads to our own source pages or
to the `https` address that a source carries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from assistant import links, markup, phrases
from assistant.casefile import plain_text
from assistant.chattexts import chat_words
from assistant.exchanges import Exchange, flow
from assistant.markup import escape, local_href, tag
from assistant.types import Answer, AnswerMode, Block, Choice, Citation, Sentence, SourceKind, Suggestion
from assistant.wording import long_date, outcome, words


def exchange(shown: Exchange, language: str, *, last: bool = False, linked: bool = False) -> str:
    """One question with its answer, as far as it has come.

    The `last` can be asked again or changed, and one that is `linked` has an address to copy.
    """
    say = words(language)
    body = "".join(_answer_parts(shown, language, last, linked))
    return (
        f'<article class="exchange" id="svar-{shown.number}" tabindex="-1" data-state="{shown.state}">'
        f'<h2 class="asked"><span class="sr">{escape(say["you"])}: </span>{escape(shown.question)}</h2>'
        f'<div class="answer">{body}</div></article>'
    )


def answered(shown: Exchange, language: str) -> str:
    """A whole answer by itself: how it went, what it says and its notices, with nothing to press."""
    answer = shown.answer
    if answer is None:
        return ""
    return (
        _heading(answer, shown.only, language)
        + _said(answer, answer.sentences, answer.citations, shown.number, language)
        + "".join(_notices(answer, language))
    )


def _said(
    answer: Answer | None,
    sentences: Sequence[Sentence],
    citations: Sequence[Citation],
    number: int,
    language: str,
) -> str:
    """The sentences with their markers; without any, the answer's own words."""
    if sentences:
        body = _body(sentences, citations, number, language)
        return f'<div class="body" lang="{_spoken(answer)}">{body}</div>'
    if not answer:
        return ""
    body = markup.block(answer.text, links=False).html
    return f'<div class="body" lang="{escape(answer.language)}">{body}</div>'


def _answer_parts(shown: Exchange, language: str, last: bool, linked: bool) -> Iterator[str]:
    say = words(language)
    answer = shown.answer
    if answer:
        yield _heading(answer, shown.only, language)
    # What is missing stands before what is said without it: a long answer would hide the choices.
    if answer and answer.choices:
        yield from _notices(answer, language)
        yield _choices(answer.choices, language)
    citations = answer.citations if answer else shown.citations
    sentences = answer.sentences if answer else shown.sentences
    yield _said(answer, sentences, citations, shown.number, language)
    if shown.state == "running":
        yield f'<p class="progress"><span class="dots" aria-hidden="true"></span>{escape(shown.progress)}</p>'
    if shown.state == "failed":
        yield f'<p class="failure">{escape(shown.failure)}</p>'
    if shown.state == "stopped":
        yield f'<p class="stopped">{escape(say["stopped" if sentences else "stopped_empty"])}</p>'
    if answer:
        yield from _notices(answer, language) if not answer.choices else ()
        yield _suggestions(answer.suggestions, language)
    yield _tools(shown, language, last, linked)
    if answer:
        yield _follow_ups(answer.follow_ups, language)


def _spoken(answer: Answer | None) -> str:
    """The language of the sentences: a model's own, or that of the Norwegian sources."""
    return escape(answer.language) if answer and answer.mode is AnswerMode.GENERATIVE else "nb"


def _heading(answer: Answer, only: Sequence[SourceKind], language: str) -> str:
    """How it went, for an answer from the sources which day it holds for, and what it was confined to."""
    status = outcome(answer, language)
    day = words(language)["on"].format(date=long_date(answer.on)) if answer.citations else ""
    kinds = chat_words(language)["only"].format(kinds=phrases.kinds(only, language)) if only else ""
    told = "".join(tag("on", each) for each in (day, kinds) if each)
    return f'<p class="outcome">{tag(f"badge badge-{answer.status.value}", status)}{told}</p>'


def _body(sentences: Sequence[Sentence], citations: Sequence[Citation], number: int, language: str) -> str:
    """The sentences as paragraphs and lists; sentences in a row from one source share a paragraph."""
    by_n = {citation.n: citation for citation in citations}

    def marked(sentence: Sentence) -> str:
        cites = (_marker(by_n[n], number, language) for n in sentence.citations if n in by_n)
        return f'{markup.quoted(sentence.text)}<span class="cites">{"".join(cites)}</span>'

    parts = []
    for (block, _, lead), run in groupby(sentences, key=flow):
        inner = [marked(sentence) for sentence in run]
        intro = f'<span class="lead">{markup.inline(lead)}</span>' if lead else ""
        if block is Block.PARAGRAPH:
            parts.append(f"<p>{' '.join([intro, *inner]).strip()}</p>")
        elif block is Block.QUOTE:
            parts.append(f"{_intro(intro)}<blockquote><p>{' '.join(inner)}</p></blockquote>")
        else:
            items = "".join(f"<li>{item}</li>" for item in inner)
            parts.append(f"{_intro(intro)}<ul>{items}</ul>")
    return "".join(parts)


def _intro(lead: str) -> str:
    return f"<p>{lead}</p>" if lead else ""


def _marker(citation: Citation, number: int, language: str) -> str:
    where = {"n": citation.n, "title": citation.title, "section": citation.section}
    label = escape(words(language)["cite"].format(**where))
    return (
        f'<a class="cite" href="{local_href(citation.href, language)}" '
        f'data-cite="kilde-{number}-{citation.n}" aria-label="{label}" title="{label}">[{citation.n}]</a>'
    )


def _notices(answer: Answer, language: str) -> Iterator[str]:
    return (_notice(text, answer.language, language) for text in answer.notices)


def _notice(text: str, spoken: str, language: str) -> str:
    return (
        f'<div class="notice" role="note"><strong>{escape(words(language)["notice"])}</strong>'
        f'<p lang="{escape(spoken)}">{markup.inline(text)}</p></div>'
    )


def _choices(choices: Sequence[Choice], language: str) -> str:
    title = words(language)["choices"]
    return _group("choices", title, [ask(choice.label, choice.question) for choice in choices])


def _follow_ups(questions: Sequence[str], language: str) -> str:
    title = words(language)["follow_ups"]
    return _group("follow-ups", title, [ask(question, question) for question in questions])


def _suggestions(suggestions: Sequence[Suggestion], language: str) -> str:
    links = [
        f'<a class="suggestion" href="{local_href(each.href, language)}" target="_blank" rel="noopener">'
        f"<strong>{escape(each.section)}</strong> <span>{escape(each.title)}</span></a>"
        for each in suggestions
    ]
    return _group("suggestions", words(language)["suggestions"], links)


def _group(name: str, title: str, members: Sequence[str]) -> str:
    if not members:
        return ""
    return f'<div class="{name}"><h3>{escape(title)}</h3><div class="chips">{"".join(members)}</div></div>'


def _tools(shown: Exchange, language: str, last: bool, linked: bool) -> str:
    """What can be done with an answer that rests on sources, and with the last question of all."""
    answer = shown.answer
    members = list(_with_sources(answer, shown.number, language)) if answer and answer.citations else []
    members += [_link(shown, language)] if answer and linked else []
    if last and shown.state != "running":
        say = chat_words(language)
        members += [_tool("data-retry data-all", say["ask_all"])] if shown.only else []
        members += [_tool("data-retry", say["again"]), _tool("data-edit", say["edit"])]
    return f'<p class="tools">{"".join(members)}</p>' if members else ""


def _with_sources(answer: Answer, number: int, language: str) -> Iterator[str]:
    say = words(language)
    copy = escape(plain_text(answer, language)).replace("\n", "&#10;")
    yield _tool(f'data-show="kilder-{number}"', f"{say['open_sources']} ({len(answer.citations)})")
    told = f'data-copied="{escape(say["copied"])}" data-failed="{escape(say["copy_failed"])}"'
    yield _tool(f'data-copy="{copy}" {told}', say["copy"])


def _link(shown: Exchange, language: str) -> str:
    """Copies the address of the stored answer, or where none is kept, of the question."""
    say = chat_words(language)
    kept = shown.conversation and shown.id
    way = (
        links.answer(shown.id, language)
        if kept
        else links.again(shown.question, shown.on, shown.only, language)
    )
    name = "link" if kept else "link_question"
    done, failed = escape(say[f"{name}_copied"]), escape(words(language)["copy_failed"])
    told = f'data-copied="{done}" data-failed="{failed}"'
    return _tool(f'data-link="{escape(way)}" {told}', say[name])


def _tool(does: str, label: str) -> str:
    return f'<button type="button" class="tool" {does}>{escape(label)}</button>'


def ask(label: str, question: str) -> str:
    """A button that asks a question."""
    return f'<button type="button" class="chip" data-ask="{escape(question)}">{escape(label)}</button>'
