from dataclasses import replace
from pathlib import Path

import pytest
from eval_double import Shelf, case, fact, refusal

from assistant.types import AnswerStatus, Block, Sentence
from evals.asking import run
from evals.checks import RULES
from evals.metrics import METRICS, first_point, ranking, score

DOCS = Path(__file__).parent.parent / "docs" / "evals.md"


def scored(one, change=lambda answer: answer):
    record = run(Shelf(), [one])
    outcome = record.outcomes[one.id]
    return score(one, replace(outcome, answer=change(outcome.answer)), record.sections)


def test_rank_metrics_agree_with_values_worked_out_by_hand():
    found = ranking(("a", "b"), ("x", "b", "a", "y"))
    # DCG = 1/log2(3) + 1/log2(4) = 1.1309; the ideal is 1 + 1/log2(3) = 1.6309.
    assert found["ndcg@10"] == pytest.approx(1.1309 / 1.6309, abs=1e-4)
    assert found["mrr"] == pytest.approx(0.5)
    assert (found["recall@1"], found["recall@3"], found["recall@5"]) == (0.0, 1.0, 1.0)


def test_a_section_that_is_not_found_counts_and_one_that_is_not_expected_does_not():
    assert set(ranking(("a",), ()).values()) == {0.0}
    assert set(ranking((), ("a",)).values()) == {None}


def test_a_right_answer_is_right_on_every_measure_that_applies():
    found = scored(case())
    assert found.faults == ()
    assert {n: v for n, v in found.values.items() if v is not None} == {
        "recall@1": 1.0, "recall@3": 1.0, "recall@5": 1.0, "mrr": 1.0, "ndcg@10": 1.0, "fact_recall": 1.0,
        "all_facts": 1.0, "direct": 1.0, "cites_golden": 1.0, "supported": 1.0, "citations_ok": 1.0,
        "status_ok": 1.0, "false_refusal": 0.0,
    }  # fmt: skip


def test_facts_are_counted_one_by_one_and_the_first_must_come_first():
    one = case(facts=(fact("protokolleres"), fact("300 kroner")))
    found = scored(one, lambda a: replace(a, text=a.text + " Kjøpet skal protokolleres."))
    assert (found.values["fact_recall"], found.values["all_facts"], found.values["direct"]) == (1.0, 1.0, 0.0)
    assert scored(one).values["fact_recall"] == 0.5
    assert scored(one).faults == ("mangler: protokolleres",)


def test_what_must_not_be_said_is_found():
    found = scored(case(forbidden=(fact("§ 3-1"),)))
    assert found.values["forbidden"] == 1.0
    assert found.faults == ("sier: § 3-1",)


def test_the_first_point_takes_along_the_first_item_of_the_list_it_introduces():
    answer = scored(case()).outcome.answer
    listing = (
        Sentence("Tre krav gjelder:", (1,)),
        Sentence("HMS-kort", (1,), Block.ITEM),
        Sentence("lærlinger", (1,)),
    )
    assert first_point(replace(answer, sentences=listing)).split() == ["Tre", "krav", "gjelder:", "HMS-kort"]
    assert first_point(replace(answer, sentences=listing[1:])).split() == ["HMS-kort"]


def test_a_refusal_that_is_due_and_one_that_is_not():
    due, undue = scored(refusal()), scored(case(question="Hva er grensen?"))
    assert (due.values["refusal_recall"], due.values["refusal_precision"], due.values["false_refusal"]) == (
        1.0,
        1.0,
        None,
    )
    assert (
        undue.values["refusal_recall"],
        undue.values["refusal_precision"],
        undue.values["false_refusal"],
    ) == (None, 0.0, 1.0)
    assert undue.values["fact_recall"] == 0.0


def test_an_answer_where_a_refusal_was_due_lowers_recall_and_not_precision():
    found = scored(refusal(question="Hva er grensen for vare3?"))
    assert (found.values["refusal_recall"], found.values["refusal_precision"]) == (0.0, None)
    assert found.values["recall@5"] is None


def test_a_case_where_both_are_right_is_counted_neither_way():
    found = scored(case(status=("redirected", "answered")))
    assert (found.values["status_ok"], found.values["refusal_recall"], found.values["false_refusal"]) == (
        1.0,
        None,
        None,
    )


def test_a_redirection_is_out_of_scope_with_the_rule_as_source():
    one = refusal(question="Hva er grensen for vare3?", status=("redirected",), golden=("loven#avsnitt-3",))
    found = scored(one, lambda a: replace(a, status=AnswerStatus.OUT_OF_SCOPE))
    assert (found.observed, found.values["status_ok"], found.values["redirect_cites"]) == (
        "redirected",
        1.0,
        1.0,
    )
    bare = scored(one, lambda a: replace(a, status=AnswerStatus.OUT_OF_SCOPE, citations=(), sentences=()))
    assert (bare.observed, bare.values["redirect_cites"]) == ("out_of_scope", 0.0)


def test_facts_are_not_asked_of_an_answer_that_rightly_asks_back():
    one = case(status=("answered", "needs_fact"))
    found = scored(
        one, lambda a: replace(a, status=AnswerStatus.NEEDS_FACT, text="Hva er verdien?", sentences=())
    )
    assert (found.values["fact_recall"], found.values["status_ok"], found.faults) == (None, 1.0, ())


def test_a_sentence_with_a_word_of_its_own_is_not_supported():
    found = scored(
        case(), lambda a: replace(a, sentences=(*a.sentences, Sentence("Kjøpet er gratis.", (1,))))
    )
    assert found.values["supported"] == 0.5


def test_a_crash_is_the_worst_answer_and_not_a_missing_one():
    record = run(Shelf(), [case()])
    outcome = replace(record.outcomes["a"], answer=None, hits=(), error="KeyError: 'x'")
    found = score(case(), outcome, record.sections)
    assert found.observed == "crash"
    assert [found.values[n] for n in ("recall@5", "fact_recall", "status_ok")] == [0.0, 0.0, 0.0]
    assert found.faults[0] == "crash"


def test_every_measure_and_every_rule_is_explained_in_the_document():
    text = DOCS.read_text("utf-8")
    assert [name for name in (*METRICS, *RULES) if f"`{name}`" not in text] == []
