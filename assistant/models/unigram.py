"""The tokenizer of the bundled model, in Python: SentencePiece unigram as XLM-RoBERTa was trained with.

It gives the ids that the library `tokenizers` gives for the same model, which the tests hold over the whole
corpus. The library needs 1.3 s and 280 MB to read this vocabulary of 250 000 pieces; a dictionary needs a
tenth of both. Words recur, so most are answered from a cache.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from functools import lru_cache
from math import inf
from pathlib import Path

import numpy as np

PIECES = "pieces.txt"
SCORES = "scores.npy"
BEGIN, END, UNKNOWN = 0, 2, 3
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
MARK = "▁"
"""Stands for the space before a word."""

REMOVED = (*range(0x01, 0x09), 0x0B, *range(0x0E, 0x20), 0x7F, 0x8F, 0x9F)
SPACES = (0x09, 0x0A, 0x0C, 0x0D, 0x1680, *range(0x200B, 0x2010), 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD)
_CLEANED = {**dict.fromkeys(REMOVED), **dict.fromkeys(SPACES, " ")}
_RUN = re.compile(" {2,}")


class Unigram:
    """Turns text into the token ids that the model was trained on."""

    def __init__(self, folder: Path, max_length: int) -> None:
        pieces = (folder / PIECES).read_text("utf-8").split("\n")
        self._scores = array("d", np.load(folder / SCORES).astype(np.float64).tobytes())
        self._unknown_score = min(self._scores) - 10.0
        self._pieces = dict(zip(pieces, range(len(self._scores)), strict=True))
        for name in SPECIAL:  # what a person types is text, even when it looks like a marker
            del self._pieces[name]
        self._longest = max(map(len, self._pieces))
        self._room = max_length - 2
        self._word = lru_cache(maxsize=20_000)(self._best)

    def encode(self, text: str) -> list[int]:
        """The ids of the text between the two that mark its ends, cut at the model's length."""
        text = _RUN.sub(" ", unicodedata.normalize("NFKC", text.translate(_CLEANED)))
        if not text.startswith(" "):
            text = " " + text
        ids = [n for word in text.split(" ")[1:] for n in self._word(MARK + word)]
        return [BEGIN, *ids[: self._room], END]

    def _best(self, word: str) -> tuple[int, ...]:
        """The division of `word` into pieces with the highest sum of scores (Viterbi)."""
        size = len(word)
        best = [0.0] + [-inf] * size
        came: list[tuple[int, int]] = [(0, UNKNOWN)] * (size + 1)
        for start in range(size):
            here = best[start]
            for end in range(start + 1, min(size, start + self._longest) + 1):
                piece = self._pieces.get(word[start:end])
                if piece is not None and here + self._scores[piece] > best[end]:
                    best[end], came[end] = here + self._scores[piece], (start, piece)
            if here + self._unknown_score > best[start + 1]:
                best[start + 1], came[start + 1] = here + self._unknown_score, (start, UNKNOWN)
        return self._walk(came, size)

    @staticmethod
    def _walk(came: list[tuple[int, int]], at: int) -> tuple[int, ...]:
        ids: list[int] = []
        while at > 0:
            at, piece = came[at]
            if piece != UNKNOWN or not ids or ids[-1] != UNKNOWN:  # neighbours that are unknown are one
                ids.append(piece)
        return tuple(reversed(ids))
