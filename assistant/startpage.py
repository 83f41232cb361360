"""The top of the chat page, and what a new conversation shows before anything is asked."""

from __future__ import annotations

from assistant import pastchats, render, texts
from assistant.markup import escape
from assistant.wording import words


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


def welcome(language: str) -> str:
    """What a new conversation shows: what this is, and questions to try."""
    say = words(language)
    examples = texts.EXAMPLES_IN.get(language, texts.EXAMPLES)
    chips = "".join(render.ask(question, question) for question in examples)
    return (
        f'<section class="welcome"><h2>{escape(say["empty_title"])}</h2><p>{escape(say["empty_text"])}</p>'
        f'<h3>{escape(say["examples"])}</h3><div class="chips">{chips}</div></section>'
    )
