"""The facts of a sentence in one spelling each, and the turning words between its marks."""

import pytest

from assistant import particulars
from assistant.particulars import Turn, read


def facts(text):
    return [(m.key, m.unit, m.bound) for m in read(text).marks if m.fact]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,3 millioner kroner", [("#1300000", "kr", "")]),
        ("kr 1 300 000", [("#1300000", "kr", "")]),
        ("1.300.000 kr", [("#1300000", "kr", "")]),
        ("tretti prosent", [("#30", "%", "")]),
        ("minst 30 %", [("#30", "%", "min")]),
        ("mer enn to ledd", [("#2", "", "min")]),
        ("tjueen dager", [("#21", "dag", "")]),
        ("500 000 kroner eller mer", [("#500000", "kr", "min")]),
        ("til og med 30. juni 2026", [("@2026-06-30", "", "max")]),
        ("fra og med 01.07.2026", [("@2026-07-01", "", "min")]),
        ("2026-07-01", [("@2026-07-01", "", "")]),
        ("i mai 2025", [("@2025-05", "", "")]),
        ("på 1 July 2026", [("@2026-07-01", "", "")]),
        ("§§ 5e, 5i og 5p", [("§5e", "", ""), ("§5i", "", ""), ("§5p", "", "")]),
        ("§ 7-9", [("§7-9", "", "")]),
        ("sak 2025/0801", [("/2025/801", "", "")]),
        ("i 2026", [("@2026", "", "")]),
        ("2026 kroner", [("#2026", "kr", "")]),
        ("ingen tall", []),
    ],
)
def test_a_fact_has_one_spelling_with_its_unit_and_its_limit(text, found):
    assert facts(text) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Det skal ikke kreves", "Det skal ikkje krevjast"),
        ("uten unntak kan de", "utan unntak kan dei"),
        ("med mindre de må", "med mindre dei må"),
    ],
)
def test_turning_words_are_the_same_in_bokmaal_and_nynorsk(one, other):
    assert read(one).turns == read(other).turns != frozenset()


def test_turning_words_stand_before_the_mark_they_lead_to():
    marks = read("Oppdragsgiver skal ikke godta avvik, men kan kreve svar").marks
    assert [(m.key, m.turns) for m in marks if m.turns] == [
        ("godt", (Turn.MUST, Turn.NOT)),
        ("krev", (Turn.MAY,)),
    ]
    assert read("Dette gjelder ikke").tail == (Turn.NOT,)


def test_names_are_told_from_words_by_their_capitals():
    marks = {m.surface: m.name for m in read("Leverandøren til Viken melder til KOFA. Avvik telles.").marks}
    assert marks == {
        "Leverandøren": False,
        "Viken": True,
        "melder": False,
        "KOFA": True,
        "Avvik": False,
        "telles": False,
    }


def test_a_whole_date_tells_its_parts():
    assert particulars.closure("@2026-07-01") == {"@2026-07-01", "@07-01", "@2026-07", "@2026"}
    assert particulars.closure("#30") == {"#30"}


@pytest.mark.parametrize(
    "text", ["", " ", "§", "§§§ 1-", "1" * 4000, "(" * 4000, "a@" * 2000, "1 000 " * 500, "\x02 9 \x03"]
)
def test_odd_text_is_read_without_an_accident(text):
    assert read(text) == read(text)
