"""Numbers for Prometheus: counted where things happen, read by few, and free of what anyone wrote."""

import json
import logging
import re
from functools import cache

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from tiny import TinyAssistant

from assistant import metrics, server
from assistant.errors import ModelError
from assistant.logs import JsonFormatter
from assistant.settings import Settings
from assistant.types import Answer

HERE = ("127.0.0.1", 50000)
SECRET = "Hva med Kari Nordmann og terskelverdien"


def client(settings=None, peer=HERE, **more):
    app = server.build_app(TinyAssistant(settings or Settings(), **more))
    return TestClient(app, client=peer, raise_server_exceptions=False)


def numbers(opened):
    families = text_string_to_metric_families(opened.get("/metrics").text)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def number(opened, name, **labels):
    return numbers(opened).get((name, tuple(sorted(labels.items()))))


@pytest.fixture(scope="module")
def asked():
    """A service that has answered once as JSON and once as a stream, and refused a question."""
    with client() as opened:
        for accept in ("application/json", "text/event-stream"):
            opened.post("/api/v1/ask", json={"question": SECRET}, headers={"accept": accept})
        opened.post("/api/v1/ask", json={"question": "Hva er været i morgen?"})
        opened.post("/api/v1/ask", json={"question": ""})
        yield opened


def test_answers_are_counted_by_outcome_and_by_who_worded_them(asked):
    counted = {
        labels: value for (name, labels), value in numbers(asked).items() if name == "assistant_answers_total"
    }
    assert sum(counted.values()) == 3
    assert counted[("mode", "extractive"), ("status", "answered")] >= 2


def test_each_stage_of_an_answer_has_a_histogram(asked):
    assert number(asked, "assistant_stage_seconds_count", stage="search") == 3
    assert number(asked, "assistant_stage_seconds_count", stage="answer") == 3
    assert number(asked, "assistant_stage_seconds_count", stage="first_sentence") >= 2


def test_requests_are_counted_by_route_and_status(asked):
    found = {"method": "POST", "route": "/api/v1/ask"}
    assert number(asked, "assistant_http_requests_total", status="200", **found) == 3
    assert number(asked, "assistant_http_requests_total", status="422", **found) == 1


def test_the_build_and_the_state_of_the_search_are_told(asked):
    assert number(asked, "assistant_build_info", build="tiny") == 1
    assert number(asked, "assistant_chroma_wanted") == 1
    assert number(asked, "assistant_chroma_up") == 0
    assert number(asked, "assistant_closed") == 0


def test_the_request_that_reads_is_the_only_one_in_flight(asked):
    assert number(asked, "assistant_in_flight") == 1


def test_no_number_carries_what_anyone_wrote(asked):
    asked.get("/kilder/Kari-Nordmann?q=Kari")
    asked.get("/Kari/Nordmann")
    assert "kari" not in asked.get("/metrics").text.lower()


@pytest.fixture(scope="module")
def services():
    """A service for each setting of who may read the numbers."""
    return cache(lambda access: server.build_app(TinyAssistant(Settings(metrics=access))))


@pytest.mark.parametrize(
    ("access", "peer", "headers", "status"),
    [
        ("loopback", HERE, {}, 200),
        ("loopback", ("::1", 1), {}, 200),
        ("loopback", ("::ffff:127.0.0.1", 1), {}, 200),
        ("loopback", HERE, {"x-forwarded-for": "10.0.0.7"}, 404),
        ("loopback", HERE, {"forwarded": "for=10.0.0.7"}, 404),
        ("loopback", ("10.0.0.7", 1), {}, 404),
        ("loopback", ("testclient", 1), {}, 404),
        ("open", ("10.0.0.7", 1), {}, 200),
        ("off", HERE, {}, 404),
    ],
)
def test_the_numbers_are_for_this_machine_until_a_setting_says_otherwise(
    services, access, peer, headers, status
):
    answer = TestClient(services(access), client=peer).get("/metrics", headers=headers)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_answer_that_fails_is_counted_and_so_is_one_that_the_reader_left():
    counted = metrics.Metrics(TinyAssistant())

    def failing():
        raise ModelError("borte")
        yield

    with pytest.raises(ModelError):
        list(counted.follow(failing()))
    left = counted.follow(iter([1, 2, 3]))
    next(left)
    left.close()
    text = counted.text().decode()
    assert 'assistant_answers_total{mode="none",status="failed"} 1.0' in text
    assert 'assistant_answers_total{mode="none",status="abandoned"} 1.0' in text


