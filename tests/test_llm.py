"""When a model is left alone, and when it is tried again."""

import threading

import pytest

from assistant.llm import Breaker, Caller, Limits, ModelTrouble, Piece
from assistant.prompting import Prompt

PROMPT = Prompt("Skriv.", "Nå.", "abc")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Model:
    """A model in the process, for what a server cannot show: how many ask at once."""

    name = "lokal"

    def __init__(self, pieces=("Hei",), hold=None):
        self.pieces, self.hold, self.asked = pieces, hold, 0

    def stream(self, prompt, limit):
        self.asked += 1
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield Piece(piece)
        if self.hold:
            self.hold.wait(5)
        yield Piece("", "stop")


def told(caller):
    return "".join(piece.text for piece in caller.stream(PROMPT))


def test_a_breaker_opens_after_a_few_failures_and_lets_one_through_after_a_rest():
    clock = Clock()
    breaker = Breaker(failures=2, rest=10, clock=clock)
    assert breaker.allows()
    breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    clock.now += 11
    assert breaker.allows()
    assert not breaker.allows(), "one at a time"
    breaker.failed()
    clock.now += 11
    assert not breaker.allows(), "the next rest is longer"
    clock.now += 10
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.allows()
    assert breaker.allows()


@pytest.mark.parametrize(("asked", "rest"), [(60, 60), (86_400, 300)])
def test_a_server_is_left_alone_for_as_long_as_it_asks_within_reason(asked, rest):
    clock = Clock()
    breaker = Breaker(clock=clock)
    breaker.failed(asked)
    clock.now += rest - 1
    assert not breaker.allows()
    clock.now += 2
    assert breaker.allows()


def test_a_reader_who_leaves_during_the_trial_does_not_keep_the_breaker_waiting():
    clock = Clock()
    breaker = Breaker(failures=1, rest=10, clock=clock)
    breaker.failed()
    clock.now += 11
    assert breaker.allows()
    breaker.forgotten()
    assert breaker.allows()


def test_the_text_comes_in_pieces_and_success_is_remembered():
    caller = Caller(Model(("Hei ", "du")), Limits())
    caller.breaker.failed()
    assert told(caller) == "Hei du"
    assert caller.breaker.allows()


def test_a_client_that_loses_patience_before_we_do_has_met_a_silent_model():
    caller = Caller(Model([TimeoutError()]), Limits(5, 5))
    with pytest.raises(ModelTrouble, match="silent"):
        told(caller)


def test_an_accident_in_the_client_becomes_trouble_with_its_name():
    caller = Caller(Model(("Hei", ZeroDivisionError())), Limits())
    with pytest.raises(ModelTrouble, match="ZeroDivisionError"):
        told(caller)


def test_more_requests_than_there_is_room_for_do_not_wait_in_line():
    hold = threading.Event()
    caller = Caller(Model(hold=hold), Limits(at_once=1))
    first = caller.stream(PROMPT)
    assert next(first).text == "Hei"
    with pytest.raises(ModelTrouble, match="busy"):
        told(caller)
    hold.set()
    assert [piece.finish for piece in first] == ["stop"]
    assert caller.breaker.allows()


def test_a_text_that_is_too_long_is_cut_off():
    caller = Caller(Model(("x" * 5000,)), Limits(tokens=100))
    with pytest.raises(ModelTrouble, match="endless"):
        told(caller)
