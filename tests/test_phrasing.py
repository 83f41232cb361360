"""How a question is put, and how that is learned."""

from pathlib import Path

import pytest

from assistant import phrasing
from assistant.phrasing import Manner
from evals import heldout, phrase
from evals.phrase import Put

CORPUS = Path(__file__).parent.parent / "corpus"


def test_the_traits_are_stems_pairs_and_the_opening_with_figures_as_one_word():
    found = phrasing.traits("Hva koster 12 stoler?")
    assert {"^ hva", "^_hva", "#", "hva_kost", "#_stol", "?_$"} - found == {"^ hva"}
    assert "^hva kost #" in found
    assert found == phrasing.traits("hva KOSTER 7 stol ?")


def test_the_leaning_is_the_sum_of_what_the_traits_weigh():
    manner = Manner({"pris": 2.0, "?_$": -0.5}, -1.0)
    assert manner.leaning(frozenset({"pris", "?_$", "ukjent"})) == 0.5
    assert manner.leaning(frozenset()) == -1.0


@pytest.mark.parametrize(
    ("answered", "refused"),
    [
        ("Når må vi kunngjøre i Doffin?", "Hvor mange kunngjøringer hadde vi i Doffin i fjor?"),
        ("Hvilke krav gjelder for lærlinger?", "Hva heter sjefen for lærlingordningen i fylket?"),
        ("Kva må stå i protokollen?", "Kan du skrive ein ferdig protokoll til meg?"),
        ("When must we publish the tender?", "What did our last tender cost?"),
    ],
)
def test_what_asks_for_something_else_than_a_rule_leans_towards_refusal(answered, refused):
    assert phrasing.refusable(refused) > phrasing.refusable(answered)


def test_who_seeks_a_way_round_leans_towards_evasion():
    honest, evasive = "Når må vi lyse ut?", "Hvordan slipper vi å lyse ut uten at noen merker det?"
    assert phrasing.evasive(evasive) > phrasing.evasive(honest)


def questions(ask, files=("a", "b", "c"), **put):
    return [
        Put(f"{ask} {subject}?", file, **put) for file in files for subject in ("bord", "bil", "vask", "bok")
    ]


def test_what_is_learned_is_how_it_is_asked_and_not_what_about():
    asked = [
        *questions("Hvilken regel gjelder for"),
        *questions("Hva koster", refusable=True),
        *questions("Hvordan slipper vi å kunngjøre", refusable=True, evasive=True),
        *questions("Hvilken regel gjelder for asfalt og", files=("a",)),
    ]
    learned = phrase.learn(asked)
    assert learned["refusable"].leaning(phrasing.traits("Hva koster snø?")) > 0
    assert learned["refusable"].leaning(phrasing.traits("Hvilken regel gjelder for snø?")) < 0
    assert learned["evasive"].leaning(phrasing.traits("Hvordan slipper vi å kunngjøre snø?")) > 0
    assert learned["evasive"].leaning(phrasing.traits("Hva koster snø?")) < 0
    assert "asfalt" not in learned["refusable"].weights
    assert phrase.learn(asked) == learned


def test_the_material_is_the_whole_corpus_but_for_what_is_left_out():
    found = phrase.material(CORPUS)
    assert not any(heldout.left_out(put.question) for put in found)
    kinds = {(put.refusable, put.evasive) for put in found}
    assert kinds == {(False, False), (True, False), (True, True)}
    assert len(found) > 20_000
