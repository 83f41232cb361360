"""Values of the assistant in the words a person reads: dates, periods, legal weight, validity."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from assistant import phrases, texts
from assistant.errors import InputError
from assistant.types import Answer, Citation, Rank


def long_date(day: date) -> str:
    """The day as people write it: `1. juli 2026`."""
    return f"{day.day}. {texts.MONTHS[day.month - 1]} {day.year}"


def moment(at: datetime) -> str:
    """The moment where the service runs: `1. juli 2026 kl. 09.05`."""
    local = at.astimezone()
    return f"{long_date(local.date())} kl. {local:%H.%M}"


def words(language: str) -> dict[str, str]:
    """The page's words in the language; bokmål when it has none."""
    return texts.PAGE_IN.get(language, texts.PAGE_NB)


def in_force(citation: Citation, on: date, language: str) -> tuple[str, str]:
    """Whether a citation holds on the day: `now`, `ended` or `future`, and the words for it."""
    say = words(language)
    if citation.valid_to and citation.valid_to < on:
        return "ended", say["ended_on"].format(date=long_date(citation.valid_to))
    if citation.valid_from and citation.valid_from > on:
        return "future", say["future_from"].format(date=long_date(citation.valid_from))
    if citation.type == Rank.PROPOSAL.value:
        return "future", say["future"]
    return ("now", say["in_force"]) if citation.in_force else ("ended", say["ended"])


def span(start: date | None, end: date | None, say: dict[str, str]) -> str:
    """A period in words; empty when both ends are open."""
    if start and end:
        return say["span"].format(start=long_date(start), end=long_date(end))
    if start:
        return say["from"].format(date=long_date(start))
    return say["until"].format(date=long_date(end)) if end else ""


def validity(start: date | None, end: date | None, on: date, language: str) -> tuple[str, str]:
    """What a period is called on the day (`Gjelder`, `Gjaldt`), and the period in words."""
    say = words(language)
    return say["was_valid" if end and end < on else "valid"], span(start, end, say)


def outcome(answer: Answer, language: str) -> str:
    """How it went, in a few words: for the rule that a question sought a way round, that it is that."""
    if answer.redirected:
        return instead(answer, language).rstrip(":")
    return texts.STATUS_IN.get(language, texts.STATUS)[answer.status]


def instead(answer: Answer, language: str) -> str:
    """What is said before the rule that is shown instead of an answer."""
    asked = answer.text.startswith(tuple(phrases.REDIRECTED_ASKED.values()))
    said = phrases.REDIRECTED_ASKED if asked else phrases.REDIRECTED
    return said.get(language, said["nb"])


def rank_text(rank: str, language: str) -> str:
    """The legal weight in words; the word itself when it is not one of ours."""
    table = texts.RANK_IN.get(language, texts.RANK)
    return table[Rank(rank)] if rank in {each.value for each in Rank} else rank


def rank_style(rank: str) -> str:
    """The style classes of a legal weight."""
    return f"rank rank-{rank.replace(' ', '-')}"


def today() -> date:
    """The day where the service runs, for the date field of a page."""
    return datetime.now(UTC).astimezone().date()


def read_date(value: str, language: str) -> date | None:
    """The day in the date field, as ISO or as Norwegians write it.

    None when the field is empty or says today: then a date in the question itself may decide.

    Raises:
        InputError: it is not a date.
    """
    value = value.strip()
    if not value:
        return None
    match = re.fullmatch(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})", value, re.ASCII)
    iso = "{2}-{1:0>2}-{0:0>2}".format(*match.groups()) if match else value
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", iso, re.ASCII):
            raise ValueError(iso)
        day = date.fromisoformat(iso)
    except ValueError:
        raise InputError(words(language)["bad_date"].format(value=value[:40])) from None
    return None if day == today() else day
