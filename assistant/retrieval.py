"""From a question to the passages that may answer it, with the reasons for their order.

Candidates come from both searches: the nearest vectors (sentences, whole passages and question keys) and
the best passages by words. For each candidate the same few features are computed exactly, and a linear
score orders them (convex combination rather than rank fusion: Bruch et al. 2022, and our own
measurements in docs/evals.md). The weights are data (`data/ranking.json`), learned by `evals/train.py`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant import index, language, provisions, spelling, terms, validity
from assistant.types import Anchor, Hit, Passage, Question, Rank, Rejection, Retrieval, Unit

if TYPE_CHECKING:
    from assistant.embedding import Embedder
    from assistant.index import Index
    from assistant.terms import Terms

VECTOR_CANDIDATES = 400
WORD_CANDIDATES = 120
HITS = 8
CERTAIN = 0.99
"""Confidence when the question asks for a § by its number and the corpus has it; without it, 0."""
POLICY_WORDS = frozenset(
    language.stem(word)
    for word in (
        "viken vikens strategi strategien anskaffelsesstrategi anskaffelsesstrategien strategy modell "
        "modellen model "
        "viken-modellen vikenmodellen vedtak vedtaket vedtatt vedtok fylkestinget politikerne politisk "
        "akershus buskerud "
        "østfold anska mål målområde målområder tiltak klimamål"
    ).split()
)
"""Words that ask for the county's own policy; without them an act or a guide is preferred to it."""
LAW_KEY = 0.02
"""How far below its best sentence a § of a law counts where others have a question (dev questions)."""
Floats = NDArray[np.float32]
Features = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Weights:
    """The learned numbers of the ranking: per feature, and those of the confidence."""

    rank: Mapping[str, float]
    confidence: Mapping[str, float]
    confidence_bias: float

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls) -> Weights:
        """The weights that ship with the product."""
        content = json.loads(
            resources.files("assistant").joinpath("data/ranking.json").read_text(encoding="utf-8")
        )
        return cls(content["rank"], content["confidence"], content["confidence_bias"])


@dataclass(frozen=True, slots=True)
class Query:
    """A question made ready for both searches."""

    text: str
    """What is embedded: follow-ups resolved, misspelt words mended."""
    concepts: tuple[terms.Concept, ...]
    vector: Floats | None


