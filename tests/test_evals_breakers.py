from dataclasses import replace

import pytest
from eval_double import Shelf, cases

from assistant.types import Retrieval
from evals import gate
from evals.asking import rescore, run
from evals.breakers import BREAKERS, Breaker, Broken, Remembering, prove


class WithoutVectors(Shelf):
    """A fault inside: the search says that it is limited."""

    def stream(self, question):
        for event in super().stream(question):
            yield replace(event, limited="uten vektorer") if isinstance(event, Retrieval) else event


@pytest.fixture(scope="module")
def proofs():
    return {p.name: p for p in prove(Shelf(), cases(), gate.read_rules(), {"limited": WithoutVectors()})}


@pytest.mark.parametrize("name", [b.name for b in BREAKERS])
def test_the_gate_goes_red_for_each_fault(proofs, name):
    assert proofs[name].seen, f"{name} was not seen"


def test_a_fault_inside_the_product_is_proved_the_same_way(proofs):
    assert proofs["limited"].seen


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("corrupt_quote", "sitat"),
        ("invent_paragraph", "§"),
        ("hide_marks", "opphevet"),
        ("shift_dates", "annen dag"),
        ("drop_vectors", "vektorsøket"),
        ("drop_words", "ordsøket"),
        ("cut_answers", "Fakta med"),
        ("always_answer", "Avviste"),
        ("always_refuse", "Avvist uten grunn"),
        ("shuffle_citations", "sitat"),
        ("shuffle_hits", "Rett avsnitt"),
    ],
)
def test_the_fault_is_seen_for_its_own_reason(proofs, name, reason):
    assert any(reason in failure for failure in proofs[name].failures), proofs[name].failures


def test_a_breaker_that_breaks_nothing_is_not_seen():
    asked = cases()
    whole, same = run(Shelf(), asked), run(Broken(Shelf(), Breaker("none", "Ingenting")), asked)
    baseline = gate.make_baseline(rescore(whole, asked), {})
    assert gate.judge(rescore(same, asked), same.sections, gate.read_rules(), baseline).passed


def test_the_same_question_is_answered_once():
    class Counting(Shelf):
        n = 0

        def stream(self, question):
            self.n += 1
            return super().stream(question)

    counting = Counting()
    remembering = Remembering(counting)
    question = remembering.question("Hva er grensen for vare3?")
    assert list(remembering.stream(question)) == list(remembering.stream(question))
    assert counting.n == 1
