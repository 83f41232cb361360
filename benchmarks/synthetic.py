"""A build of any size made of nothing: synthetic words and vectors in the files that the product reads.

Words fall in frequency as they do in Norwegian (Zipf), and passages are about one of a thousand subjects,
around which their vectors lie. A passage is one sentence with one vector. The word fields hold what
`lexical.build_field` would have made of the same texts (a test compares them), without its lists of strings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant import index, language, lexical

DIM, SUBJECTS, WORDS = 384, 1000, 40_000
LONG, EACH = 12, 5
"""Words in a passage, and passages in a document."""
NEAR = 0.6
"""How far a passage lies from its subject, and half as far a question from its passage."""
BATCH = 50_000
NAME = "syntetisk-384"
Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
_HEAD = '"type":"veiledning","publisher":"Prøvefylket","url":"https://example.org/","checked":"2026-11-22"'


def words(most: int = WORDS) -> list[str]:
    """Made-up words that are their own stems, the most frequent first."""
    random = np.random.default_rng(1)
    sounds = np.array([a + b for a in "bdfghjklmnprtv" for b in "aiouyø"])
    found: dict[str, None] = {}
    while len(found) < most:
        word = "".join(random.choice(sounds, 3)) + "k"
        if language.stem(word) == word == language.bokmaal(word):
            found[word] = None
    return list(found)


def texts(n: int) -> Numbers:
    """The numbers of the words of each passage, shape (n, LONG), frequent ones more often."""
    drawn = np.exp(np.random.default_rng(2).random((n, LONG)) * np.log(WORDS))
    return np.minimum(drawn.astype(np.int64), WORDS) - 1


def around(random: np.random.Generator, middle: Floats, spread: float) -> Floats:
    """Vectors of length 1 around the rows of `middle`."""
    made = middle + np.float32(spread / DIM**0.5) * random.standard_normal(middle.shape, dtype=np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def write_field(owners: Numbers, tokens: Numbers, vocabulary: Sequence[str], size: int, folder: Path) -> None:
    """One word field: `tokens` are the numbers of the words that stand in the passages `owners`."""
    pairs, counts = np.unique(tokens * size + owners, return_counts=True)
    token, owner = pairs // size, pairs % size
    lengths = np.bincount(owners, minlength=size).astype(np.float32)
    held = np.bincount(token, minlength=len(vocabulary))
    idf = np.log1p((size - held + 0.5) / (held + 0.5))
    norm = lexical.K1 * (1 - lexical.B + lexical.B * lengths / lengths.mean())
    weights = idf[token] * counts / (counts + norm[owner])
    folder.mkdir(parents=True)
    np.save(folder / "data.csc.index.npy", weights.astype(np.float32))
    np.save(folder / "indices.csc.index.npy", owner.astype(np.int32))
    np.save(folder / "indptr.csc.index.npy", np.concatenate([[0], np.cumsum(held)]).astype(np.int64))
    numbers = {word: n for n, word in enumerate(vocabulary)}
    (folder / "vocab.index.json").write_text(json.dumps(numbers), encoding="utf-8")


def _write_fields(said: Numbers, vocabulary: list[str], folder: Path) -> None:
    n = len(said)
    owners = np.repeat(np.arange(n), LONG)
    write_field(owners, said.ravel(), vocabulary, n, folder / "body")
    write_field(np.arange(n), said[:, 0], vocabulary, n, folder / "heading")
    write_field(np.arange(n), said[:, 1], vocabulary, n, folder / "keys")
    of_word = [language.char_ngrams(word) for word in vocabulary]
    grams = {gram: place for place, gram in enumerate(dict.fromkeys(g for row in of_word for g in row))}
    shortest = min(map(len, of_word))
    table = np.array([[grams[g] for g in row[:shortest]] for row in of_word], dtype=np.int64)
    write_field(np.repeat(owners, shortest), table[said].reshape(-1), list(grams), n, folder / "grams")
    whole = said[: n - n % EACH].reshape(-1, EACH * LONG).repeat(EACH, axis=0)
    write_field(
        np.repeat(np.arange(len(whole)), EACH * LONG), whole.ravel(), vocabulary, n, folder / "document"
    )


def _write_texts(said: Numbers, vocabulary: list[str], folder: Path) -> None:
    with (
        (folder / "passages.jsonl").open("w", encoding="utf-8") as passages,
        (folder / "documents.jsonl").open("w", encoding="utf-8") as documents,
    ):
        for number, start in enumerate(range(0, len(said), EACH)):
            sections = []
            for place, row in enumerate(said[start : start + EACH].tolist()):
                text = " ".join(vocabulary[w] for w in row).capitalize() + "."
                name = f"d{number}#s{place}"
                sections.append(
                    f'{{"id":"{name}","headings":["{vocabulary[row[0]]}"],"text":"{text}","rank":"veiledning"}}'
                )
                unit = f'[0,{len(text)},"paragraph",null,null,null]'
                passages.write(f'{{"id":"{name}/0","section":"{name}","text":"{text}","units":[{unit}]}}\n')
            source = f'{{"id":"d{number}","title":"Rutine {number}",{_HEAD}}}'
            documents.write(f'{{"source":{source},"sections":[{",".join(sections)}]}}\n')


def write_build(root: Path, n: int) -> None:
    """A published build of `n` passages in `root`."""
    folder = root / f"{NAME}-{n}"
    folder.mkdir(parents=True)
    vocabulary, said = words(), texts(n)
    _write_texts(said, vocabulary, folder)
    _write_fields(said, vocabulary, folder / "words")
    random = np.random.default_rng(3)
    subjects = around(random, np.zeros((SUBJECTS, DIM), np.float32), 1.0)
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float32, (n, DIM))
    for start in range(0, n, BATCH):
        rows = np.arange(start, min(start + BATCH, n))
        vectors[rows] = around(random, subjects[rows % SUBJECTS], NEAR)
    vectors.flush()
    np.save(folder / "owner.npy", np.arange(n, dtype=np.int32))
    np.save(folder / "kind.npy", np.full(n, index.UNIT, np.int8))
    np.save(folder / "unit.npy", np.zeros(n, np.int32))
    np.save(folder / "scope.npy", np.zeros(DIM + 1, np.float32))
    (folder / "anchors.json").write_text("[]", encoding="utf-8")
    manifest = {
        "format": index.FORMAT, "id": folder.name, "embedder": NAME, "dim": DIM, "vectors": n, "files": {},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    index.publish(root, folder.name)
