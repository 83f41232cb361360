import pytest
from eval_double import Shelf, case, cases, fact, refusal

from assistant.types import Progress, Question
from evals.asking import rescore, run, select
from evals.cases import DAY, CasesError, Past


class Forgetful(Shelf):
    """Fails on one question, and answers another without an answer at the end."""

    def stream(self, question: Question):
        if "vare4" in question.text:
            raise KeyError("vare4")
        if "vare5" in question.text:
            return iter([Progress("Søker")])
        return super().stream(question)


class Listening(Shelf):
    def __init__(self):
        self.heard = []

    def stream(self, question):
        self.heard.append(question)
        return super().stream(question)


def test_each_case_is_asked_in_order_after_one_that_is_not_counted():
    listening = Listening()
    record = run(listening, [case("a"), refusal("b")])
    assert [q.id for q in listening.heard] == ["a", "a", "b"]
    assert list(record.outcomes) == ["a", "b"]
    assert record.outcomes["a"].ms > 0
    assert record.outcomes["a"].sections[0] == "loven#avsnitt-3"


def test_a_question_that_fails_does_not_stop_the_others():
    four, five = (case(f"g{i}", f"Hva er grensen for vare{i}?") for i in (4, 5))
    outcomes = run(Forgetful(), [case(), four, five]).outcomes
    assert outcomes["a"].answer is not None
    assert (outcomes["g4"].answer, outcomes["g4"].error) == (None, "KeyError: 'vare4'")
    assert outcomes["g5"].error == "TypeError: siste hendelse er Progress, ikke Answer"


def test_a_run_where_nothing_is_answered_is_no_run():
    with pytest.raises(CasesError, match="KeyError"):
        run(Forgetful(), [case("g4", "Hva er grensen for vare4?")])


def test_a_dialogue_is_replayed_so_that_earlier_answers_are_real():
    listening = Listening()
    dialogue = case(
        question="Og protokollen?", history=(Past("Hva er grensen for vare3?"),), facts=(fact("300 kroner"),)
    )
    outcome = run(listening, [dialogue]).outcomes["a"]
    turn = listening.heard[-1].history[0]
    assert (turn.question, turn.answer) == (
        "Hva er grensen for vare3?",
        "Grensen for vare3 er 300 kroner etter § 3-1. [1]",
    )
    assert outcome.sections[0] == "loven#avsnitt-3"


def test_an_answer_that_the_case_gives_is_not_asked_for():
    listening = Listening()
    run(listening, [case(history=(Past("Hva er grensen for vare9?", "900 kroner."),))])
    assert {q.text for q in listening.heard} == {"Hva er grensen for vare3?"}
    assert listening.heard[-1].history[0].answer == "900 kroner."


def test_the_record_holds_every_section_that_the_cases_and_the_answers_need():
    sections = run(Shelf(), [case()]).sections
    assert len(sections) == 20
    assert sections["loven#avsnitt-3"].type == "regelverk"
    assert sections["loven#avsnitt-3"].in_force(DAY)


def test_scoring_again_leaves_out_a_case_that_is_asked_in_other_words():
    record = run(Shelf(), [case("a"), case("b")])
    again = rescore(
        record, [case("a", facts=(fact("noe annet"),)), case("b", "Grensen for vare3?"), case("c")]
    )
    assert [(s.case.id, s.values["fact_recall"]) for s in again] == [("a", 0.0)]


def test_a_selection_is_one_split_and_one_style():
    everything = cases()
    dev, test = select(everything, "dev"), select(everything, "test")
    assert len(dev) + len(test) == len(everything)
    assert select(everything, style="typo") == []
