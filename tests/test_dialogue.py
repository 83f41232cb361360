"""A follow-up takes from the thread what it needs, and a new subject takes nothing."""

import pytest

from assistant.dialogue import depends, resolve
from assistant.types import Turn

FIRST = "Hva er klagefristen i anskaffelser under EØS-terskel?"


@pytest.mark.parametrize(
    "question",
    [
        "Hva med bygg?",
        "Og for tjenester?",
        "Gjelder det også leverandører?",
        "Kva med transport?",
        "Hvorfor?",
        "What about works?",
        "Hvor lenge varer den?",
        "Er de pliktige?",
    ],
)
def test_a_question_with_a_sign_of_dependence_leans_on_the_one_before(question):
    assert depends(question)
    assert resolve(question, (Turn(FIRST, "Ti dager."),)) == f"{FIRST} {question}"


@pytest.mark.parametrize(
    "question",
    [
        "Hvilke krav til lærlinger gjelder i bygge- og anleggskontrakter?",
        "Hvor stor andel skal klima- og miljøhensyn vektes med?",
        "Er det krav om nullutslipp for lette varebiler?",
        "Hvem kan klage til klagenemnda for offentlige anskaffelser?",
    ],
)
def test_a_new_subject_is_not_dragged_back_to_the_old_one(question):
    assert not depends(question)
    assert resolve(question, (Turn(FIRST),)) == question


def test_without_a_thread_the_question_stands_as_it_is():
    assert resolve("Hva med bygg?", ()) == "Hva med bygg?"


def test_a_chain_of_follow_ups_goes_back_to_the_one_that_stood_alone():
    thread = (Turn("Hva er reglene for renhold av skolebygg?"), Turn(FIRST), Turn("Hva med bygg?"))
    assert resolve("Og for tjenester?", thread) == f"{FIRST} Hva med bygg? Og for tjenester?"


def test_a_long_chain_takes_no_more_than_three_questions():
    thread = (Turn(FIRST), Turn("Hva med bygg?"), Turn("Hva med varer?"), Turn("Hva med anlegg?"))
    assert resolve("Og for tjenester?", thread) == "Hva med varer? Hva med anlegg? Og for tjenester?"
