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
from pathlib import Path

from assistant.documents import frontmatter, ranks, sourceline
from assistant.documents.frontmatter import Problem
from assistant.documents.sourceline import PERIOD_FORM, PERIOD_LINE, SOURCE_FORM, SOURCE_LINE
from assistant.errors import CorpusError
from assistant.slugs import slugify
from assistant.types import Document, Period, Reference, Section, Source

_HEADING = re.compile(r"(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*")
_GLUED_HEADING = re.compile(r"#{2,6}[^#\s].*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


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
        return _unreadable(1, f"Filen kan ikke leses: {error.strerror}.", "Sjekk navn og tilgang.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _unreadable(line, "Filen er ikke UTF-8.", "Lagre filen på nytt som UTF-8.")
    if not text.strip():
        return _unreadable(1, "Filen er tom.", "Fyll den, eller fjern den fra samlingen.")
    return parse(text)


def parse(text: str) -> Reading:
    """The document that the Markdown `text` holds, and everything that is wrong with it."""
    text = unicodedata.normalize("NFC", text.removeprefix("\ufeff")).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    source, problems = frontmatter.parse(lines)
    problems += _control_characters(lines)
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


def _unreadable(line: int, message: str, remedy: str) -> Reading:
    return Reading(None, (Problem(line, message, remedy),))


def _control_characters(lines: list[str]) -> list[Problem]:
    return [
        Problem(i, "Linjen har et usynlig kontrolltegn.", "Slett tegnet, eller skriv linjen på nytt.")
        for i, line in enumerate(lines, 1)
        if _CONTROL.search(line)
    ]


def _blocks(lines: list[str], start: int) -> tuple[str, list[_Block], list[Problem]]:
    """The text before the first `##`, the blocks, and problems with the headings."""
    marks: list[tuple[int, int, str]] = []
    problems: list[Problem] = []
    for i, line in _outside_fences(lines, start):
        if heading := _HEADING.fullmatch(line):
            if len(heading[1]) == 1 and marks:
                remedy = "Bruk «##» for avsnitt, og «#» bare én gang, øverst."
                problems.append(Problem(i + 1, f"«{line.strip()}» er en tittel for mye.", remedy))
            marks.append((i, len(heading[1]), heading[2] or ""))
        elif _GLUED_HEADING.fullmatch(line):
            problems.append(Problem(i + 1, f"«{line}» er ikke skrevet rett.", "Sett mellomrom etter «#»."))
    titles = {i for i, level, _ in marks if level == 1}
    marks = [mark for mark in marks if mark[1] > 1]
    edges = [*(i for i, _, _ in marks), len(lines)]
    blocks = [
        _Block(level, name, i + 1, tuple(lines[i + 1 : edges[n + 1]]))
        for n, (i, level, name) in enumerate(marks)
    ]
    return _strip([lines[i] for i in range(start, edges[0]) if i not in titles]), blocks, problems


def _outside_fences(lines: list[str], start: int) -> Iterator[tuple[int, str]]:
    fence = ""
    for i in range(start, len(lines)):
        mark = _FENCE.match(lines[i])
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        elif not fence:
            yield i, lines[i]


def _sections(
    blocks: list[_Block], source: Source | None
) -> Iterator[tuple[Section | None, int, list[Problem]]]:
    """Each block as a section; a block below another inherits its source line and its dates."""
    above: list[tuple[_Block, _Meta]] = []
    for i, block in enumerate(blocks):
        while above and above[-1][0].level >= block.level:
            above.pop()
        meta, problems = _meta(block)
        if above:
            parent = above[-1][1]
            inherited = meta.references if meta.references is not None else parent.references
            meta = _Meta(inherited, meta.period or parent.period, meta.text)
        above.append((block, meta))
        has_parts = i + 1 < len(blocks) and blocks[i + 1].level > block.level
        problems += _heading_problems(block, top=len(above) == 1, empty=not meta.text and not has_parts)
        headings = tuple(b.heading for b, _ in above)
        section = _section(headings, meta, source) if source and meta.text else None
        yield section, block.line, problems


def _heading_problems(block: _Block, *, top: bool, empty: bool) -> Iterator[Problem]:
    if top and block.level > 2:
        yield Problem(block.line, f"«{block.heading}» står ikke under noe avsnitt.", "Bruk «##» her.")
    if not slugify(block.heading):
        yield Problem(block.line, "Overskriften er tom.", "Skriv en overskrift med bokstaver eller tall.")
    elif empty:
        yield Problem(block.line, f"Avsnittet «{block.heading}» er tomt.", "Skriv teksten, eller fjern det.")


def _section(headings: tuple[str, ...], meta: _Meta, source: Source) -> Section:
    references = meta.references or ()
    period = meta.period or Period(source.valid_from, source.valid_to)
    return Section(
        id=f"{source.id}#{slugify(headings[-1])}",
        headings=headings,
        text=meta.text,
        rank=ranks.of_section(references, source.type),
        references=references,
        valid_from=period.start,
        valid_to=period.end,
    )


def _meta(block: _Block) -> tuple[_Meta, list[Problem]]:
    """The source line, the period line and the text of a block; only a `##` must have a source line."""
    problems: list[Problem] = []
    body = block.body
    references: tuple[Reference, ...] | None = None
    period: Period | None = None
    used = 0
    if body and (match := SOURCE_LINE.fullmatch(body[0])):
        references, problems = sourceline.references(match[1], block.line + 1)
        used = 1
    elif block.level == 2:
        problems.append(Problem(block.line, f"Kildelinjen mangler under «{block.heading}».", SOURCE_FORM))
    if len(body) > used and (match := PERIOD_LINE.fullmatch(body[used])):
        period, found = sourceline.period(match[1], block.line + 1 + used)
        problems += found
        used += 1
    for number, line in enumerate(body[used:], block.line + 1 + used):
        if SOURCE_LINE.fullmatch(line):
            message = f"«{block.heading}» har en kildelinje til, eller på feil plass."
            problems.append(Problem(number, message, SOURCE_FORM))
        elif PERIOD_LINE.fullmatch(line):
            message = f"«{block.heading}» har en Gjelder-linje på feil plass."
            problems.append(Problem(number, message, PERIOD_FORM))
    return _Meta(references, period, _strip(body[used:])), problems


def _repeated(sections: list[Section], starts: list[int]) -> list[Problem]:
    seen: dict[str, int] = {}
    problems = []
    for section, line in zip(sections, starts, strict=True):
        first = seen.setdefault(section.id, line)
        if first != line:
            message = f"Overskriften «{section.heading}» gir samme adresse som linje {first}."
            problems.append(Problem(line, message, "Gi avsnittet en overskrift som er ny i dokumentet."))
    return problems


def _strip(lines: tuple[str, ...] | list[str]) -> str:
    """The lines as text, without the blank ones at both ends; everything else is kept as it is."""
    first = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    last = next((i for i in range(len(lines), first, -1) if lines[i - 1].strip()), first)
    return "\n".join(lines[first:last])
