"""An exported conversation as PDF, with its fonts inside."""

from __future__ import annotations

import io
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate

from assistant import texts
from assistant.export.sheets import KEYWORDS, Part, Sheet, headings

_FONTS = {"Vera": "Vera.ttf", "VeraBd": "VeraBd.ttf", "VeraIt": "VeraIt.ttf"}
_INK, _MUTED, _LINK = HexColor("#1e2b3c"), HexColor("#4b5563"), HexColor("#0062ba")
_INSTEAD = {
    "→": "->",
    "←": "<-",
    "☐": "[ ]",
    "☑": "[x]",
    "✓": "v",
    "\u2011": "-",
    "\u202f": " ",
    "\u2007": " ",
}


def write(sheet: Sheet) -> bytes:
    """The file."""
    styles, out = _styles(), io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=22 * mm,
        rightMargin=22 * mm,
        topMargin=20 * mm,
        bottomMargin=20 * mm,
        title=_shown(sheet.title),
        author=texts.PRODUCT,
        subject=sheet.machine,
        keywords=KEYWORDS,
        lang="nb-NO",
        invariant=1,
    )
    story: list[Flowable] = [
        Paragraph(_text(sheet.title), styles["title"]),
        Paragraph(_text(sheet.machine), styles["strong"]),
        *(Paragraph(_text(fact), styles["fact"]) for fact in sheet.facts),
    ]
    for part in sheet.parts:
        story += _flow(part, styles)
    document.build(story, onFirstPage=_footer, onLaterPages=_footer)
    return out.getvalue()


def _flow(part: Part, styles: dict[str, ParagraphStyle]) -> list[Flowable]:
    say = headings()
    flow = [
        Paragraph(_text(part.heading), styles["heading"]),
        Paragraph(_text(part.question), styles["question"]),
    ]
    for line in part.lines:
        listed = line.startswith("– ")
        bullet = "•" if listed else None
        flow.append(
            Paragraph(_text(line[2:] if listed else line), styles["item" if listed else "body"], bullet)
        )
    flow += [Paragraph(f"<b>{say['notice']}:</b> {_text(each)}", styles["body"]) for each in part.notices]
    if part.sources:
        flow.append(Paragraph(_text(say["sources"]), styles["subheading"]))
    for source in part.sources:
        flow.append(Paragraph(_text(source.label), styles["body"]))
        if source.url:
            address = escape(source.url, {'"': "&quot;"})
            link = f'<a href="{address}" color="#0062ba">{_text(source.url)}</a>'
            flow.append(Paragraph(link, styles["body"]))
        flow += [Paragraph(_text(quote), styles["quote"]) for quote in source.quotes]
    flow += [Paragraph(_text(fact), styles["fact"]) for fact in part.facts]
    return flow


@cache
def _styles() -> dict[str, ParagraphStyle]:
    folder = Path(reportlab.__file__).parent / "fonts"
    for name, file in _FONTS.items():
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily("Vera", normal="Vera", bold="VeraBd", italic="VeraIt", boldItalic="VeraBd")
    body = ParagraphStyle(
        "body", fontName="Vera", fontSize=9.5, leading=14, textColor=_INK, spaceAfter=5, splitLongWords=1
    )
    return {
        "body": body,
        "title": ParagraphStyle("title", body, fontName="VeraBd", fontSize=17, leading=22, spaceAfter=10),
        "strong": ParagraphStyle("strong", body, fontName="VeraBd"),
        "heading": ParagraphStyle(
            "heading", body, fontName="VeraBd", fontSize=12.5, leading=17, spaceBefore=16, keepWithNext=1
        ),
        "subheading": ParagraphStyle(
            "subheading", body, fontName="VeraBd", fontSize=10.5, spaceBefore=8, keepWithNext=1
        ),
        "question": ParagraphStyle(
            "question", body, backColor=HexColor("#eef3f8"), borderPadding=6, spaceAfter=10
        ),
        "item": ParagraphStyle("item", body, leftIndent=12, bulletIndent=2),
        "quote": ParagraphStyle("quote", body, fontName="VeraIt", leftIndent=14, textColor=_MUTED),
        "fact": ParagraphStyle("fact", body, fontSize=7.5, leading=11, textColor=_MUTED, spaceAfter=2),
    }  # fmt: skip


def _footer(canvas: Any, document: Any) -> None:  # noqa: ANN401 - reportlab has no types for them
    canvas.saveState()
    canvas.setFont("Vera", 7.5)
    canvas.setFillColor(_MUTED)
    canvas.drawString(22 * mm, 12 * mm, texts.EXPORT["footer"].format(n=document.page))
    canvas.restoreState()


def _text(text: str) -> str:
    return escape(_shown(text))


def _shown(text: str) -> str:
    """The text in characters that the font has."""
    _styles()
    known = pdfmetrics.getFont("Vera").face.charToGlyph
    shown = "".join(_INSTEAD.get(each, each) for each in text.replace("\n", " "))
    return "".join(each if ord(each) in known else _nearest(each, known) for each in shown)


def _nearest(character: str, known: dict[int, Any]) -> str:
    if unicodedata.category(character) in {"Cf", "Cc", "Mn", "Cs"}:
        return ""
    plain = "".join(each for each in unicodedata.normalize("NFKD", character) if ord(each) in known)
    return plain or "?"
