"""From a question to the passages that may answer it, with the reasons for their order.

Candidates come from both searches: the nearest vectors (sentences, whole passages and question keys) and
the best passages by words. For each candidate the same few features are computed exactly, and a linear
score orders them (convex combination rather than rank fusion: Bruch et al. 2022, and our own
measurements in docs/evals.md). The weights are data (`data/ranking.json`), learned by `evals/train.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant import confidence, evasion, language, lexical, phrases, provisions, spelling, terms, validity
from assistant.confidence import Around
from assistant.embedding import REMEMBERED
from assistant.features import Features, Floats, bare_features, meaning_features, weighed, word_features
from assistant.query import Query
from assistant.reading import Leaning
from assistant.tiers import Rules
from assistant.types import Evasion, Hit, Passage, Question, Rank, Rejection, Retrieval, SourceKind, Unit

if TYPE_CHECKING:
    from assistant.embedding import Embedder
    from assistant.index import Index
    from assistant.terms import Terms
    from assistant.vectors import VectorSearch

VECTOR_CANDIDATES = 160
WORD_CANDIDATES = 60
NARROWED = 8
"""How much further the search by meaning reaches when only some kinds of source are wanted."""
HITS = 8
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


@dataclass(frozen=True, slots=True)
class Weights:
    """The learned numbers of the ranking: per feature, and those of the confidence."""

    rank: Mapping[str, float]
    confidence: Mapping[str, float]
    confidence_bias: float
    evasion: Mapping[str, float]
    evasion_bias: float

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls) -> Weights:
        """The weights that ship with the product."""
        content = json.loads(
            resources.files("assistant").joinpath("data/ranking.json").read_text(encoding="utf-8")
        )
        return cls(**content)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The passages that may answer, by number, with what is known of each."""

    numbers: NDArray[np.int64]
    features: Features
    vector_rank: dict[int, int]
    """Places from 1 in the search by meaning, by number of the passage."""
    word_rank: dict[int, int]
    around: Around
    """What lies around the question: their nearest keys, and the examples out of scope."""


