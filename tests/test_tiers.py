"""The rules that a purchase comes under by its value, and those that a text is about."""

import re
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assistant import tiers
from assistant.terms import Terms
from assistant.tiers import ANY_RULES, Rules, Thresholds, Tier

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
TODAY, BEFORE = date(2026, 11, 22), date(2026, 5, 1)
OUTSIDE, PRINCIPLES, NATIONAL, EEA = Tier.OUTSIDE, Tier.PRINCIPLES, Tier.NATIONAL, Tier.EEA


@pytest.fixture(scope="module")
def thresholds():
    return Terms.read(CORPUS / "terms.toml").thresholds


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Vi skal bytte ut 40 kontorstoler til 180 000 kr. Må vi lyse ut?", {OUTSIDE}),
        ("Jeg har 350000 kr til et seminar", {OUTSIDE}),
        ("Maling av gymsalen kommer på en halv million", {PRINCIPLES}),
        ("innkjøp for 900.000,- må det ut på doffin", {PRINCIPLES}),
        ("Kva gjeld mellom 500 000 og 1,3 millionar kroner?", {PRINCIPLES}),
        ("Kontrakten på 1,7 millioner må justeres", {NATIONAL}),
        ("The contract is worth NOK 1.9 million", {NATIONAL}),
        ("Jobben blir nok to millioner", {NATIONAL}),
        ("Ombygging av skolen til 20 mill", {NATIONAL}),
        ("Entreprenøren på veijobben til 80 millioner", {EEA}),
        ("Skolemøbler for 70 millioner kroner", {EEA}),
        ("Er det andre regler over EØS-terskelen?", {EEA}),
        (
            "Hva er minstefristen over EØS-terskelen? hva med under EØS-terskelen?",
            {OUTSIDE, PRINCIPLES, NATIONAL},
        ),
        ("Hva sier forskriften del III om dette?", {EEA}),
        ("Hva sier forskriften del II om dette?", {NATIONAL}),
        ("Kjøpet er på 12 millioner", {NATIONAL, EEA}),
        ("Kan vi handle for mer enn 1,3 millioner kroner?", {NATIONAL, EEA}),
        ("Vi er 2 stykker og har 30 dager", set()),
        ("Dagmulkten er 5 000 kroner", set()),
        ("Hva er en rammeavtale?", set()),
        ("Gjelder § 7-9 for oss?", set()),
    ],
)
def test_the_value_in_a_question_tells_the_rules(thresholds, question, expected):
    assert thresholds.asked(question, TODAY) == expected


def test_the_thresholds_are_those_of_the_day(thresholds):
    assert thresholds.asked("Et kjøp til 200 000 kroner", BEFORE) == {PRINCIPLES}
    assert thresholds.asked("Et kjøp til 200 000 kroner", TODAY) == {OUTSIDE}
    assert thresholds.asked("Et kjøp til 2,4 millioner", date(2026, 4, 20)) == {NATIONAL, EEA}
    assert thresholds.asked("Et kjøp til 2,4 millioner", TODAY) == {NATIONAL}
    assert thresholds.asked("Et kjøp til 2,4 millioner", date(2016, 1, 1)) == tiers.UNKNOWN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kjøp under 500 000 kroner er utenfor anskaffelsesregelverket", {OUTSIDE}),
        ("Mellom 500 000 og 1,3 millioner kroner: fritt, men etter grunnprinsippene", {PRINCIPLES}),
        ("Kunngjøring i Doffin er hovedregelen fra 1,3 millioner kroner", {NATIONAL, EEA}),
        ("Del III. Anskaffelser over EØS-terskelverdiene", {EEA}),
        ("Gebyret er 8 600 kroner, og for store saker 2 millioner kroner.", set()),
        ("Under og over EØS-terskelverdien", {EEA}),
        ("Oppdragsgiveren skal begrunne valget.", set()),
    ],
)
def test_a_text_tells_the_rules_it_is_about(thresholds, text, expected):
    assert thresholds.told(text, TODAY) == expected


def test_every_threshold_stands_in_the_corpus():
    page = (CORPUS / "regelverk" / "anskaffelsesforskriften-del-1-og-terskler.md").read_text(encoding="utf-8")
    rows = tomllib.loads((CORPUS / "terms.toml").read_text(encoding="utf-8"))["threshold"]
    told = " ".join(page.replace("\u00a0", " ").split())
    assert len(rows) == 4
    for kroner in (value for row in rows for value in row["values"].values()):
        written = (f"{kroner / 1e6:g}".replace(".", ","), f"{kroner:,}".replace(",", " "))
        assert any(re.search(rf"(?<![\d,]){form}(?![\d,])", told) for form in written), kroner


@pytest.mark.parametrize(
    "row", [{"name": "act"}, {"name": "moms", "values": {}}, {"name": "act", "values": {"i fjor": 1}}]
)
def test_a_faulty_threshold_is_refused(row):
    with pytest.raises((KeyError, ValueError)):
        tiers.read([row])


def test_without_thresholds_only_words_tell():
    assert Thresholds().asked("Et kjøp til 200 000 kroner", TODAY) == tiers.UNKNOWN
    assert Thresholds().asked("Et kjøp over EØS-terskelen", TODAY) == {EEA}


def test_what_is_about_other_rules_is_left_out(thresholds, small_index):
    passage, units = small_index.passages[0], small_index.units[0]
    assert not ANY_RULES.excludes(passage, TODAY)
    about = Rules(thresholds, frozenset({NATIONAL}))
    unit = replace(units[0], text="Over EØS-terskelverdien skal dere vente i ti dager.", lead=None)
    assert about.excludes_unit(passage, [unit], unit, TODAY)
    assert not Rules(thresholds, frozenset({EEA})).excludes_unit(passage, [unit], unit, TODAY)
    assert about.excludes(replace(passage, headings=("Markedsdialog over EØS-terskelen",)), TODAY)
