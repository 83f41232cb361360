from pathlib import Path

from assistant import ingest, scope
from evals.cases import Case, load_cases
from evals.independence import twins

CORPUS = Path(__file__).parent.parent / "corpus"


def case(question):
    return Case("c", question, "nb", "other", "utenfor", "plain", ("answered",))


def test_a_question_that_differs_by_a_word_is_a_twin():
    (twin,) = twins([case("Hvor lenge kan en rammeavtale vare?")], ["Hvor lenge kan rammeavtalen vare?"])
    assert twin.case_id == "c"


def test_another_question_on_the_same_subject_is_no_twin():
    assert twins([case("Hvor lenge kan en rammeavtale vare?")], ["Når går rammeavtalen ut på tid?"]) == []


def test_no_case_is_among_the_products_own_questions():
    keys = [key.question for keys in ingest.read_keys(CORPUS)[0].values() for key in keys]
    own = keys + [example.question for example in scope.read(CORPUS)]
    assert len(own) > 1000
    assert twins(load_cases(), own) == []
