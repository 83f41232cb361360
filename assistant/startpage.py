"""The top of the chat page, and what a new conversation shows before anything is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assistant import pastchats, render, texts
from assistant.chattexts import chat_words
from assistant.markup import escape
from assistant.roles import roles
from assistant.types import Source
from assistant.wording import long_date, words


def header(language: str, other: str, *, kept: bool = False, limited: str = "") -> str:
    """The top of the page: what this is, that it is AI, and the ways out of it.

    `other` is the path of the page in the other language; `limited` why the search has less than it should.
    """
    say = words(language)
    told = (
        f'<div class="notice limited" role="note"><strong>{escape(say["limited"])}</strong>'
        f"<p>{escape(limited)}</p></div>"
        if limited
        else ""
    )
    other_language = "nn" if language == "nb" else "nb"
    return (
        f'<header class="top"><div><h1>{escape(texts.PRODUCT)} <span class="ai">{escape(say["badge"])}</span>'
        f"</h1><p>{escape(say['tagline'])}</p></div><nav>{pastchats.buttons(language, kept=kept)}"
        f'<a href="/kilder?lang={language}" target="_blank" rel="noopener">{escape(say["sources_link"])}</a>'
        f'<a href="{escape(other)}" lang="{other_language}" aria-label="{escape(say["language_label"])}">'
        f"{escape(say['language'])}</a></nav></header>{told}"
    )


@dataclass(frozen=True, slots=True)
class About:
    """What a reader should know before she asks."""

    sources: tuple[Source, ...]
    days: int
    """Days that a conversation is kept; 0 when it is not."""
    generative: bool
    """Whether a language model words the answers."""


def welcome(about: About, language: str) -> str:
    """What a new conversation shows: what this is and is not, and questions to try for each role."""
    say = words(language)
    return (
        f'<section class="welcome"><h2>{escape(say["empty_title"])}</h2><p>{escape(say["empty_text"])}</p>'
        f'<h3 id="roller-tittel">{escape(say["examples"])}</h3>{_examples(language)}'
        f"{_told(about, language)}</section>"
    )


def _examples(language: str) -> str:
    """The examples of one role at a time; `static/chat/roles.js` changes between them."""
    tabs, panels = [], []
    for place, role in enumerate(roles(language)):
        chosen = not place
        tabs.append(
            f'<button type="button" role="tab" class="role" id="rolle-{role.id}" '
            f'aria-controls="rolle-{role.id}-eksempler" aria-selected="{str(chosen).lower()}" '
            f'tabindex="{0 if chosen else -1}">{escape(role.label)}</button>'
        )
        chips = "".join(render.ask(question, question) for question in role.questions)
        panels.append(
            f'<div role="tabpanel" class="chips examples" id="rolle-{role.id}-eksempler" '
            f'aria-labelledby="rolle-{role.id}"{"" if chosen else " hidden"}>{chips}</div>'
        )
    label = escape(chat_words(language)["roles"])
    return f'<div role="tablist" class="roles" aria-label="{label}">{"".join(tabs)}</div>{"".join(panels)}'


def _told(about: About, language: str) -> str:
    say = chat_words(language)
    storing = say["storing_text"].format(days=about.days) if about.days else say["storing_none"]
    told = [
        (say["knows"], _knows(about.sources, language)),
        (say["is_not"], escape(say["is_not_text"])),
        (say["machine"], escape(say["machine_llm" if about.generative else "machine_text"])),
        (say["storing"], escape(storing)),
    ]
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{text}</dd></div>" for name, text in told)
    return f'<dl class="about">{rows}</dl>'


def _knows(sources: Sequence[Source], language: str) -> str:
    say, names = chat_words(language), texts.SOURCE_TYPE_IN.get(language, texts.SOURCE_TYPE)
    counts = Counter(source.type for source in sources)
    kinds = ", ".join(f"{names[kind].lower()} ({counts[kind]})" for kind in names if counts[kind])
    latest = max((source.checked for source in sources), default=None)
    link = f'<a href="/kilder?lang={language}" target="_blank" rel="noopener">{escape(say["knows_link"])}</a>'
    if latest is None:
        return link
    return f"{escape(say['knows_text'].format(n=len(sources), date=long_date(latest), kinds=kinds))} {link}"
