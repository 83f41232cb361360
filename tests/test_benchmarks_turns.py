"""A measured system replies to each line with what it was asked for, and new questions go to every client."""

import json
import time
from pathlib import Path

from benchmarks import rivals, turns


def test_a_line_is_answered_with_time_or_memory():
    heard = []
    assert turns.reply(heard.append, {"ask": "Hva er fristen?"})["ms"] >= 0
    assert heard == ["Hva er fristen?"]
    assert turns.reply(heard.append, {"use": True})["mib"] > 1


def test_clients_share_the_questions_out_so_that_none_is_asked_twice_before_all_are():
    heard = []

    def ask(question):
        heard.append(question)
        time.sleep(0.002)

    questions = [str(n) for n in range(10_000)]
    assert turns.many(ask, questions, 4, 0.1) > 4
    assert len(heard) == len(set(heard))


def test_every_system_is_asked_every_question_and_each_comes_first_in_its_turn():
    order = []

    class Told:
        def __init__(self, name):
            self.name = name

        def ask(self, wanted):
            order.append((wanted["ask"], self.name))
            return {"ms": 2.0}

    took = rivals.in_turn({name: Told(name) for name in "ab"}, ["1", "2"], ["0"])
    assert took == {"a": [2.0, 2.0], "b": [2.0, 2.0]}
    assert order == [("0", "a"), ("0", "b"), ("1", "a"), ("1", "b"), ("2", "b"), ("2", "a")]


def test_texts_and_model_lie_where_every_system_looks(tmp_path):
    rivals.prepare(tmp_path / "store", [("a", "Frist på ti dager")], Path("modell"))
    assert json.loads((tmp_path / "store" / "passages.json").read_text("utf-8")) == [
        ["a", "Frist på ti dager"]
    ]
    assert turns.model(tmp_path / "store") == Path("modell").resolve()


def test_no_setting_of_ours_reaches_a_measured_process(monkeypatch):
    monkeypatch.setenv("ASSISTANT_VECTORS", "exact")
    assert not [name for name in rivals.environment() if name.startswith("ASSISTANT_")]