class Retriever:
    """Finds the passages for a question in one build."""

    def __init__(
        self,
        opened: Index,
        embedder: Embedder | None,
        register: Terms,
        search: str = "chroma",
        hits: int = HITS,
    ) -> None:
        self._index = opened
        self._embedder = embedder
        self._register = register
        self._search = opened.search_by(search)
        self._hits = hits
        self._speller = spelling.Speller.of(
            opened.fields["body"].vocabulary, opened.fields["keys"].vocabulary
        )
        self.provisions = provisions.Register(
            ((d.source, s) for d in opened.documents.values() for s in d.sections), register.instruments
        )
        self._numbers: dict[str, list[int]] = {}
        for number, passage in enumerate(opened.passages):
            self._numbers.setdefault(passage.section_id, []).append(number)
        self.limited = "" if embedder else "Søker bare etter ord: språkmodellen for søk mangler."

    def close(self) -> None:
        """Let go of what the search holds open, and of the remembered questions that keep the build alive."""
        self._search.close()
        Retriever.query.cache_clear()

    @lru_cache(maxsize=256)  # noqa: B019 - `close` empties it
    def query(self, text: str) -> Query:
        """`text` made ready for both searches."""
        mended = self._speller.mend(text) if language.detect_language(text) != "en" else text
        vector = self._embedder.embed_query(mended) if self._embedder else None
        return Query(mended, tuple(self._register.concepts(mended)), vector)

    def evidence(self, query: Query, hits: Sequence[Hit], anchors: Sequence[Anchor]) -> dict[str, float]:
        """What speaks for `hits` carrying an answer to `query`, by name."""
        found = evidence(hits, anchors)
        if found:
            found["strangers"] = min(len(strangers(query.text, hits[:3])), 2.0)
        line = self._index.scope
        if found and query.vector is not None and line.any():
            found["scope"] = float(line[:-1] @ query.vector + line[-1])
        return found

    def retrieve(self, question: Question, resolved: str | None = None) -> Retrieval:
        """The best passages for `question`, those that were turned away, and how sure the search is.

        `resolved` is the question with what it takes from the thread filled in.
        """
        query = self.query(resolved or question.text)
        law = self.provisions.named(resolved or question.text)
        candidates, features, ranks = self._candidates(query, question.on, law)
        weights = Weights.load()
        scores = np.zeros(len(candidates), dtype=np.float32)
        for name, values in features.items():
            scores += np.float32(weights.rank.get(name, 0.0)) * values
        features["named_provision"] = self._lift(candidates, law, question.on)
        scores += features["named_provision"]
        hits: list[Hit] = []
        rejected: list[Rejection] = []
        for at in np.lexsort((candidates, -scores))[: 4 * self._hits]:
            number = int(candidates[at])
            passage = self._index.passages[number]
            named = tuple((name, round(float(values[at]), 4)) for name, values in features.items())
            hit = Hit(passage, float(scores[at]), ranks[0].get(number), ranks[1].get(number), named)
            reason = turned_away(passage, self._index.units[number], question, self._asked(law))
            reason = reason or self._beside(passage, law) or self._told_already(passage, hits, law)
            if reason:
                rejected.append(Rejection(hit, reason))
            else:
                hits.append(hit)
        rejected = rejected[: self._hits] + [
            Rejection(hit, f"lavere plass enn de {self._hits} beste")
            for hit in hits[self._hits : 2 * self._hits]
        ]
        best = tuple(hits[: self._hits])
        anchors = nearest_anchors(self._index, query)
        return Retrieval(
            query.text,
            question.on,
            best,
            tuple(rejected),
            self._index.id,
            self._confidence(best, query, anchors, law),
            self.limited,
            None if law.bare else max(anchors, key=lambda a: a.similarity, default=None),
        )

    def _confidence(
        self, best: Sequence[Hit], query: Query, anchors: Sequence[Anchor], named: provisions.Named
    ) -> float:
        """How sure the search is; a § that is asked for by its number and found is there beyond doubt."""
        if named.bare:
            asked = self._asked(named)
            return CERTAIN if any(hit.passage.section_id in asked for hit in best) else 0.0
        if not query.concepts:
            return 0.0
        return confidence(self.evidence(query, best, anchors), Weights.load())

    def _asked(self, named: provisions.Named) -> frozenset[str]:
        """The sections that hold a named §, or restate it when no section holds it."""
        return frozenset(
            section
            for p in named.provisions
            for section in self.provisions.primary(p) or self.provisions.restatements(p)
        )

    def _plain_law(self, passage: Passage, named: provisions.Named) -> bool:
        """Whether a passage is the words of a law that the question does not name."""
        section = passage.section_id
        return self.provisions.is_primary(section) and section not in self._asked(named)

    def _lift(self, candidates: NDArray[np.int64], named: provisions.Named, on: date) -> Floats:
        passages = [self._index.passages[int(n)] for n in candidates]
        lifted = [self.provisions.lift(named, p.section_id, on) for p in passages]
        return np.array(lifted, dtype=np.float32)

    def _beside(self, passage: Passage, named: provisions.Named) -> str:
        """Why a passage is left out when the question asks for a § and nothing more. Empty when it is not."""
        about = self.provisions.about(passage.section_id)
        if not named.bare or not set(about).isdisjoint(named.provisions):
            return ""
        return "handler ikke om paragrafen det spørres om"

    def _told_already(self, passage: Passage, hits: Sequence[Hit], named: provisions.Named) -> str:
        """Why the text of a § is left out: an earlier hit says the same in plainer words. Empty otherwise."""
        if not self._plain_law(passage, named):
            return ""
        for hit in hits:
            if self.provisions.same(passage.section_id, hit.passage.section_id):
                return f"samme paragraf som «{hit.passage.heading}»"
        return ""

    def features(self, question: Question, resolved: str) -> tuple[list[Passage], Features]:
        """The passages that may answer `question`, with the features of their scores (for the training)."""
        named = self.provisions.named(resolved)
        candidates, features, _ = self._candidates(self.query(resolved), question.on, named)
        passages = [self._index.passages[int(n)] for n in candidates]
        units = [self._index.units[int(n)] for n in candidates]
        asked = self._asked(named)
        allowed = np.array(
            [not turned_away(p, u, question, asked) for p, u in zip(passages, units, strict=True)],
            dtype=np.bool_,
        )
        kept = [p for p, ok in zip(passages, allowed, strict=True) if ok]
        return kept, {name: values[allowed] for name, values in features.items()}

    def _candidates(
        self, query: Query, on: date, law: provisions.Named = provisions.NOTHING
    ) -> tuple[NDArray[np.int64], Features, tuple[dict[int, int], dict[int, int]]]:
        tokens = terms.weighted(query.concepts)
        words = word_features(self._index, query, tokens)
        by_words = words["body"] + words["heading"] + words["keys"] + 0.5 * words["grams"]
        order = np.argsort(-by_words, kind="stable")[:WORD_CANDIDATES]
        lexical_rank = {int(n): place for place, n in enumerate(order, 1) if by_words[n] > 0}
        vector_rank: dict[int, int] = {}
        if query.vector is not None:
            rows, _ = self._search.nearest(query.vector, VECTOR_CANDIDATES)
            for owner in self._index.rows.owner[rows].tolist():
                if owner < len(self._index.passages):
                    vector_rank.setdefault(owner, len(vector_rank) + 1)
        held = [n for section in self._asked(law) for n in self._numbers[section]]
        candidates = np.array(sorted({*lexical_rank, *vector_rank, *held}), dtype=np.int64)
        features = {name: values[candidates] for name, values in words.items()}
        features |= meaning_features(self._index, query, candidates)
        ended = [self._index.passages[int(n)].valid_to for n in candidates]
        features["ended"] = np.array([last is not None and last < on for last in ended], dtype=np.float32)
        named = not POLICY_WORDS.isdisjoint(concept.stem for concept in query.concepts)
        policy = [self._index.passages[int(n)].rank is Rank.OWN_POLICY and not named for n in candidates]
        features["unasked_policy"] = np.array(policy, dtype=np.float32)
        asked = {stem for concept in query.concepts for stem in (concept.stem, *concept.alternatives)}
        subject = [bool(asked & _name(self._index.passages[int(n)].source.title)) for n in candidates]
        features["named_source"] = np.array(subject, dtype=np.float32)
        laws = [self._plain_law(self._index.passages[int(n)], law) for n in candidates]
        features["law_text"] = np.array(laws, dtype=np.float32)
        return candidates, features, (vector_rank, lexical_rank)


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


