"""Dates in Norwegian prose: when a sentence applies, and which day a question asks about.

Pure. A sentence that compares («100 000 til og med 30. juni 2026 og 500 000 siden 1. juli 2026»)
applies to both times and gets an open period.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from assistant.types import Period

_MONTH_NAMES = "januar februar mars april mai juni juli august september oktober november desember".split()
_MONTHS = {name: i for i, name in enumerate(_MONTH_NAMES, 1)} | {
    name: i
    for i, name in enumerate(
        "january february march april may june july august september october november december".split(), 1
    )
}
_MONTH = "|".join(_MONTHS)
_UNITS = (
    "kr|kroner|nok|euro|mill|prosent|timer|dager|ansatte|årsverk|innbyggere|elever|biler|enheter|stk|"
    "kg|kilo|tonn|liter|km|meter|kvm|kvadratmeter|hours|days|employees"
)
# «2000 kroner», «kr 2000», «direktiv 2014/24/EU», «FOR-2016-08-12-974» and «NS 8405:2008» hold no year.
_YEAR = rf"(?:19|20)\d\d(?!\d|/\d|-\d\d(?!\d)|[.,]\d|\s(?:\d{{3}}|{_UNITS})\b)"
DATE = (
    rf"(?:\d{{1,2}}\.?\s?(?:{_MONTH})\s(?:19|20)\d\d"
    rf"|(?:{_MONTH})\s(?:\d{{1,2}},?\s)?(?:19|20)\d\d"
    rf"|(?<![\d.,/:])(?<!\bkr\s)(?<!\bkr\.\s)(?<!\bkl\s)(?<!\bkl\.\s)(?<!\bnr\.\s)(?:\d{{1,2}}\.\d{{1,2}}\.)?{_YEAR})"
)
_FROM = re.compile(
    rf"\b(?:fra og med|f\.o\.m\.|fra|frå|siden|sidan|etter|since|from|after)\s({DATE})", re.IGNORECASE
)
_UNTIL = re.compile(rf"\b(?:til og med|t\.o\.m\.|ut)\s({DATE})", re.IGNORECASE)
_BEFORE = re.compile(rf"\b(?:før|fram til|frem til|inntil|before|until|til)\s({DATE})", re.IGNORECASE)
_RANGE = re.compile(
    rf"\b(?:fra|mellom|from|between)\s({DATE})\s(?:til og med|til|og|to|and|–)\s({DATE})", re.IGNORECASE
)
_SPAN = re.compile(rf"({DATE})\s?[–-]\s?({DATE})", re.IGNORECASE)
_ISO = re.compile(r"(?<![\w-])(\d{4})-(\d\d)-(\d\d)(?![\w-])")


def parse(text: str) -> Period | None:
    """The days that a written date covers: one day, a month or a year; None when it is no date."""
    numbers = re.search(r"\b(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)\b", text)
    year_match = re.search(r"(?:19|20)\d\d", text)
    if not year_match:
        return None
    year = int(year_match.group())
    month = next((n for name, n in _MONTHS.items() if re.search(rf"\b{name}\b", text, re.IGNORECASE)), None)
    day_match = re.search(r"\b(\d{1,2})(?=[.,\s])", text)
    try:
        if numbers:
            day = date(year, int(numbers[2]), int(numbers[1]))
            return Period(day, day)
        if month and day_match:
            day = date(year, month, int(day_match[1]))
            return Period(day, day)
    except ValueError:
        return None
    if month:
        return Period(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))
    return Period(date(year, 1, 1), date(year, 12, 31))


def stated(sentence: str) -> Period:
    """When what `sentence` says applied, by its own words; open when it gives no limit."""
    span = _RANGE.search(sentence)
    if span:
        first, last = parse(span[1]), parse(span[2])
        rest = sentence[: span.start()] + sentence[span.end() :]
        if first and last and not _FROM.search(rest) and not _BEFORE.search(rest):
            return Period(first.start, last.end)
        return Period()
    start = end = None
    if match := _FROM.search(sentence):
        found = parse(match[1])
        start = found.start if found else None
    if match := _UNTIL.search(sentence):
        found = parse(match[1])
        end = found.end if found else None
    elif (match := _BEFORE.search(sentence)) and (found := parse(match[1])) and found.start:
        end = found.start - timedelta(days=1)
    if start and end:
        return Period() if start > end else Period(start, end)
    return Period(start, end)


def span(text: str) -> Period | None:
    """The period that a text writes from end to end («1. mai 2017–31. desember 2023»); None otherwise."""
    match = _SPAN.fullmatch(text.strip())
    first, last = (parse(match[1]), parse(match[2])) if match else (None, None)
    return Period(first.start, last.end) if first and last else None


def asked(question: str, today: date) -> date | None:
    """The day a question asks about, by its own words; None when it names none.

    «før 1. juli 2026» is the day before, «i 2023» the last day of that year, «i mai 2025» the last
    day of that month. A start («fra 1. juli 2026») in the past leaves today's law the answer.
    """
    if match := _ISO.search(question):
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            return None
    if (match := _BEFORE.search(question)) and (found := parse(match[1])) and found.start:
        return found.start - timedelta(days=1)
    if match := _FROM.search(question):
        found = parse(match[1])
        return found.start if found and found.start and found.start > today else None
    matches = [p for m in re.finditer(DATE, question, re.IGNORECASE) if (p := parse(m.group()))]
    if not matches or matches[-1].end is None:
        return None
    end = matches[-1].end
    if matches[-1].start != end and end.year > today.year:
        return None  # «innen 2030» is a goal, not the day that is asked about
    covers_today = matches[-1].start is not None and matches[-1].start <= today <= end
    return today if covers_today else end


def near(period: Period, on: date, days: int = 366) -> bool:
    """Whether `period` ended or began within `days` of `on`: a change that the reader should know of."""
    return any(edge is not None and abs((edge - on).days) <= days for edge in (period.start, period.end))
