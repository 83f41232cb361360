"""The words of a sentence as the check of a model's wording sees them: what it claims, word by word.

Pure. A sentence becomes a line of marks: content words as stems, and each number, date, § and case
reference as one mark however it is written («1,3 millioner» and «1 300 000», «tretti prosent» and
«30 %»). The words on which the meaning turns (not, except, must, should, may, only) stand between the
marks, so that two lines can be laid side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from assistant import language


class Turn(StrEnum):
    """What a small word does to the meaning of a sentence."""

    NOT = "ikke"
    EXCEPT = "unntatt"
    MUST = "må"
    SHOULD = "bør"
    MAY = "kan"
    ONLY = "bare"
    ALL = "alle"
    OR = "eller"
    IF = "hvis"
    EVEN = "selv om"
    BEFORE = "før"
    AFTER = "etter"
    OVER = "over"
    UNDER = "under"
    LEAST = "minst"
    MOST = "høyst"
    MORE = "mer"
    LESS = "mindre"


_TURNS: dict[Turn, str] = {
    Turn.NOT: "ikke ikkje ingen inga ingenting inkje intet uten utan aldri verken korkje unnlate unnlata",
    Turn.EXCEPT: "unntatt unntak unntaket unntakene unntaka unnateke unnatak unnataket unnateken bortsett "
    "utenom utanom",
    Turn.MUST: "skal skulle må måtte plikter pliktar plikt plikten plikta pliktig pliktige kreves krevjast "
    "påkrevd påkravd påbudt krevst obligatorisk obligatoriske lyt",
    Turn.SHOULD: "bør burde anbefales tilrås anbefalt",
    Turn.MAY: "kan kunne får tillatt tillate tillatelse løyve adgang",
    Turn.ONLY: "bare kun berre utelukkende",
    Turn.ALL: "alle alltid enhver ethvert einkvar samtlige hver hvert kvar kvart begge",
    Turn.OR: "eller",
    Turn.IF: "hvis dersom når såfremt viss forutsatt sålenge",
    Turn.EVEN: "selvom uansett",
    Turn.BEFORE: "før innen innan",
    Turn.AFTER: "etter",
    Turn.OVER: "over",
    Turn.UNDER: "under",
    Turn.LEAST: "minst minimum tidligst",
    Turn.MOST: "høyst høgst maks maksimalt maksimum inntil senest seinast",
    Turn.MORE: "mer meir",
    Turn.LESS: "mindre",
}
TURNS = {word: turn for turn, words in _TURNS.items() for word in words.split()}
LAW = re.compile(
    r".{2,}(?:loven|lova|lov|forskriften|forskrifta|forskrift|direktivet|direktiv|konvensjonen|instruksen)$"
)
"""A word that names a law: its stem would be the thing that the law is about."""
UNLESS = re.compile(r"\bmed mindre\b", re.IGNORECASE)
EVEN_IF = re.compile(r"\b(?:selv|sjølv|uansett) om\b", re.IGNORECASE)
AS_LONG_AS = re.compile(r"\bså (?:lenge|lenge som|framt|fremt)\b", re.IGNORECASE)
DIRECTIONS = frozenset(
    (Turn.BEFORE, Turn.AFTER, Turn.OVER, Turn.UNDER, Turn.LEAST, Turn.MOST, Turn.MORE, Turn.LESS)
)
"""What a limit turns on where no number stands beside it."""
MODAL = frozenset((Turn.MUST, Turn.SHOULD, Turn.MAY))
_LABELS = DIRECTIONS | {Turn.IF}
"""What turns nothing as the label of a column: «Når: årlig»."""

_AT_LEAST = frozenset(
    "minst minimum over overstiger overstige overstig fra frå siden sidan etter tidligst".split()
)
_AT_MOST = frozenset(
    "høyst høgst maks maksimalt maksimum inntil under opptil før senest seinast innen innan til".split()
)
_NO_LETTERS = frozenset("IÅØ")
"""Capitals that are words and no names of things («maskin A»)."""
_BESIDE = frozenset(("eller", "og"))
_JOINING = frozenset("og eller men samt mens".split())
"""Words after which another part of a sentence begins."""
_MORE = frozenset("mer meir høyere høgare flere fleire større lengre lenger".split())
_LESS = frozenset("mindre lavere lågare færre kortere".split())
_MORE_AFTER = re.compile(
    r"^\s*(?:kroner|kr|prosent|%|dager|dagar|år)?\s*(?:eller|og)\s+(mer|meir|høyere|høgare|over|flere|fleire|lengre|lenger)\b"
)
_LESS_AFTER = re.compile(
    r"^\s*(?:kroner|kr|prosent|%|dager|dagar|år)?\s*(?:eller|og)\s+(mindre|lavere|lågare|under|færre|kortere)\b"
)

_MONTHS = {
    name: number
    for names in (
        "januar februar mars april mai juni juli august september oktober november desember",
        "january february march april may june july august september october november december",
    )
    for number, name in enumerate(names.split(), 1)
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_SCALES = {
    "tusen": 10**3, "mill": 10**6, "million": 10**6, "millioner": 10**6, "millionar": 10**6,
    "mrd": 10**9, "milliard": 10**9, "milliarder": 10**9, "milliardar": 10**9,
}  # fmt: skip
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_NUMBER_WORDS = {
    "null": 0, "to": 2, "tre": 3, "fire": 4, "fem": 5, "seks": 6, "sju": 7, "syv": 7, "åtte": 8, "ni": 9,
    "ti": 10, "elleve": 11, "tolv": 12, "tretten": 13, "fjorten": 14, "femten": 15, "seksten": 16,
    "sytten": 17, "atten": 18, "nitten": 19, "tjue": 20, "tretti": 30, "førti": 40, "femti": 50,
    "seksti": 60, "sytti": 70, "åtti": 80, "nitti": 90, "hundre": 100,
}  # fmt: skip
_TEN = "tjue|tretti|førti|femti|seksti|sytti|åtti|nitti"
_ONES = {"en": 1, "én": 1, "ett": 1, "ein": 1, "eitt": 1} | {
    w: n for w, n in _NUMBER_WORDS.items() if 1 < n < 10
}
_WORDS = rf"(?:(?:{_TEN})(?:{'|'.join(_ONES)})|{'|'.join(sorted(_NUMBER_WORDS, key=len, reverse=True))})"
_UNITS = {
    "%": "% prosent pst",
    "kr": "kr kroner krone nok",
    "euro": "euro eur",
    "dag": "dag dager dagar dagers days",
    "virkedag": "virkedag virkedager virkedagar vyrkedagar",
    "kalenderdag": "kalenderdag kalenderdager kalenderdagar",
    "uke": "uke uker veke veker",
    "måned": "måned måneder månad månader",
    "år": "år års",
    "time": "time timer timar",
    "minutt": "minutt minutter minuttar",
    "kvartal": "kvartal kvartaler",
    "prosentpoeng": "prosentpoeng",
    "arbeidsdag": "arbeidsdag arbeidsdager arbeidsdagar",
    "meter": "meter",
    "kilometer": "kilometer km",
    "kvadratmeter": "kvadratmeter kvm",
    "kilo": "kilo kg kilogram",
    "tonn": "tonn",
    "liter": "liter",
    "poeng": "poeng",
}
_UNIT = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_UNIT_WORDS = "|".join(sorted(map(re.escape, _UNIT), key=len, reverse=True))

_SECTION = r"\d{1,3}(?:-\d{1,3})?(?:(?:[a-zæøå]|\s[a-hj-z])(?![\wæøå]))?"
_FACT = re.compile(
    r"(?P<part>\(\d{1,2}\)(?=\s(?-i:[A-ZÆØÅ])))"
    rf"|(?P<para>§{{1,2}}\s?{_SECTION}(?:\s?(?:,|og|eller|til|–|-)\s?§{{0,2}}\s?{_SECTION})*)"
    r"|(?P<iso>(?<![\w-])\d{4}-\d\d-\d\d(?![\w-]))"
    r"|(?P<dots>(?<![\d.])\d{1,2}\.\d{1,2}\.(?:19|20)\d\d(?!\d))"
    rf"|(?P<day>(?<!\d)\d{{1,2}})\.?\s?(?P<month>{_MONTH})\b(?:\s(?P<year>(?:19|20)\d\d)(?!\d))?"
    rf"|\b(?P<bare_month>{_MONTH})\s(?P<its_year>(?:19|20)\d\d)(?!\d)"
    r"|(?P<ref>(?<![\w/])\d{1,4}(?:/\d+)+(?:/[A-ZÆØÅ]{2,4})?(?![\w/]))"
    r"|(?:\b(?P<before>kr|nok)\.?\s?)?"
    r"(?:(?P<digits>(?<![\w,.])\d{1,3}(?:[ .]\d{3})+(?![\d])|(?<![\w])\d+(?:[.,]\d+)?)"
    rf"|\b(?P<words>{_WORDS})\b)"
    rf"(?:\s?(?P<scale>{_SCALE})\b\.?)?(?:[\s-]?(?P<unit>{_UNIT_WORDS})(?![a-zæøå]))?",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\x02\d+\x03|[^\W\d_]+(?:\d+\w*)?|\d+\w*|[:;!?«»()–]|[.,]")


@dataclass(frozen=True, slots=True)
class Mark:
    """One content word or fact of a sentence, in its place."""

    key: str
    """The stem, or for a fact its one spelling: `#500000`, `@2026-07-01`, `§7-9`, `/2025/801`."""
    turns: tuple[Turn, ...] = ()
    """The turning words between the mark before it and this one."""
    surface: str = ""
    first: bool = False
    """Whether it is the first word of its sentence, where a capital says nothing."""
    unit: str = ""
    bound: str = ""
    """`min` or `max` when the words around a number or date make it a limit."""
    clause: int = 0
    """Which clause of the sentence it stands in; a comma or the like begins a new one."""
    part: int = 0
    """Which part of the sentence it stands in; an «and» or «or» begins a new one as well."""

    @property
    def fact(self) -> bool:
        """Whether it is a number, date, § or reference rather than a word."""
        return self.key[0] in "#@§/"

    @property
    def name(self) -> bool:
        """Whether it is written as a name: a capital inside the sentence, or capitals alone."""
        text = self.surface
        return not self.fact and len(text) > 1 and (text.isupper() or (text[0].isupper() and not self.first))


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence, read."""

    marks: tuple[Mark, ...]
    tail: tuple[Turn, ...] = ()
    """The turning words after the last mark."""

    @property
    def keys(self) -> frozenset[str]:
        """The words and facts of the sentence, each once."""
        return frozenset(mark.key for mark in self.marks)

    @property
    def turns(self) -> frozenset[Turn]:
        """The kinds of turning words in the sentence."""
        return frozenset(turn for mark in self.marks for turn in mark.turns) | frozenset(self.tail)


