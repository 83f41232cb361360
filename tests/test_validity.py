"""Which day a passage, and each sentence in it, speaks of."""

from datetime import date

import pytest

from assistant import chunking, validity
from assistant.types import Document, Period, Rank, Section, Source, SourceType

SOURCE = Source("kilde", "Kilde", SourceType.REGULATION, "NFD", "https://example.org", date(2026, 10, 1))
MAY, NOW = date(2026, 5, 1), date(2026, 11, 22)
NEW = (
    "Grensen er 500 000 kroner. Før 1. juli 2026 gikk grensen ved 100 000 kroner.\n\n"
    "Fra 1. juli 2026 gjelder dette:\n\n- loven gjelder fra 500 000 kroner\n- den gjaldt ut 2020"
)


def passage(text=NEW, rank=Rank.ACT, since=date(2026, 7, 1), until=None):
    section = Section("kilde#a", ("A",), text, rank, (), since, until)
    (only,) = chunking.split(Document(SOURCE, (section,)))
    return only, chunking.units(only)


def test_a_sentence_without_dates_speaks_of_the_time_of_its_section():
    one, units = passage()
    assert validity.stated(units, units[0]) == validity.OPEN
    assert validity.effective(one, units, units[0]) == Period(date(2026, 7, 1), None)


def test_the_dates_of_a_sentence_win_over_those_of_its_section():
    one, units = passage()
    assert validity.effective(one, units, units[1]) == Period(None, date(2026, 6, 30))


def test_an_item_speaks_of_the_time_that_the_words_before_the_list_give():
    _, units = passage()
    assert validity.stated(units, units[3]) == Period(date(2026, 7, 1), None)
    assert validity.stated(units, units[4]) == Period(None, date(2020, 12, 31))


@pytest.mark.parametrize(
    ("on", "leaders"), [(NOW, [True, False, True, True, False]), (MAY, [False, True, False, False, False])]
)
def test_only_what_speaks_of_the_day_may_lead_the_answer(on, leaders):
    one, units = passage()
    assert [validity.may_lead(one, units, unit, on) for unit in units] == leaders


def test_a_passage_on_the_new_rule_speaks_of_may_when_it_tells_what_was_before():
    assert validity.speaks_of(*passage(), MAY)
    assert not validity.speaks_of(*passage("Grensen er 500 000 kroner."), MAY)
    assert validity.speaks_of(*passage("Grensen er 500 000 kroner."), NOW)


def test_a_passage_that_has_ended_speaks_of_today_only_by_a_sentence_that_does():
    ended = {"since": date(2017, 1, 1), "until": date(2026, 6, 30)}
    assert not validity.speaks_of(*passage("Til og med 30. juni 2026 var den 100 000.", **ended), NOW)
    assert validity.speaks_of(*passage("Fra 1. juli 2026 er grensen 500 000.", **ended), NOW)


def test_a_countys_own_ended_policy_may_lead_since_it_is_asked_about_by_name():
    ended = {"since": date(2021, 1, 1), "until": date(2023, 12, 31)}
    own, units = passage("Høyst to ledd er tillatt.", Rank.OWN_POLICY, **ended)
    assert validity.may_lead(own, units, units[0], NOW)
    law, units = passage("Høyst to ledd er tillatt.", Rank.ACT, **ended)
    assert not validity.may_lead(law, units, units[0], NOW)
