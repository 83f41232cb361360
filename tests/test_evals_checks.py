from dataclasses import replace
from datetime import date

import pytest
from eval_double import Shelf, case, refusal

from assistant.types import AnswerStatus, Sentence
from evals.asking import run
from evals.checks import paragraphs, silent_components, violations

ENDED = case("m", "Hva var måltallet for tiltak3?", golden=("planen#avsnitt-3",))


def rules(one, **changes):
    """The rules that are broken when the answer is changed like this."""
    record = run(Shelf(), [one])
    outcome = record.outcomes[one.id]
    changed = replace(outcome, answer=replace(outcome.answer, **changes))
    return [v.rule for v in violations(one, changed, record.sections)]


def answer_to(one):
    return run(Shelf(), [one]).outcomes[one.id].answer


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("etter §§ 5 a og 7-9.", {"5a", "7-9"}),
        ("§ 4 i loven", {"4"}),
        ("§ 5-4 fjerde ledd", {"5-4"}),
        ("§§ 5a–5p, 8 og 9", {"5a", "5p", "8", "9"}),
        ("§5b og § 17\u00a0første ledd", {"5b", "17"}),
        ("30 prosent, kapittel 5", set()),
    ],
)
def test_paragraph_numbers_are_read_in_one_spelling(text, numbers):
    assert paragraphs(text) == numbers


def test_an_honest_answer_breaks_nothing():
    assert rules(case()) == rules(ENDED) == rules(refusal()) == []


def test_a_paragraph_that_the_source_does_not_name_is_invented():
    first = answer_to(case()).sentences[0]
    assert rules(case(), sentences=(replace(first, text=f"{first.text} Se § 9-9."),)) == [
        "invented_paragraph"
    ]
    assert rules(case(), text="Grensen er 300 kroner etter § 12.") == ["invented_paragraph"]


def test_a_quote_must_stand_in_its_passage_and_the_passage_in_the_corpus():
    cited = answer_to(case()).citations[0]
    assert rules(case(), citations=(replace(cited, quotes=("301 kroner",)),)) == ["quote_not_in_source"]
    assert rules(case(), citations=(replace(cited, text=cited.text + " Slutt."),)) == ["quote_not_in_source"]
    assert rules(case(), citations=(replace(cited, section_id="loven#avsnitt-4"),)) == ["quote_not_in_source"]
    assert rules(case(), citations=(replace(cited, section_id="loven#borte"),)) == ["quote_not_in_source"]


def test_every_sentence_has_a_source_that_is_shown():
    assert rules(case(), sentences=(Sentence("Kjøpet er lovlig.", ()),)) == ["uncited_sentence"]
    assert rules(case(), sentences=(Sentence("Kjøpet er lovlig.", (1, 2)),)) == ["uncited_sentence"]


def test_an_ended_source_is_marked_by_a_notice_or_in_the_sentence():
    first = answer_to(ENDED).sentences[0]
    assert rules(ENDED, notices=()) == ["ended_as_current"]
    assert rules(ENDED, notices=("Husk å sjekke beløpet.",)) == ["ended_as_current"]
    assert rules(ENDED, notices=(), sentences=(replace(first, lead="Gjaldt fram til 2024:"),)) == []


def test_a_sentence_that_gives_its_own_date_is_marked():
    first = answer_to(ENDED).sentences[0]
    dated = replace(first, text="Fra 1. januar 2024 var måltallet 3 prosent.")
    assert rules(ENDED, notices=(), sentences=(dated,)) == []


def test_an_ended_source_may_be_cited_unmarked_for_the_time_when_it_applied():
    assert rules(replace(ENDED, on=date(2022, 5, 1)), notices=()) == []


def test_a_proposal_is_not_law():
    record = run(Shelf(), [case()])
    proposed = {i: replace(s, rank="forslag") for i, s in record.sections.items()}
    assert [v.rule for v in violations(case(), record.outcomes["a"], proposed)] == ["ended_as_current"]


def test_the_validity_that_is_shown_is_that_of_the_corpus():
    cited = answer_to(ENDED).citations[0]
    assert rules(ENDED, citations=(replace(cited, in_force=True),)) == ["wrong_validity"]


def test_a_question_without_a_time_is_answered_for_the_day_it_was_asked():
    assert rules(case(), on=date(2022, 1, 1)) == ["wrong_day"]
    assert rules(case(on=date(2025, 5, 1)), on=date(2026, 11, 22)) == ["wrong_day"]
    assert rules(case(question="Hva var grensen for vare3 i 2022?"), on=date(2022, 12, 31)) == []


def test_a_part_that_is_missing_is_told_for_an_answer_and_for_a_run():
    record = run(Shelf(), [case()])
    outcome = record.outcomes["a"]
    limited = replace(outcome, limited="uten vektorer")
    assert [v.rule for v in violations(case(), limited, record.sections)] == ["missing_component"]
    assert rules(case(), status=AnswerStatus.MODEL_UNAVAILABLE) == ["missing_component"]
    assert silent_components([outcome]) == []
    deaf = replace(outcome, hits=tuple(replace(h, vector_rank=None) for h in outcome.hits))
    assert [v.detail for v in silent_components([deaf])] == ["vektorsøket fant ingenting i hele kjøringen"]
    assert len(silent_components([])) == 2
