"""The service can be closed with a message, at once and without a restart, and stays alive meanwhile."""

import pytest
from fastapi.testclient import TestClient
from tiny import TinyAssistant

from assistant import closing, server, texts
from assistant.settings import Settings


def client(**settings):
    return TestClient(server.build_app(TinyAssistant(Settings(**settings))), client=("127.0.0.1", 1))


def test_the_setting_closes_pages_and_programs_with_its_message():
    opened = client(closed="Stengt til mandag <b>8. desember</b>.")
    for path in ("/", "/nn/", "/kilder", "/embed"):
        page = opened.get(path)
        assert page.status_code == 503
        assert "Stengt til mandag &lt;b&gt;8. desember&lt;/b&gt;." in page.text
        assert page.headers["retry-after"] == "3600"
        assert "content-security-policy" in page.headers
    answer = opened.post("/api/v1/ask", json={"question": "Hva er terskelverdien?"})
    assert answer.status_code == 503
    assert answer.json()["detail"] == "Stengt til mandag <b>8. desember</b>."


def test_the_chat_takes_no_question_while_it_is_closed():
    assert client(closed="Stengt.").post("/gradio_api/queue/join", json={}).status_code == 503


def test_a_file_closes_and_opens_again_without_a_restart(tmp_path):
    opened = client(var=tmp_path)
    assert opened.get("/kilder").status_code == 200
    (tmp_path / closing.FILE).write_text("Vi retter en feil.\n", encoding="utf-8")
    assert "Vi retter en feil." in opened.get("/kilder").text
    (tmp_path / closing.FILE).write_text("", encoding="utf-8")
    assert texts.PROBLEM["closed"] in opened.get("/kilder").text
    (tmp_path / closing.FILE).unlink()
    assert opened.get("/kilder").status_code == 200


def test_health_numbers_and_style_go_on_while_it_is_closed():
    opened = client(closed="Stengt.")
    for path in ("/healthz", "/metrics", "/web/pages.css"):
        assert opened.get(path).status_code == 200
    assert opened.get("/readyz").json()["status"] == "closed"
    assert "assistant_closed 1.0" in opened.get("/metrics").text
    assert 'assistant_shed_total{reason="busy"} 0.0' in opened.get("/metrics").text


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 100_000])
def test_whatever_the_file_holds_it_closes(tmp_path, content):
    (tmp_path / closing.FILE).write_bytes(content)
    said = closing.message(Settings(var=tmp_path))
    assert 0 < len(said) <= closing.LONGEST


def test_a_file_that_cannot_be_read_closes_too(tmp_path):
    (tmp_path / closing.FILE).mkdir()
    assert closing.message(Settings(var=tmp_path)) == texts.PROBLEM["closed"]
