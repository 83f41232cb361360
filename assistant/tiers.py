"""Which rules a purchase comes under by its value, and which of them a text speaks of.

Three thresholds part the rules: where the act begins, where announcement begins, and the EEA threshold. They
are data, each with the day from which it applied (`[[threshold]]` in `corpus/terms.toml`). «Kontrakten på 1,7
millioner» and «under EØS-terskelen» lead to the same rules, and a sentence that begins «Over
EØS-terskelverdien» is no answer to either. Pure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import lru_cache

from assistant.types import Passage, Unit


class Tier(Enum):
    """The rules that a purchase comes under."""

    OUTSIDE = "below the act"
    PRINCIPLES = "the act and part I"
    NATIONAL = "part II"
    EEA = "part III"


Tiers = frozenset[Tier]
UNKNOWN: Tiers = frozenset()
_ALL = frozenset(Tier)
_BELOW_EEA = frozenset({Tier.OUTSIDE, Tier.PRINCIPLES, Tier.NATIONAL})


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value in kroner without VAT, from the day it applied."""

    start: date
    kroner: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds over time, each list by its days; without them only words tell the tier."""

    act: tuple[Threshold, ...] = ()
    """Where the act begins to apply."""
    announcement: tuple[Threshold, ...] = ()
    """The national threshold."""
    goods: tuple[Threshold, ...] = ()
    """The EEA threshold of goods and services."""
    works: tuple[Threshold, ...] = ()
    """The EEA threshold of building and construction."""

    def asked(self, question: str, on: date) -> Tiers:
        """The rules that the purchase in `question` may come under; empty when nothing tells.

        Words («under EØS-terskelen») count before sums, and what is said last before what was said first: a
        follow-up stands behind the question it leans on.
        """
        worded = list(_worded(question))
        if worded:
            return worded[-1]
        works = bool(_WORKS.search(question))
        found = [self._between(low, high, on, works) for low, high in _ranges(question, sums=True)]
        common = frozenset.intersection(*found) if found else UNKNOWN
        return UNKNOWN if common == _ALL else common

    @lru_cache(maxsize=16384)  # noqa: B019 - a build has its own thresholds for as long as it answers
    def told(self, text: str, on: date) -> Tiers:
        """The rules that `text` says it is about; empty when it does not say."""
        spans = [self._between(low, high, on, works=False) for low, high in _ranges(text, sums=False)]
        found = frozenset[Tier]().union(*_worded(text), *spans)
        return UNKNOWN if found == _ALL else found

    def _between(self, low: float, high: float, on: date, works: bool) -> Tiers:
        """The tiers of purchases from `low` to `high` kroner: of building works, or of any kind."""
        act, announcement = _at(self.act, on), _at(self.announcement, on)
        goods, heavy = _at(self.goods, on), _at(self.works, on)
        if act is None or announcement is None or goods is None or heavy is None:
            return _ALL
        first, last = (heavy, heavy) if works else (goods, heavy)
        edges = {
            Tier.OUTSIDE: (0.0, act),
            Tier.PRINCIPLES: (act, announcement),
            Tier.NATIONAL: (announcement, last),
            Tier.EEA: (first, math.inf),
        }
        return frozenset(
            tier
            for tier, (start, end) in edges.items()
            if low < end and (high > start or low == high >= start)
        )


NO_THRESHOLDS = Thresholds()


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that a question asks about, and what tells which rules a text is about."""

    thresholds: Thresholds = NO_THRESHOLDS
    asked: Tiers = UNKNOWN

    def excludes(self, passage: Passage, on: date) -> bool:
        """Whether a passage is, by its headings or the title of its source, about other rules."""
        return bool(self.asked) and self._others(self._of_passage(passage, on))

    def excludes_unit(self, passage: Passage, units: Sequence[Unit], unit: Unit, on: date) -> bool:
        """Whether a unit is about other rules: by its own words, those that introduce it, or its passage."""
        if not self.asked:
            return False
        lead = units[unit.lead].text if unit.lead is not None else ""
        told = self.thresholds.told(unit.text, on) or self.thresholds.told(lead, on)
        return self._others(told or self._of_passage(passage, on))

    def _of_passage(self, passage: Passage, on: date) -> Tiers:
        headings = (self.thresholds.told(heading, on) for heading in reversed(passage.headings))
        return next(filter(None, headings), None) or self.thresholds.told(passage.source.title, on)

    def _others(self, told: Tiers) -> bool:
        return bool(told) and told.isdisjoint(self.asked)


