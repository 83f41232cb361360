"""OpenTelemetry is told where the time went, nothing that anyone wrote, and only when a setting says so."""

import json
import logging
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path

import pytest
from conftest import TODAY
from fastapi.testclient import TestClient
from model_server import serving
from otlp_receiver import receiving, values
from test_writing import LIMIT
from test_writing import assistant as worded
from tiny import TinyAssistant

import assistant
from assistant import server
from assistant.assistant import Assistant
from assistant.conversations import open_store
from assistant.conversations.recording import Recorder
from assistant.embedding import HashingEmbedder
from assistant.errors import ModelError, SettingsError
from assistant.llm import ModelTrouble
from assistant.logs import JsonFormatter
from assistant.settings import Settings
from assistant.stages import follower, stage

ROOT = Path(__file__).resolve().parent.parent
ASK = "POST /api/v1/ask"
SECRET = "Hva med Kari Nordmann og terskelverdien"
ON = {"otel": "traces"}
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"
KEYS = {
    "http.request.method", "http.route", "http.response.status_code",
    "assistant.status", "assistant.mode", "assistant.build", "error.type",
}  # fmt: skip
VALUE = re.compile(r"[A-Za-z0-9/_. ]{1,40}")
THREAD = "OtelBatchSpanRecordProcessor"


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """Of OpenTelemetry's own variables only what a test sets; no proxy between it and its receiver."""
    import os

    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def receiver(monkeypatch):
    with receiving() as received:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        yield received


@contextmanager
def client(it=None, recorder=None, peer="127.0.0.1", **options):
    """A service that is followed; its spans are sent when the block ends."""
    app = server.build_app(it or TinyAssistant(Settings(**ON, **options)), recorder)
    with TestClient(app, client=(peer, 50000), raise_server_exceptions=False) as opened:
        yield opened


def ask(opened, text=SECRET, accept="application/json", **more):
    return opened.post("/api/v1/ask", json={"question": text, **more}, headers={"accept": accept})


def named(received, name):
    return [span for span in received.spans if span.name == name]


@pytest.fixture
def real(small_settings, small_index):
    """The whole assistant over the short documents, followed."""
    settings = small_settings.model_copy(update={"vectors": "exact", **ON})
    return Assistant(settings, small_index, HashingEmbedder(), clock=lambda: TODAY)


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_request_is_one_trace_with_its_answer_and_the_stages_of_it(real, receiver, accept):
    with client(real) as opened:
        assert ask(opened, LIMIT, accept).status_code == 200
    assert receiver.tree(ASK) == [ASK, " answer", "  search", "  compose"]
    assert len({span.trace_id for span in receiver.spans}) == 1
    request, answer = named(receiver, ASK)[0], named(receiver, "answer")[0]
    assert request.kind == request.SPAN_KIND_SERVER
    assert request.parent_span_id == b""
    assert values(request.attributes) == {
        "http.request.method": "POST",
        "http.route": "/api/v1/ask",
        "http.response.status_code": 200,
    }
    assert values(answer.attributes) == {
        "assistant.status": "answered",
        "assistant.mode": "extractive",
        "assistant.build": real.build,
    }
    for outer, inner in (
        (request, answer),
        *((answer, n) for n in receiver.spans if n.name in ("search", "compose")),
    ):
        assert outer.start_time_unix_nano <= inner.start_time_unix_nano
        assert inner.end_time_unix_nano <= outer.end_time_unix_nano
    assert set(receiver.paths) == {"/v1/traces"}


def followed(small_settings, small_index, url, **more):
    return worded(small_settings, small_index, url, ASSISTANT_OTEL="traces", **more)


def test_a_model_has_a_span_and_each_of_its_sentences_a_check(small_settings, small_index, receiver):
    with serving() as model, client(followed(small_settings, small_index, model.url)) as opened:
        assert ask(opened, LIMIT).json()["mode"] == "generative"
    tree = receiver.tree(ASK)
    assert tree[:4] == [ASK, " answer", "  search", "  compose"]
    assert "   model" in tree
    assert {line.strip() for line in tree[4:]} == {"model", "check"}


def test_a_model_that_completes_a_follow_up_is_a_part_of_the_search(small_settings, small_index, receiver):
    with serving() as model, client(followed(small_settings, small_index, model.url)) as opened:
        turns = [{"question": LIMIT, "answer": "500 000 kroner [1]."}]
        ask(opened, "Og for dem?", history=turns)
    assert receiver.tree(ASK)[:4] == [ASK, " answer", "  search", "   model"]


