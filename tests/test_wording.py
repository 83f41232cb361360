from datetime import date

import pytest

from assistant import wording

START, END, ON = date(2021, 3, 17), date(2023, 12, 31), date(2026, 11, 22)


def test_a_day_is_written_as_people_write_it():
    assert wording.long_date(date(2026, 7, 1)) == "1. juli 2026"


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (START, END, ("Gjaldt", "17. mars 2021 til 31. desember 2023")),
        (START, None, ("Gjelder", "fra 17. mars 2021")),
        (None, date(2027, 1, 1), ("Gjelder", "til 1. januar 2027")),
        (None, None, ("Gjelder", "")),
    ],
)
def test_a_period_is_told_as_it_stands_on_the_day(start, end, text):
    assert wording.validity(start, end, ON, "nb") == text


def test_a_language_without_words_of_its_own_gets_bokmaal():
    assert wording.words("en") is wording.words("nb")


def test_a_rank_that_is_not_ours_is_shown_as_it_is():
    assert wording.rank_text("lov", "nn") == "Lov"
    assert wording.rank_text("rundskriv", "nb") == "rundskriv"