@lru_cache(maxsize=16384)
def read(text: str) -> Reading:
    """The marks of one sentence of plain text."""
    text = language.squeeze(language.plain(language.clean(text)))
    text = AS_LONG_AS.sub("sålenge", EVEN_IF.sub("selvom", UNLESS.sub("unntatt hvis", text)))
    found: list[tuple[Mark, ...]] = []

    def swap(match: re.Match[str]) -> str:
        found.append(tuple(_fact(match, text)))
        return f" \x02{len(found) - 1}\x03 "

    swapped = _FACT.sub(swap, text)
    marks: list[Mark] = []
    turns: list[Turn] = []
    place = _Place()
    tokens = _TOKEN.findall(swapped)
    for at, token in enumerate(tokens):
        if token[0].isalnum():
            place.word(token)
        if _bounds(tokens, at, found) or _labels(tokens, at):
            place.first = False
        elif token[0] == "\x02":
            for mark in found[int(token[1:-1])]:
                turned = (*turns, *mark.turns)
                marks.append(replace(mark, turns=turned, clause=place.clause, part=place.part))
                turns = []
            place.first = False
        elif token[0].isalnum():
            _word(token, place, marks, turns)
            place.first = False
        else:
            place.stop(token)
    return Reading(tuple(marks), tuple(turns))


