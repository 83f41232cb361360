"""A national id number gets no further than the door, by whatever way it comes and however it is spelt.

The whole service is here, with a store, a log and a language model that is asked over HTTP. Everything
that it wrote or sent is searched, and so that the search is known to find, a number that is nobody's goes
the same ways first.
"""

import io
import json
import logging
import sqlite3
import unicodedata
from contextlib import closing
from datetime import UTC, datetime, time
from itertools import cycle
from types import SimpleNamespace
from uuid import UUID

import pytest
from conftest import TODAY
from fastapi.testclient import TestClient
from model_server import serving
from test_personal import SPELLINGS, numbers
from test_writing import assistant as worded

from assistant import cli, logs, personal, server, ui
from assistant.conversations import open_store
from assistant.conversations.recording import Recorder

V1 = "/api/v1"
OURS = {"X-Requested-With": "anskaffelsesassistenten"}
KINDS = {
    "fødselsnummer": numbers("010170123", (0,))[0],
    "D-number": numbers("410170123", (0,))[0],
    "H-number": numbers("014170123", (0,))[0],
    "test person": numbers("018170123", (0,))[0],
    "from 2032": numbers("010132123", (1, 2, 3))[0],
}
MOMENT = datetime.combine(TODAY, time(12), UTC)
ALLOWED = "974760673"
"""The number of an organisation, which is nobody's."""


class Desk:
    """The service with everything that it writes to or asks."""

    def __init__(self, assistant, store, model, log, folder):
        self.model, self.log, self.folder = model, log, folder
        self.recorder = Recorder(store)
        self.app = server.build_app(assistant, self.recorder)
        self.chat = ui.Chat(assistant, "nb", self.recorder)
        self.client = TestClient(self.app, raise_server_exceptions=False, headers=OURS)

    def ways(self, text, conversation):
        """The text sent in by every way there is; what each was answered with."""
        post = self.client.post
        return [
            post(f"{V1}/ask", json={"question": text}),
            post(f"{V1}/ask", json={"question": text, "conversation": "new"}),
            post(f"{V1}/ask", json={"question": text, "conversation": conversation}),
            post(f"{V1}/ask", json={"question": text}, headers={"accept": "text/event-stream"}),
            post(f"{V1}/ask", json={"question": "Hva da?", "history": [{"question": text}]}),
            post(
                f"{V1}/ask", json={"question": "Hva da?", "history": [{"question": "Hva?", "answer": text}]}
            ),
            post(f"{V1}/ask", json={"question": "Hva?", "id": text[:200]}),
            self.client.patch(f"{V1}/conversations/{conversation}", json={"title": text}),
            self.client.get(f"{V1}/conversations", params={"q": text}),
            post(f"{V1}/feedback", json={"answer": "x", "verdict": "down", "text": text}),
            post(f"{V1}/feedback", json={"answer": text[:200], "verdict": "down"}),
            post("/embed", data={"question": text}),
            post("/embed", data={"question": "Hva da?", "earlier": text}),
        ]

    def written(self):
        """Everything that has been written or sent, as text, by where it was found."""
        yield "log", self.log.getvalue()
        for n, request in enumerate(self.model.requests):
            yield f"request {n} to the model", json.dumps(request, ensure_ascii=False)
        for path in (path for path in self.folder.rglob("*") if path.is_file()):
            yield path.name, path.read_bytes().decode("utf-8", "replace")
        with closing(sqlite3.connect(self.folder / "conversations.db")) as database:
            for (table,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).fetchall():
                for row in database.execute(f"SELECT * FROM {table}").fetchall():
                    yield table, json.dumps(row, ensure_ascii=False, default=str)

    def places(self, number, *spelt):
        """Where the number is found, by its digits alone or as it was spelt."""
        seen = {each for form in spelt for each in (form, json.dumps(form, ensure_ascii=False)[1:-1])}
        found = {w for w, text in self.written() if number in digits(text) or any(s in text for s in seen)}
        return sorted(found)


def digits(text):
    """The digits of a text, whatever script they are written in."""
    return "".join(str(unicodedata.digit(each)) for each in text if unicodedata.digit(each, None) is not None)


