"""What stands around the conversation on the chat page: earlier ones, feedback and the shortcuts.

All of it is drawn once, in the language of the page; `static/chat/` fills it with what the reader has.
"""

from __future__ import annotations

import json

from assistant import feedbackform
from assistant.chattexts import chat_words
from assistant.exchanges import Exchange
from assistant.markup import escape
from assistant.render import exchange
from assistant.widgettexts import widget_words

FORMS = {"docx": "Word", "pdf": "PDF", "md": "Markdown"}
"""The files a conversation can be had as, and what people call them."""
_FOR_SCRIPT = (
    "past_none", "past_not_found", "past_found", "past_found_more", "past_turns_one", "past_turns",
    "past_options", "past_held", "past_failed", "renamed", "rename_empty", "deleted",
)  # fmt: skip


def turn(shown: Exchange, language: str, *, last: bool = False) -> str:
    """An exchange, with what the scripts must know of it to take feedback and to find it again."""
    known = {
        "answer": shown.answer.id if shown.answer else "",
        "conversation": shown.conversation,
        "verdict": shown.verdict,
        "edited": "1" if shown.edited else "",
    }
    marks = "".join(f' data-{name}="{escape(value)}"' for name, value in known.items() if value)
    return f'<div class="turn"{marks}>{exchange(shown, language, last=last, linked=True)}</div>'


def buttons(language: str, *, kept: bool) -> str:
    """The buttons at the top of the page that open the drawer and the list of shortcuts."""
    say = chat_words(language)
    past = (
        '<button type="button" class="way" data-past aria-haspopup="dialog" aria-expanded="false">'
        f"{escape(say['past'])}</button>"
    )
    keys = (
        '<button type="button" class="way keys" data-keys aria-haspopup="dialog">'
        f"{escape(say['keys'])}</button>"
    )
    return f"{past if kept else ''}{keys}"


def around(language: str, *, kept: bool) -> str:
    """What the page has besides the conversation; without a store, only the list of shortcuts."""
    if not kept:
        return _words(language) + _keys(language, kept=False)
    return (
        _words(language) + feedbackform.templates(language) + _drawer(language) + _row(language)
        + _keys(language, kept=True)
    )  # fmt: skip


def _words(language: str) -> str:
    """The words that the scripts write."""
    judged, own = widget_words(language), chat_words(language)
    words = {
        **{name: judged[name] for name in (*feedbackform.FOR_SCRIPT, "quote", "close_quote")},
        **{name: own[name] for name in _FOR_SCRIPT},
    }
    return f'<div id="ord" hidden data-words="{escape(json.dumps(words, ensure_ascii=False))}"></div>\n'


def _drawer(language: str) -> str:
    say = {name: escape(text) for name, text in chat_words(language).items()}
    return (
        '<dialog id="historikk" aria-labelledby="historikk-tittel"><div class="drawer-top">'
        f'<h2 id="historikk-tittel">{say["past"]}</h2>'
        f'<button type="button" class="drawer-icon shut" data-shut aria-label="{say["past_close"]}" '
        f'title="{say["past_close"]}"></button></div>'
        f'<input type="search" id="historikk-sok" aria-label="{say["past_search"]}" '
        f'placeholder="{say["past_search"]}" maxlength="200" autocomplete="off">'
        '<p id="historikk-antall" class="found" role="status"></p>'
        '<div class="trouble" role="alert" hidden><p></p>'
        f'<button type="button" class="drawer-button" data-again>{say["past_again"]}</button></div>'
        '<ul id="historikk-liste"></ul>'
        f'<button type="button" class="drawer-button older" hidden>{say["past_older"]}</button></dialog>\n'
    )


def _row(language: str) -> str:
    """One conversation in the list, what can be done with it, and the two forms that ask once more."""
    say = {name: escape(text) for name, text in chat_words(language).items()}
    files = "".join(
        f'<a class="act" data-format="{form}" download>{escape(say["download"].format(form=name))}</a>'
        for form, name in FORMS.items()
    )
    cancel = f'<button type="button" class="drawer-button" data-cancel>{say["cancel"]}</button>'
    return (
        '<template id="historikk-rad"><li class="past"><div class="past-line">'
        '<button type="button" class="past-open"><span class="past-title"></span>'
        '<span class="past-when"></span></button>'
        '<button type="button" class="drawer-icon past-more" aria-expanded="false"></button></div>'
        '<div class="acts" hidden>'
        f'<button type="button" class="act" data-rename>{say["rename"]}</button>{files}'
        f'<button type="button" class="act risky" data-delete>{say["delete"]}</button></div></li>'
        "</template>\n"
        '<template id="historikk-navn"><form class="past-form"><label>'
        f'{say["rename_label"]}<input name="title" maxlength="200" autocomplete="off"></label>'
        '<p class="past-problem" role="alert" hidden></p><div class="past-row">'
        f'<button type="submit" class="drawer-button first">{say["rename_save"]}</button>{cancel}'
        "</div></form></template>\n"
        '<template id="historikk-slett"><form class="past-form" role="group"><p class="past-sure">'
        f'{say["delete_ask"]}</p><p class="past-problem" role="alert" hidden></p><div class="past-row">'
        f'<button type="submit" class="drawer-button danger">{say["delete_yes"]}</button>{cancel}'
        "</div></form></template>\n"
    )


def _keys(language: str, *, kept: bool) -> str:
    """The list of shortcuts. Those of one key can be put out of use (WCAG 2.1.4)."""
    say = {name: escape(text) for name, text in chat_words(language).items()}
    listed = [
        (("/",), "key_field"), ((say["key_enter"],), "key_send"),
        ((say["key_shift"], say["key_enter"]), "key_line"), ((say["key_escape"],), "key_stop"),
        (("k",), "key_sources"), *([(("h",), "key_past"), (("n",), "key_new")] if kept else []),
        (("?",), "key_list"),
    ]  # fmt: skip
    rows = "".join(
        f"<div><dt>{' + '.join(f'<kbd>{key}</kbd>' for key in keys)}</dt><dd>{say[told]}</dd></div>"
        for keys, told in listed
    )
    return (
        f'<dialog id="snarveier" aria-labelledby="snarveier-tittel"{" data-kept" if kept else ""}>'
        f'<div class="drawer-top"><h2 id="snarveier-tittel">{say["keys"]}</h2>'
        f'<button type="button" class="drawer-icon shut" data-shut aria-label="{say["keys_close"]}" '
        f'title="{say["keys_close"]}"></button></div><dl>{rows}</dl>'
        f'<label class="switch"><input type="checkbox" id="snarveier-pa" checked> {say["keys_on"]}</label>'
        f'<p class="found">{say["keys_note"]}</p></dialog>\n'
    )
