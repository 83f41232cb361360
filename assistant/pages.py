"""The frame of our own pages: everything but the chat, which Gradio draws.

No inline script or style: the Content-Security-Policy of these pages allows neither.
"""

from __future__ import annotations

from assistant import texts
from assistant.markup import escape


def page(title: str, body: str, *, script: bool = False, language: str = "nb", head: str = "") -> str:
    """A whole page; `title` is text, `body` is HTML that is already safe, and so is `head`."""
    say = texts.VIEWER_IN[language]
    home, sources = f"/{language}/", f"/kilder?lang={language}"
    name = escape(f"{title} – {texts.PRODUCT}")
    js = '<script src="/web/viewer.js" defer></script>' if script else ""
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{name}</title>\n"
        '<link rel="icon" href="/web/icon.svg" type="image/svg+xml">\n'
        '<link rel="stylesheet" href="/web/base.css">\n<link rel="stylesheet" href="/web/pages.css">\n'
        f'{js}{head}</head>\n<body>\n<a class="skip" href="#innhold">{escape(say["skip"])}</a>\n'
        f'<header class="site"><a class="brand" href="{home}">{escape(texts.PRODUCT)}</a>'
        f'<nav><a href="{home}">{escape(say["home"])}</a>'
        f'<a href="{sources}">{escape(say["all"])}</a></nav></header>\n'
        f'<main id="innhold" tabindex="-1">\n{body}\n</main>\n</body>\n</html>\n'
    )


def problem(status: int, detail: str) -> str:
    """A page that says what is wrong and where to go instead."""
    title = texts.PAGE_404 if status == 404 else texts.PROBLEM_TITLE.get(status, texts.PROBLEM_TITLE[500])
    said = texts.PAGE_404_TEXT if status == 404 else detail
    return page(title, f'<h1>{escape(title)}</h1><p class="ingress">{escape(said)}</p>{_ways_on()}')


def _ways_on() -> str:
    return (
        f'<p class="ways"><a href="/">{escape(texts.VIEWER_NB["home"])}</a> '
        f'<a href="/kilder">{escape(texts.VIEWER_NB["all"])}</a></p>'
    )
