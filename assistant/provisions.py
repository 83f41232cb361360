"""Which § of which law a question names, and which sections hold or restate it.

A section of the law itself and the sections that explain it know each other by their references: both link
to the same § at lovdata.no. The names and abbreviations of laws are data (`[[instrument]]` in
`corpus/terms.toml`). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from assistant import language
from assistant.types import Period, Reference, Section, Source, SourceType

_LAW = re.compile(r"lovdata\.no/.*?((?:lov|forskrift)/\d{4}-\d\d-\d\d(?:-\d+)?)(?:/§\s?([\w-]+))?")
_PRIMARY = re.compile(r"(lov|for)-(\d{4}-\d\d-\d\d(?:-\d+)?)")
_NUMBER = r"\d{1,3}(?:-\d{1,3})?(?:(?:[a-zæøå]|\s[a-hj-z])(?![\wæøå]))?"
_STRETCH = rf"{_NUMBER}(?:\s?(?:,|og|and|eller|or|til|to|–|-)\s?§{{0,2}}\s?{_NUMBER})*"
_SIGNED = re.compile(rf"(?:§{{1,2}}|\b(?:paragraf|pgf\.?|section)(?:ene|en)?)\s?({_STRETCH})", re.IGNORECASE)
_UNSIGNED = re.compile(rf"\s({_NUMBER})(?![\d.,/]|\s?(?:kr|kroner|prosent|mill))", re.IGNORECASE)
_FIRST_TO_LAST = re.compile(
    rf"({_NUMBER})\s?(?:til|to|–|(?<=[a-zæøå])-(?=\d+[a-zæøå]))\s?§{{0,2}}\s?({_NUMBER})", re.IGNORECASE
)
_ASKING = frozenset(
    "si sies står stå lyder lyde lyd ordlyd ordlyden tekst teksten lovtekst lovteksten innhold innholdet "
    "innebærer betyr mening gå gjaldt galt galdt vis vise hent forklar paragraf paragrafen "
    "bestemmelse bestemmelsen handler fortsatt dag dagens gjeldende ledd første annet andre tredje "
    "fjerde bokstav nr seier seie sier "
    "sa sto lød said say says text content regulerer regel regelen krever slår fast".split()
)
_MONTHS = frozenset(
    "januar februar mars april mai juni juli august september oktober november desember".split()
)
Instruments = Mapping[str, Sequence[str]]
"""For each law (`lov/2016-06-17-73`) the names it goes by, the usual one first."""


@dataclass(frozen=True, slots=True)
class Provision:
    """A § of a law, or with an empty number the law as a whole."""

    instrument: str
    """`lov/2016-06-17-73` or `forskrift/2016-08-12-974`, as in the addresses of lovdata.no."""
    number: str
    """`7-9`, `5b`: without sign and spaces."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a question names."""

    provisions: tuple[Provision, ...] = ()
    instruments: tuple[str, ...] = ()
    bare: bool = False
    """Whether the question asks for the § itself («Hva sier FOA § 19-4?») and for nothing more."""


NOTHING = Named()
FAMILY, ASKED, STANDS_FOR, ITSELF = 6.0, 10.0, 40.0, 60.0
"""Gains in the score of retrieval: to be about a named §; about the one § that is asked for; to restate it
in its law's own restatement when its text is not held or not in force; to be that § itself."""
OUTWEIGHS = 4
"""How many times more sections a § must have than its namesakes to be meant by its number alone."""


def instrument_of(source: Source) -> str:
    """The law that a source is the text of; empty for everything that is not the law itself."""
    match = _PRIMARY.fullmatch(source.id)
    return f"{'lov' if match[1] == 'lov' else 'forskrift'}/{match[2]}" if match else ""


def of_reference(reference: Reference) -> tuple[Provision, ...]:
    """The §§ that a link leads to, by its address or its title; the whole law when it names none."""
    law = _LAW.search(reference.url)
    if not law:
        return ()
    if law[2]:
        return (Provision(law[1], law[2].lower()),)
    numbers = [n for match in _SIGNED.finditer(reference.title) for n in _numbers(match[1])]
    return tuple(Provision(law[1], number) for number in numbers or [""])


