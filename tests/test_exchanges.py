from dataclasses import replace

import pytest
from tiny import TODAY, TinyAssistant

from assistant.exchanges import Exchange, announcement, flow
from assistant.types import AnswerStatus, Block, Sentence

BEGUN = Exchange(1, "Hei?", TODAY, progress="Søker …")


@pytest.fixture
def answer():
    assistant = TinyAssistant()
    return assistant.ask(assistant.question("Hva er terskelen?"))


def test_an_exchange_runs_until_it_is_answered_stopped_or_failed(answer):
    assert BEGUN.state == "running"
    assert replace(BEGUN, answer=answer).state == "done"
    assert replace(BEGUN, stopped=True).state == "stopped"
    assert replace(BEGUN, failure="Au").state == "failed"


def test_a_listener_hears_the_steps_and_then_the_outcome(answer):
    assert announcement(BEGUN, "nb") == "Søker …"
    assert announcement(replace(BEGUN, answer=answer), "nb") == "Svaret er klart. Antall kilder: 2."
    refused = replace(answer, status=AnswerStatus.NO_EVIDENCE)
    assert announcement(replace(BEGUN, answer=refused), "nn") == "Fann ikkje svar i kjeldene"
    assert announcement(replace(BEGUN, failure="Au"), "nb") == "Au"
    assert announcement(replace(BEGUN, stopped=True), "nb") == "Stoppet. Du ser det som rakk å komme."


def test_items_and_rows_flow_in_one_list_whatever_they_cite():
    assert flow(Sentence("a", (1,), Block.ITEM)) == flow(Sentence("b", (2,), Block.ROW))


def test_paragraphs_flow_together_only_when_they_cite_the_same():
    assert flow(Sentence("a", (1,))) != flow(Sentence("b", (2,)))