@dataclass(slots=True)
class _Place:
    """Where in the sentence the reading has come."""

    first: bool = True
    clause: int = 0
    part: int = 0
    parts: int = 0
    left: list[int] = field(default_factory=list)
    """The parts that a bracket has broken off."""

    def word(self, token: str) -> None:
        """Begin another part after «and» or «or»."""
        if token.lower() in _JOINING:
            self.part = self.parts = self.parts + 1

    def stop(self, token: str) -> None:
        """Begin another clause, or go on with the one that a bracket has broken off."""
        self.first = self.first or token in ".:;!?«–"
        if token in "«»":
            return
        self.clause += 1
        if token == "(":
            self.left.append(self.part)
        self.parts += 1
        self.part = self.left.pop() if token == ")" and self.left else self.parts


def _labels(tokens: Sequence[str], at: int) -> bool:
    """Whether a turning word is the label of a column or row, which turns nothing: «Når: årlig»."""
    begins = at == 0 or tokens[at - 1] in ".:;!?"
    return begins and tokens[at + 1 : at + 2] == [":"] and TURNS.get(tokens[at].lower()) in _LABELS


def _bounds(tokens: Sequence[str], at: int, found: Sequence[Sequence[Mark]]) -> bool:
    """Whether a token is the limit of the number beside it: «over 5», «mer enn 5», «5 eller mer»."""
    word, ahead, back = tokens[at].lower(), tokens[at + 1 : at + 3], tokens[max(0, at - 2) : at]
    limited = [token[0] == "\x02" and found[int(token[1:-1])][0].key[0] in "#@" for token in ahead]
    if limited[:1] == [True] and word in _AT_LEAST | _AT_MOST:
        return True
    if limited == [False, True] and ahead[0].lower() == "enn" and word in _MORE | _LESS:
        return True
    after = _MORE | _LESS | {"over", "under"}
    if back and back[-1][0] == "\x02" and word in _BESIDE and ahead:
        return ahead[0].lower() in after
    return len(back) == 2 and back[0][0] == "\x02" and back[1].lower() in _BESIDE and word in after


