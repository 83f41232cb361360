"""What stands around the field for the question: the calendar, what to be answered from, and messages."""

from __future__ import annotations

from assistant import texts
from assistant.chattexts import chat_words
from assistant.markup import escape
from assistant.wording import words


def date_button(language: str) -> str:
    """Opens the browser's calendar. The field itself is text, because a browser draws a field for dates
    in its own language, and 11/12 is then another day than 11.12.
    """
    label = escape(words(language)["pick_date"])
    return (
        f'<div><button type="button" class="pick" data-pick aria-label="{label}" '
        f'title="{label}"></button>'
        '<input type="date" class="picker" tabindex="-1" aria-hidden="true"></div>'
    )


def kinds(language: str) -> str:
    """The list of what to be answered from; a plain one, which every browser and reader knows."""
    say = chat_words(language)
    named = texts.SOURCE_KIND_IN.get(language, texts.SOURCE_KIND)
    options = "".join(f'<option value="{kind.value}">{escape(name)}</option>' for kind, name in named.items())
    return (
        f'<label class="kinds"><span>{escape(say["from"])}</span>'
        f'<select data-kinds><option value="">{escape(say["from_all"])}</option>{options}</select></label>'
    )


def message(language: str, *, edited: bool = False, problem: str = "") -> str:
    """What stands over the field: that an old question is being changed, and what is wrong with the new."""
    say = chat_words(language)
    changing = (
        f'<p class="editing"><span>{escape(say["editing"])}</span>'
        f'<button type="button" class="tool" data-leave>{escape(say["edit_leave"])}</button></p>'
        if edited
        else ""
    )
    wrong = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    return f"{changing}{wrong}"
