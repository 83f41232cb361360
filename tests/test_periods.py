"""Dates in prose: when a sentence applies, and which day a question asks about."""

from datetime import date

import pytest

from assistant import periods
from assistant.types import Period

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1. juli 2026", date(2026, 7, 1), date(2026, 7, 1)),
        ("1 July 2026", date(2026, 7, 1), date(2026, 7, 1)),
        ("July 1, 2026", date(2026, 7, 1), date(2026, 7, 1)),
        ("01.07.2026", date(2026, 7, 1), date(2026, 7, 1)),
        ("februar 2024", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
    ],
)
def test_a_written_date_covers_a_day_a_month_or_a_year(text, start, end):
    assert periods.parse(text) == Period(start, end)


@pytest.mark.parametrize("text", ["i går", "31. februar 2025", "32.01.2025", "500 000 kroner"])
def test_what_is_no_date_covers_nothing(text):
    assert periods.parse(text) is None


@pytest.mark.parametrize(
    ("sentence", "start", "end"),
    [
        ("Fra 1. juli 2026 er grensen 500 000 kroner.", date(2026, 7, 1), None),
        ("Siden 1. juli 2026 er grensen 500 000 kroner.", date(2026, 7, 1), None),
        ("Kravet gjelder fra og med 1. januar 2024.", date(2024, 1, 1), None),
        ("Kravet gjeld frå 1. januar 2024.", date(2024, 1, 1), None),
        ("Grensen var 100 000 kroner til og med 30. juni 2026.", None, date(2026, 6, 30)),
        ("Før 1. juli 2026 gikk grensen ved 100 000 kroner.", None, date(2026, 6, 30)),
        ("Fram til 1. juli 2026 var grensen lavere.", None, date(2026, 6, 30)),
        ("Avtalen gjelder ut 2025.", None, date(2025, 12, 31)),
        ("Strategien gjaldt fra 2021 til 2023.", date(2021, 1, 1), date(2023, 12, 31)),
        ("Mellom 1. januar 2021 og 30. juni 2023 gjaldt den.", date(2021, 1, 1), date(2023, 6, 30)),
        (
            "Kravet gjaldt fra og med 1. januar 2024 til og med 30. juni 2026.",
            date(2024, 1, 1),
            date(2026, 6, 30),
        ),
    ],
)
def test_a_sentence_states_when_it_applies(sentence, start, end):
    assert periods.stated(sentence) == Period(start, end)


@pytest.mark.parametrize(
    "sentence",
    [
        "Oppdragsgiver skal kreve lærlinger.",
        "Grensen var 100 000 til og med 30. juni 2026 og er 500 000 siden 1. juli 2026.",
        "Loven ble vedtatt 17. juni 2016.",
        "Kravet gjelder kjøp fra 2000 kroner.",
        "Direktivet, fra 2014/24/EU, gjelder.",
    ],
)
def test_a_sentence_without_one_clear_period_is_open(sentence):
    assert periods.stated(sentence) == Period()


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("Hva var grensen før 1. juli 2026?", date(2026, 6, 30)),
        ("Hva var grensen fram til 1. juli 2026?", date(2026, 6, 30)),
        ("What was the limit before 1 July 2026?", date(2026, 6, 30)),
        ("Hva gjaldt i 2023?", date(2023, 12, 31)),
        ("Hva gjaldt i mai 2025?", date(2025, 5, 31)),
        ("What applied in May 2025?", date(2025, 5, 31)),
        ("Hva gjaldt 5. mai 2026?", date(2026, 5, 5)),
        ("Hva gjaldt 5.mai 2026?", date(2026, 5, 5)),
        ("Hva gjaldt per 01.05.2026?", date(2026, 5, 1)),
        ("Hva gjaldt 2026-05-01?", date(2026, 5, 1)),
        ("Hva gjaldt til og med 31. desember 2023?", date(2023, 12, 31)),
        ("Hva gjaldt mellom 2021 og 2023?", date(2023, 12, 31)),
        ("Hva gjelder fra 1. januar 2027?", date(2027, 1, 1)),
        ("Hva gjelder i 2026?", TODAY),
        ("Hva gjelder i november 2026?", TODAY),
    ],
)
def test_a_question_asks_about_the_day_it_names(question, day):
    assert periods.asked(question, TODAY) == day


@pytest.mark.parametrize(
    "question",
    [
        "Hva er grensen?",
        "Hva er grensen fra 1. juli 2026?",
        "Hva er endret siden 2017?",
        "Hva skal være utslippsfritt innen 2030?",
        "Hva gjaldt 31. februar 2025?",
        "Hva gjaldt 2025-02-31?",
        "Gjelder loven for kjøp under 2000 kroner?",
        "Må vi lyse ut en kontrakt på 120000 kroner?",
        "Kan vi betale kr 1950 per time?",
        "Hva sier direktiv 2014/24/EU om underleverandører?",
        "Hva sier FOR-2016-08-12-974 om klima?",
        "Gjelder NS 8405:2008 for oss?",
        "Er tilbudsfristen kl. 2000 i kveld?",
        "Må en virksomhet med 2000 ansatte ha lærlinger?",
    ],
)
def test_a_question_that_names_no_day_asks_about_none(question):
    assert periods.asked(question, TODAY) is None


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period(date(2026, 7, 1), None), True),
        (Period(None, date(2026, 6, 30)), True),
        (Period(date(2027, 3, 1), None), True),
        (Period(date(2017, 1, 1), None), False),
        (Period(date(2017, 1, 1), date(2023, 12, 31)), False),
        (Period(), False),
    ],
)
def test_a_change_is_near_when_it_lies_within_a_year(period, expected):
    assert periods.near(period, TODAY) is expected


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("1. mai 2017–31. desember 2023", Period(date(2017, 5, 1), date(2023, 12, 31))),
        ("2019 - 2021", Period(date(2019, 1, 1), date(2021, 12, 31))),
        ("sesjonen 2025–2026", None),
        ("1. mai 2017", None),
        ("", None),
    ],
)
def test_a_span_is_two_dates_and_nothing_else(text, period):
    assert periods.span(text) == period
