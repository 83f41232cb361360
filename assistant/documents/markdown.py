"""Markdown documents of the corpus: a head, a title, and sections with a source line each.

```
## Heading
*Kilde: [title](https://…); [title](https://…); supplert med egne råd*
*Gjelder: 2024-01-01–2026-06-30*      (only where it differs from the document's own dates)

The text, which is kept verbatim.
```
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assistant.documents import frontmatter, ranks
from assistant.documents.frontmatter import Problem
from assistant.errors import CorpusError
from assistant.slugs import slugify
from assistant.types import Document, Period, Reference, Section, Source

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_SOURCE_LINE = re.compile(r"\*\s*Kilder?\s*:\s*(.*?)\s*\*\s*", re.IGNORECASE)
_PERIOD_LINE = re.compile(r"\*\s*Gjelder\s*:\s*(.*?)\s*\*\s*", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]+)\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)")
_PERIOD = re.compile(r"(\d{4}-\d{2}-\d{2}|…|\.\.\.)\s*[–-]\s*(\d{4}-\d{2}-\d{2}|…|\.\.\.)")
_PARTIAL_TITLE = re.compile(r"(?:§|kap\.|kapittel |del [IVX])", re.IGNORECASE)
_LAW_NAME = re.compile(r"\s*(?:§|\bkap\.|\bkapittel\b|\bdel [IVX]).*", re.IGNORECASE)
SOURCE_FORM = "Skriv «*Kilde: [tittel](https://adresse)*» på linjen rett under overskriften."
PERIOD_FORM = (
    "Skriv «*Gjelder: 2024-01-01–2026-06-30*» rett under kildelinjen; bruk «…» for en ende som er åpen."
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file gave: a document when nothing is wrong with it, and every problem."""

    document: Document | None
    problems: tuple[Problem, ...]
    lines: tuple[int, ...] = ()
    """The line of each section's heading, in the order of `document.sections`."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A heading with the lines below it, up to the next heading of any level."""

    level: int
    heading: str
    line: int
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Meta:
    references: tuple[Reference, ...] | None
    period: Period | None
    text: str


def load(path: Path) -> Document:
    """The document in `path`.

    Raises:
        CorpusError: the file cannot be read, or breaks the rules of the corpus.
    """
    reading = read(path)
    if reading.document is None:
        first = reading.problems[0]
        more = f" (og {len(reading.problems) - 1} feil til)" if len(reading.problems) > 1 else ""
        raise CorpusError(f"{path}, linje {first.line}: {first.message}{more}", first.remedy)
    return reading.document


