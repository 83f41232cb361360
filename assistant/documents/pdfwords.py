"""Lines put together to text, with words that were divided at the end of a line made whole. Pure."""

from __future__ import annotations

import re
from collections.abc import Set

_DIVIDED = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]$")
_SHARED = frozenset("og eller samt og/eller til men som i på".split())
"""Words after a hyphen that stands for the rest of a compound: «innkjøps- og byggeprosjekter»."""
HYPHENS = "-\u2010\u00ad"


def join(lines: list[str], known: Set[str] = frozenset()) -> str:
    """The lines as one text; `known` holds the document's own words, in lower case."""
    text = ""
    for line in lines:
        text = _add(text, line.strip(), known)
    return text.replace("\u00ad", "")


def glue(before: str, after: str, known: Set[str] = frozenset()) -> str:
    """What stands between two lines that are joined: nothing, a space, or `-`: the hyphen goes."""
    if not before or not after:
        return ""
    if before[-1] not in HYPHENS:
        return " "
    divided = _DIVIDED.search(before)
    if divided is None:
        # «2026-» and «-»: a range or a dash, not a divided word
        return (
            ""
            if before[-2:-1].isdigit() and after[:1].isdigit()
            else (" " if len(before) < 2 or before[-2] == " " else "")
        )
    first = divided[1]
    rest = re.match(r"[^\W\d_]+", after)
    if before[-1] == "\u00ad":
        return "-"
    if rest is None or not rest[0][0].islower():
        return ""
    if rest[0] in _SHARED:
        return " "
    whole, hyphened = f"{first}{rest[0]}".lower(), f"{first}-{rest[0]}".lower()
    if whole in known:
        return "-"
    keep = hyphened in known or len(first) == 1 or first.isupper()
    return "" if keep else "-"


def _add(text: str, line: str, known: Set[str]) -> str:
    between = glue(text, line, known)
    return f"{text[:-1]}{line}" if between == "-" else f"{text}{between}{line}"


def vocabulary(texts: list[str]) -> frozenset[str]:
    """The words of the lines, in lower case, hyphened ones whole; not those at the end of a line."""
    found: set[str] = set()
    for text in texts:
        inner = text.rstrip()
        if inner and inner[-1] in HYPHENS:
            inner = inner.rsplit(" ", 1)[0] if " " in inner else ""
        found.update(word.lower() for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", inner))
    return frozenset(found)