@pytest.fixture
def desk(small_settings, small_index, tmp_path, monkeypatch, library_loggers):
    log = io.StringIO()
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setattr("sys.stderr", log)
    logs.configure("json", "debug", personal.mask)
    with serving() as model:
        assistant = worded(small_settings, small_index, model.url)
        store = open_store(assistant.settings.model_copy(update={"var": tmp_path}), lambda: MOMENT)
        yield Desk(assistant, store, model, log, tmp_path)
        store.close()


def begun(desk):
    asked = {"question": "Hva er beløpsgrensen for prøvekjøp?", "conversation": "new"}
    return desk.client.post(f"{V1}/ask", json=asked).headers["x-conversation-id"]


def test_a_number_that_is_nobodys_is_found_in_rows_files_and_requests_so_that_the_search_can_find(desk):
    text = f"Hva er beløpsgrensen for prøvekjøp hos {ALLOWED}?"
    ways = desk.ways(text, begun(desk))
    assert {each.status_code for each in ways} == {200}
    found = desk.places(ALLOWED)
    assert {"turns", "conversations", "feedback"} <= set(found)
    assert any(where.startswith("conversations.db") for where in found), "or the log beside it"
    assert any(where.endswith("to the model") for where in found)


def test_a_national_id_number_reaches_no_file_row_log_line_or_request(desk):
    conversation, kinds = begun(desk), cycle(KINDS.values())
    sent = [
        (name, number, spell(number)) for (name, spell), number in zip(SPELLINGS.items(), kinds, strict=False)
    ]
    assert len(sent) >= 12
    before = len(desk.model.requests)
    for name, number, spelt in sent:
        text = f"Hva er beløpsgrensen for prøvekjøp når {spelt} skal betale?"
        ways = desk.ways(text, conversation)
        assert [way.status_code for way in ways] == [422] * len(ways), name
        told = [way for way in ways if way.request.url.path != "/embed"]  # its form keeps what she wrote
        assert not any(number in digits(way.text) or spelt in way.text for way in told), name
        assert len(list(desk.chat.ask(text, "", ()))) == 1, (
            "the chat page refuses it before anything is drawn"
        )
        logging.getLogger("uvicorn.error").error("noe gikk galt med %s", spelt)
    assert len(desk.model.requests) == before
    assert "noe gikk galt med" in desk.log.getvalue()
    for name, number, spelt in sent:
        assert desk.places(number, spelt) == [], name


def test_an_answer_is_never_given_an_id_that_would_keep_it_from_being_stored(desk, monkeypatch):
    """A random id can look like a national id number; then neither the answer nor feedback was taken."""
    unlucky, fine = UUID("a34c146b78ec49038656413d49c878ac"), UUID("0123456789abcdef0123456789abcdef")
    assert personal.national_ids(unlucky.hex)
    given = iter([unlucky, unlucky, fine])
    monkeypatch.setattr("assistant.assistant.uuid", SimpleNamespace(uuid4=lambda: next(given)))
    asked = {"question": "Hva er beløpsgrensen for prøvekjøp?", "conversation": "new"}
    assert desk.client.post(f"{V1}/ask", json=asked).json()["id"] == fine.hex
    (thread,) = desk.client.get(f"{V1}/me/export").json()["threads"]
    assert [turn["id"] for turn in thread["turns"]] == [fine.hex]


def test_a_conversation_is_never_given_an_id_that_is_taken_for_a_national_id_number(desk, monkeypatch):
    unlucky, fine = "a34c146b78ec49038656413d49c878ac", "0123456789abcdef0123456789abcdef"
    given = iter([unlucky, unlucky, fine])
    monkeypatch.setattr(
        "assistant.conversations.store.secrets", SimpleNamespace(token_hex=lambda _: next(given))
    )
    assert begun(desk) == fine


def test_the_command_line_refuses_it_too_and_writes_no_answer(desk, capfd, monkeypatch, tmp_path):
    number = KINDS["fødselsnummer"]
    code = cli.main(["ask", f"Kan {number[:6]} {number[6:]} handle?"])
    told = capfd.readouterr()
    assert code == 1
    assert number[6:] not in told.out + told.err