def _word(token: str, place: _Place, marks: list[Mark], turns: list[Turn]) -> None:
    low = token.lower()
    turn = TURNS.get(low)
    if turn and not (token.isupper() and len(token) > 1):
        turns.append(turn)
        return
    if len(low) == 1 and (not token.isupper() or place.first or token in _NO_LETTERS):
        return
    if not (token.isupper() and len(token) > 1) and low in language.STOP_WORDS:
        return
    if language.bokmaal(low) in language.STOP_WORDS:
        return
    key = re.sub(r"(?:en|et|a)$", "", language.bokmaal(low)) if LAW.match(low) else language.stem(low)
    marks.append(Mark(key, tuple(turns), token, place.first, clause=place.clause, part=place.part))
    turns.clear()


def _fact(match: re.Match[str], text: str) -> Iterator[Mark]:
    surface = match.group()
    if match["part"]:
        yield Mark(f"§{surface}", surface=surface)
        return
    if match["para"]:
        end = 0
        for number in re.finditer(_SECTION, match["para"], re.IGNORECASE):
            turns = (Turn.OR,) if "eller" in match["para"][end : number.start()] else ()
            yield Mark("§" + number[0].replace(" ", "").lower(), turns, surface)
            end = number.end()
        return
    bound = _bound(text, match.start(), match.end())
    if key := _day(match):
        yield Mark(key, surface=surface, bound=bound)
    elif match["ref"]:
        yield Mark("/" + "/".join(p.lstrip("0").lower() for p in match["ref"].split("/")), surface=surface)
    else:
        value = _value(match)
        unit = _UNIT.get((match["unit"] or match["before"] or "").lower(), "")
        plain_year = (
            match["digits"]
            and re.fullmatch(r"(?:19|20)\d\d", match["digits"])
            and not unit
            and not match["scale"]
        )
        yield Mark(
            f"@{match['digits']}" if plain_year else f"#{value}", surface=surface, unit=unit, bound=bound
        )


