"""The frozen values that travel through the assistant: one type for each stage.

A value is complete when it is made and never changes afterwards. A later stage wraps the
earlier type instead of filling in its blanks: a `Passage` never has a score, a `Hit` does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class SourceType(StrEnum):
    """What kind of document a source is; the `type` of its front matter."""

    STRATEGY = "strategi"
    MODEL = "modell"
    REGULATION = "regelverk"
    GUIDANCE = "veiledning"


class Rank(StrEnum):
    """Legal weight of a section (rettskilde), strongest first."""

    ACT = "lov"
    REGULATION = "forskrift"
    KOFA = "kofa"
    GUIDANCE = "veiledning"
    OWN_POLICY = "egen policy"
    PROPOSAL = "forslag"

    @property
    def weight(self) -> int:
        """0 for the strongest rank, rising as the legal weight falls."""
        return list(Rank).index(self)


class SourceKind(StrEnum):
    """What a reader may ask to be answered from: legal weights that belong together."""

    LAW = "lov"
    """Act and regulation, and proposals for them, which an answer marks as such."""
    KOFA = "kofa"
    GUIDANCE = "veiledning"
    OWN = "egen"
    """The county's own strategy and model."""

    @classmethod
    def of(cls, rank: Rank) -> SourceKind:
        """The kind that sections of the rank belong to."""
        return _KIND_OF.get(rank, cls.LAW)


_KIND_OF = {
    Rank.KOFA: SourceKind.KOFA,
    Rank.GUIDANCE: SourceKind.GUIDANCE,
    Rank.OWN_POLICY: SourceKind.OWN,
}


