"""The page at `/embed` as HTML: pure, from what is known about the service to what the reader sees first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from assistant import texts
from assistant.drawing import FORM
from assistant.markup import escape
from assistant.settings import Settings
from assistant.types import Source
from assistant.widgettexts import widget_words
from assistant.wording import long_date, today, words

_SCRIPTS = ("main", "nodes", "asking", "quotes", "frame", "feedback", "memory", "theme")
_STYLES = ("base.css", "embed/designsystemet.css", "embed/embed.css")
_FOR_SCRIPT = (
    "retry", "lost", "busy", "thanks", "feedback_failed", "pick_reason", "quote", "close_quote", "searching",
)  # fmt: skip
_SHARED = (
    "you", "stopped", "stopped_empty", "bad_date", "empty_question", "copied", "copy_failed",
    "viewer", "failed",
)  # fmt: skip


class Filled(Protocol):
    """What the form had in it when it was sent."""

    @property
    def question(self) -> str: ...
    @property
    def on(self) -> str: ...
    @property
    def earlier(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Page:
    """What the page is made of."""

    language: str
    full: bool
    scheme: str
    """`auto`, `light` or `dark`."""
    sources: tuple[Source, ...]
    settings: Settings
    ancestors: tuple[str, ...]
    """The sites whose pages may show this one, and speak to it."""
    feedback: bool
    """Whether the service takes feedback."""
    limited: str = ""

    @property
    def say(self) -> dict[str, str]:
        """The widget's words, and those it shares with the chat page."""
        return {**words(self.language), **widget_words(self.language)}

    def address(self, *, language: str = "", full: bool = False) -> str:
        """The address of this page with the same choices, or with another language or the whole window."""
        choices = {
            "lang": language or self.language,
            "full": "1" if full or self.full else "",
            "theme": self.scheme.replace("auto", ""),
        }
        return escape(f"/embed?{urlencode({name: value for name, value in choices.items() if value})}")


def draw(page: Page, *, form: Filled | None = None, answer: str = "", problem: str = "") -> str:
    """The whole page; `answer` is the HTML of an exchange, `problem` what is wrong with what was sent."""
    links = "".join(f'<link rel="stylesheet" href="/web/{name}">\n' for name in _STYLES)
    preloads = "".join(
        f'<link rel="modulepreload" href="/web/embed/{name}.js">\n' for name in _SCRIPTS if name != "main"
    )
    shape = "full" if page.full else "framed"
    return (
        f'<!doctype html>\n<html lang="{page.language}" data-color-scheme="{page.scheme}" class="{shape}">\n'
        '<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1, '
        'interactive-widget=resizes-content">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="robots" content="noindex">\n'
        f"<title>{escape(texts.PRODUCT)}</title>\n"
        f'<link rel="icon" href="/web/icon.svg" type="image/svg+xml">\n{links}{preloads}'
        '<script type="module" src="/web/embed/main.js"></script>\n</head>\n'
        f'<body data-words="{_for_script(page)}" data-ancestors="{escape(" ".join(page.ancestors))}">\n'
        f'<a class="skip" href="#sporsmal">{escape(page.say["skip"])}</a>\n{_header(page)}'
        '<div id="status" class="sr" role="status" aria-live="polite"></div>\n'
        '<main>\n<div id="samtale" role="log" aria-live="off" tabindex="0" '
        f'aria-label="{escape(page.say["log"])}">\n'
        f'{_welcome(page, hidden=bool(answer))}<div id="svar">{answer}</div>\n</div>\n'
        f"{_form(page, form, problem)}</main>\n"
        f"{_templates(page)}</body>\n</html>\n"
    )


def _for_script(page: Page) -> str:
    """The words that the script writes; every other one stands in the page or comes with an answer."""
    say = page.say
    return escape(json.dumps({name: say[name] for name in (*_FOR_SCRIPT, *_SHARED)}, ensure_ascii=False))


def _header(page: Page) -> str:
    say = page.say
    whole = (
        ""
        if page.full
        else f'<a class="icon whole" href="{page.address(full=True)}" target="_blank" rel="noopener" '
        f'title="{escape(say["whole_page"])}" aria-label="{escape(say["whole_page"])}"></a>'
    )
    return (
        f'<header class="bar"><h1>{escape(texts.PRODUCT)} <span class="ai">KI</span></h1>'
        f"<nav>{_switch(page) if page.full else ''}"
        f'<button type="button" id="ny" class="icon new script" title="{escape(say["new"])}" '
        f'aria-label="{escape(say["new"])}"></button>{whole}'
        f'<button type="button" id="lukk" class="icon close" title="{escape(say["close"])}" '
        f'aria-label="{escape(say["close"])}" hidden></button></nav></header>\n'
    )


def _switch(page: Page) -> str:
    """The way to the page in the other form of Norwegian."""
    other = "nn" if page.language == "nb" else "nb"
    label, name = (escape(page.say[each]) for each in ("language_label", "language"))
    way = page.address(language=other)
    return f'<a class="switch" href="{way}" lang="{other}" aria-label="{label}">{name}</a>'