def _day(match: re.Match[str]) -> str:
    """`@2026-07-01`, `@2026-07` or `@07-01`; empty when the match is no date."""
    if match["iso"]:
        return "@" + match["iso"]
    if match["dots"]:
        day, month, year = match["dots"].split(".")
        return f"@{year}-{int(month):02}-{int(day):02}"
    if match["month"]:
        written = f"{_MONTHS[match['month'].lower()]:02}-{int(match['day']):02}"
        return f"@{match['year']}-{written}" if match["year"] else f"@{written}"
    if match["bare_month"]:
        return f"@{match['its_year']}-{_MONTHS[match['bare_month'].lower()]:02}"
    return ""


def _value(match: re.Match[str]) -> str:
    if match["words"]:
        value = Decimal(_worth(match["words"].lower()))
    else:
        digits = match["digits"]
        if re.fullmatch(r"\d{1,3}(?:[ .]\d{3})+", digits):
            digits = re.sub(r"\D", "", digits)
        value = Decimal(digits.replace(",", "."))
    if match["scale"]:
        value *= _SCALES[match["scale"].lower()]
    return format(value.normalize(), "f")


def _worth(word: str) -> int:
    if word in _NUMBER_WORDS:
        return _NUMBER_WORDS[word]
    ten = re.match(_TEN, word)
    assert ten, "the pattern of number words finds tens and ones alone"
    return _NUMBER_WORDS[ten.group()] + _ONES[word[ten.end() :]]


def _bound(text: str, start: int, end: int) -> str:
    """Whether what stands around a number makes it a lower or an upper limit."""
    before = re.findall(r"\w+", text[max(0, start - 40) : start].lower())[-3:]
    for back, word in enumerate(reversed(before)):
        if word == "med" and before[-2 - back : -1 - back] == ["og"]:  # «fra og med», «til og med»
            continue
        if word in _AT_MOST:
            return "max"
        if word in _AT_LEAST:
            return "min"
        if word == "enn" and back + 1 < len(before):
            other = before[-2 - back]
            return "min" if other in _MORE else "max" if other in _LESS else ""
        if word not in {"og", "med", "kr", "nok", "ca", "den", "en", "ein", "et", "på", "om", "lag"}:
            break
    after = text[end : end + 30].lower()
    return "min" if _MORE_AFTER.match(after) else "max" if _LESS_AFTER.match(after) else ""


@lru_cache(maxsize=16384)
def closure(key: str) -> frozenset[str]:
    """What a date also tells: «1. juli 2026» holds «1. juli», «juli 2026» and «2026»."""
    full = re.fullmatch(r"@(\d{4})-(\d\d)-(\d\d)", key)
    if full:
        return frozenset((key, f"@{full[2]}-{full[3]}", f"@{full[1]}-{full[2]}", f"@{full[1]}"))
    month = re.fullmatch(r"@(\d{4})-(\d\d)", key)
    return frozenset((key, f"@{month[1]}")) if month else frozenset((key,))