def meaning_features(opened: Index, query: Query, candidates: NDArray[np.int64]) -> Features:
    """The exact cosines of the candidates: best sentence, mean of the best three, passage, best key."""
    names = ("sentence", "sentences", "passage", "key")
    features = {name: np.zeros(len(candidates), dtype=np.float32) for name in names}
    if query.vector is None or not len(candidates):
        return features
    starts, ends = opened.spans[candidates], opened.spans[candidates + 1]
    rows = np.concatenate([np.arange(a, b) for a, b in zip(starts, ends, strict=True)])
    cosines, kinds = opened.vectors[rows] @ query.vector, opened.rows.kind[rows]
    edges = np.concatenate(([0], np.cumsum(ends - starts)[:-1]))
    of_units = np.where(kinds == index.UNIT, cosines, 0)
    of_keys = np.where(kinds == index.KEY, cosines, 0)
    features["passage"] = np.maximum.reduceat(np.where(kinds == index.PASSAGE, cosines, 0), edges)
    features["sentence"] = np.maximum.reduceat(of_units, edges)
    keys = np.maximum.reduceat(of_keys, edges)
    features["key"] = np.where(keys > 0, keys, features["sentence"])
    features["sentences"] = _mean_of_best(of_units, edges, features["sentence"], ends - starts)
    return {name: values.astype(np.float32) for name, values in features.items()}


def _mean_of_best(values: Floats, edges: NDArray[np.int64], best: Floats, sizes: NDArray[np.int64]) -> Floats:
    """The mean of the two largest values of each run."""
    rest = np.where(values == np.repeat(best, sizes), 0, values)
    return ((best + np.maximum.reduceat(rest, edges)) / 2).astype(np.float32)


def turned_away(
    passage: Passage, units: Sequence[Unit], question: Question, asked: frozenset[str] = frozenset()
) -> str:
    """Why a passage may not answer on the question's day, in Norwegian; empty when it may.

    Law that has ended or has not begun is turned away unless the question names it, or a sentence of
    it tells what applied on that day. A county's own ended policy is still found, since people ask
    about it by name and by content; the answer marks it. `asked` are the sections of the §§ that are named.
    """
    on = question.on
    if validity.speaks_of(passage, units, on):
        return ""
    if passage.valid_from and passage.valid_from > on:
        return f"gjelder først fra {passage.valid_from.isoformat()}"
    if passage.rank is Rank.OWN_POLICY or passage.section_id in asked or _named(passage, question.text):
        return ""
    return f"opphørte {passage.valid_to.isoformat() if passage.valid_to else ''}"