def _welcome(page: Page, *, hidden: bool) -> str:
    """What it knows, that it is a machine, what becomes of a question, and questions to try."""
    say = page.say
    examples = "".join(
        f'<button type="submit" form="{FORM}" formnovalidate class="chip" name="choice" '
        f'value="{escape(question)}">{escape(question)}</button>'
        for question in texts.EXAMPLES_IN[page.language]
    )
    limited = f'<p class="notice" role="note">{escape(page.limited)}</p>' if page.limited else ""
    return (
        f'<section class="welcome" id="velkommen"{" hidden" if hidden else ""}>'
        f"<h2>{escape(say['welcome'])}</h2><p>{escape(say['promise'])}</p>{limited}"
        f'<h3>{escape(say["examples"])}</h3><div class="chips" id="eksempler">{examples}</div>'
        f'<div class="about"><p>{escape(_machine(page))}</p>'
        f"<p>{escape(_kept(page))}</p>{_knows(page)}"
        f"<noscript><p>{escape(say['noscript'])}</p></noscript></div></section>\n"
    )


def _machine(page: Page) -> str:
    return page.say["machine_llm" if page.settings.answers == "llm" else "machine"]


def _kept(page: Page) -> str:
    """What becomes of what is written here."""
    told = page.say["kept_here"]
    if page.feedback:
        told += " " + page.say["kept_feedback"].format(n=page.settings.retention_days)
    return told


def _knows(page: Page) -> str:
    if not page.sources:
        return ""
    say = page.say
    names = texts.SOURCE_TYPE_IN[page.language]
    counts = Counter(source.type for source in page.sources)
    kinds = ", ".join(f"{names[kind].lower()} ({counts[kind]})" for kind in names if counts[kind])
    latest = max(source.checked for source in page.sources)
    told = say["knows"].format(n=len(page.sources), date=long_date(latest))
    return (
        f'<p>{escape(told)} {escape(kinds)}. <a href="/kilder?lang={page.language}" target="_blank" '
        f'rel="noopener">{escape(say["knows_link"])}</a>.</p>'
    )


def _form(page: Page, form: Filled | None, problem: str) -> str:
    say = page.say
    asked, on = (form.question, form.on) if form else ("", "")
    carried = _carried(form.earlier if form else ())
    day = escape(on[:20] or f"{today():%d.%m.%Y}")
    hidden = "" if problem else " hidden"
    return (
        f'<form id="{FORM}" method="post" action="{page.address()}">{carried}'
        f'<p id="feil" class="problem" role="alert"{hidden}>{escape(problem)}</p>'
        f'<div class="ask"><label class="sr" for="sporsmal">{escape(say["question"])}</label>'
        f'<textarea id="sporsmal" name="question" rows="1" required maxlength="{page.settings.max_question}" '
        f'placeholder="{escape(say["placeholder"])}" aria-describedby="personvern" enterkeyhint="send" '
        f'autocomplete="off">{escape(asked)}</textarea>'
        f'<button type="submit" id="send" class="button">{escape(say["send"])}</button>'
        f'<button type="button" id="stopp" class="button stop" hidden>{escape(say["stop"])}</button></div>'
        f'<div class="under"><span class="day"><label for="dato">{escape(say["date"])}</label>'
        f'<input id="dato" name="on" value="{day}" data-today="{today():%d.%m.%Y}" inputmode="numeric" '
        f'maxlength="20" size="10" placeholder="{escape(say["date_hint"])}" autocomplete="off">'
        '<button type="button" id="velg-dato" class="icon pick script" '
        f'aria-label="{escape(say["pick_date"])}" title="{escape(say["pick_date"])}"></button>'
        '<input type="date" id="kalender" class="picker script" tabindex="-1" aria-hidden="true"></span>'
        f"{'' if page.full else _switch(page)}"
        f'<p id="personvern" class="privacy">{escape(say["innsyn"])}</p></div></form>\n'
    )


def _carried(earlier: Sequence[str]) -> str:
    """Earlier questions, for the plain form: the script keeps the conversation itself."""
    return "".join(f'<input type="hidden" name="earlier" value="{escape(question)}">' for question in earlier)


def _templates(page: Page) -> str:
    """What the script makes copies of."""
    if not page.feedback:
        return ""
    say = page.say
    reasons = "".join(
        f'<label class="reason"><input type="checkbox" name="reason" value="{name}"> {escape(text)}</label>'
        for name, text in texts.REASON_IN[page.language].items()
    )
    return (
        '<template id="tommel">'
        f'<span class="thumbs"><button type="button" class="icon up" aria-pressed="false" '
        f'title="{escape(say["good"])}" aria-label="{escape(say["good"])}"></button>'
        f'<button type="button" class="icon down" aria-pressed="false" aria-expanded="false" '
        f'title="{escape(say["bad"])}" aria-label="{escape(say["bad"])}"></button></span></template>\n'
        '<template id="grunner"><form class="reasons"><fieldset>'
        f"<legend>{escape(say['bad_title'])}</legend>{reasons}</fieldset>"
        f'<label class="more">{escape(say["bad_text"])}'
        '<textarea name="text" rows="2" maxlength="2000"></textarea>'
        '</label><p class="problem" role="alert" hidden></p><div class="row">'
        f'<button type="submit" class="button">{escape(say["send_feedback"])}</button>'
        f'<button type="button" class="tool cancel">{escape(say["cancel"])}</button></div>'
        "</form></template>\n"
    )
