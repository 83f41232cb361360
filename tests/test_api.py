import json
import time
from datetime import date

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from tiny import RULES, SMALL, TinyAssistant

from assistant import api, problems, promises
from assistant.types import Answer, Document, Source, SourceKind

ASK = "/api/v1/ask"
DESIGNED = {
    "id", "question", "on", "status", "text", "sentences", "citations", "notices", "follow_ups", "mode",
    "build", "latency_ms",
}  # fmt: skip
CITATION = {
    "n", "passage_id", "title", "section", "url", "page", "quote", "text", "type", "valid_from", "valid_to",
    "in_force", "checked",
}  # fmt: skip


@pytest.fixture
def assistant():
    return TinyAssistant(limited="Ordsøk uten vektorer.")


@pytest.fixture
def client(assistant):
    app = FastAPI()
    problems.install(app)
    app.include_router(api.router(assistant))
    return TestClient(app, raise_server_exceptions=False)


def events(response):
    frames = [frame for frame in response.text.split("\n\n") if frame and not frame.startswith(":")]
    pairs = [frame.split("\n", 1) for frame in frames]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in pairs]


def stream(client, question):
    return client.post(ASK, json={"question": question}, headers={"accept": "text/event-stream"})


def test_an_answer_is_json_with_every_field_of_the_contract(client):
    answer = client.post(ASK, json={"question": "Hva er terskelen?"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) >= DESIGNED
    assert set(body["citations"][0]) >= CITATION
    assert body["status"] == "answered"
    assert body["on"] == "2026-11-22"
    assert body["citations"][1]["valid_from"] == "2026-07-01"
    assert body["sentences"][3]["citations"] == [2]


def test_the_json_of_an_answer_is_the_answer(client):
    body = client.post(ASK, json={"question": "Hva er terskelen?"}).content
    assert TypeAdapter(Answer).validate_json(body).citations[1].valid_from == date(2026, 7, 1)


def test_the_day_the_history_and_the_id_reach_the_assistant(client, assistant):
    earlier = [{"question": "Hva er LOA?", "answer": "Loven [1]."}, {"question": "Og FOA?"}]
    asked = {"question": "Terskel?", "on": "2023-02-01", "history": earlier, "id": "sak-7", "types": ["lov"]}
    assert client.post(ASK, json=asked).json()["id"] == "sak-7"
    question = assistant.asked[0]
    assert question.on == date(2023, 2, 1)
    assert question.only == (SourceKind.LAW,)
    assert [(turn.question, turn.answer) for turn in question.history] == [
        ("Hva er LOA?", "Loven [1]."),
        ("Og FOA?", ""),
    ]


def test_a_stream_has_each_step_and_the_whole_answer_last(client):
    response = stream(client, "Hva er terskelen?")
    assert response.headers["content-type"].startswith("text/event-stream")
    named = events(response)
    assert [name for name, _ in named] == [
        "progress", "retrieval", "progress", "citation", "citation",
        "sentence", "sentence", "sentence", "sentence", "answer",
    ]  # fmt: skip
    assert named[0][1] == {"text": "Søker i kildene …"}
    assert named[1][1]["hits"][0]["passage_id"] == f"{SMALL.id}/0"
    assert named[-1][1]["status"] == "answered"


def test_the_streamed_answer_is_the_answer_that_is_given_in_one_piece(client):
    streamed = dict(events(stream(client, "Hva er terskelen?")))["answer"]
    whole = client.post(ASK, json={"question": "Hva er terskelen?"}).json()
    same = {"latency_ms": 0, "id": ""}
    assert streamed | same == whole | same


@pytest.mark.parametrize(
    ("question", "status"),
    [("krasj", 500), ("modellfeil", 503)],
)
def test_an_accident_in_a_stream_is_an_error_event_without_its_details(client, question, status):
    name, body = events(stream(client, question))[-1]
    assert name == "error"
    assert body["status"] == status
    assert "hemmelig" not in json.dumps(body)


def test_an_accident_is_a_problem_without_its_details(client):
    answer = client.post(ASK, json={"question": "krasj"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hemmelig" not in answer.text
    assert "Traceback" not in answer.text


def test_an_error_of_the_assistant_says_what_to_do(client):
    answer = client.post(ASK, json={"question": "modellfeil"})
    assert answer.status_code == 503
    assert answer.json()["detail"] == "Modellen er borte. Kjør `assistant index`."


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b'{"question": "hei"', 400, None),
        (b"\xff\xfe", 400, None),
        (b"[" * 50_000, 400, None),
        (b'{"question": ' + b"9" * 5000 + b"}", 400, None),
        (b"null", 422, "$"),
        (b"[]", 422, "$"),
        (b'"hei"', 422, "$"),
        (b"{}", 422, "question"),
        (b'{"question": 7}', 422, "question"),
        (b'{"question": null}', 422, "question"),
        (b'{"question": "a\\ud800b"}', 422, "question"),
        (b'{"question": "hei", "hei\\ud800": 1}', 422, "$"),
        (b'{"question": "hei", "id": "\\udfff"}', 422, "id"),
        (b'{"question": "hei", "on": "i dag"}', 422, "on"),
        (b'{"question": "hei", "on": "2026-02-30"}', 422, "on"),
        (b'{"question": "hei", "on": "20260722"}', 422, "on"),
        (b'{"question": "hei", "on": 1790000000}', 422, "on"),
        (b'{"question": "hei", "history": "ja"}', 422, "history"),
        (b'{"question": "hei", "history": [{"answer": "ja"}]}', 422, "history.0.question"),
        (b'{"question": "hei", "ukjent": 1}', 422, "ukjent"),
    ],
)
def test_a_body_that_cannot_be_used_is_a_problem_that_names_the_field(client, content, status, field):
    answer = client.post(ASK, content=content, headers={"content-type": "application/json"})
    body = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert [each["field"] for each in body.get("errors", [])] == ([field] if field else [])