def _numbers(stretch: str) -> Iterator[str]:
    """The numbers of «5e, 5i og 5p»; «3-1 til 3-4» and «5a–5p» are counted out."""
    rest = stretch
    while rest:
        span = _FIRST_TO_LAST.match(rest.lstrip(" ,§"))
        if span:
            yield from _between(_tidy(span[1]), _tidy(span[2]))
            rest = rest.lstrip(" ,§")[span.end() :]
            continue
        one = re.search(_NUMBER, rest, re.IGNORECASE)
        if not one:
            return
        yield _tidy(one[0])
        rest = rest[one.end() :]


def _tidy(number: str) -> str:
    return number.replace(" ", "").lower()


def _between(first: str, last: str) -> Iterator[str]:
    a, b = (re.fullmatch(r"((?:\d+-)?)(\d+)([a-zæøå]?)", n) for n in (first, last))
    if a and b and a[1] == b[1] and not a[3] and not b[3] and 0 < int(b[2]) - int(a[2]) < 40:
        yield from (f"{a[1]}{n}" for n in range(int(a[2]), int(b[2]) + 1))
    elif a and b and (a[1], a[2]) == (b[1], b[2]) and a[3] and a[3] < b[3]:
        yield from (f"{a[1]}{a[2]}{chr(c)}" for c in range(ord(a[3]), ord(b[3]) + 1))
    else:
        yield from (first, last)


class Register:
    """The §§ of one build: which section holds each, which sections restate it, and what laws are called."""

    def __init__(self, sections: Iterable[tuple[Source, Section]], instruments: Instruments) -> None:
        self._names = {
            form.casefold(): instrument for instrument, forms in instruments.items() for form in forms
        }
        self._pattern = _names_pattern(tuple(self._names))
        self._primary: dict[Provision, list[str]] = {}
        self._restated: dict[Provision, list[str]] = {}
        self._about: dict[str, tuple[Provision, ...]] = {}
        self._is_primary: set[str] = set()
        self._periods: dict[str, Period] = {}
        self._restates: dict[str, str] = {}
        self._policy: set[str] = set()
        for source, section in sections:
            own = instrument_of(source)
            about = tuple(dict.fromkeys(p for r in section.references for p in of_reference(r)))
            self._about[section.id] = about
            self._periods[section.id] = Period(section.valid_from, section.valid_to)
            if source.type in (SourceType.STRATEGY, SourceType.MODEL):
                self._policy.add(section.id)
            law = _LAW.search(source.url)
            self._restates[section.id] = law[1] if law else ""
            if own:
                self._is_primary.add(section.id)
            for provision in about:
                if own:
                    self._primary.setdefault(provision, []).append(section.id)
                elif provision.number:
                    self._restated.setdefault(provision, []).append(section.id)
        self._known = {*self._primary, *self._restated}

    def is_primary(self, section_id: str) -> bool:
        """Whether a section is the text of the law itself."""
        return section_id in self._is_primary

    def about(self, section_id: str) -> tuple[Provision, ...]:
        """The §§ that a section holds or restates, the one it is mainly about first."""
        return self._about.get(section_id, ())

    def primary(self, provision: Provision) -> tuple[str, ...]:
        """The sections that hold the words of a §: one, or one for each version."""
        return tuple(self._primary.get(provision, ()))

    def restatements(self, provision: Provision) -> tuple[str, ...]:
        """The sections that explain a § in other words, in the order of the corpus."""
        return tuple(self._restated.get(provision, ()))

    def asked(self, named: Named) -> frozenset[str]:
        """The sections that hold a named §, or restate it when no section holds it."""
        return frozenset(
            section for p in named.provisions for section in self.primary(p) or self.restatements(p)
        )

    def same(self, section_id: str, other: str) -> bool:
        """Whether one section holds a § and the other is mainly about that §."""
        first, second = (self.about(s)[:1] for s in (section_id, other))
        return bool(first) and first == second and self.is_primary(section_id) != self.is_primary(other)

    def lift(self, named: Named, section_id: str, on: date) -> float:
        """What the place of a section among the hits gains from what the question names.

        All sections about a named § rise together, and their own merits decide between them. Only when the
        § itself is asked for does its own text come first if it was in force on the day `on`, else the
        section that stands for it.
        """
        about = self.about(section_id)
        return max(
            (self._gain(p, section_id, named.bare, on) for p in named.provisions if p in about), default=0.0
        )

    def _gain(self, provision: Provision, section_id: str, bare: bool, on: date) -> float:
        mainly = self.about(section_id)[0] == provision
        family = FAMILY if mainly else FAMILY / 2
        if bare and section_id in self._policy:
            return 0.0
        if not bare:
            return family
        if self.is_primary(section_id):
            return ITSELF if self._in_force(section_id, on) else ASKED
        held = any(self._in_force(section, on) for section in self.primary(provision))
        stands = mainly and self._restates.get(section_id) == provision.instrument
        if stands and not held and self._in_force(section_id, on):
            return STANDS_FOR
        return ASKED + family

    def _in_force(self, section_id: str, on: date) -> bool:
        return self._periods[section_id].contains(on)

    def named(self, question: str) -> Named:
        """The §§ and the laws that a question names; a bare «§ 4» counts only where one law has it."""
        laws = [(m.start(), m.end(), self._names[m[1].casefold()]) for m in self._pattern.finditer(question)]
        found: dict[Provision, None] = {}
        spans = [(start, end) for start, end, _ in laws]
        for start, end, numbers in _mentions(question, [law[1] for law in laws]):
            near = _nearest(laws, start, end)
            for number in numbers:
                provision = Provision(near, number) if near else self._only(number)
                if provision and (provision in self._known or near):
                    found.setdefault(provision)
            spans.append((start, end))
        bare = bool(found) and not _beside(question, spans)
        return Named(tuple(found), tuple(dict.fromkeys(law for _, _, law in laws)), bare)

    def _only(self, number: str) -> Provision | None:
        """The § that a number without a law must mean: the only one, or the one that far more is said of."""
        sizes = {
            p: len(self.primary(p)) + len(self.restatements(p)) for p in self._known if p.number == number
        }
        ranked = sorted(sizes, key=lambda p: (-sizes[p], p.instrument))
        if not ranked or any(sizes[ranked[0]] < OUTWEIGHS * sizes[other] for other in ranked[1:]):
            return None
        return ranked[0]


