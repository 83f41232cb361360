"""Web pages through lxml: the main content with headings, lists and tables, and nothing that runs.

Runs only in the reading process (`child.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from assistant.documents.pieces import Extract, Kind, Piece, row
from assistant.documents.text import decode
from assistant.documents.unreadable import Unreadable

MAX_DEPTH = 200
_AWAY = frozenset(
    "script style noscript template nav aside form button select textarea iframe object embed svg canvas "
    "video audio dialog head".split()
)
_AWAY_ROLES = frozenset(
    "navigation banner contentinfo search complementary dialog menu menubar alert".split()
)
_CHROME = re.compile(
    r"(?:^|[\s_-])(?:cookies?|consent|breadcrumbs?|share|sharing|social|skip-?link|menu|navbar|pagination|toc)(?:$|[\s_-])",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    "address article blockquote center dd details div dl dt fieldset figcaption figure footer h1 h2 h3 h4 h5 "
    "h6 header hr li main ol p pre section summary table tbody td tfoot th thead tr ul body".split()
)
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_DATES = ("article:modified_time", "article:published_time", "dcterms.modified", "dc.date", "date")


def read(path: Path) -> Extract:
    """The main content of the web page in `path`.

    Raises:
        Unreadable: the file holds no text.
    """
    raw = path.read_bytes()
    declared = _CHARSET.search(raw[:4096])
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", decode(raw, declared[1].decode("ascii") if declared else ""))
    try:
        root = document_fromstring(
            text, parser=HTMLParser(huge_tree=False, remove_comments=True, remove_pis=True)
        )
    except (etree.LxmlError, ValueError) as error:
        raise Unreadable("Filen har ikke noe innhold.", "Lagre nettsiden på nytt.") from error
    facts = _facts(root)
    title, url = _title(root), _address(root)
    main = _main(root)
    walker = _Walker()
    pieces = list(walker.walk(main))
    if pieces and pieces[0].kind is Kind.HEADING and pieces[0].level == 1:
        title = pieces.pop(0).text
    if not any(piece.kind is not Kind.HEADING for piece in pieces):
        raise Unreadable("Nettsiden har ingen tekst.", "Lagre siden som PDF eller HTML med innholdet i.")
    publisher = facts.get("og:site_name") or facts.get("dcterms.publisher") or ""
    return Extract(tuple(pieces), title, publisher, url, _dated(facts))


def _facts(root: HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        found.setdefault(name, " ".join((meta.get("content") or "").split())[:300])
    return found


def _title(root: HtmlElement) -> str:
    found = root.find(".//title")
    return " ".join((found.text or "").split())[:200] if found is not None else ""


def _address(root: HtmlElement) -> str:
    for link in root.iter("link"):
        href = (link.get("href") or "").strip()
        if link.get("rel") == "canonical" and re.match(r"https://[^\s/\"'<>]+\S*$", href):
            return href
    return ""


def _dated(facts: dict[str, str]) -> date | None:
    for name in _DATES:
        with suppress(ValueError):
            return date.fromisoformat(facts.get(name, "")[:10])
    return None


def _main(root: HtmlElement) -> HtmlElement:
    """Where the content stands: the element that says so, else the body."""
    for path in ("//main", "//*[@role='main']", "//article"):
        found = root.xpath(path)
        if found and (path != "//article" or len(found) == 1):
            best = max(found, key=lambda e: len(e.text_content()))
            if len(best.text_content().split()) >= 20:
                return best
    body = root.find("body")
    return body if body is not None else root


def _is_away(element: HtmlElement, top: bool) -> bool:
    """Whether an element is around the content and no part of it."""
    if element.tag in _AWAY or element.get("role") in _AWAY_ROLES or element.get("aria-hidden") == "true":
        return True
    if element.get("hidden") is not None or re.search(r"display\s*:\s*none", element.get("style") or ""):
        return True
    if top and element.tag in ("header", "footer"):
        return element.find(".//h1") is None
    return bool(_CHROME.search(f"{element.get('class') or ''} {element.get('id') or ''}"))


class _Walker:
    """Goes through elements in order and gives pieces; text between blocks is a paragraph of its own."""

    def __init__(self) -> None:
        self._loose: list[str] = []

    def walk(self, root: HtmlElement) -> Iterator[Piece]:
        yield from self._inside(root, 0, top=True)
        yield from self._flush()

    def _flush(self, kind: Kind = Kind.PARAGRAPH, mark: str = "", level: int = 0) -> Iterator[Piece]:
        text = " ".join("".join(self._loose).replace("\u00ad", "").split())
        self._loose = []
        if text and text not in ("|", "·", "•"):
            yield Piece(kind, f"{mark}{text}", level=level)

    def _inside(
        self, element: HtmlElement, depth: int, *, top: bool = False, mark: str = ""
    ) -> Iterator[Piece]:
        """The content of an element; `mark` stands before its first text when it is a list item."""
        self._loose.append(element.text or "")
        for child in element.iterchildren():
            if not isinstance(child.tag, str) or depth > MAX_DEPTH or _is_away(child, top):
                self._loose.append(child.tail or "")
                continue
            if child.tag in _BLOCKS:
                before = list(self._flush(Kind.ITEM if mark else Kind.PARAGRAPH, mark))
                mark = "" if before else mark
                yield from before
                made = list(
                    self._block(
                        child, depth + 1, top=top and child.tag in ("div", "body", "section"), mark=mark
                    )
                )
                mark = "" if made else mark
                yield from made
                self._loose.append(child.tail or "")
            else:
                self._loose.append(" " if child.tag == "br" else "")
                yield from self._inside(child, depth + 1)
                self._loose.append(child.tail or "")
        if mark or element.tag in _BLOCKS:
            yield from self._flush(Kind.ITEM if mark else Kind.PARAGRAPH, mark)

    def _block(self, element: HtmlElement, depth: int, *, top: bool, mark: str) -> Iterator[Piece]:
        if re.fullmatch(r"h[1-6]", element.tag):
            text = " ".join(element.text_content().replace("\u00ad", "").split())
            if text:
                yield Piece(Kind.HEADING, text, level=int(element.tag[1]))
        elif element.tag in ("ul", "ol"):
            yield from self._list(element, depth)
        elif element.tag == "table" and element.find(".//table") is None and _is_data(element):
            yield from _table(element)
        elif element.tag == "dl":
            yield from _definitions(element)
        else:
            yield from self._inside(element, depth, top=top, mark=mark)

    def _list(self, element: HtmlElement, depth: int) -> Iterator[Piece]:
        start = element.get("start") or "1"
        number = int(start) if start.isdigit() and len(start) < 5 else 1
        letters = element.get("type") in ("a", "A")
        for child in element.iterchildren("li", "ul", "ol"):
            if child.tag != "li":
                yield from self._list(child, depth + 1)
                continue
            label = f"{chr(96 + (number - 1) % 26 + 1)})" if letters else f"{number}."
            yield from self._inside(child, depth, mark="- " if element.tag == "ul" else f"{label} ")
            number += 1


def _definitions(element: HtmlElement) -> Iterator[Piece]:
    """Terms with what they mean, each as one item."""
    term = ""
    for child in element.iter("dt", "dd"):
        if child.tag == "dt":
            term = _words(child).rstrip(":")
        elif text := _words(child):
            yield Piece(Kind.ITEM, f"- {term}: {text}" if term else f"- {text}")


def _words(element: HtmlElement) -> str:
    return " ".join(element.text_content().replace("\u00ad", "").split())


def _is_data(table: HtmlElement) -> bool:
    """Whether a table holds data and is no frame for a page."""
    rows = list(table.iter("tr"))
    return len(rows) > 1 and table.find(".//h1") is None and table.find(".//h2") is None


def _table(table: HtmlElement) -> Iterator[Piece]:
    caption = table.find("caption")
    if caption is not None and (text := _words(caption)):
        yield Piece(Kind.PARAGRAPH, text)
    first = True
    for line in table.iter("tr"):
        cells: list[str] = []
        for cell in line.iterchildren("td", "th"):
            span = cell.get("colspan") or "1"
            cells += [_words(cell), *[""] * (min(int(span) if span.isdigit() else 1, 60) - 1)]
        if any(cells):
            yield Piece(Kind.HEADER if first else Kind.ROW, row(cells))
            first = False
