"""Misspelt words are mended with the corpus's own words, and nothing else is touched."""

import pytest

from assistant import language
from assistant.spelling import Speller

WORDS = (
    "anskaffelse",
    "kunngjøring",
    "terskelverdi",
    "leverandør",
    "lærlinger",
    "kontrakt",
    "kjøp",
    "håndtere",
)
SPELLER = Speller.of({language.stem(w) for w in WORDS}, {"": 0, "klage": 1})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("anskafelse", "anskaffelse"),
        ("kungjøring", "kunngjøring"),
        ("terkselverdi", "terskelverdi"),
        ("leverandrø", "leverandør"),
        ("kontrkat", "kontrakt"),
        ("kunngjoering", "kunngjøring"),
        ("haandtere", "håndtere"),
    ],
)
def test_a_slip_of_the_fingers_is_mended_to_the_stem_that_was_meant(typed, meant):
    assert SPELLER.mend(f"Hva med {typed} her?") == f"Hva med {language.stem(meant)} her?"


@pytest.mark.parametrize(
    "text",
    ["anskaffelsene og kontrakter", "DAKOFA", "kjøb", "sykkelstativ", "hvilke hvordan", "500 000 § 7-9", ""],
)
def test_known_short_strange_and_capital_words_are_left_alone(text):
    assert SPELLER.mend(text) == text


def test_a_speller_that_knows_nothing_changes_nothing():
    assert Speller.of((), {}).mend("anskafelse") == "anskafelse"


def test_a_slip_in_a_question_key_is_no_word_of_its_own():
    """Some keys are written in a hurry; what they misspell must be mended all the same."""
    written = {language.stem(word) for word in WORDS}
    asked = {"terkselverdi": 1, "lerling": 1, "laerlng": 3, "sykkel": 1, "kontrakt": 1, "kontrkt": 2}
    speller = Speller.of(written, asked)
    assert speller.mend("Hva er terkselverdi?") == f"Hva er {language.stem('terskelverdi')}?"
    assert "lerling" not in speller.known
    assert "laerlng" in speller.known  # the keys of three passages have it
    assert "sykkel" in speller.known  # near nothing
    assert "kontrkt" not in speller.known