@lru_cache(maxsize=16)
def _names_pattern(forms: tuple[str, ...]) -> re.Pattern[str]:
    longest = sorted(forms, key=len, reverse=True)
    return re.compile(
        rf"(?<![\w-])({'|'.join(map(re.escape, longest)) or '(?!)'})s?(?![\wæøå])", re.IGNORECASE
    )


def _mentions(question: str, ends: Sequence[int]) -> Iterator[tuple[int, int, list[str]]]:
    """Every «§ 7-9», and «FOA 7-9» where the number follows the name of a law at once."""
    seen: list[tuple[int, int]] = []
    for match in _SIGNED.finditer(question):
        seen.append(match.span())
        yield match.start(), match.end(), list(_numbers(match[1]))
    for end in ends:
        after = _UNSIGNED.match(question, end)
        if after and not any(a <= after.start(1) < b for a, b in seen):
            yield after.start(1), after.end(1), [_tidy(after[1])]


def _nearest(laws: Sequence[tuple[int, int, str]], start: int, end: int) -> str:
    """The law that a mention belongs to: the one just before it, else one shortly after («§ 4 i loven»)."""
    before = [law for law in laws if law[1] <= start]
    after = [law for law in laws if law[0] >= end and law[0] - end <= 30]
    if before and start - before[-1][1] <= 40:
        return before[-1][2]
    if after:
        return after[0][2]
    return before[-1][2] if before else ""


def _beside(question: str, spans: Iterable[tuple[int, int]]) -> list[str]:
    """The content words of a question beside the names of laws, the §§ and the words for asking."""
    kept = list(question)
    for start, end in spans:
        kept[start:end] = " " * (end - start)
    found = [language.bokmaal(word) for word in language.words("".join(kept))]
    return [
        word
        for word in found
        if word not in language.STOP_WORDS
        and word not in _ASKING
        and word not in _MONTHS
        and not word[0].isdigit()
        and len(word) > 1
    ]
