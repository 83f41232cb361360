"""The page that Gradio serves, made ours: language, icon, style, and nothing inline or foreign.

Gradio 6 writes its page with inline scripts, links to other hosts in its metadata, and English as
its language. `rewrite` takes those out; the page's own script then reads its set-up from `config`.
"""

from __future__ import annotations

import re

from assistant import pastchats, texts
from assistant.chattexts import chat_words
from assistant.markup import escape
from assistant.wording import words

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>.*?</script>", re.DOTALL)
_FOREIGN_META = re.compile(r"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>", re.DOTALL)
_MANIFEST = re.compile(r"<link rel=\"manifest\"[^>]*>")
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_OPENING = re.compile(r"<html\s[^>]*>")
_BODY = re.compile(r"<body\s[^>]*>")
_STYLED = re.compile(r"(<gradio-app\b[^>]*?)\s+style=\"[^\"]*\"", re.DOTALL)
_CHARSET = '<meta charset="utf-8" />'

_NEEDED = (
    r"assets/[\w.-]+",
    r"static/fonts/[\w./-]+\.woff2?",
    r"config/?",
    r"theme\.css",
    r"gradio_api/(?:queue/join|queue/data|heartbeat/\w+|cancel|reset|theme\.css|info)/?",
)


def needed(path: str, root: str) -> bool:
    """Whether the chat page mounted at `root` needs what Gradio serves at `path`; the rest is shut."""
    root = root.rstrip("/")
    if path == f"{root}/":
        return True
    return re.fullmatch(rf"{re.escape(root)}/(?:{'|'.join(_NEEDED)})", path, re.ASCII) is not None


def rewrite(page: str, language: str, *, kept: bool = False) -> str:
    """Gradio's page in our language, with our style, without inline script and foreign addresses.

    When conversations are `kept`, it can also show earlier ones and take feedback.
    """
    for pattern in (_INLINE_SCRIPT, _FOREIGN_META, _MANIFEST, _STYLE):
        page = pattern.sub("", page)
    page = _OPENING.sub(f'<html lang="{language}">', page, count=1)
    skip = f'<a class="skip" href="#sporsmal" data-skip="sporsmal">{escape(words(language)["skip"])}</a>'
    noscript = f"<noscript><p>{escape(words(language)['noscript'])}</p></noscript>"
    body = f"<body>{skip}{noscript}{_status(language)}{pastchats.around(language, kept=kept)}"
    page = _BODY.sub(lambda _: body, page, count=1)
    page = _STYLED.sub(r"\1", page)
    return page.replace(_CHARSET, _CHARSET + _head(language, kept=kept), 1)


def _status(language: str) -> str:
    """Where a screen reader hears how it goes, and what Gradio's own few messages are in Norwegian."""
    say = {**words(language), **chat_words(language)}
    names = ("error", "lost", "busy", "trouble", "filled")
    told = "".join(f' data-{name}="{escape(say[name])}"' for name in names)
    return f'<div id="status" class="sr" role="status" aria-live="polite"{told}></div>'


def _head(language: str, *, kept: bool) -> str:
    modules = ("keys", "roles", "peek", "past", "judging") if kept else ("keys", "roles", "peek")
    scripts = "".join(f'<script type="module" src="/web/chat/{name}.js"></script>' for name in modules)
    return (
        f"<title>{escape(texts.PRODUCT)}</title>"
        f'<meta name="description" content="{escape(words(language)["tagline"])}">'
        '<meta name="color-scheme" content="light dark">'
        '<link rel="icon" href="/web/icon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/web/base.css"><link rel="stylesheet" href="/web/ui.css">'
        '<link rel="stylesheet" href="/web/chat/around.css">'
        '<script src="/web/early.js"></script><script src="/web/ui.js" defer></script>'
        f"{scripts}"
    )