@pytest.mark.parametrize("question", ["", "   ", "\u0000", "x" * 10_000])
def test_a_question_that_is_empty_or_too_long_is_a_problem_that_says_what_to_do(client, question):
    answer = client.post(ASK, json={"question": question})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("Spørsmålet er")


def test_control_characters_in_a_question_do_no_harm(client):
    answer = client.post(ASK, json={"question": "Hva er\u0000 terskelen\u202e?"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_another_content_type_than_json_is_refused(client, media):
    answer = client.post(ASK, content=b'{"question": "hei"}', headers={"content-type": media})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


def test_a_content_type_with_a_character_set_is_taken(client):
    answer = client.post(
        ASK, content=b'{"question": "hei"}', headers={"content-type": "application/json; charset=utf-8"}
    )
    assert answer.status_code == 200


def test_the_sources_are_listed(client):
    body = client.get("/api/v1/sources").content
    assert TypeAdapter(tuple[Source, ...]).validate_json(body)[0] == RULES


def test_a_source_comes_with_its_sections(client):
    body = client.get(f"/api/v1/sources/{RULES.id}").content
    assert TypeAdapter(Document).validate_json(body).sections[1] == SMALL


def test_an_unknown_source_is_a_problem(client):
    answer = client.get("/api/v1/sources/finnes-ikke")
    assert answer.status_code == 404
    assert "«finnes-ikke»" in answer.json()["detail"]


def test_health_and_readiness(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {
        "status": "ready",
        "build": "tiny",
        "limited": "Ordsøk uten vektorer.",
        "vectors": {"engine": "exact", "problem": ""},
    }


class Reader:
    """A client that goes away after a number of looks."""

    def __init__(self, looks):
        self.looks = looks

    async def is_disconnected(self):
        self.looks -= 1
        return self.looks < 0


def consume(frames):
    import asyncio

    async def run():
        return [frame async for frame in frames]

    return asyncio.run(run())


def test_a_reader_who_leaves_ends_the_work(assistant):
    question = assistant.question("sakte")
    sent = consume(api.stream(assistant.stream(question), Reader(3)))
    assert len(sent) == 3
    assert assistant.closed.is_set()


def test_a_silent_stream_sends_comments_so_that_a_lost_reader_is_noticed(assistant, monkeypatch):
    monkeypatch.setattr(api, "HEARTBEAT", 0.01)

    def quiet():
        time.sleep(0.2)
        yield from ()

    sent = consume(api.stream(quiet(), Reader(1000)))
    assert sent
    assert set(sent) == {": venter\n\n"}


def test_an_abandoned_step_is_allowed_to_end_before_the_work_is_closed(assistant, monkeypatch):
    monkeypatch.setattr(api, "HEARTBEAT", 0.01)
    closed = []

    def slow():
        try:
            time.sleep(0.1)
            yield from ()
        finally:
            closed.append(True)

    consume(api.stream(slow(), Reader(2)))
    time.sleep(0.2)
    assert closed == [True]


def test_the_description_knows_the_question_and_the_answer(assistant):
    app = FastAPI()
    app.include_router(api.router(assistant))
    described = promises.describe(app)
    schemas = described["components"]["schemas"]
    assert {"Answer", "Citation", "AskedTurn"} <= set(schemas)
    asked = described["paths"][ASK]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(asked["properties"]) == {
        "question", "on", "types", "history", "id", "draw", "conversation",
    }  # fmt: skip
    assert "$defs" not in json.dumps(described)
