"""The two lines below a heading: where a section's facts come from, and when they applied. Pure."""

from __future__ import annotations

import re
from datetime import date

from assistant.documents.frontmatter import Problem
from assistant.types import Period, Reference

SOURCE_FORM = "Skriv «*Kilde: [tittel](https://adresse)*» på linjen rett under overskriften."
PERIOD_FORM = (
    "Skriv «*Gjelder: 2024-01-01–2026-06-30*» rett under kildelinjen; bruk «…» for en ende som er åpen."
)
SOURCE_LINE = re.compile(r"\*\s*Kilder?\s*:\s*(.*?)\s*\*\s*", re.IGNORECASE)
PERIOD_LINE = re.compile(r"\*\s*Gjelder\s*:\s*(.*?)\s*\*\s*", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]+)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)")
_PERIOD = re.compile(r"(\d{4}-\d{2}-\d{2}|…|\.\.\.)\s*[–-]\s*(\d{4}-\d{2}-\d{2}|…|\.\.\.)")
_LAW_ADDRESS = re.compile(r"lovdata\.no/.*?((?:lov|forskrift)/[\d-]+)")
_PARTIAL_TITLE = re.compile(r"(?:§|kap\.|kapittel |del [IVX])", re.IGNORECASE)
_AFTER_LAW_NAME = re.compile(r"\s*(?:§|\bkap\.|\bkapittel\b|\bdel [IVX]).*", re.IGNORECASE)


def references(text: str, line: int) -> tuple[tuple[Reference, ...], list[Problem]]:
    """The links of a source line, with short titles («§ 5-1») completed by the law they follow."""
    problems: list[Problem] = []
    found: list[Reference] = []
    laws: dict[str, str] = {}
    for match in _LINK.finditer(text):
        title, url = match[1].strip(), match[2]
        if not re.match(r"https?://[^\s/]+", url):
            problems.append(Problem(line, f"Lenken «{title}» har ikke en hel adresse: {url!r}.", SOURCE_FORM))
            continue
        law = _LAW_ADDRESS.search(url)
        page = law[1] if law else url.split("/§")[0].rstrip("/")
        if is_partial(title):
            title = f"{laws[page]} {title}" if page in laws else title
        else:
            laws[page] = _AFTER_LAW_NAME.sub("", title)
        found.append(Reference(title, url))
    rest = _LINK.sub("", text)
    if re.search(r"\]\s*\(|\[[^\]]*\]", rest):
        problems.append(Problem(line, "En lenke på kildelinjen er ikke skrevet rett.", SOURCE_FORM))
    elif not found and not problems:
        problems.append(Problem(line, "Kildelinjen har ingen lenke.", SOURCE_FORM))
    return tuple(found), problems


def is_partial(title: str) -> bool:
    """Whether a source's title lacks the name of its law («§ 5-1»)."""
    return bool(_PARTIAL_TITLE.match(title))


def period(text: str, line: int) -> tuple[Period | None, list[Problem]]:
    """The days that a period line names."""
    match = _PERIOD.fullmatch(text)
    if not match:
        return None, [Problem(line, f"Perioden «{text}» kan ikke leses.", PERIOD_FORM)]
    try:
        start, end = (None if part in ("…", "...") else date.fromisoformat(part) for part in match.groups())
    except ValueError:
        return None, [Problem(line, f"Perioden «{text}» har en dato som ikke finnes.", PERIOD_FORM)]
    if start and end and start > end:
        return None, [Problem(line, f"Perioden «{text}» slutter før den begynner.", "Bytt om datoene.")]
    return Period(start, end), []
