"""Personal data in what people write: national id numbers are refused, other traces are pointed out.

A national id number is a fødselsnummer, a D-number, an H-number, a joint help number (FH) or a
synthetic one. It is recognised by its date and control digits, however it is spelt, and nothing that
holds one is stored, logged or sent to a model. Organisation numbers, KID, amounts, § and case numbers
are let through.

Everything is pure and takes time in proportion to the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from assistant import language, texts
from assistant.errors import InputError

DIGITS = 11
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_OFFSETS = (0, 40, 65, 80)
"""Added to the month: none, help numbers and NAV's test persons, Norsk helsenett's, Skatteetaten's."""
_FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_REMAINDERS = {0, 1, 2, 3}
"""Of the first control digit. Until 2032 only 0 is given out, from then on all four; both are read."""
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_LOOK_ALIKE = str.maketrans("OoIl", "0011")
_GROUP = re.compile(r"[0-9]+")
_SPACES = re.compile(r"\s+")
_TOKEN = re.compile(r"[0-9OoIl]+")
_GAP = re.compile(
    r"(?:[^\w§#]|_|&nbsp;|<br ?/?>){1,8}"
    r"|\W{0,6}(?:og )?(?:personnummer|person-?nr|pers\.? ?nr|p\.? ?nr)\W{0,4}",
    re.IGNORECASE,
)
"""What may stand inside a number. A § or # begins a reference to a provision, never the rest of a number."""
_LABELS = re.compile(
    r"(?P<national>f(?:ø|oe?)dselsn|person-?n(?:r|umm)|\bid-?n(?:r|umm)|\bf\.?nr|\bp\.?nr|\b[dh]-?n(?:r|ummer)|hjelpenu)"
    r"|(?P<account>konto|\bkto|\biban)|(?P<reference>\bkid)",
    re.IGNORECASE,
)
_BEFORE = 40
"""Characters before a number in which a word may say what the number is."""


class Trace(StrEnum):
    """Something that points to a person, and is pointed out to whoever wrote it."""

    EMAIL = "email"
    PHONE = "phone"
    ACCOUNT = "account"


class Span(NamedTuple):
    """A stretch of text: from `start` up to, not including, `end`."""

    start: int
    end: int


class _Number(NamedTuple):
    """Groups of digits that may be read as one number."""

    digits: str
    groups: tuple[str, ...]
    gaps: tuple[str, ...]
    span: Span
    label: str
    """What the words before it say it is: `national`, `account`, `reference` or nothing."""


def refuse(what: str, contents: Iterable[str], tongue: str = "") -> None:
    """Let the contents through when no national id number is in them.

    `what` names them to the writer: `question`, `history` or `text`.

    Raises:
        InputError: there is one. The message says what to do, and never repeats the number.
    """
    for content in contents:
        if national_ids(content):
            found = tongue or language.detect_language(mask(content))
            say = texts.PERSONAL_IN.get(found, texts.PERSONAL_NB)
            raise InputError(say[what], say["remedy"])


def notice(text: str, tongue: str) -> str:
    """What to tell the writer of a text with traces of persons in it; empty when there are none."""
    say = texts.PERSONAL_IN.get(tongue, texts.PERSONAL_NB)
    found = [say[trace] for trace in traces(text)]
    if not found:
        return ""
    listed = found[0] if len(found) == 1 else f"{', '.join(found[:-1])} {say['and']} {found[-1]}"
    return say["notice"].format(found=listed)


def mask(text: str) -> str:
    """The text with each national id number replaced by a word for it."""
    parts, at = [], 0
    for start, end in national_ids(text):
        parts += [text[at:start], texts.PERSONAL_MASK]
        at = end
    return "".join([*parts, text[at:]])


def national_ids(text: str) -> tuple[Span, ...]:
    """Where the text holds a national id number, in order and without overlap."""
    spans: list[Span] = []
    # An invisible character may stand inside a number or between two, so both readings are tried.
    for invisible in ("", " ") if _has_invisible(text) else ("",):
        folded, origins = _fold(text, invisible)
        for number in _numbers(folded, (DIGITS, DIGITS + 2)):
            if _is_national(number):
                spans.append(Span(origins[number.span.start], origins[number.span.end - 1] + 1))
    return _merged(spans)


def unmistaken(make: Callable[[], str]) -> str:
    """The first id that `make` gives and that is not taken for a national id number, as some are."""
    return next(made for made in iter(make, None) if not national_ids(made))


def _merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def _has_invisible(text: str) -> bool:
    return not text.isascii() and any(_is_invisible(character) for character in text)


def _is_invisible(character: str) -> bool:
    return character in _FILLERS or unicodedata.category(character) in {"Cf", "Mn", "Me"}


