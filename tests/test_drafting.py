"""Sentences out of a stream: whole, once, with their markers, however the text is cut into pieces."""

import pytest

from assistant.drafting import Drafted, Splitter
from assistant.types import Block

TEXT = (
    "Grensen er 500 000 kroner fra 1. juli 2026 [1]. Se nr. 2 i § 7-9, jf. LOA § 5k. [2][3] "
    "Det gjelder bl.a. varer [1, 4].\n"
    "- Første punkt [1]\n- Andre punkt. [2]\n\nTil slutt [3]."
)
WANTED = [
    ("Grensen er 500 000 kroner fra 1. juli 2026.", (1,), Block.PARAGRAPH),
    ("Se nr. 2 i § 7-9, jf. LOA § 5k.", (2, 3), Block.PARAGRAPH),
    ("Det gjelder bl.a. varer.", (1, 4), Block.PARAGRAPH),
    ("Første punkt", (1,), Block.ITEM),
    ("Andre punkt.", (2,), Block.ITEM),
    ("Til slutt.", (3,), Block.PARAGRAPH),
]


def split(text, size, *, cut=False):
    splitter, found = Splitter(), []
    for at in range(0, len(text), size):
        found += splitter.feed(text[at : at + size])
    return found + list(splitter.end(cut=cut))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 40, 1000])
def test_the_pieces_do_not_change_the_sentences(size):
    assert [(d.text, d.markers, d.block) for d in split(TEXT, size)] == WANTED


def test_a_sentence_comes_as_soon_as_the_next_has_begun():
    splitter = Splitter()
    assert list(splitter.feed("En er sann [1]. ")) == []
    assert [d.text for d in splitter.feed("Den neste ")] == ["En er sann."]


def test_what_is_cut_off_is_not_whole_and_what_is_ended_is():
    assert [d.whole for d in split("Det er sant [1]. Grensen er ikke", 4, cut=True)] == [True, False]
    assert [d.whole for d in split("Det er sant [1]. Grensen er ikke", 4)] == [True, True]
    assert [d.whole for d in split("Det er sant [1].", 4, cut=True)] == [True]


def test_text_without_an_end_is_let_go_of():
    assert len(split("og så videre " * 400, 10)) > 3


def test_markers_alone_and_empty_lines_are_nothing_to_show():
    assert split("\n\n  \n", 1) == []
    assert split("[1]", 1) == [Drafted("", (1,), Block.PARAGRAPH)]
