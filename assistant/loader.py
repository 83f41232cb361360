"""The script that other sites put on their pages: its address, its hash, and the lines to paste.

Each version that has been published stays in `static/widget/` and is never changed, so that a page that
names its address and its hash keeps working. `1.js` was the first; the highest number is the current one.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.markup import escape
from assistant.widgettexts import widget_words

FOLDER = Path(__file__).parent / "static" / "widget"


@dataclass(frozen=True, slots=True)
class Loader:
    """One published version of the script."""

    content: bytes

    @property
    def path(self) -> str:
        """The address that always gives this version."""
        return f"/widget-{hashlib.sha256(self.content).hexdigest()[:16]}.js"

    @property
    def integrity(self) -> str:
        """What a page puts in `integrity`, so that its browser runs this version alone."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.content).digest()).decode()


@cache
def versions() -> tuple[Loader, ...]:
    """Every published version, the current one last."""
    files = sorted(FOLDER.glob("*.js"), key=lambda file: int(file.stem))
    return tuple(Loader(file.read_bytes()) for file in files)


def current() -> Loader:
    """The version that new pages should use."""
    return versions()[-1]


def snippet(origin: str, language: str) -> str:
    """What an editor pastes into a page: a plain link that always works, and the script that replaces it."""
    origin = escape(origin.rstrip("/"))
    loader = current()
    return (
        f'<a href="{origin}/embed?full=1&amp;lang={language}" data-anskaffelsesassistenten>'
        f"{escape(widget_words(language)['greeting'])}</a>\n"
        f'<script src="{origin}{loader.path}"\n'
        f'  integrity="{loader.integrity}"\n'
        f'  crossorigin="anonymous" defer data-lang="{language}"></script>\n'
    )
