"""Over real HTTP a reader has the sources at once and an answer in time, whatever the language model does."""

import pytest
from conftest import TODAY

from assistant import phrases
from assistant.assistant import Assistant
from assistant.embedding import HashingEmbedder
from benchmarks import faults

QUESTION = "Hva er beløpsgrensen for prøvekjøp?"
CUT_OFF = ("length", "broken", "stall_midway")
SLACK = 2.0
"""Seconds that the search, the check and a busy machine may add to the model's own deadline."""


@pytest.fixture(scope="module")
def make(small_settings, small_index):
    def opened(settings):
        own = {"var": small_settings.var, "corpus": small_settings.corpus}
        return Assistant(settings.model_copy(update=own), small_index, HashingEmbedder(), clock=lambda: TODAY)

    with faults.asked(opened) as (_, reader):
        reader.ask(QUESTION)  # LangChain is loaded once for all
    return opened


@pytest.mark.parametrize("fault", faults.FAULTS)
def test_a_fault_costs_no_error_and_no_time_beyond_the_deadline_and_a_retry_no_turn(make, fault):
    with faults.asked(make, fault) as (server, reader):
        told = reader.ask(QUESTION, conversation="new", id="første")
        again = reader.ask(QUESTION, conversation=told.conversation, id="første")
        turns = reader.turns(told.conversation)
        code, other = reader.ask_at_once(QUESTION)
    assert (told.code, again.code, code) == (200, 200, 200)
    assert told.sources < 1
    assert told.whole < faults.SECONDS + SLACK
    assert told.answer["sentences"]
    assert told.answer["citations"]
    assert other["sentences"]
    cut = fault in CUT_OFF
    assert told.answer["status"] == ("answered" if cut else "model_unavailable")
    assert told.answer["notices"] == [(phrases.MODEL_STOPPED if cut else phrases.MODEL_DOWN)["nb"]]
    assert again.answer == told.answer
    assert [turn["id"] for turn in turns] == ["første"]
    assert len(server.requests) <= 2, "the question and the one asked in one piece, neither tried again"


def test_what_failed_can_be_asked_again_when_the_model_is_back(make):
    with faults.asked(make, "down") as (server, reader):
        failed = reader.ask(QUESTION, conversation="new", id="første")
        server.fault = ""
        well = reader.ask(QUESTION, conversation=failed.conversation, id="andre")
        turns = reader.turns(failed.conversation)
    assert [failed.answer["status"], well.answer["status"]] == ["model_unavailable", "answered"]
    assert well.answer["mode"] == "generative"
    assert [turn["id"] for turn in turns] == ["første", "andre"]


def test_the_first_sentence_is_with_the_reader_while_the_model_still_writes(make):
    with faults.asked(make, pause=0.02) as (server, reader):
        told = reader.ask(QUESTION)
    assert told.answer["mode"] == "generative"
    assert told.sources < 1
    assert told.first < server.ended
