"""HTML of ours as a tree: what the widget builds its page of, element by element.

The browser is never handed HTML to interpret. The server draws an exchange once, reads its own HTML into
a tree of elements that are on the lists below, and sends the tree; the widget makes each element by name.
What is not on the lists is left out, here and again in the browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from assistant.markup import escape

TAGS = frozenset(
    "a article blockquote br button code dd del details div dl dt em h2 h3 h4 h5 h6 hr li mark ol p pre "
    "section span strong summary table tbody td th thead tr ul".split()
)
ATTRIBUTES = frozenset(
    "aria-hidden aria-label class form formnovalidate href id lang name rel role start tabindex target title "
    "type value data-ask data-back data-cite data-copied data-copy data-failed data-show data-state".split()
)
EMPTY = frozenset({"br", "hr"})
_ADDRESS = re.compile(r"(?:/kilder[/?#]|/kilder\Z|#|https://)")


@dataclass(frozen=True, slots=True)
class Element:
    """One element with its attributes, in order, and what is in it."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Node, ...] = ()

    def get(self, name: str) -> str | None:
        """The value of an attribute, or None."""
        return dict(self.attributes).get(name)

    def has(self, css: str) -> bool:
        """Whether the element is of the class."""
        return css in (self.get("class") or "").split()


Node = Element | str


class _Reader(HTMLParser):
    """Collects the elements of HTML that is well formed; the tag of an element not listed is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, tuple[tuple[str, str], ...], list[Node]]] = [("", (), [])]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            return
        kept = tuple((name, value or "") for name, value in attrs if _allowed(name, value or ""))
        self._open.append((tag, kept, []))
        if tag in EMPTY:
            self._close()

    def handle_endtag(self, tag: str) -> None:
        if tag in TAGS - EMPTY and any(tag == name for name, *_ in self._open):
            while self._close() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._open[-1][2].append(data)

    def _close(self) -> str:
        tag, attributes, children = self._open.pop()
        self._open[-1][2].append(Element(tag, attributes, tuple(children)))
        return tag

    def tree(self) -> tuple[Node, ...]:
        self.close()
        while len(self._open) > 1:
            self._close()
        return tuple(self._open[0][2])


def _allowed(name: str, value: str) -> bool:
    return name in ATTRIBUTES and (name != "href" or _ADDRESS.match(value) is not None)


def parse(html: str) -> tuple[Node, ...]:
    """The elements of HTML that we have drawn."""
    reader = _Reader()
    reader.feed(html)
    return reader.tree()


def html(nodes: Iterable[Node]) -> str:
    """The tree as HTML, for a reader whose browser runs no script."""
    return "".join(escape(node) if isinstance(node, str) else _element(node) for node in nodes)


def _element(node: Element) -> str:
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node.attributes)
    opening = f"<{node.tag}{attributes}>"
    return opening if node.tag in EMPTY else f"{opening}{html(node.children)}</{node.tag}>"


def plain(nodes: Iterable[Node]) -> list[Any]:
    """The tree as JSON has it: text, or `[tag, attributes, children]`."""
    return [
        node if isinstance(node, str) else [node.tag, dict(node.attributes), plain(node.children)]
        for node in nodes
    ]


def altered(nodes: Iterable[Node], change: Callable[[Element], Element | None]) -> tuple[Node, ...]:
    """The tree with each element, innermost first, as `change` returns it; None takes it away."""
    kept: list[Node] = []
    for node in nodes:
        if isinstance(node, str):
            kept.append(node)
        elif new := change(Element(node.tag, node.attributes, altered(node.children, change))):
            kept.append(new)
    return tuple(kept)