def test_a_model_that_fails_is_told_by_one_word_and_the_answer_is_given(
    small_settings, small_index, receiver
):
    with serving(fault="down") as model, client(followed(small_settings, small_index, model.url)) as opened:
        assert ask(opened, LIMIT).json()["status"] == "model_unavailable"
    (model_span,) = named(receiver, "model")
    assert values(model_span.attributes) == {"error.type": "http 500"}
    assert model_span.status.code == model_span.status.STATUS_CODE_ERROR
    assert named(receiver, "answer")[0].status.code == model_span.status.STATUS_CODE_UNSET


def test_nothing_that_anyone_wrote_is_told(tmp_path, receiver):
    settings = Settings(
        var=tmp_path, proxy_peers="10.0.0.5", proxy_secret="en-lang-hemmelighet-42", retention_days=30, **ON
    )
    store = open_store(settings)
    user = {
        "x-forwarded-user": "kari.nordmann",
        "x-proxy-secret": "en-lang-hemmelighet-42",
        "x-forwarded-for": "10.20.30.40",
        "x-request-id": "kari-nordmann-1",
        "traceparent": PARENT,
        "tracestate": "fylke=karinordmann",
        "baggage": "bruker=karinordmann",
        "user-agent": "Nordmanns nettleser",
    }
    with client(TinyAssistant(settings), Recorder(store), "10.0.0.5") as opened:
        opened.headers.update(user)
        kept = ask(opened, conversation="new", id="nordmanns-spørsmål")
        ask(opened, f"krasj {SECRET}")
        ask(opened, f"modellfeil {SECRET}", "text/event-stream")
        conversation = kept.headers["x-conversation-id"]
        opened.get(f"/api/v1/conversations/{conversation}")
        opened.get(f"/svar/{conversation}")
        opened.get("/kilder/Kari-Nordmann?q=Nordmann")
        opened.get("/Nordmann")
        opened.request("NORDMANN", "/api/v1/ask")
    store.close()
    assert len(receiver.spans) > 8
    told = b"".join(receiver.bodies).lower()
    for secret in (
        b"nordmann",
        b"kari",
        b"terskel",
        b"hemmelig",
        b"10.0.0.5",
        b"10.20.30.40",
        b"innslagspunkt",
    ):
        assert secret not in told
    assert conversation.encode() not in told
    for span in receiver.spans:
        attributes = values(span.attributes)
        assert attributes.keys() <= KEYS
        assert all(VALUE.fullmatch(str(value)) for value in attributes.values())
        assert not span.events
        assert not span.links
        assert span.status.message == ""


def test_an_error_is_told_by_its_kind_alone(receiver):
    with client() as opened:
        assert ask(opened, f"krasj {SECRET}").status_code == 500
    request, answer = named(receiver, ASK)[0], named(receiver, "answer")[0]
    assert values(answer.attributes) == {"assistant.status": "failed", "error.type": "RuntimeError"}
    assert values(request.attributes)["http.response.status_code"] == 500
    assert {span.status.code for span in (request, answer)} == {request.status.STATUS_CODE_ERROR}


def test_an_answer_that_the_reader_left_is_told_as_left(receiver):
    spans = server.open_spans(Settings(**ON))
    events = spans.follow(iter([1, 2, 3]))
    next(events)
    events.close()
    spans.close()
    assert values(named(receiver, "answer")[0].attributes) == {"assistant.status": "abandoned"}


def test_the_steps_of_an_answer_may_be_taken_by_different_threads(receiver):
    def working():
        with stage("search"):
            yield 1
        with stage("compose"):
            yield 2
            with stage("model"):
                yield 3

    spans = server.open_spans(Settings(**ON))
    events, seen = spans.follow(working()), []
    for _ in range(4):
        step = threading.Thread(target=lambda: seen.extend(filter(None, [next(events, None)])))
        step.start()
        step.join()
    spans.close()
    assert seen == [1, 2, 3]
    assert receiver.tree("answer") == ["answer", " search", " compose", "  model"]
    assert follower.get() is None


def test_a_stage_that_is_left_halfway_leaves_the_next_answer_alone(receiver):
    def working():
        with stage("compose"), stage("model"):
            yield 1

    spans = server.open_spans(Settings(**ON))
    left = spans.follow(working())
    next(left)
    left.close()
    list(spans.follow(working()))
    spans.close()
    first, second = named(receiver, "answer")
    assert first.trace_id != second.trace_id
    below = {span.parent_span_id for span in named(receiver, "compose")}
    assert below == {first.span_id, second.span_id}


