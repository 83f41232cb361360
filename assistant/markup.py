"""Safe HTML from the Markdown of the sources, with quotes marked in it.

Everything that a browser is given of a source, a question or a model's words goes through here.
Raw HTML is shown as text, images are never made, and the only links are `https`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant import texts

_LEAVES = frozenset({"text", "code_inline"})
_IGNORED = re.compile(r"[\s|\u00ad\u200b-\u200d\u2060\ufeff]+")
"""What a quote and its place may differ in: line breaks, the bars of a table, invisible characters."""
_BULLET = re.compile(r"\A[-*+>]\s+")


@dataclass(frozen=True, slots=True)
class Marked:
    """HTML, and which of the wanted quotes were found in it."""

    html: str
    found: tuple[bool, ...]


def escape(text: str) -> str:
    """`text` for use in HTML, in an element or a quoted attribute."""
    return html.escape(text.encode("utf-8", "replace").decode(), quote=True)


def tag(css: str, text: str) -> str:
    """A short word about something, in a box of its own."""
    return f'<span class="{escape(css)}">{escape(text)}</span>'


def safe_url(url: str) -> str:
    """The address when it is an `https` one, else nothing."""
    return url if re.match(r"https://[^\s<>\"'\\]+\Z", url) else ""


def local_href(href: str, language: str) -> str:
    """A path to our own source pages, in the reader's language; anything else leads to the list of them."""
    path, anchor, fragment = (href if href.startswith("/kilder/") else "/kilder").partition("#")
    return escape(f"{path}{'&' if '?' in path else '?'}lang={language}{anchor}{fragment}")


def block(markdown: str, quotes: Sequence[str] = (), *, links: bool = True) -> Marked:
    """The Markdown as HTML blocks, with every place of each quote in `<mark>`.

    A quote is found whether it is written with the Markdown marks of the source or as a reader
    sees it, and across list items and table cells. Without `links` only their labels are kept.
    """
    parser = _PARSER if links else _LINKLESS
    tokens = _parse(markdown)
    leaves = [child for token in tokens for child in token.children or () if child.type in _LEAVES]
    found, spans = _locate([leaf.content for leaf in leaves], quotes)
    places = {id(leaf): span for leaf, span in zip(leaves, spans, strict=True) if span}
    for token in tokens:
        if token.children:
            token.children = [piece for child in token.children for piece in _split(child, places)]
    return Marked(parser.renderer.render(tokens, parser.options, {}), found)


def inline(markdown: str) -> str:
    """One sentence, list item or cell of an answer as HTML: emphasis, but no links and no block around."""
    return str(_LINKLESS.renderInline(markdown))


def pieces(verbatim: str) -> list[str]:
    """What a verbatim sentence, list item or table row says: one piece, or the cells of the row."""
    text = _BULLET.sub("", verbatim.strip())
    cells = text.strip("|").split("|") if text.startswith("|") else [text]
    return [cell.strip() for cell in cells if cell.strip()]


def quoted(verbatim: str) -> str:
    """A verbatim sentence, list item or table row as HTML on one line, without its bullet or bars."""
    first, *rest = (inline(piece) for piece in pieces(verbatim) or [""])
    return f"<strong>{first}</strong>: {' · '.join(rest)}" if rest else first


def plain(markdown: str) -> str:
    """What a reader sees of one sentence: the text without Markdown marks."""
    leaves = (
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for token in _PARSER.parseInline(markdown)
        for child in token.children or ()
        if child.type in _LEAVES | {"softbreak", "hardbreak"}
    )
    return "".join(leaves).strip()


def _parse(markdown: str) -> list[Token]:
    """The tokens of the Markdown; a line break inside a sentence is a character of its text."""
    tokens = _PARSER.parse(markdown)
    for token in tokens:
        joined: list[Token] = []
        for child in token.children or ():
            if child.type == "softbreak":
                child = Token("text", "", 0, content="\n")
            if child.type == "text" and joined and joined[-1].type == "text":
                joined[-1].content += child.content
            else:
                joined.append(child)
        if token.children:
            token.children = joined
    return tokens


