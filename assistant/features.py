"""What speaks for a passage as the answer to a question: by words, and by meaning.

Every feature is computed exactly, for every passage or for the candidates of the search. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant import confidence, index, language, terms
from assistant.confidence import NOTHING, Around
from assistant.index import Index
from assistant.query import Query

Floats = NDArray[np.float32]
Features = dict[str, Floats]


def weighed(features: Features, weights: Mapping[str, float], n: int) -> Floats:
    """The score of each of `n` candidates: the sum of its features, each times its weight."""
    scores = np.zeros(n, dtype=np.float32)
    for name, values in features.items():
        scores += np.float32(weights.get(name, 0.0)) * values
    return scores


BARE = ("heading", "grams", "coverage", "sentence", "sentences", "passage")
"""Features that weigh more where no question key leads to the passage, and nothing else speaks for it."""


def bare_features(features: Features, bare: NDArray[np.bool_]) -> Features:
    """The features of `BARE` once more, for the passages that no key leads to; 0 for the others."""
    more = {f"bare_{name}": np.where(bare, features[name], 0).astype(np.float32) for name in BARE}
    return more | {"bare": bare.astype(np.float32)}


def word_features(opened: Index, query: Query, tokens: Mapping[str, float]) -> Features:
    """The features by words for every passage: BM25 per field over the question's Σ idf, and coverage."""
    body = opened.fields["body"]
    total = sum(weight * body.idf(token) for token, weight in tokens.items()) or 1.0
    features = {
        name: opened.fields[name].score(tokens) / total for name in ("body", "heading", "keys", "document")
    }
    grams = opened.fields["grams"]
    gram_tokens = dict.fromkeys(language.char_ngrams(query.text), 1.0)
    gram_total = sum(grams.idf(token) for token in gram_tokens) or 1.0
    features["grams"] = grams.score(gram_tokens) / gram_total
    features["coverage"] = coverage(opened, query.concepts, ("body", "heading"))
    features["key_coverage"] = coverage(opened, query.concepts, ("keys",))
    return features


def coverage(opened: Index, concepts: Sequence[terms.Concept], fields: Sequence[str]) -> Floats:
    """For every passage the share (0–1) of the concepts' idf that it holds in any of `fields`.

    A concept counts whole by its own word and four fifths by a word of the register.
    """
    covered = np.zeros(len(opened.passages), dtype=np.float32)
    total = 0.0
    for concept in concepts:
        idf = min(opened.fields[name].idf(concept.stem) for name in fields)
        present = np.zeros_like(covered)
        for name in fields:
            for alternative in concept.alternatives:
                where = opened.fields[name].postings(alternative)[0]
                present[where] = np.maximum(present[where], 0.8)
        for name in fields:
            present[opened.fields[name].postings(concept.stem)[0]] = 1.0
        covered += np.float32(idf) * present
        total += idf
    return covered / np.float32(total) if total else covered


def meaning_features(opened: Index, query: Query, candidates: NDArray[np.int64]) -> tuple[Features, Around]:
    """The exact cosines of the candidates: best sentence, mean of the best two, passage, best key; and votes.

    And what lies around the question: the nearest of all their keys, and the examples out of scope.
    """
    names = ("sentence", "sentences", "passage", "key", "votes")
    features = {name: np.zeros(len(candidates), dtype=np.float32) for name in names}
    if query.vector is None or not len(candidates):
        return features, NOTHING
    starts, sizes = opened.spans[candidates], opened.spans[candidates + 1] - opened.spans[candidates]
    edges = np.cumsum(sizes) - sizes
    rows = np.arange(sizes.sum()) + np.repeat(starts - edges, sizes)
    cosines, examples = _cosines(opened, candidates, query.vector)
    kinds = opened.rows.kind[rows]
    of_units = np.where(kinds == index.UNIT, cosines, 0)
    of_keys = np.where(kinds == index.KEY, cosines, 0)
    features["passage"] = np.maximum.reduceat(np.where(kinds == index.PASSAGE, cosines, 0), edges)
    features["sentence"] = np.maximum.reduceat(of_units, edges)
    keys = np.maximum.reduceat(of_keys, edges)
    features["key"] = np.where(keys > 0, keys, features["sentence"])
    features["sentences"] = _mean_of_best(of_units, edges, features["sentence"], sizes)
    if query.votes is not None:
        features["votes"] = query.votes.passages[candidates]
    made = {name: values.astype(np.float32) for name, values in features.items()}
    return made, Around(confidence.nearest_keys(cosines[kinds == index.KEY]), examples)


def _cosines(opened: Index, candidates: NDArray[np.int64], query: Floats) -> tuple[Floats, Floats]:
    """The cosines of the rows of some passages, in their order, and of the examples out of scope.

    Passages that lie in a row are multiplied at once: nothing is gathered first.
    """
    starts, ends = opened.spans[candidates], opened.spans[candidates + 1]
    breaks = np.flatnonzero(starts[1:] != ends[:-1])
    first, last = starts[np.r_[0, breaks + 1]], ends[np.r_[breaks, len(candidates) - 1]]
    runs = [opened.vectors[a:b] @ query for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    return np.concatenate(runs), opened.anchor_vectors @ query


def _mean_of_best(values: Floats, edges: NDArray[np.int64], best: Floats, sizes: NDArray[np.int64]) -> Floats:
    """The mean of the two largest values of each run."""
    rest = np.where(values == np.repeat(best, sizes), 0, values)
    return ((best + np.maximum.reduceat(rest, edges)) / 2).astype(np.float32)
