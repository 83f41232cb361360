"""Facts that an answer turns on: asked for when they decide and are not told, and never otherwise."""

from pathlib import Path

import pytest

from assistant import clarifying
from assistant.errors import CorpusError

CORPUS = Path(__file__).parent.parent / "corpus"


@pytest.fixture(scope="module")
def facts():
    return clarifying.read(CORPUS)


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("Må vi kunngjøre dette kjøpet på Doffin?", "value"),
        ("Må miljø vektes i konkurransen vår?", "value"),
        ("Skal dette kjøpet kunngjerast?", "value"),
        ("Do we have to publish this contract on Doffin?", "value"),
        ("Hvor mange ledd underleverandører kan avtalen vår ha?", "kind"),
    ],
)
def test_a_question_about_ones_own_purchase_is_met_with_the_fact_that_decides(facts, question, fact):
    found = clarifying.missing(facts, question)
    assert found is not None
    assert found.id == fact


@pytest.mark.parametrize(
    "question",
    [
        "Må vi kunngjøre dette kjøpet på 900 000 kroner?",
        "Må vi kunngjøre konkurransen vår når den er over EØS-terskelen?",
        "Når må en anskaffelse kunngjøres?",
        "Hva er karensperioden?",
        "Hvor mange ledd underleverandører kan renholdskontrakten vår ha?",
        "Hvem følger opp kontrakten vår?",
    ],
)
def test_a_question_that_tells_it_or_asks_in_general_is_not(facts, question):
    assert clarifying.missing(facts, question) is None


def test_a_choice_completes_the_question_so_that_nothing_is_missing(facts):
    question = "Må vi kunngjøre dette kjøpet?"
    fact = clarifying.missing(facts, question)
    choices = fact.completes(question)
    assert [choice.question.startswith(question) for choice in choices] == [False, False, True, False]
    assert all(clarifying.missing(facts, choice.question) is None for choice in choices)


@pytest.mark.parametrize("ways", ["", "says: b, asks: c"])
def test_a_choice_either_completes_the_question_or_replaces_it(tmp_path, ways):
    choice = f"{{label: a, {ways}}}"
    (tmp_path / "facts.yaml").write_text(
        f"facts: [{{id: a, notice: {{nb: b}}, about: [c], known: [d], choices: [{choice}, {choice}]}}]",
        encoding="utf-8",
    )
    with pytest.raises(CorpusError, match=r"says|asks"):
        clarifying.read(tmp_path)


def test_every_notice_is_told_in_all_three_languages(facts):
    assert all(set(fact.notice) == {"nb", "nn", "en"} for fact in facts)


def test_a_corpus_without_facts_asks_for_none(tmp_path):
    assert clarifying.read(tmp_path) == ()


@pytest.mark.parametrize("content", ["facts: [", "facts: [{id: a}]", "annet: 1"])
def test_a_malformed_file_is_told(tmp_path, content):
    (tmp_path / "facts.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"facts\.yaml"):
        clarifying.read(tmp_path)