def test_a_reader_who_stops_between_the_events_stops_the_work():
    stopped = []

    def working():
        try:
            yield 1
            yield 2
        finally:
            stopped.append(True)

    events = metrics.Metrics(TinyAssistant()).follow(working())
    next(events)
    events.close()
    assert stopped == [True]


def test_a_sentence_that_does_not_pass_is_counted(small, monkeypatch):
    counted = metrics.Metrics(small)
    monkeypatch.setattr("assistant.answering.citations.verify", lambda sentence, shown: None)
    answer = counted.watched().ask(small.question("Hva er beløpsgrensen for prøvekjøp?"))
    assert isinstance(answer, Answer)
    assert answer.sentences == ()
    dropped = re.search(r"^assistant_sentences_dropped_total (.+)$", counted.text().decode(), re.MULTILINE)
    assert dropped is not None
    assert float(dropped[1]) > 0


def test_what_is_turned_away_is_counted_by_reason():
    counted = metrics.Metrics(TinyAssistant())

    def app(status):
        async def answer(scope, receive, send):
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        return TestClient(metrics.Observed(answer, counted))

    for status in (429, 503, 503, 200):
        app(status).get("/api/v1/ask")
    app(503).get("/readyz")
    text = counted.text().decode()
    assert 'assistant_shed_total{reason="rate"} 1.0' in text
    assert 'assistant_shed_total{reason="busy"} 2.0' in text


def test_every_path_belongs_to_one_of_a_few_routes():
    known = {
        "/": "chat", "/nn/": "chat", "/nb": "chat", "/gradio_api/queue/join": "chat",
        "/api/v1/ask": "/api/v1/ask",
        "/api/v1/sources/x": "/api", "/kilder/x": "/kilder", "/web/ui.css": "/web", "/nn/assets/a.js": "/web",
        "/healthz": "health", "/metrics": "health", "/wp-login.php": "other", "/api/v1/ask/": "/api",
    }  # fmt: skip
    assert {path: metrics.route(path) for path in known} == known


def test_each_response_has_a_number_its_own_or_that_of_the_proxy():
    opened = client()
    given = opened.get("/healthz", headers={"x-request-id": "abc-12345678"})
    assert given.headers["x-request-id"] == "abc-12345678"
    for bad in ("kort", "x" * 65, "har mellomrom", "linje%0Askift"):
        made = opened.get("/healthz", headers={"x-request-id": bad}).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]{32}", made)


def test_the_log_has_one_line_for_a_request_and_nothing_of_what_was_asked(caplog):
    with client() as opened, caplog.at_level(logging.DEBUG, "assistant"):
        answer = opened.post("/api/v1/ask?q=Nordmann", json={"question": SECRET})
        opened.post("/api/v1/ask", json={"question": f"krasj {SECRET}"})
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert not [line for line in lines if "Nordmann" in line]
    first, second = [json.loads(line) for line in lines if "assistant.request" in line]
    assert (first["route"], first["status"], first["method"]) == ("/api/v1/ask", 200, "POST")
    assert second["status"] == 500
    assert answer.headers["x-request-id"]


def test_health_checks_that_go_well_do_not_fill_the_log(caplog):
    with client() as opened, caplog.at_level(logging.INFO, "assistant"):
        opened.get("/healthz")
        opened.get("/kilder")
    assert [r.route for r in caplog.records if r.name == "assistant.request"] == ["/kilder"]
