"""The admin pages as HTML: forms that work without script, in bokmål and nynorsk. Values in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote as url_quote

from assistant import pages
from assistant.admin.audit import Entry
from assistant.admin.words import ACT, CHANGE, WORDS
from assistant.changes import Changed
from assistant.markup import escape, tag
from assistant.wording import long_date

ROOT = "/admin"
STYLES = {"draft": "force", "waiting": "force force-future", "in_use": "force force-now"}
_HEAD = '<link rel="stylesheet" href="/web/admin.css">\n<script src="/web/admin.js" defer></script>'


@dataclass(frozen=True, slots=True)
class Desk:
    """Who sits where: the language, the administrator, and what her forms carry."""

    language: str
    name: str = ""
    csrf: str = ""
    said: str = ""
    """A message to show first; what is wrong is in `wrong`."""
    wrong: str = ""

    @property
    def say(self) -> Mapping[str, str]:
        """The words of these pages."""
        return WORDS[self.language]

    def link(self, path: str = "", **asked: str | int) -> str:
        """The address of another of these pages, in the same language, ready for HTML."""
        query = "&".join(f"{key}={url_quote(str(value), safe='')}" for key, value in asked.items())
        return escape(f"{ROOT}{path}?lang={self.language}{'&' if query else ''}{query}")


def page(desk: Desk, title: str, body: str) -> str:
    """A page with its navigation, and the message when there is one."""
    say = desk.say
    other = "nn" if desk.language == "nb" else "nb"
    switch = f'<a href="?lang={other}" lang="{other}" hreflang="{other}">{escape(say["language"])}</a>'
    inside = ""
    if desk.name:
        links = (
            ("", "overview"), ("/tilbakemeldinger", "feedback"), ("/endringer", "changes"), ("/logg", "log"),
        )  # fmt: skip
        ways = "".join(f'<a href="{desk.link(path)}">{escape(say[key])}</a>' for path, key in links)
        out = form(desk, "/ut", button(say["sign_out"], "plain"))
        who = escape(say["signed_in_as"].format(name=desk.name))
        inside = f'{ways}<span class="quiet">{who}</span>{out}'
    label = escape(say["title"])
    nav = f'<nav class="desk" aria-label="{label}">{inside}{switch}</nav>'
    told = f'<p class="said" role="status">{escape(desk.said)}</p>' if desk.said else ""
    wrong = f'<p class="wrong" role="alert">{escape(desk.wrong)}</p>' if desk.wrong else ""
    return pages.page(title, f"{nav}{told}{wrong}{body}", language=desk.language, head=_HEAD)


def form(desk: Desk, path: str, inner: str, *, files: bool = False, css: str = "") -> str:
    """A form of this session; what is in `inner` is HTML."""
    kind = ' enctype="multipart/form-data"' if files else ""
    return (
        f'<form method="post" action="{desk.link(path)}"{kind} class="{css}">'
        f'<input type="hidden" name="csrf" value="{escape(desk.csrf)}">{inner}</form>'
    )


def button(text: str, css: str = "", value: str = "") -> str:
    """A button that sends its form; `value` says which of several it was."""
    named = f' name="gjor" value="{value}"' if value else ""
    return f'<button type="submit" class="{css}"{named}>{escape(text)}</button>'


def sign_in(desk: Desk, name: str = "") -> str:
    """The page that asks who one is."""
    say = desk.say
    fields = (
        f'<p class="field"><label for="navn">{escape(say["name"])}</label>'
        f'<input id="navn" name="navn" value="{escape(name)}" autocomplete="username" required '
        'autocapitalize="none" spellcheck="false"></p>'
        f'<p class="field"><label for="passord">{escape(say["password"])}</label>'
        '<input id="passord" name="passord" type="password" autocomplete="current-password" required></p>'
        f"<p>{button(say['sign_in'])}</p>"
    )
    body = f'<h1>{escape(say["sign_in"])}</h1><p class="ingress">{escape(say["sign_in_lead"])}</p>'
    entry = f'<form method="post" action="{desk.link("/inn")}" class="narrow">{fields}</form>'
    return page(desk, say["sign_in"], body + entry)


# --- Changes and log ---------------------------------------------------------------------------------


def changes(desk: Desk, found: Sequence[Changed] | None) -> str:
    """What differs between the previous build and the one in use; None when that cannot be told."""
    say = desk.say
    if found is None:
        body = f"<p>{escape(say['changes_unknown'])}</p>"
    elif not found:
        body = f"<p>{escape(say['changes_none'])}</p>"
    else:
        drawn = [
            [
                f"{escape(each.heading)} <code>{escape(each.section_id)}</code>",
                escape(CHANGE[desk.language][each.change]),
            ]
            for each in found
        ]
        body = table(say["changes"], (say["c_section"], say["c_change"]), drawn)
    head = f'<h1>{escape(say["changes"])}</h1><p class="ingress">{escape(say["changes_lead"])}</p>'
    return page(desk, say["changes"], head + body)


def journal(desk: Desk, entries: Sequence[Entry]) -> str:
    """What has been done, newest first."""
    say = desk.say
    drawn = [
        [
            escape(moment(each.at)),
            escape(each.who),
            escape(ACT[desk.language][each.what]),
            f"<code>{escape(each.sha256[:12])}</code>" if each.sha256 else "",
            escape(each.detail),
        ]
        for each in entries
    ]
    heads = [say[key] for key in ("l_at", "l_who", "l_what", "l_file", "l_detail")]
    body = table(say["log"], heads, drawn) if drawn else f"<p>{escape(say['log_none'])}</p>"
    head = f'<h1>{escape(say["log"])}</h1><p class="ingress">{escape(say["log_lead"])}</p>'
    return page(desk, say["log"], head + body)


# --- Parts -------------------------------------------------------------------------------------------


def table(name: str, heads: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A table that can be scrolled by itself; the cells are HTML."""
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells)
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{escape(name)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def rows(facts: Iterable[tuple[str, str]]) -> str:
    """Names and values; the values are HTML, and those that are empty are left out."""
    drawn = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts if value)
    return f'<dl class="facts">{drawn}</dl>'


def notice(text: str, items: Iterable[str] = ()) -> str:
    """Something to be aware of."""
    listed = "".join(f"<li>{escape(each)}</li>" for each in items)
    return (
        f'<div class="notice" role="note"><p>{escape(text)}</p>{f"<ul>{listed}</ul>" if listed else ""}</div>'
    )


def confirm(title: str, lead: str, inner: str) -> str:
    """Something that is done in two steps, so that it is not done by mistake."""
    return (
        f'<details class="confirm"><summary>{escape(title)}</summary><p>{escape(lead)}</p>{inner}</details>'
    )


def size(count: int) -> str:
    """Bytes as people write them."""
    return f"{count / 1e6:.1f} MB".replace(".", ",") if count >= 100_000 else f"{max(1, count // 1000)} kB"


def moment(text: str) -> str:
    """A moment as people write it."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{long_date(when.date())} kl. {when:%H.%M}"


def state_tag(desk: Desk, state: str) -> str:
    """How an upload stands, as a mark."""
    return tag(STYLES[state], desk.say[state])