ANY_RULES = Rules()


def _at(thresholds: Sequence[Threshold], on: date) -> float | None:
    found = [threshold.kroner for threshold in thresholds if threshold.start <= on]
    return found[-1] if found else None


def read(rows: Sequence[Mapping[str, object]]) -> Thresholds:
    """The thresholds of `[[threshold]]` in the register: a name, and kroner by day.

    Raises:
        ValueError: a name or a day is unknown, or a value is no number.
        TypeError: an entry is of another form.
        KeyError: an entry lacks its name or its values.
    """
    found: dict[str, tuple[Threshold, ...]] = {}
    for row in rows:
        name, values = row["name"], row["values"]
        if name not in ("act", "announcement", "goods", "works") or not isinstance(values, Mapping):
            raise ValueError(f"{name!r} er ingen beløpsgrense")
        days = ((date.fromisoformat(day), float(kroner)) for day, kroner in values.items())
        found[str(name)] = tuple(Threshold(*pair) for pair in sorted(days))
    return Thresholds(**found)


_EEA = (
    r"(?:the\s+|de\s+)?(?:(?:EØS|EEA|EU)(?:[-\s]?\w+)?[-\s]?(?:terskel\w*|grens\w*|verdi\w*|thresholds?)|"
    r"terskelverdi(?:en|ene)|terskelen)"
)
_WORDED: Sequence[tuple[re.Pattern[str], Tiers]] = tuple(
    (re.compile(pattern, re.IGNORECASE), frozenset(tiers))
    for pattern, tiers in (
        (rf"\b(?:under|below|mindre enn|lavere enn|lågare enn|opp til|inntil)\s+{_EEA}", _BELOW_EEA),
        (rf"\b(?:over|above|oversti\w+|exceed\w*|passer\w*|fra)\s+{_EEA}", {Tier.EEA}),
        (r"\b(?:del|part)\s+(?-i:III)\b|\b(?:del|part)\s+3\b", {Tier.EEA}),
        (r"\b(?:del|part)\s+(?-i:II)\b|\b(?:del|part)\s+2\b", {Tier.NATIONAL}),
    )
)


def _worded(text: str) -> Iterator[Tiers]:
    """The tiers that words name, in the order of the text."""
    found = [(match.start(), tiers) for pattern, tiers in _WORDED for match in pattern.finditer(text)]
    yield from (tiers for _, tiers in sorted(found, key=lambda each: each[0]))