def read(path: Path) -> Reading:
    """The document in `path` together with everything that is wrong with it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Reading(
            None, (Problem(1, f"Filen kan ikke leses: {error.strerror}.", "Sjekk navn og tilgang."),)
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Reading(None, (Problem(line, "Filen er ikke UTF-8.", "Lagre filen på nytt som UTF-8."),))
    if not text.strip():
        return Reading(None, (Problem(1, "Filen er tom.", "Fyll den, eller fjern den fra samlingen."),))
    return parse(text)


def parse(text: str) -> Reading:
    """The document that the Markdown `text` holds, and everything that is wrong with it."""
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff")).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    source, problems = frontmatter.parse(lines)
    where = frontmatter.split(lines)
    intro, blocks, found = _blocks(lines, where[1] + 1 if where else 0)
    problems += found
    sections: list[Section] = []
    starts: list[int] = []
    for section, line, found in _sections(blocks, source):
        problems += found
        if section:
            sections.append(section)
            starts.append(line)
    problems += _repeated(sections, starts)
    if not blocks:
        problems.append(
            Problem(len(lines), "Dokumentet har ingen avsnitt.", "Del teksten med «## Overskrift».")
        )
    if source is None or problems:
        return Reading(None, tuple(sorted(problems, key=lambda p: p.line)))
    return Reading(Document(source, tuple(sections), intro), (), tuple(starts))


def _blocks(lines: list[str], start: int) -> tuple[str, list[_Block], list[Problem]]:
    """The text before the first `##`, the blocks, and problems with the headings."""
    marks: list[tuple[int, int, str]] = []
    fence = ""
    for i in range(start, len(lines)):
        if mark := _FENCE.match(lines[i]):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence):
                fence = ""
        elif not fence and (heading := _HEADING.fullmatch(lines[i])):
            marks.append((i, len(heading[1]), heading[2]))
    problems = [
        Problem(
            i + 1, f"Det står en tittel til: «{name}».", "Bruk «##» for avsnitt; «#» bare én gang, øverst."
        )
        for i, level, name in [m for m in marks if m[1] == 1][1:]
    ]
    titles = [i for i, level, _ in marks if level == 1]
    marks = [m for m in marks if m[1] > 1]
    ends = [i for i, _, _ in marks[1:]] + [len(lines)]
    blocks = [
        _Block(level, name, i + 1, tuple(lines[i + 1 : end]))
        for (i, level, name), end in zip(marks, ends, strict=True)
    ]
    first = marks[0][0] if marks else len(lines)
    intro = [lines[i] for i in range(start, first) if i not in titles]
    return _strip(intro), blocks, problems


def _sections(
    blocks: list[_Block], source: Source | None
) -> Iterator[tuple[Section | None, int, list[Problem]]]:
    """Each block as a section; a block below another inherits its source line and its dates."""
    above: list[tuple[_Block, _Meta]] = []
    for i, block in enumerate(blocks):
        while above and above[-1][0].level >= block.level:
            above.pop()
        meta, problems = _meta(block, required=block.level == 2)
        if not above and block.level > 2:
            problems.append(
                Problem(block.line, f"«{block.heading}» står ikke under noe avsnitt.", "Bruk «##» her.")
            )
        parent = above[-1][1] if above else None
        if parent:
            meta = _Meta(
                meta.references if meta.references is not None else parent.references,
                meta.period or parent.period,
                meta.text,
            )
        above.append((block, meta))
        slug = slugify(block.heading)
        if not slug:
            problems.append(
                Problem(block.line, "Overskriften er tom.", "Skriv en overskrift med bokstaver eller tall.")
            )
        has_children = i + 1 < len(blocks) and blocks[i + 1].level > block.level
        if not meta.text:
            if not has_children:
                problems.append(
                    Problem(
                        block.line, f"Avsnittet «{block.heading}» er tomt.", "Skriv teksten, eller fjern det."
                    )
                )
            yield None, block.line, problems
            continue
        headings = tuple(b.heading for b, _ in above)
        yield (_section(headings, slug, meta, source) if source and slug else None), block.line, problems


def _section(headings: tuple[str, ...], slug: str, meta: _Meta, source: Source) -> Section:
    references = meta.references or ()
    period = meta.period or Period(source.valid_from, source.valid_to)
    return Section(
        id=f"{source.id}#{slug}",
        headings=headings,
        text=meta.text,
        rank=ranks.of_section(references, source.type),
        references=references,
        valid_from=period.start,
        valid_to=period.end,
    )


def _meta(block: _Block, required: bool) -> tuple[_Meta, list[Problem]]:
    """The source line, the period line and the text of a block."""
    problems: list[Problem] = []
    body = list(block.body)
    references: tuple[Reference, ...] | None = None
    period: Period | None = None
    used = 0
    if body and (match := _SOURCE_LINE.fullmatch(body[0])):
        references, found = _references(match[1], block.line + 1)
        problems += found
        used = 1
    elif required:
        problems.append(Problem(block.line, f"Kildelinjen mangler under «{block.heading}».", SOURCE_FORM))
    if len(body) > used and (match := _PERIOD_LINE.fullmatch(body[used])):
        line = block.line + 1 + used
        period, found = _period(match[1], line)
        problems += found
        used += 1
    for i, line_text in enumerate(body[used:], block.line + 1 + used):
        if _SOURCE_LINE.fullmatch(line_text) and (required or references is not None):
            problems.append(
                Problem(i, f"«{block.heading}» har en kildelinje til, eller på feil plass.", SOURCE_FORM)
            )
        elif _PERIOD_LINE.fullmatch(line_text):
            problems.append(Problem(i, f"«{block.heading}» har en Gjelder-linje på feil plass.", PERIOD_FORM))
    return _Meta(references, period, _strip(body[used:])), problems


def _references(text: str, line: int) -> tuple[tuple[Reference, ...], list[Problem]]:
    """The links of a source line, with short titles («§ 5-1») completed by the law they follow."""
    problems: list[Problem] = []
    references: list[Reference] = []
    laws: dict[str, str] = {}
    for match in _LINK.finditer(text):
        title, url = match[1].strip(), match[2]
        if not re.match(r"https?://[^\s/]+", url):
            problems.append(Problem(line, f"Lenken «{title}» har ikke en hel adresse: {url!r}.", SOURCE_FORM))
            continue
        page = url.split("/§")[0].rstrip("/")
        if _PARTIAL_TITLE.match(title):
            title = f"{laws[page]} {title}" if page in laws else title
        else:
            laws[page] = _LAW_NAME.sub("", title)
        references.append(Reference(title, url))
    rest = _LINK.sub("", text)
    if re.search(r"\]\s*\(|\[[^\]]*\]", rest):
        problems.append(Problem(line, "En lenke på kildelinjen er ikke skrevet rett.", SOURCE_FORM))
    elif not references and not problems:
        problems.append(Problem(line, "Kildelinjen har ingen lenke.", SOURCE_FORM))
    return tuple(references), problems


def _period(text: str, line: int) -> tuple[Period | None, list[Problem]]:
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


def _repeated(sections: list[Section], starts: list[int]) -> list[Problem]:
    seen: dict[str, int] = {}
    problems = []
    for section, line in zip(sections, starts, strict=True):
        if section.id in seen:
            problems.append(
                Problem(
                    line,
                    f"Overskriften «{section.heading}» har samme adresse som linje {seen[section.id]}.",
                    "Gi avsnittet en overskrift som ikke er brukt i dokumentet.",
                )
            )
        seen.setdefault(section.id, line)
    return problems


def _strip(lines: list[str]) -> str:
    """The lines as text, without the blank ones at both ends; everything else is kept as it is."""
    first = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    last = next((i for i in range(len(lines), first, -1) if lines[i - 1].strip()), first)
    return "\n".join(lines[first:last])
