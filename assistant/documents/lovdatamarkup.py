"""Lovdata's own XML: the head of a document and its articles, as they stand in `main.documentBody`.

The files are HTML in XML form. They are read with the tolerant parser of the standard library, which knows
no external entities and loads nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser

_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
_MAX_DEPTH = 200
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LEDD = ("legalP", "numberedLegalP")
_MONTHS = {m: i for i, m in enumerate("jan feb mar apr mai jun jul aug sep okt nov des".split(), 1)}
_IN_FORCE = re.compile(r"i kraft (\d{1,2})\.? ([a-zæøå]{3})[a-zæøå.]* (\d{4})")


@dataclass(frozen=True, slots=True)
class Article:
    """One §: number without the sign, title, the chapters it stands in, and its ledd and list entries."""

    number: str
    title: str
    path: tuple[str, ...]
    blocks: tuple[str, ...]
    since: date | None = None
    """From when this wording applied, where the change history tells it."""


@dataclass(slots=True)
class Node:
    """An element of the parsed file."""

    tag: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    @property
    def classes(self) -> frozenset[str]:
        """The names in its `class`."""
        return frozenset(self.attributes.get("class", "").split())

    def elements(self) -> Iterator[Node]:
        """Its child elements."""
        return (child for child in self.children if isinstance(child, Node))

    def find(self, *, tag: str = "", name: str = "") -> Iterator[Node]:
        """Every element below it with the tag or class, in reading order."""
        for child in self.elements():
            if (tag and child.tag == tag) or (name and name in child.classes):
                yield child
            yield from child.find(tag=tag, name=name)


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(self._open) > _MAX_DEPTH:
            raise ValueError(f"mer enn {_MAX_DEPTH} nivåer")
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if any(node.tag == tag for node in self._open[1:]):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def parse(text: str) -> Node:
    """The tree of the file.

    Raises:
        ValueError: it is nested deeper than any law.
    """
    builder = _Builder()
    builder.feed(text)
    builder.close()
    return builder.root


def head(tree: Node) -> dict[str, str]:
    """The document's key facts by their names in the file: `refid`, `title`, `dateInForce` …

    Raises:
        KeyError: the file has no list of key facts.
    """
    lists = list(tree.find(name="data-document-key-info"))
    if not lists:
        raise KeyError("data-document-key-info")
    return {
        entry.attributes["class"]: words(entry)
        for entry in lists[0].find(tag="dd")
        if entry.attributes.get("class")
    }


def articles(tree: Node) -> Iterator[Article]:
    """Every § of the document, in reading order."""
    body = next(tree.find(name="documentBody"), None) or next(tree.find(tag="main"), None)
    if body is None:
        raise KeyError("main.documentBody")
    yield from _articles(body, ())


def _articles(parent: Node, path: tuple[str, ...]) -> Iterator[Article]:
    for child in parent.elements():
        if "legalArticle" in child.classes:
            yield _article(child, path)
        elif child.tag == "section":
            name = next((words(h) for h in child.elements() if h.tag in _HEADINGS), "")
            yield from _articles(child, (*path, name) if name else path)
        elif "changesToParent" not in child.classes:
            yield from _articles(child, path)


def _article(node: Node, path: tuple[str, ...]) -> Article:
    header = next(node.find(name="legalArticleHeader"), None)
    value = next(header.find(name="legalArticleValue"), None) if header else None
    title = next(header.find(name="legalArticleTitle"), None) if header else None
    whole = words(header) if header else ""
    number = words(value) if value else node.attributes.get("data-name", "") or whole
    match = re.search(r"§\s*(\d+(?:\s?[a-z](?![a-zæøå]))?(?:-\d+(?:\s?[a-z](?![a-zæøå]))?)?)", number)
    if not match:
        raise ValueError(f"en paragraf uten nummer ({whole or node.attributes.get('id', '')!r})")
    named = words(title) if title else re.sub(r"^§\s*[\w-]+\s*\.?\s*", "", whole)
    blocks = tuple(block for child in node.children for block in _blocks(child) if child is not header)
    return Article(match[1].replace(" ", ""), named, path, blocks, _since(node))


def _since(node: Node) -> date | None:
    """The last day on which a change of the § came into force, by its own history."""
    found: list[date] = []
    for child in node.elements():
        if "changesToParent" in child.classes:
            history = "".join(part if isinstance(part, str) else _text(part) for part in child.children)
            for day, month, year in _IN_FORCE.findall(_squeeze(history)):
                if month in _MONTHS:
                    found.append(date(int(year), _MONTHS[month], int(day)))
    return max(found, default=None)


def _blocks(child: Node | str) -> Iterator[str]:
    """The paragraphs and list entries of a ledd, or of what stands between the ledd."""
    if isinstance(child, str):
        if child.strip():
            yield _squeeze(child)
        return
    if child.classes & {"changesToParent", "legalArticleHeader"} or _is_footnote(child):
        return
    yield from _flow(child, 0)


def _flow(node: Node, level: int) -> Iterator[str]:
    """Running text as paragraphs, and lists as entries marked with their letter or number."""
    run: list[str] = []
    for child in node.children:
        if isinstance(child, Node) and (child.tag in ("ol", "ul") or _has_list(child)):
            yield from _paragraph(run)
            run = []
            if child.tag in ("ol", "ul"):
                yield from _list(child, level)
            else:
                yield from _flow(child, level)
        elif isinstance(child, Node) and _stands_alone(child):
            yield from _paragraph(run)
            run = []
            yield from _paragraph([words(child)])
        else:
            run.append(child if isinstance(child, str) else _text(child))
    yield from _paragraph(run)


def _stands_alone(node: Node) -> bool:
    return node.tag in ("article", "p", "div", "table", "tr") and "footnotereference" not in node.classes


def _has_list(node: Node) -> bool:
    return any(True for tag in ("ol", "ul") for _ in node.find(tag=tag))


def _list(node: Node, level: int) -> Iterator[str]:
    kind = node.attributes.get("type", "")
    for place, entry in enumerate((e for e in node.elements() if e.tag == "li"), 1):
        mark = _mark(entry, kind, place)
        first = True
        for block in _flow(entry, level + 1):
            if first:
                yield f"{'  ' * level}{mark} {block}"
            elif re.match(r"\s*(?:- |\d+[.)] |[a-z]\) )", block):
                yield block
            else:
                yield f"{'  ' * (level + 1)}{block}"
            first = False


def _mark(entry: Node, kind: str, place: int) -> str:
    """«a)», «1.» or «-»: how the entry is marked in the law."""
    name = entry.attributes.get("data-name", "").strip(".) ")
    if re.fullmatch(r"[a-z]", name):
        return f"{name})"
    if re.fullmatch(r"\d+", name):
        return f"{name}."
    if kind == "a" and place <= 26:
        return f"{chr(96 + place)})"
    return f"{place}." if kind == "1" else "-"


def _paragraph(run: list[str]) -> Iterator[str]:
    text = _squeeze("".join(run))
    if text:
        yield text


def _is_footnote(node: Node) -> bool:
    return bool(node.classes & {"footnotereference", "footnote", "footnotes"})


def _text(node: Node) -> str:
    if _is_footnote(node) or "changesToParent" in node.classes:
        return ""
    if node.tag == "br":
        return " "
    inner = "".join(child if isinstance(child, str) else _text(child) for child in node.children)
    return f" {inner} " if node.tag in ("td", "th", "li", "tr", "p") else inner


def words(node: Node) -> str:
    """The text of an element on one line, without footnote marks."""
    return _squeeze(_text(node))


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
