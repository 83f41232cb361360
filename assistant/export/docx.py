"""An exported conversation as a Word document, with real headings, lists and language for screen readers."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import docx
from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from assistant import texts
from assistant.export.sheets import KEYWORDS, Part, Sheet, headings

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold."""


def write(sheet: Sheet) -> bytes:
    """The file."""
    document = docx.Document()
    _set_language(document)
    about = document.core_properties
    about.title, about.author = _safe(sheet.title)[:250], texts.PRODUCT
    about.keywords, about.comments, about.language = KEYWORDS, sheet.machine, "nb-NO"
    about.created = about.modified = datetime.now(UTC).replace(tzinfo=None)
    document.add_heading(_safe(sheet.title), 0)
    document.add_paragraph().add_run(sheet.machine).bold = True
    for fact in sheet.facts:
        document.add_paragraph(_safe(fact))
    for part in sheet.parts:
        _add(document, part)
    document.sections[0].footer.paragraphs[0].text = sheet.machine
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add(document: Document, part: Part) -> None:
    say = headings()
    document.add_heading(_safe(part.heading), 1)
    document.add_paragraph(_safe(part.question), style="Intense Quote")
    for line in part.lines:
        listed = line.startswith("– ")
        document.add_paragraph(_safe(line[2:] if listed else line), style="List Bullet" if listed else None)
    for notice in part.notices:
        document.add_paragraph().add_run(f"{say['notice']}: {_safe(notice)}").italic = True
    if part.sources:
        document.add_heading(say["sources"], 2)
    for source in part.sources:
        document.add_paragraph(_safe("\n".join(filter(None, [source.label, source.url]))))
        for quote in source.quotes:
            document.add_paragraph(_safe(quote), style="Quote")
    for fact in part.facts:
        document.add_paragraph(_safe(fact), style="Caption")


def _set_language(document: Document) -> None:
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "nb-NO")
    properties = document.styles["Normal"].element.get_or_add_rPr()
    properties.append(language)


def _safe(text: str) -> str:
    return _FORBIDDEN.sub(" ", text)