def test_the_model_says_why_and_others_only_what_they_are(receiver):
    spans = server.open_spans(Settings(**ON))

    def failing(error):
        raise error
        yield

    for error in (ModelTrouble("silent"), ModelError("hemmelig")):
        with pytest.raises(type(error)):
            list(spans.follow(failing(error)))
    spans.close()
    told = [values(span.attributes)["error.type"] for span in named(receiver, "answer")]
    assert told == ["silent", "ModelError"]


@pytest.mark.parametrize(
    ("peer", "headers", "believed"),
    [
        ("10.0.0.5", [PARENT], True),
        ("10.0.0.9", [PARENT], False),
        ("127.0.0.1", [PARENT], False),
        ("10.0.0.5", [PARENT, PARENT.replace("4bf9", "aaaa")], False),
        ("10.0.0.5", ["00-nordmann-00f067aa0ba902b7-01"], False),
    ],
)
def test_the_trace_of_a_request_is_taken_from_a_proxy_of_ours_alone(receiver, peer, headers, believed):
    proxy = {"proxy_peers": "10.0.0.5", "proxy_secret": "en-lang-hemmelighet-42"}
    with client(peer=peer, **proxy) as opened:
        opened.get("/api/v1/sources", headers=[("traceparent", each) for each in headers])
    (span,) = receiver.spans
    assert (span.trace_id.hex() == TRACE) is believed
    assert (span.parent_span_id.hex() == SPAN) is believed
    assert span.trace_state == ""


def test_health_checks_and_the_files_of_the_pages_have_no_span(receiver):
    with client() as opened:
        for path in ("/healthz", "/readyz", "/metrics", "/web/ui.css", "/"):
            opened.get(path)
    assert [span.name for span in receiver.spans] == ["GET chat"]


def test_an_answer_outside_a_request_is_a_trace_of_its_own(receiver):
    """The chat page has its answers made by a worker that no request waits for."""
    spans = server.open_spans(Settings(**ON))
    it = TinyAssistant()
    spans.watched(it).ask(it.question(SECRET))
    spans.close()
    (span,) = receiver.spans
    assert (span.name, span.parent_span_id) == ("answer", b"")


def test_a_task_that_a_request_leaves_behind_is_no_part_of_it(receiver):
    left = []

    async def app(scope, receive, send):
        left.append(copy_context())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    spans, it = server.open_spans(Settings(**ON)), TinyAssistant()
    TestClient(spans.around(app, lambda scope: False)).get("/api/v1/sources")
    left[0].run(lambda: spans.watched(it).ask(it.question(SECRET)))
    spans.close()
    request, answer = receiver.spans
    assert (answer.name, answer.parent_span_id) == ("answer", b"")
    assert answer.trace_id != request.trace_id


def test_what_is_asked_on_the_chat_page_is_no_part_of_somebody_elses_request(receiver):
    with client() as opened:
        dependencies = opened.get("/config").json()["dependencies"]
        (ask_here,) = [each["id"] for each in dependencies if each["trigger_mode"] == "multiple"]
        for session in ("en", "to"):
            body = {"data": [SECRET, "", None, ""], "fn_index": ask_here, "session_hash": session}
            opened.post("/gradio_api/queue/join", json=body)
            with opened.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as lines:
                assert any("process_completed" in line for line in lines.iter_lines())
    answers = named(receiver, "answer")
    assert len(answers) == 2
    assert {span.parent_span_id for span in answers} == {b""}


def test_the_log_names_the_trace(receiver, caplog, monkeypatch):
    with client() as opened, caplog.at_level(logging.INFO, "assistant"):
        formatter = JsonFormatter()
        lines = []
        emitted = lambda record: lines.append(json.loads(formatter.format(record)))  # noqa: E731
        monkeypatch.setattr(caplog.handler, "emit", emitted)
        opened.get("/api/v1/sources")
    (line,) = [line for line in lines if line["logger"] == "assistant.request"]
    assert line["trace_id"] == receiver.spans[0].trace_id.hex()


