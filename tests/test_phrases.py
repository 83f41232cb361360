"""Our own words around the quotes: in every language, with the date in it."""

from collections.abc import Mapping
from datetime import date

import pytest

from assistant import phrases

LAST, TODAY = date(2023, 12, 31), date(2026, 11, 22)
TABLES = [value for value in vars(phrases).values() if isinstance(value, Mapping) and "nb" in value]


def test_every_phrase_exists_in_bokmaal_nynorsk_and_english():
    assert len(TABLES) > 8
    assert all(set(table) == {"nb", "nn", "en"} for table in TABLES)


@pytest.mark.parametrize(
    ("language", "written"),
    [("nb", "31. desember 2023"), ("nn", "31. desember 2023"), ("en", "31 December 2023")],
)
def test_a_notice_of_what_has_ended_names_source_and_last_day(language, written):
    assert phrases.day(LAST, language) == written
    for notice in (
        phrases.ended("Strategien", LAST, TODAY, TODAY, language),
        phrases.ended_section("Strategien", LAST, language),
    ):
        assert "Strategien" in notice
        assert written in notice


def test_on_another_day_than_today_the_notice_names_that_day():
    assert "i dag" in phrases.ended("A", LAST, TODAY, TODAY, "nb")
    assert "ikke gjeldende 1. mai 2024" in phrases.ended("A", LAST, date(2024, 5, 1), TODAY, "nb")
    assert phrases.for_day(date(2024, 5, 1), "en") == "The answer is for 1 May 2024."


def test_a_proposal_and_a_countys_own_policy_are_named_for_what_they_are():
    assert "ikke vedtatt" in phrases.proposal("Høringen", "nb")
    assert "ikke foran lov" in phrases.own_policy("Strategien", "nb")
