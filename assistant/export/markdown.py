"""An exported conversation as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.export.sheets import KEYWORDS, Part, Sheet, headings

_MARKS = re.compile(
    r"(?P<cited>\[\d+\](?![(\[:]))|([\\`*_<>\[\]#|~])|^(\s*)([-+]|\d+[.)])(?=\s)", re.MULTILINE
)


def write(sheet: Sheet) -> bytes:
    """The file."""
    lines = [
        "---",
        f"keywords: {KEYWORDS}",
        "---",
        f"# {_plain(sheet.title)}",
        f"**{_plain(sheet.machine)}**",
        *map(_plain, sheet.facts),
    ]
    for part in sheet.parts:
        lines += _part(part)
    # The front matter is one block; everything after it is apart.
    return ("\n".join(lines[:3]) + "\n\n" + "\n\n".join(lines[3:]) + "\n").encode()


def _part(part: Part) -> Iterator[str]:
    say = headings()
    yield f"## {_plain(part.heading)}"
    yield f"> {_plain(' '.join(part.question.split()))}"
    for line in part.lines:
        yield f"- {_plain(line[2:])}" if line.startswith("– ") else _plain(line)
    yield from (f"**{say['notice']}:** {_plain(notice)}" for notice in part.notices)
    if part.sources:
        yield f"### {say['sources']}"
    for source in part.sources:
        yield _plain(source.label) + (f"  \n<{source.url}>" if source.url else "")
        yield from (f"> {_plain(quote)}" for quote in source.quotes)
    yield from (f"*{_plain(fact)}*" for fact in part.facts)


def _plain(text: str) -> str:
    """The text with everything that Markdown would take for a sign made into itself."""

    def shield(found: re.Match[str]) -> str:
        if found["cited"]:
            return found[0]
        if found[2]:
            return f"\\{found[2]}"
        return f"{found[3]}{found[4][:-1]}\\{found[4][-1]}"

    return _MARKS.sub(shield, text)