class Retriever:
    """Finds the passages for a question in one build."""

    def __init__(
        self,
        opened: Index,
        embedder: Embedder | None,
        register: Terms,
        search: str | VectorSearch = "chroma",
        hits: int = HITS,
    ) -> None:
        self._index = opened
        self._embedder = embedder
        self._register = register
        self._thresholds = register.thresholds
        self.vectors = opened.search_by(search) if isinstance(search, str) else search
        """What finds the nearest vectors."""
        self._hits = hits
        self._speller = spelling.Speller.of(opened.fields["body"].vocabulary, opened.fields["keys"].holders())
        self.provisions = provisions.Register(
            ((d.source, s) for d in opened.documents.values() for s in d.sections), register.instruments
        )
        self._leaning = lru_cache(maxsize=REMEMBERED)(self._read)
        self._numbers: dict[str, list[int]] = {}
        for number, passage in enumerate(opened.passages):
            self._numbers.setdefault(passage.section_id, []).append(number)
        self._kinds = np.array([SourceKind.of(passage.rank).value for passage in opened.passages])
        self.limited = "" if embedder else "Søker bare etter ord: språkmodellen for søk mangler."

    def close(self) -> None:
        """Let go of what the search holds open, and of the remembered questions that keep the build alive."""
        self.vectors.close()
        Retriever.query.cache_clear()

    @lru_cache(maxsize=256)  # noqa: B019 - `close` empties it
    def query(self, text: str) -> Query:
        """`text` made ready for both searches."""
        mended = self._speller.mend(text) if language.detect_language(text) != "en" else text
        concepts, opened = tuple(self._register.concepts(mended)), self._index
        if self._embedder is None:
            return Query(mended, concepts, None)
        worded = language.in_bokmaal(mended)
        vector = self._embedder.embed_query(worded)
        votes = opened.electorate.votes(opened.likeness.of(vector))
        return Query(
            mended, concepts, vector, opened.adapter.of_question(vector), votes, self._leaning(worded)
        )

    def _read(self, worded: str) -> Leaning | None:
        if self._embedder is None or self._index.reader is None:
            return None
        states = self._embedder.read_query(worded)
        return None if states is None else self._index.reader.read(states)

    def retrieve(self, question: Question, resolved: str | None = None) -> Retrieval:
        """The best passages for `question`, those that were turned away, and how sure the search is.

        `resolved` is the question with what it takes from the thread filled in.
        """
        query = self.query(resolved or question.text)
        law = self.provisions.named(resolved or question.text)
        asked = self.provisions.asked(law)
        rules = self.rules(question, resolved or question.text)
        found = self._candidates(query, question.on, asked, question.only, rules)
        candidates, features = found.numbers, found.features
        scores = weighed(features, Weights.load().rank, len(candidates))
        features["named_provision"] = self._lift(candidates, law, question.on)
        scores += features["named_provision"]
        hits: list[Hit] = []
        rejected: list[Rejection] = []
        looked_at = self._looked_at(np.lexsort((candidates, -scores)), candidates, question.only)
        table = np.stack([values[looked_at] for values in features.values()], axis=1)
        for at, row in zip(looked_at.tolist(), table.astype(np.float64).round(4).tolist(), strict=True):
            number = int(candidates[at])
            passage = self._index.passages[number]
            named = tuple(zip(features, row, strict=True))
            hit = Hit(
                passage, float(scores[at]), found.vector_rank.get(number), found.word_rank.get(number), named
            )
            reason = turned_away(passage, self._index.units[number], question, asked)
            reason = reason or self._beside(passage, law) or self._told_already(passage, hits, asked)
            if reason:
                rejected.append(Rejection(hit, reason))
            else:
                hits.append(hit)
        rejected = sorted(rejected, key=lambda each: -each.hit.score)[: self._hits] + [
            Rejection(hit, f"lavere plass enn de {self._hits} beste")
            for hit in hits[self._hits : 2 * self._hits]
        ]
        best = tuple(hits[: self._hits])
        near = found.around
        signs = confidence.evidence(self._index, query, best, near)
        if law.bare:
            sure = confidence.CERTAIN if any(hit.passage.section_id in asked for hit in best) else 0.0
        else:
            sure = self._probability(query, signs)
        return Retrieval(
            query.text,
            question.on,
            best,
            tuple(rejected),
            self._index.id,
            sure,
            self.limited,
            None if law.bare else confidence.nearest_anchor(self._index, near),
            question.only,
            tuple((name, round(value, 4)) for name, value in signs.items()),
            None if law.bare else self._evasion(query, near, best, signs, sure),
        )

    def _evasion(
        self, query: Query, near: Around, hits: Sequence[Hit], signs: Mapping[str, float], sure: float
    ) -> Evasion | None:
        """How likely it is that the question seeks a way round a rule, and which; none without examples."""
        company = evasion.Company.of(self._index, near)
        seen = evasion.signs(query, company, near, signs, sure)
        if not seen:
            return None
        weights = Weights.load()
        probability = confidence.probability(seen, weights.evasion, weights.evasion_bias)
        return Evasion(probability, company.rule(hits, self._index.evaded), tuple(seen.items()))

    def holds(self, only: Sequence[SourceKind]) -> bool:
        """Whether the build has any passage of these kinds; of course it has when none is named."""
        return not only or bool(self._of_kind(only).any())

    def _of_kind(self, only: Sequence[SourceKind]) -> NDArray[np.bool_]:
        """For every passage whether it may answer."""
        return np.isin(self._kinds, [kind.value for kind in only])

    def _looked_at(
        self, order: NDArray[np.int64], candidates: NDArray[np.int64], only: Sequence[SourceKind]
    ) -> NDArray[np.int64]:
        """The candidates to look at, best first; those of other kinds behind, as many as are shown."""
        if not only:
            return order[: 4 * self._hits]
        wanted = self._of_kind(only)[candidates[order]]
        return np.concatenate((order[wanted][: 4 * self._hits], order[~wanted][: self._hits]))

    def _probability(self, query: Query, signs: Mapping[str, float]) -> float:
        """How sure (0–1) it is that the best hits carry an answer."""
        if not query.concepts:
            return 0.0
        weights = Weights.load()
        return confidence.probability(signs, weights.confidence, weights.confidence_bias)

    def _lift(self, candidates: NDArray[np.int64], named: provisions.Named, on: date) -> Floats:
        if not named.provisions:
            return np.zeros(len(candidates), dtype=np.float32)
        passages = [self._index.passages[int(n)] for n in candidates]
        lifted = [self.provisions.lift(named, p.section_id, on) for p in passages]
        return np.array(lifted, dtype=np.float32)

    def _plain_law(self, passage: Passage, asked: frozenset[str]) -> bool:
        """Whether a passage is the words of a law that the question does not name."""
        return self.provisions.is_primary(passage.section_id) and passage.section_id not in asked

    def _beside(self, passage: Passage, named: provisions.Named) -> str:
        """Why a passage is left out when the question asks for a § and nothing more. Empty when it is not."""
        if not named.bare or not set(self.provisions.about(passage.section_id)).isdisjoint(named.provisions):
            return ""
        return "handler ikke om paragrafen det spørres om"

    def _told_already(self, passage: Passage, hits: Sequence[Hit], asked: frozenset[str]) -> str:
        """Why the text of a § is left out: an earlier hit says the same in plainer words. Empty otherwise."""
        if not self._plain_law(passage, asked):
            return ""
        for hit in hits:
            if self.provisions.same(passage.section_id, hit.passage.section_id):
                return f"samme paragraf som «{hit.passage.heading}»"
        return ""

    def features(self, question: Question, resolved: str) -> tuple[list[Passage], Features]:
        """The passages that may answer `question`, with the features of their scores (for the training)."""
        asked = self.provisions.asked(self.provisions.named(resolved))
        rules = self.rules(question, resolved)
        found = self._candidates(self.query(resolved), question.on, asked, question.only, rules)
        passages = [self._index.passages[int(n)] for n in found.numbers]
        units = [self._index.units[int(n)] for n in found.numbers]
        allowed = np.array(
            [not turned_away(p, u, question, asked) for p, u in zip(passages, units, strict=True)],
            dtype=np.bool_,
        )
        kept = [p for p, ok in zip(passages, allowed, strict=True) if ok]
        return kept, {name: values[allowed] for name, values in found.features.items()}

    def rules(self, question: Question, resolved: str) -> Rules:
        """The rules that the purchase in the question comes under by its value, as far as it tells."""
        asked = self._thresholds.asked(question.text, question.on)
        return Rules(self._thresholds, asked or self._thresholds.asked(resolved, question.on))

    def _candidates(
        self, query: Query, on: date, asked: frozenset[str], only: Sequence[SourceKind], rules: Rules
    ) -> Candidates:
        tokens = terms.weighted(query.concepts)
        words = word_features(self._index, query, tokens)
        by_words = words["body"] + words["heading"] + words["keys"] + 0.5 * words["grams"]
        order = lexical.best(by_words, WORD_CANDIDATES)
        if only:
            wanted = lexical.best(np.where(self._of_kind(only), by_words, 0.0), WORD_CANDIDATES)
            order = np.union1d(order[: self._hits], wanted)
            order = order[np.argsort(-by_words[order], kind="stable")]
        lexical_rank = {n: place for place, n in enumerate(order.tolist(), 1)}
        vector_rank: dict[int, int] = {}
        if query.vector is not None:
            rows, _ = self.vectors.nearest(query.vector, VECTOR_CANDIDATES * (NARROWED if only else 1))
            for owner in self._index.rows.owner[rows].tolist():
                vector_rank.setdefault(owner, len(vector_rank) + 1)
        held = [n for section in asked for n in self._numbers[section]]
        candidates = np.array(sorted({*lexical_rank, *vector_rank, *held}), dtype=np.int64)
        passages = [self._index.passages[int(n)] for n in candidates]
        features = {name: values[candidates] for name, values in words.items()}
        by_meaning, around = meaning_features(self._index, query, candidates)
        features |= by_meaning
        named = only == (SourceKind.OWN,)
        named = named or not POLICY_WORDS.isdisjoint(concept.stem for concept in query.concepts)
        words_asked = {stem for concept in query.concepts for stem in (concept.stem, *concept.alternatives)}
        told = {
            "ended": [p.valid_to is not None and p.valid_to < on for p in passages],
            "unasked_policy": [p.rank is Rank.OWN_POLICY and not named for p in passages],
            "named_source": [not words_asked.isdisjoint(_name(p.source.title)) for p in passages],
            "law_text": [
                self.provisions.is_primary(p.section_id) and p.section_id not in asked for p in passages
            ],
        }
        told["other_rules"] = [rules.excludes(passage, on) for passage in passages]
        features |= {name: np.array(values, dtype=np.float32) for name, values in told.items()}
        features |= bare_features(features, self._index.bare[candidates])
        return Candidates(candidates, features, vector_rank, lexical_rank, around)


def turned_away(
    passage: Passage, units: Sequence[Unit], question: Question, asked: frozenset[str] = frozenset()
) -> str:
    """Why a passage may not answer the question on its day, in Norwegian; empty when it may.

    Law that has ended or has not begun is turned away unless the question names it, or a sentence of
    it tells what applied on that day. A county's own ended policy is still found, since people ask
    about it by name and by content; the answer marks it. `asked` are the sections of the §§ that are named.
    """
    on = question.on
    if question.only and SourceKind.of(passage.rank) not in question.only:
        return f"er ikke {phrases.kinds(question.only, 'nb')}, som det skal svares fra"
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