def _fold(text: str, invisible: str) -> tuple[str, Sequence[int]]:
    """The text with ordinary digits and spaces, and for each character where it came from."""
    if text.isascii():
        return _look_alikes(text), range(len(text))
    folded: list[str] = []
    origins: list[int] = []
    for place, character in enumerate(text):
        if character.isascii():
            shown = character
        elif _is_invisible(character):
            shown = invisible
        else:
            shown = "".join(map(_plain, unicodedata.normalize("NFKC", character)))
        folded.append(shown)
        origins += [place] * len(shown)
    return _look_alikes("".join(folded)), origins


def _plain(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def _look_alikes(text: str) -> str:
    """The text with the letters O, I and l read as digits where they stand among digits."""

    def read(token: re.Match[str]) -> str:
        letters = sum(character in "OoIl" for character in token[0])
        alone = not (_is_letter(text, token.start() - 1) or _is_letter(text, token.end()))
        return token[0].translate(_LOOK_ALIKE) if alone and letters <= len(token[0]) // 2 else token[0]

    return _TOKEN.sub(read, text)


def _is_letter(text: str, place: int) -> bool:
    return 0 <= place < len(text) and text[place].isalpha()


def _numbers(text: str, lengths: Sequence[int]) -> Iterator[_Number]:
    """Every run of neighbouring groups of digits that is as long as asked."""
    groups = list(_GROUP.finditer(text))
    gaps = [_gap(text[before.end() : after.start()]) for before, after in pairwise(groups)]
    longest = max(lengths)
    for first, opening in enumerate(groups):
        digits, last = opening[0], first
        label = None
        while len(digits) <= longest:
            if len(digits) in lengths:
                label = (
                    _label(text, groups[first - 1] if first else None, opening) if label is None else label
                )
                parts = tuple(group[0] for group in groups[first : last + 1])
                span = Span(opening.start(), groups[last].end())
                yield _Number(digits, parts, tuple(gaps[first:last]), span, label)
            if last == len(gaps) or not gaps[last]:
                break
            last += 1
            digits += groups[last][0]


def _gap(between: str) -> str:
    """What stands between two groups, when it may stand inside a number; else nothing."""
    gap = _squeeze(between)
    return gap if len(gap) <= _BEFORE and _GAP.fullmatch(gap) else ""


def _squeeze(gap: str) -> str:
    return _SPACES.sub(" ", gap)


def _is_national(number: _Number) -> bool:
    if len(number.digits) > DIGITS:
        return any(map(is_valid, _without_century(number)))
    if number.label == "national":
        return not _is_dated(number)
    if number.label or not (is_valid(number.digits) or _is_joint_help_number(number)):
        return False
    return not _is_something_else(number)


def is_valid(digits: str) -> bool:
    """Whether eleven digits are a fødselsnummer or one of its kin, by the rules before or from 2032."""
    if len(digits) != DIGITS or not _is_birthday(int(digits[:2]), int(digits[2:4])):
        return False
    return _remainder(digits, _FIRST) in _REMAINDERS and _remainder(digits, _SECOND) == 0


def _is_birthday(day: int, month: int) -> bool:
    day -= 40 if day > 40 else 0
    months = [month - offset for offset in _OFFSETS if 1 <= month - offset <= 12]
    return bool(months) and 1 <= day <= _DAYS[months[0] - 1]


def _is_joint_help_number(number: _Number) -> bool:
    """The health service's FH numbers begin with 8 or 9 and hold no date."""
    digits = number.digits
    if digits[0] not in "89" or [len(group) for group in number.groups] not in ([11], [6, 5]):
        return False
    return not _remainder(digits, _FIRST) and not _remainder(digits, _SECOND)


def _remainder(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11


def _without_century(number: _Number) -> tuple[str, ...]:
    """The eleven digits that thirteen may be, when they begin with a date that has a whole year."""
    if len(number.groups) > 8:
        return ()  # of a date in three groups, what follows has five digits at most
    digits, lengths = number.digits, [len(group) for group in number.groups]
    read = []
    if lengths[:1] == [8] or lengths[:3] == [2, 2, 4]:
        read.append((digits[4:6], digits[:4] + digits[6:]))
    if lengths[:1] == [8] or lengths[:3] == [4, 2, 2]:
        read.append((digits[:2], digits[6:8] + digits[4:6] + digits[2:4] + digits[8:]))
    return tuple(short for century, short in read if century in {"18", "19", "20"})


def _is_dated(number: _Number) -> bool:
    """Whether the number begins with a date that has a whole year: then the rest is a number of its own."""
    lengths = [len(group) for group in number.groups]
    year = number.groups[2] if lengths[:3] == [2, 2, 4] else number.groups[0]
    return lengths[:3] in ([2, 2, 4], [4, 2, 2]) and year[:2] in {"19", "20"}


def _is_something_else(number: _Number) -> bool:
    """Whether the groups are set as a date, a case number, an amount or an account number is."""
    lengths = [len(group) for group in number.groups]
    case = lengths[0] == 4 and number.digits[:2] in {"19", "20"} and "/" in "".join(number.gaps[:1])
    amount = lengths == [2, 3, 3, 3] and number.digits[0] != "0"
    return case or amount or _is_account_shaped(number) or _is_dated(number)


def _is_account_shaped(number: _Number) -> bool:
    return [len(group) for group in number.groups] == [4, 2, 5] and number.gaps == (".", ".")


def _label(text: str, previous: re.Match[str] | None, number: re.Match[str]) -> str:
    """What the words between the group of digits before a number and the number say it is."""
    begins = previous.end() if previous else 0
    if previous and len(previous[0]) == 2 and number.start() - begins <= 1:
        iban = text[previous.start() - 2 : previous.start()].casefold() if previous.start() >= 2 else ""
        if iban == "no":
            return "account"
    words = text[max(begins, number.start() - _BEFORE) : number.start()]
    last = ""
    for found in _LABELS.finditer(words) if len(words) > 2 else ():
        last = found.lastgroup or ""
    return last


# --- What is pointed out -------------------------------------------------------------------------

_NAME = re.compile(r"[\w.+%-]{1,64}\Z")
_DOMAIN = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}", re.IGNORECASE)
_SHARED = frozenset("post postmottak info innkjop innkjøp anskaffelser anbud kontakt firmapost".split())
"""Mailboxes of offices, not of persons."""
_PHONE = re.compile(
    r"(?<![0-9.,/-])(?:(?:\+|00)47[ -]?)?"
    r"(?:[2-9][0-9](?: [0-9]{2}){3}|[489][0-9]{2} [0-9]{2} [0-9]{3}|(?P<whole>[2-9][0-9]{7}))"
    r"(?![0-9]|[ .,/-][0-9])"
)
_PHONE_WORD = re.compile(r"tlf|telefon|mobil|ring|sms|phone|call", re.IGNORECASE)
_CPV = re.compile(r"cpv", re.IGNORECASE)
_AMOUNT = re.compile(r"\W{0,2}(?:kr\b|kroner|nok\b|mill|mrd|,-)", re.IGNORECASE)


def traces(text: str) -> tuple[Trace, ...]:
    """The kinds of personal traces in a text: e-mail addresses, telephone and account numbers."""
    found = {trace for trace, _ in _traced(_fold(text, "")[0])}
    return tuple(trace for trace in Trace if trace in found)


def withheld(text: str) -> str:
    """The text with national id numbers and every trace of a person replaced by words for what was there."""
    folded, origins = _fold(text, "")
    found = [(span.start, span.end, texts.PERSONAL_MASK) for span in national_ids(text)]
    for trace, (start, end) in _traced(folded):
        found.append((origins[start], origins[end - 1] + 1, texts.PERSONAL_REMOVED[trace]))
    parts, at = [], 0
    for start, end, word in sorted(found):
        if start >= at:
            parts += [text[at:start], word]
        at = max(at, end)
    return "".join([*parts, text[at:]])


def _traced(folded: str) -> Iterator[tuple[Trace, Span]]:
    for span in _emails(folded):
        yield Trace.EMAIL, span
    for each in _PHONE.finditer(folded):
        if _is_phone(folded, each):
            yield Trace.PHONE, Span(*each.span())
    for number in _numbers(folded, (DIGITS,)):
        if _is_account(number):
            yield Trace.ACCOUNT, number.span


def _emails(text: str) -> Iterator[Span]:
    for at in (place for place, character in enumerate(text) if character == "@"):
        name = _NAME.search(text, max(0, at - 64), at)
        domain = _DOMAIN.match(text, at + 1)
        if name and domain and name[0].casefold() not in _SHARED:
            yield Span(name.start(), domain.end())


def _is_phone(text: str, found: re.Match[str]) -> bool:
    """Eight digits in one are as often a CPV code or an amount: then a word or the prefix decides."""
    before = text[max(0, found.start() - _BEFORE) : found.start()]
    if _AMOUNT.match(text, found.end()):
        return False
    if not found["whole"] or _PHONE_WORD.search(before) or found[0][:1] in "+0":
        return True
    return found["whole"][0] in "49" and not found["whole"].endswith("00") and not _CPV.search(before)


def _is_account(number: _Number) -> bool:
    shaped = [len(group) for group in number.groups] in ([11], [4, 2, 5])
    if number.label == "reference" or _remainder(number.digits, _SECOND) or _is_dated(number):
        return False
    return (
        number.label == "account" or (shaped and not _is_something_else(number)) or _is_account_shaped(number)
    )
