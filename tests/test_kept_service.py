"""The service as a whole keeps, cleans and logs as it has promised."""

import io
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from test_conversations import Clock, begin
from test_personal import numbers
from tiny import TinyAssistant

from assistant import logs, personal, server
from assistant.conversations import open_store
from assistant.conversations.recording import Recorder
from assistant.errors import EnvironmentProblem
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
(NUMBER, *_) = numbers("018170123", (0,))


@pytest.fixture
def store(tmp_path):
    opened = open_store(Settings(var=tmp_path), Clock())
    yield opened
    opened.close()


def wait_for(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")


def test_what_is_too_old_is_deleted_when_the_service_starts(store, caplog):
    begin(store)
    store._clock.move(days=400)
    app = FastAPI()
    server.keep_clean(app, store)
    with TestClient(app):
        wait_for(lambda: "deleted 1 conversations" in caplog.text)
        assert store.survey() == ()
    assert "terskel" not in caplog.text


def test_a_cleaning_that_fails_is_tried_again(monkeypatch, caplog):
    tried = []

    class Broken:
        def purge(self):
            tried.append(True)
            raise EnvironmentProblem("Disken er full.")

        def close(self):
            tried.append("closed")

    monkeypatch.setattr(server, "CLEANING", 0.01)
    app = FastAPI()
    server.keep_clean(app, Broken())
    with TestClient(app):
        wait_for(lambda: len(tried) > 2)
    assert tried[-1] == "closed"
    assert "Disken er full" in caplog.text


def test_the_lifespan_of_the_chat_goes_on_around_the_cleaning(store):
    app = server.build_app(TinyAssistant(), Recorder(store))
    server.keep_clean(app, store)
    with TestClient(app) as client:
        answer = client.post("/api/v1/ask", json={"question": "Hva er terskelen?", "conversation": "new"})
        assert client.get("/api/v1/conversations").json()[0]["id"] == answer.headers["x-conversation-id"]
        described = client.get("/openapi.json").json()
    assert {"/api/v1/feedback", "/api/v1/me", "/api/v1/conversations/{id}/export"} <= set(described["paths"])
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described)))
    assert references <= set(described["components"]["schemas"])


def test_who_must_be_named_gets_a_page_that_says_so(store):
    options = {"login": "proxy", "proxy_peers": "10.0.0.1", "proxy_secret": "0123456789abcdef"}
    with TestClient(server.build_app(TinyAssistant(Settings(**options)), Recorder(store))) as client:
        page = client.get("/")
        assert page.status_code == 401
        assert "Logg inn" in page.text
        assert "content-security-policy" in page.headers
        assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_log_line_of_ours_or_of_a_library_holds_a_national_id_number(monkeypatch, library_loggers, form):
    written = io.StringIO()
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure(form, "warning", personal.mask)
    try:
        raise ValueError(f"uventet: {NUMBER}")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("failed on %s", f"{NUMBER[:6]} {NUMBER[6:]}")
    assert NUMBER not in written.getvalue()
    assert NUMBER[6:] not in written.getvalue()
    assert "ValueError" in written.getvalue()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.mark.model
def test_what_a_reader_was_given_is_there_after_the_process_was_killed(built_settings, tmp_path):
    """Killed without a warning, and started again: the same conversation, the same answer."""
    for name in ("models", "index"):
        (tmp_path / name).symlink_to(built_settings.var.resolve() / name)
    port = free_port()
    environ = {**os.environ, "ASSISTANT_VAR": str(tmp_path), "ASSISTANT_PORT": str(port)}
    environ |= {"ASSISTANT_CORPUS": str(built_settings.corpus), "ASSISTANT_VECTORS": "exact"}

    def start():
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")], env=environ, stdout=subprocess.DEVNULL
        )
        for _ in range(600):
            try:
                if urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).status == 200:
                    return process
            except OSError:
                time.sleep(0.1)
        process.kill()
        return pytest.fail("it never became ready")

    def call(path, body=None, **headers):
        data = json.dumps(body).encode() if body else None
        sent = {"content-type": "application/json", **headers}
        request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1{path}", data, sent)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer), answer.headers

    process = start()
    try:
        given, headers = call("/ask", {"question": "Hva er terskelen for varer?", "conversation": "new"})
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        process = start()
        cookie = headers["set-cookie"].partition(";")[0]
        found, _ = call(f"/conversations/{headers['x-conversation-id']}", cookie=cookie)
        assert found["turns"][0]["answer"] == given
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(30)