_SCALE = {"tusen": 1e3, "thousand": 1e3, "k": 1e3, "mill": 1e6, "million": 1e6, "mrd": 1e9, "milliard": 1e9}
_NUMBER = r"\d{1,3}(?:[ \u00a0.]\d{3})+(?!\d)|\d+(?:[.,]\d+)?"
_WORD = {
    "en halv": 0.5, "ein halv": 0.5, "half a": 0.5, "halvannen": 1.5, "en": 1, "én": 1, "ein": 1, "one": 1,
    "a": 1, "to": 2, "two": 2, "tre": 3, "three": 3, "fire": 4, "four": 4, "fem": 5, "five": 5, "seks": 6,
    "six": 6, "sju": 7, "syv": 7, "seven": 7, "åtte": 8, "eight": 8, "ni": 9, "nine": 9, "ti": 10, "ten": 10,
    "tolv": 12, "femten": 15, "tjue": 20, "tretti": 30, "førti": 40, "femti": 50, "hundre": 100,
}  # fmt: skip
_COUNT = "|".join(sorted(_WORD, key=len, reverse=True))
_SUM = (
    rf"(?:(?P<kr>(?:kr|nok)\.?\s?)?(?P<digits>{_NUMBER})|\b(?P<words>{_COUNT}))"
    r"(?:[\s\u00a0-]?(?P<scale>tusen|thousand|k\b|mill|mrd|milliard)[a-zæøå]*\.?)?(?P<unit>[\s\u00a0]?(?:kr\b|kroner|krone|nok\b|,-))?"
)
_AMOUNT = re.compile(rf"(?<![\w,.§-]){_SUM}", re.IGNORECASE)
_BEFORE = re.compile(
    r"(?P<under>\b(?:under|below|inntil|opp til|up to|maks\w*|høyst|mindre enn|less than))\s*$"
    r"|(?P<over>\b(?:over|above|fra|from|minst|mer enn|meir enn|more than|oversti\w+|exceed\w*|når))\s*$"
    r"|(?P<between>\b(?:mellom|between))\s*$",
    re.IGNORECASE,
)
_AND = re.compile(r"^\s*(?:og|and|til|to|–|-)\s*$", re.IGNORECASE)
_WORKS = re.compile(
    r"bygg(?!varm)|anlegg|entrepr|\bvei|\bveg|\bbru\b|tunnel|asfalt|rehabiliter|oppuss|\briv(?:e|ing)|\btak(?:et)?\b|"
    r"\bmal(?:e|ing)\b|construct|\bbuild|renovat|\broad",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Money:
    kroner: float
    start: int
    end: int


def _money(text: str) -> Iterator[_Money]:
    """The sums of money in a text; «500 000 og 1,3 millioner» are two of them."""
    found = [(match, _number(match), _scale(match)) for match in _AMOUNT.finditer(text)]
    for at, (match, number, scale) in enumerate(found):
        marked = _is_money(match, scale)
        if not marked and match["digits"] and at + 1 < len(found):
            # «mellom 1,3 og 2,5 millioner»: the scale of the second is that of the first.
            following, _, shared = found[at + 1]
            marked = _is_money(following, shared) and _joined(text, match.end(), following.start())
            scale = shared if number < 1000 else 1.0
        if marked and number * scale >= _LEAST:
            yield _Money(number * scale, match.start(), match.end())


def _number(match: re.Match[str]) -> float:
    if match["words"]:
        return float(_WORD[match["words"].casefold()])
    whole = re.sub(r"[ \u00a0](?=\d{3})|\.(?=\d{3}(?!\d))", "", match["digits"])
    return float(whole.replace(",", "."))


def _scale(match: re.Match[str]) -> float:
    return _SCALE[match["scale"].casefold()] if match["scale"] else 1.0


def _is_money(match: re.Match[str], scale: float) -> bool:
    """Whether a number is a sum by its own sign: «kr», «kroner», or millions of what is not said."""
    return bool(match["kr"] or match["unit"] or scale >= 1e6)


def _joined(text: str, start: int, end: int) -> bool:
    """Whether two numbers are the ends of one stretch, by what stands between them."""
    return bool(_AND.match(text[start:end]))


_LEAST = 10_000
"""Kroner below which a sum is no value of a purchase: a fine a day, a price per hour."""


def _ranges(text: str, *, sums: bool) -> Iterator[tuple[float, float]]:
    """From and to in kroner of what a text says of values; a bare sum counts only with `sums`."""
    skip = False
    found = list(_money(text))
    for at, money in enumerate(found):
        if skip:
            skip = False
            continue
        before = _BEFORE.search(text[: money.start])
        following = found[at + 1] if at + 1 < len(found) else None
        opens = before is None or before["between"] or before["over"]
        if following is not None and opens and _joined(text, money.end, following.start):
            skip = True
            yield money.kroner, following.kroner
        elif before and before["under"]:
            yield 0.0, money.kroner
        elif before and before["over"]:
            yield money.kroner, math.inf
        elif sums:
            yield money.kroner, money.kroner
