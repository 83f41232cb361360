"""A listener outside is told of the model only when a setting names it, and never costs anyone an answer."""

import sys
from types import SimpleNamespace

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from model_server import serving
from test_writing import LIMIT, assistant

from assistant import chain
from assistant.errors import SettingsError
from assistant.settings import Settings
from assistant.types import AnswerMode

TOLD = []
"""What the listeners of a test were told."""


class Listener(BaseCallbackHandler):
    def on_chat_model_start(self, _serialized, messages, **_):
        TOLD.append(str(messages))

    def on_llm_end(self, response, **_):
        TOLD.append(str(response))


class Broken(BaseCallbackHandler):
    def on_chat_model_start(self, *_args, **_more):
        TOLD.append("broken")
        raise RuntimeError("mottakeren er borte")


def several():
    return [Broken(), Listener()]


def nothing():
    return []


def text():
    return "en lytter"


@pytest.fixture(autouse=True)
def _module(monkeypatch):
    TOLD.clear()
    there = SimpleNamespace(one=Listener, several=several, nothing=nothing, text=text, wants_more=asked)
    monkeypatch.setitem(sys.modules, "lyttere", there)


def asked(small_settings, small_index, **more):
    with serving() as server:
        it = assistant(small_settings, small_index, server.url, **more)
        return it.ask(it.question(LIMIT))


def test_the_listener_of_the_setting_is_told_the_question_and_the_text(small_settings, small_index):
    given = asked(small_settings, small_index, ASSISTANT_TRACING="lyttere:one")
    assert given.mode is AnswerMode.GENERATIVE
    before, after = TOLD
    assert LIMIT in before
    assert "500 000 kroner" in after


def test_nobody_is_told_without_the_setting(small_settings, small_index, monkeypatch):
    made = []
    monkeypatch.setattr(chain, "listeners", lambda named: made.append(named) or [Listener()])
    assert asked(small_settings, small_index).mode is AnswerMode.GENERATIVE
    assert made == TOLD == []


def test_a_listener_that_fails_costs_neither_the_answer_nor_the_next_listener(small_settings, small_index):
    given = asked(small_settings, small_index, ASSISTANT_TRACING="lyttere:several")
    assert given.mode is AnswerMode.GENERATIVE
    assert TOLD[0] == "broken"
    assert LIMIT in TOLD[1]


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("finnes_ikke:lytter", "ModuleNotFoundError"),
        ("lyttere:finnes_ikke", "AttributeError"),
        ("lyttere:wants_more", "TypeError"),
        ("lyttere:nothing", "ingen lytter"),
        ("lyttere:text", "ingen lytter"),
    ],
)
def test_what_is_no_listener_stops_the_start(small_settings, small_index, named, why):
    with pytest.raises(SettingsError, match=why):
        assistant(small_settings, small_index, "http://127.0.0.1:9/v1", ASSISTANT_TRACING=named)


@pytest.mark.parametrize(
    ("value", "told"), [("uten-funksjon", "ASSISTANT_TRACING"), ("os:getcwd", "følger en språkmodell")]
)
def test_a_setting_that_cannot_hold_is_refused(value, told):
    with pytest.raises(SettingsError, match=told):
        Settings.read({"ASSISTANT_TRACING": value})