def _locate(leaves: Sequence[str], quotes: Sequence[str]) -> tuple[tuple[bool, ...], list[list[range]]]:
    """Which quotes occur in the running text of the leaves, and the characters they cover in each."""
    origin: list[tuple[int, int]] = []
    letters: list[str] = []
    for number, leaf in enumerate(leaves):
        for place, char in enumerate(leaf):
            for part in _letters(char):
                letters.append(part)
                origin.append((number, place))
    running = "".join(letters)
    covered: list[set[int]] = [set() for _ in leaves]
    found = []
    for quote in quotes:
        places = next(filter(None, (list(_places(running, form)) for form in _forms(quote))), [])
        found.append(bool(places))
        for start, end in places:
            _cover(covered, leaves, origin[start], origin[end - 1])
    return tuple(found), [_runs(*pair) for pair in zip(covered, leaves, strict=True)]


def _cover(
    covered: list[set[int]], leaves: Sequence[str], first: tuple[int, int], last: tuple[int, int]
) -> None:
    """Add every character from `first` to `last`, both a leaf and a place in it."""
    for number in range(first[0], last[0] + 1):
        start = first[1] if number == first[0] else 0
        end = last[1] + 1 if number == last[0] else len(leaves[number])
        covered[number].update(range(start, end))


@lru_cache(maxsize=256)
def _forms(quote: str) -> tuple[str, ...]:
    """The ways a quote may stand in the running text, the most literal first."""
    leaves = (
        child.content
        for token in _PARSER.parse(quote)
        for child in token.children or ()
        if child.type in _LEAVES
    )
    return tuple(filter(None, (_compact(form) for form in (plain(quote), "".join(leaves), quote))))


def _compact(text: str) -> str:
    """The text as it is compared: letters taken apart from their accents, nothing that may differ."""
    return _IGNORED.sub("", unicodedata.normalize("NFKD", text))


@lru_cache(maxsize=4096)
def _letters(char: str) -> str:
    return _compact(char)


def _places(running: str, wanted: str) -> Iterator[tuple[int, int]]:
    start = running.find(wanted)
    while start >= 0:
        yield start, start + len(wanted)
        start = running.find(wanted, start + len(wanted))


def _runs(places: set[int], leaf: str) -> list[range]:
    """The places as ranges; two that only a space parts are one."""
    runs: list[range] = []
    for place in sorted(places):
        if runs and not leaf[runs[-1].stop : place].strip():
            runs[-1] = range(runs[-1].start, place + 1)
        else:
            runs.append(range(place, place + 1))
    return runs


def _split(leaf: Token, places: dict[int, list[range]]) -> Iterable[Token]:
    """The leaf cut where marks begin and end, with the marks around the cut pieces."""
    if id(leaf) not in places:
        return [leaf]
    pieces: list[Token] = []
    last = 0
    for run in places[id(leaf)]:
        pieces += [
            leaf.copy(content=leaf.content[last : run.start]),
            Token("mark_open", "mark", 1),
            leaf.copy(content=leaf.content[run.start : run.stop]),
            Token("mark_close", "mark", -1),
        ]
        last = run.stop
    pieces.append(leaf.copy(content=leaf.content[last:]))
    return [piece for piece in pieces if piece.content or piece.tag == "mark"]


def _parser(*, links: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
    parser.enable("table").disable(["image", "autolink", "html_block", "html_inline"])
    parser.validateLink = lambda url: bool(safe_url(url))  # type: ignore[method-assign]  # the documented hook
    parser.add_render_rule("link_open", _link_open if links else _nothing)
    if not links:
        parser.add_render_rule("link_close", _nothing)
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    parser.add_render_rule("heading_open", _heading)
    parser.add_render_rule("heading_close", _heading)
    return parser


def _link_open(_renderer: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    url = escape(str(tokens[index].attrGet("href") or ""))
    return f'<a href="{url}" rel="noopener noreferrer" target="_blank">'


def _nothing(*_: object) -> str:
    return ""


def _table_open(*_: object) -> str:
    return f'<div class="table" tabindex="0" role="region" aria-label="{texts.TABLE}"><table>'


def _table_close(*_: object) -> str:
    return "</table></div>"


def _heading(_renderer: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    """A heading inside a section is never above the section's own."""
    level = min(6, int(tokens[index].tag[1]) + 2)
    return f"<{'/' if tokens[index].nesting < 0 else ''}h{level}>"


_PARSER = _parser(links=True)
_LINKLESS = _parser(links=False)
