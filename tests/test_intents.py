"""What kind of answer a question wants, and whether a sentence is of that kind."""

import pytest

from assistant.intents import MARKED, Intent, fits, wanted


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("Hva er beløpsgrensen for kunngjøring?", Intent.AMOUNT),
        ("Kor mykje kan vi kjøpe for?", Intent.AMOUNT),
        ("What is the threshold?", Intent.AMOUNT),
        ("Hvor mange prosent skal klima vektes?", Intent.SHARE),
        ("Hvor lang er klagefristen?", Intent.DEADLINE),
        ("Kor lenge er karensperioden?", Intent.DEADLINE),
        ("Hvor mange ledd er tillatt?", Intent.COUNT),
        ("Når trådte loven i kraft?", Intent.DATE),
        ("Hvem kan klage til KOFA?", Intent.WHO),
        ("Kven har ansvaret?", Intent.WHO),
        ("Hva er en rammeavtale?", Intent.DEFINITION),
        ("Hvilke krav gjelder for renhold?", Intent.LIST),
        ("Hvordan deler vi opp kontrakten?", Intent.HOW_TO),
        ("Korleis følgjer vi opp?", Intent.HOW_TO),
        ("Hvorfor må vi vekte klima?", Intent.WHY),
        ("Hva er forskjellen på del II og del III?", Intent.COMPARISON),
        ("Finnes det unntak?", Intent.EXCEPTION),
        ("Må vi kreve lærlinger?", Intent.YES_NO),
        ("Kan vi avlyse?", Intent.YES_NO),
        ("Can we cancel?", Intent.YES_NO),
    ],
)
def test_the_question_word_tells_the_kind_of_answer(question, intent):
    assert intent in wanted(question)


def test_a_question_may_want_nothing_in_particular():
    assert wanted("lærlinger") == frozenset()


@pytest.mark.parametrize(
    ("intent", "sentence"),
    [
        (Intent.AMOUNT, "Grensen er 1,3 millioner kroner."),
        (Intent.SHARE, "Klima skal vektes 30 prosent."),
        (Intent.DEADLINE, "Fristen er ti dager."),
        (Intent.COUNT, "Høyst to ledd er tillatt."),
        (Intent.DATE, "Loven gjelder fra 1. juli 2026."),
        (Intent.WHO, "Oppdragsgiver har ansvaret."),
        (Intent.DEFINITION, "En rammeavtale er en avtale om vilkår."),
        (Intent.YES_NO, "Oppdragsgiver skal kreve lærlinger."),
        (Intent.HOW_TO, "Beskriv behovet først."),
        (Intent.WHY, "Kravet finnes fordi klima haster."),
        (Intent.EXCEPTION, "Loven gjelder ikke kjøp av jord."),
    ],
)
def test_a_sentence_shows_the_kind_it_is(intent, sentence):
    assert fits(intent, sentence)
    assert not fits(intent, "Grønn himmel")


def test_every_marked_kind_can_be_recognised_and_no_other():
    everything = (
        "1 krone kroner 5 kr, 30 prosent, frist to 1. juli 2026 KOFA er skal fordi først unntak",
        "Be om hjelp",
    )
    assert {i for i in Intent if any(fits(i, text) for text in everything)} == set(MARKED)