class AnswerStatus(StrEnum):
    """The outcome of a question; each has one Norwegian text in `texts.STATUS`."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    NO_EVIDENCE = "no_evidence"
    OUT_OF_SCOPE = "out_of_scope"
    NEEDS_FACT = "needs_fact"
    MODEL_UNAVAILABLE = "model_unavailable"


class AnswerMode(StrEnum):
    """Who worded the answer: the sources themselves, or a language model held to them."""

    EXTRACTIVE = "extractive"
    GENERATIVE = "generative"


class Block(StrEnum):
    """How a unit of text stood in its source, and so how it is drawn."""

    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class Period:
    """A span of days, both ends included; an open end is None."""

    start: date | None = None
    end: date | None = None

    def contains(self, on: date) -> bool:
        """Whether `on` lies in the period."""
        return (self.start is None or self.start <= on) and (self.end is None or on <= self.end)

    def __str__(self) -> str:
        return f"{self.start or '…'}–{self.end or '…'}"


@dataclass(frozen=True, slots=True)
class Reference:
    """One link on a section's source line: where the facts of the section come from."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Source:
    """A document of the corpus, with what an officer needs to weigh it."""

    id: str
    title: str
    type: SourceType
    publisher: str
    url: str
    checked: date
    adopted: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    topics: tuple[str, ...] = ()
    summary: str = ""

    def in_force(self, on: date) -> bool:
        """Whether the source applied on the day `on`."""
        return Period(self.valid_from, self.valid_to).contains(on)


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading or §, as it stands in the corpus (Markdown)."""

    id: str
    """`<source id>#<slug of the heading>`; stable across builds."""
    headings: tuple[str, ...]
    """From the outermost heading below the title to the section's own."""
    text: str
    rank: Rank
    references: tuple[Reference, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    page: int | None = None
    """The page the section begins on, when the document has pages."""
    breaks: tuple[tuple[int, int], ...] = ()
    """(offset, page) where another page begins: always at a sentence, item or row."""

    @property
    def heading(self) -> str:
        """The section's own heading."""
        return self.headings[-1]


@dataclass(frozen=True, slots=True)
class Document:
    """A source with all of its sections, in reading order."""

    source: Source
    sections: tuple[Section, ...]
    intro: str = ""
    warnings: tuple[str, ...] = ()
    """What is in the file and not in the sections, or is not known of it, in Norwegian."""
    original: str = ""
    """Name of the kept copy of the file, when its pages can be shown; empty otherwise."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What is indexed and cited: a section, or a part of one that is too long to read at once."""

    id: str
    """`<section id>/<number of the part>`."""
    section_id: str
    source: Source
    headings: tuple[str, ...]
    text: str
    """A verbatim span of the section's text."""
    rank: Rank
    references: tuple[Reference, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    page: int | None = None

    @property
    def heading(self) -> str:
        """The heading of the section the passage belongs to."""
        return self.headings[-1]

    @property
    def period(self) -> Period:
        """When the content of the passage applied."""
        return Period(self.valid_from, self.valid_to)

    def in_force(self, on: date) -> bool:
        """Whether the content of the passage applied on the day `on`."""
        return self.period.contains(on)

    @property
    def url(self) -> str:
        """The official page of the section's first reference, else the source's own; a PDF on its page."""
        url = self.references[0].url if self.references else self.source.url
        return f"{url}#page={self.page}" if self.page and url.lower().endswith(".pdf") else url


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, list item or table row of a passage: the smallest thing that is quoted."""

    passage_id: str
    index: int
    start: int
    """Offset of the first character in the passage's text."""
    end: int
    text: str
    """`passage.text[start:end]`, unchanged."""
    block: Block
    lead: int | None = None
    """Index of the sentence that introduces the list, or of the table's header row."""
    period: Period = field(default_factory=Period)
    """When what the sentence says applied, read from its own dates; open when it names none."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange in the conversation, as the reader saw it."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, on behalf of which day, and what was said before."""

    text: str
    on: date
    history: tuple[Turn, ...] = ()
    id: str = ""
    only: tuple[SourceKind, ...] = ()
    """The kinds of source to answer from; all of them when none is named."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found, with the reasons for its place."""

    passage: Passage
    score: float
    vector_rank: int | None = None
    """1 for the nearest by meaning; None when the vector search did not return it."""
    lexical_rank: int | None = None
    """1 for the best by words; None when no word of the question occurs."""
    features: tuple[tuple[str, float], ...] = ()
    """The named numbers the score was made of, for `--explain`."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A hit that was turned away, and why, in Norwegian."""

    hit: Hit
    reason: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """The nearest example of a question that the sources are not there to answer."""

    group: str
    status: str
    """`out_of_scope`, `no_evidence` or `redirected`."""
    section: str
    """Id of the section with the rule that matters; may be empty."""
    similarity: float
    """Cosine between the question and the example."""


@dataclass(frozen=True, slots=True)
class Evasion:
    """How likely it is that a question seeks a way round a rule, and which."""

    probability: float
    """From 0 to 1."""
    section: str
    """Id of the section with the rule; empty when the examples name none."""
    signs: tuple[tuple[str, float], ...] = ()
    """The named numbers that the probability was made of."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What the searches found for a question, and what they turned away."""

    query: str
    """The question as it was searched for: follow-ups resolved, terms added."""
    on: date
    hits: tuple[Hit, ...]
    rejected: tuple[Rejection, ...]
    build: str
    confidence: float
    """Probability (0–1) that the hits carry an answer."""
    limited: str = ""
    """Why the search ran with less than it should, e.g. without vectors; empty when whole."""
    anchor: Anchor | None = None
    """The nearest question out of scope, when the corpus has such examples."""
    only: tuple[SourceKind, ...] = ()
    """The kinds of source that were to be answered from; all when none is named."""
    signs: tuple[tuple[str, float], ...] = ()
    """The named numbers that the confidence was made of, for `--explain`."""
    evasion: Evasion | None = None
    """Whether it asks for a way round a rule, when the corpus has examples of that."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered reference from an answer to a verbatim span of a passage."""

    n: int
    passage_id: str
    section_id: str
    source_id: str
    title: str
    section: str
    publisher: str
    url: str
    """The official page."""
    href: str
    """Path in this product that opens the section with the quote marked."""
    page: int | None
    quote: str
    """Verbatim span of `text`; the first one the answer relies on."""
    quotes: tuple[str, ...]
    """Every span of `text` that the answer relies on, in reading order."""
    text: str
    type: str
    """The section's rank (`lov`, `forskrift`, …)."""
    valid_from: date | None
    valid_to: date | None
    in_force: bool
    checked: date


@dataclass(frozen=True, slots=True)
class Sentence:
    """One verified sentence, list item or table row of an answer."""

    text: str
    citations: tuple[int, ...]
    block: Block = Block.PARAGRAPH
    lead: str = ""
    """Words of ours that introduce a quoted row or mark its validity; never a claim of its own."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A neighbouring section offered when the sources do not carry an answer."""

    section_id: str
    title: str
    section: str
    href: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible value of a missing fact, with the question that it completes."""

    label: str
    question: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole outcome of one question."""

    id: str
    question: str
    on: date
    status: AnswerStatus
    text: str
    """Markdown with `[1]` markers; built from `sentences`, or a fixed text when there are none."""
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    notices: tuple[str, ...]
    follow_ups: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]
    choices: tuple[Choice, ...]
    mode: AnswerMode
    language: str
    """`nb`, `nn` or `en`: the language of everything around the quotes."""
    build: str
    confidence: float
    latency_ms: float

    @property
    def redirected(self) -> bool:
        """Whether this is the rule that a question sought a way round, and not what was asked for."""
        return self.status is AnswerStatus.OUT_OF_SCOPE and bool(self.citations)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that a language model wrote and nobody was shown, and why, in one word."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Attempt(Answer):
    """An answer that a language model was asked to word, with the trace of what came of that.

    The trace is for logs and the evaluation. It is not part of an `Answer`, so nothing that serves
    answers can serve it.
    """

    dropped: tuple[Dropped, ...] = ()
    trouble: str = ""
    """Why the model gave no whole text, in one word; empty when it did."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A named step that has begun, for the reader who waits."""

    text: str


Event = Progress | Retrieval | Citation | Sentence | Answer
"""What `Assistant.stream` yields, in order: progress, one retrieval, then each citation before
the first sentence that uses it, each verified sentence, and the answer last."""


def last_answer(events: Iterable[Event]) -> Answer:
    """The `Answer` that ends a stream of events."""
    *_, last = None, *events
    assert isinstance(last, Answer), "a stream of events ends with an answer"
    return last