@lru_cache(maxsize=4096)
def _name(title: str) -> frozenset[str]:
    """The stems by which a source is called: those of the first content word of its title."""
    return frozenset(language.stems(title)[:1])


_FORMER = frozenset("tidligere gamle opphevet gammel forrige old previous tidlegare gamal".split())
_PAST = frozenset("var gjaldt galdt gikk gjekk hadde måtte kunne skulle".split())


def _named(passage: Passage, text: str) -> bool:
    """Whether the question speaks of the passage's § or of what was before."""
    words = language.words(text)
    # «§ 2» is in many laws: the text of a law is named by the register, not by its number alone.
    asked = {w for w in words if w[0] == "§" and not provisions.instrument_of(passage.source)}
    own = {w for w in language.words(" ".join(passage.headings)) if w[0] == "§"}
    # «Hva må vi avklare før kunngjøring?» asks for today's law; «Hva gjaldt før?» does not.
    before = "før" in words and (words[-1] == "før" or not _PAST.isdisjoint(words))
    return before or bool(asked & own) or not _FORMER.isdisjoint(words)


def nearest_anchors(opened: Index, query: Query) -> list[Anchor]:
    """For each group of questions out of scope the example that lies nearest."""
    if query.vector is None or not opened.anchors:
        return []
    cosines = opened.vectors[int(opened.spans[-1]) :] @ query.vector
    best: dict[str, Anchor] = {}
    for example, cosine in zip(opened.anchors, cosines.tolist(), strict=True):
        if example.group not in best or cosine > best[example.group].similarity:
            best[example.group] = Anchor(example.group, example.status, example.section, cosine)
    return list(best.values())


NO_EXAMPLE = 0.1
"""How far behind the nearest key the nearest example is taken to be in a corpus that has no examples."""
INSIDE = 0.9
"""Where a question that is answered usually lies from the line of its build (mean of dev questions)."""


def _as_evidence(hit: Hit) -> dict[str, float]:
    """The features of a hit; the words of a law have no questions, and its subject is no answer."""
    found = dict(hit.features)
    if found.get("law_text"):
        found["key"] = min(found["key"], found["sentence"] - LAW_KEY)
    return found


_NAME = re.compile(r"(?<![.!?:]\s)(?<=\s)[«“\"]?([A-ZÆØÅ][\w-]+)")


def strangers(question: str, hits: Sequence[Hit]) -> list[str]:
    """The names in a Norwegian question that none of `hits` mentions: a firm, a county, a country.

    A name is a word with a capital inside a sentence; what is called otherwise in English is no stranger.
    """
    if language.detect_language(question) == "en":
        return []
    told: set[str] = set()
    for hit in hits:
        passage = hit.passage
        told.update(language.stems(f"{passage.text} {' '.join(passage.headings)} {passage.source.title}"))
    return [name for name in _NAME.findall(question) if told.isdisjoint(language.stems(name))]


def evidence(hits: Sequence[Hit], anchors: Sequence[Anchor] = ()) -> dict[str, float]:
    """What speaks for the hits carrying an answer: raw features of the best ones, never relative scores.

    Few on purpose: with more of them the questions set aside from training were told apart less well
    (docs/evals.md). `scope` is that of a question well inside until the retriever knows better.
    """
    if not hits:
        return {}
    first, best = _as_evidence(hits[0]), [_as_evidence(hit) for hit in hits[:3]]
    found = {name: max(row[name] for row in best) for name in ("sentence", "key", "grams")}
    found["first_key"] = first["key"]
    found["first_coverage"] = max(first["coverage"], first["key_coverage"])
    found["anchor"] = max((a.similarity for a in anchors), default=found["key"] - NO_EXAMPLE)
    found["anchor_gap"] = max(found["key"], found["sentence"]) - found["anchor"]
    found["scope"] = INSIDE
    return found


def confidence(found: Mapping[str, float], weights: Weights) -> float:
    """The probability (0–1) that the best hits carry an answer: a logistic of the evidence."""
    if not found:
        return 0.0
    z = weights.confidence_bias + sum(
        weights.confidence.get(name, 0.0) * value for name, value in found.items()
    )
    return 1 / (1 + math.exp(-z))