def test_the_service_is_named_as_opentelemetrys_own_variables_say(receiver, monkeypatch):
    with client() as opened:
        opened.get("/api/v1/sources")
    (told,) = receiver.resources
    assert told["service.name"] == "anskaffelsesassistenten"
    assert told.keys() <= {
        "service.name", "service.version", "service.instance.id",
        "telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version",
    }  # fmt: skip
    monkeypatch.setenv("OTEL_SERVICE_NAME", "innkjop")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prove")
    with client() as opened:
        opened.get("/api/v1/sources")
    told = receiver.resources[-1]
    assert (told["service.name"], told["deployment.environment.name"]) == ("innkjop", "prove")


@pytest.mark.parametrize("fault", [{"hangs": True}, {"status": 503}, {"status": 400}, None])
def test_a_receiver_that_fails_delays_no_answer_and_not_the_end(monkeypatch, fault):
    with receiving(**(fault or {})) as received:
        url = received.url if fault else "http://127.0.0.1:9"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")  # it is being sent while the next is asked
        with client() as opened:
            ask(opened)
            time.sleep(0.2)
            began = time.perf_counter()
            assert [ask(opened).status_code for _ in range(5)] == [200] * 5
            assert time.perf_counter() - began < 2
            began = time.perf_counter()
        assert time.perf_counter() - began < 4
        assert fault is None or received.bodies


def test_spans_that_nobody_fetches_do_not_pile_up(monkeypatch):
    with receiving(hangs=True) as received:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "10")
        monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "5")
        spans = server.open_spans(Settings(**ON))
        for _ in range(100):
            spans.tracer.start_span("x").end()
        (processor,) = spans._provider._active_span_processor._span_processors
        assert len(processor._batch_processor._queue) <= 10
        spans.close()


def test_what_sends_ends_also_when_the_receiver_is_gone(monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    before = threads()
    spans = server.open_spans(Settings(**ON))
    (sending,) = threads() - before
    spans.tracer.start_span("x").end()
    spans.close()
    sending.join(5)
    assert not sending.is_alive()


def test_what_sends_ends_with_the_service(receiver):
    before = threads()
    with client() as opened:
        ask(opened)
        assert len(threads() - before) == 1
    assert threads() <= before
    assert named(receiver, ASK), "what was left is sent first"


def threads():
    return {thread for thread in threading.enumerate() if thread.name == THREAD}


def test_nobody_is_told_without_the_setting(receiver, monkeypatch):
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    before = threads()
    with TestClient(server.build_app(TinyAssistant())) as opened:
        ask(opened)
        assert threads() <= before
    assert receiver.bodies == []


PROGRAM = """
import sys
sys.path.insert(0, "tests")
from tiny import TinyAssistant
from assistant import server
server.build_app(TinyAssistant())
print([name for name in sys.modules if name == "assistant.spans" or name.startswith("opentelemetry.ex")])
"""


def test_nothing_of_it_is_loaded_without_the_setting():
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_a_missing_package_stops_the_start_and_says_what_to_install(receiver, monkeypatch):
    monkeypatch.delitem(sys.modules, "assistant.spans", raising=False)
    monkeypatch.delattr(assistant, "spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(SettingsError, match="ikke er installert") as refused:
        server.build_app(TinyAssistant(Settings(**ON)))
    assert refused.value.remedy == "Installer dem: pip install '.[otel]'."


THERE = {"EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "trenger adressen til en mottaker"),
        ({"EXPORTER_OTLP_ENDPOINT": ""}, "trenger adressen til en mottaker"),
        ({"EXPORTER_OTLP_ENDPOINT": "localhost:4318"}, "trenger adressen til en mottaker"),
        ({"EXPORTER_OTLP_ENDPOINT": "file:///etc/passwd"}, "trenger adressen til en mottaker"),
        ({**THERE, "EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"),
        (
            {**THERE, "EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"},
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json",
        ),
        ({**THERE, "BSP_MAX_QUEUE_SIZE": "0"}, "tar ikke imot innstillingene"),
    ],
)
def test_variables_that_cannot_be_used_stop_the_start(monkeypatch, variables, told):
    for name, value in variables.items():
        monkeypatch.setenv(f"OTEL_{name}", value)
    before = threads()
    with pytest.raises(SettingsError, match=told):
        server.open_spans(Settings(**ON))
    assert threads() <= before


def test_an_address_for_traces_alone_is_used_before_the_common_one(receiver, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{receiver.url}/inn/spor")
    with client() as opened:
        opened.get("/api/v1/sources")
    assert receiver.paths == ["/inn/spor"]
