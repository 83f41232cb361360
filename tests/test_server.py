import os
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tiny import RULES, TinyAssistant

from assistant import server, texts
from assistant.errors import EnvironmentProblem, IndexMissing, SettingsError
from assistant.settings import Settings
from assistant.shield import MAX_BODY

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def client():
    with TestClient(server.build_app(TinyAssistant()), raise_server_exceptions=False) as opened:
        yield opened


def test_the_chat_is_served_in_both_languages(client):
    assert '<html lang="nb">' in client.get("/").text
    assert '<html lang="nn">' in client.get("/nn/").text


@pytest.mark.parametrize(("path", "target"), [("/nn", "/nn/"), ("/nb", "/"), ("/nb/", "/")])
def test_each_language_has_an_address_wherever_the_other_is_the_first(client, path, target):
    answer = client.get(path, follow_redirects=False)
    assert answer.headers["location"] == target
    answer = client.get(f"{path}?q=Hva%3F", follow_redirects=False)
    assert answer.headers["location"] == f"{target}?q=Hva%3F"


def test_the_language_of_the_settings_comes_first():
    nynorsk = TinyAssistant(Settings(language="nn"))
    with TestClient(server.build_app(nynorsk)) as opened:
        assert '<html lang="nn">' in opened.get("/").text
        assert '<html lang="nb">' in opened.get("/nb/").text
        assert '<html lang="nn">' in opened.get("/kilder").text


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/sources",
        f"/kilder/{RULES.id}",
        "/kilder",
        "/docs",
        "/openapi.json",
        "/healthz",
        "/readyz",
        "/config",
    ],
)
def test_every_part_of_the_service_answers(client, path):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("/web/ui.css", "text/css"),
        ("/web/base.css", "text/css"),
        ("/web/pages.css", "text/css"),
        ("/web/ui.js", "javascript"),
        ("/web/early.js", "javascript"),
        ("/web/viewer.js", "javascript"),
        ("/web/icon.svg", "image/svg+xml"),
        ("/web/fonts/inter-latin.woff2", "font/woff2"),
    ],
)
def test_style_script_and_font_are_served_from_here(client, path, media):
    answer = client.get(path)
    assert answer.status_code == 200
    assert media in answer.headers["content-type"]


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(client):
    page = client.get("/finnes-ikke")
    assert page.status_code == 404
    assert "<h1>Siden finnes ikke</h1>" in page.text
    problem = client.get("/api/finnes-ikke")
    assert problem.status_code == 404
    assert problem.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/v1/ask"), ("POST", "/api/v1/sources"), ("DELETE", "/healthz")]
)
def test_a_wrong_method_is_told(client, method, path):
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload", "/gradio_api/file=/etc/passwd", "/gradio_api/file=http://x", "/gradio_api/runs",
        "/gradio_api/openapi.json", "/monitoring/summary", "/gradio_api/proxy=http://x", "/login",
        "/manifest.json",
        "/nn/gradio_api/upload", "/nn/monitoring/summary", "/gradio_api/run/ask", "/gradio_api/call/ask",
    ],
)  # fmt: skip
def test_what_gradio_offers_beyond_the_chat_is_shut(client, path):
    assert client.get(path).status_code == 404
    assert client.post(path).status_code in {404, 405}


def test_no_origin_is_ever_allowed(client):
    for path in ("/", "/config", "/api/v1/sources", "/gradio_api/info"):
        answer = client.get(path, headers={"origin": "https://evil.example"})
        assert [name for name in answer.headers if name.startswith("access-control")] == []
    preflight = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    assert client.options("/api/v1/ask", headers=preflight).status_code >= 400


def test_an_accident_has_the_security_headers_too(client):
    answer = client.post("/api/v1/ask", json={"question": "krasj"})
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "hemmelig" not in answer.text


def test_a_body_that_is_too_large_is_refused_everywhere(client):
    for path in ("/api/v1/ask", "/gradio_api/queue/join"):
        answer = client.post(
            path, content=b"x" * (MAX_BODY + 1), headers={"content-type": "application/json"}
        )
        assert answer.status_code == 413


def test_gradios_own_description_of_the_chat_names_no_endpoint_to_call(client):
    assert client.get("/gradio_api/info").json() == {"named_endpoints": {}, "unnamed_endpoints": {}}


def test_a_wrong_site_to_be_framed_by_stops_the_start():
    with pytest.raises(SettingsError):
        server.build_app(TinyAssistant(Settings(frame_ancestors="*")))


def test_a_port_in_use_is_told_with_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentProblem, match=f"Port {port} på 127.0.0.1 er opptatt.*ASSISTANT_PORT"):
            server.claim_port("127.0.0.1", port)


def test_an_address_that_is_not_this_machines_is_told_with_what_to_do(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(server.socket, "getaddrinfo", unknown)
    with pytest.raises(EnvironmentProblem, match="ASSISTANT_HOST"):
        server.claim_port("finnes.ikke", 7860)


def test_a_claimed_port_takes_connections():
    with server.claim_port("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        pass


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do(tmp_path):
    (tmp_path / "fil").write_text("i veien", "utf-8")
    with pytest.raises(EnvironmentProblem, match="ASSISTANT_VAR"):
        server.check_writable(tmp_path / "fil" / "var")


def test_the_folder_for_generated_files_is_made_and_left_empty(tmp_path):
    server.check_writable(tmp_path / "ny" / "var")
    assert list((tmp_path / "ny" / "var").iterdir()) == []


def hello():
    app = FastAPI()
    app.add_api_route("/hei", lambda: "hei")
    return app


def test_until_all_is_open_the_service_is_alive_but_not_ready():
    client = TestClient(server.Door(hello))
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.headers["content-type"] == "application/problem+json"
    assert ready.headers["retry-after"] == "3"
    assert ready.json()["detail"] == texts.PROBLEM["starting"]
    page = client.get("/")
    assert page.status_code == 503
    assert page.headers["refresh"] == "3"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


def wait_for(condition):
    import time

    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never happened")


def test_once_open_the_service_answers_and_says_so():
    opened = []
    door = server.Door(hello)
    door.when_open = partial(opened.append, True)
    with TestClient(door) as client:
        wait_for(lambda: opened)
        assert client.get("/hei").json() == "hei"


def test_a_service_that_cannot_be_opened_keeps_the_reason_and_says_so():
    def missing():
        raise IndexMissing("var/index")

    failed = []
    door = server.Door(missing)
    door.when_failed = partial(failed.append, True)
    with TestClient(door) as client:
        wait_for(lambda: failed)
        assert client.get("/readyz").status_code == 503
    assert isinstance(door.failure, IndexMissing)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:7860"),
        ("0.0.0.0", "http://localhost:7860"),
        ("::1", "http://[::1]:7860"),
    ],
)
def test_the_address_that_is_shown_can_be_opened(host, shown):
    assert server.address(host, 7860) == shown


def run_app(**settings):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
    environ |= {f"ASSISTANT_{name.upper()}": str(value) for name, value in settings.items()}
    command = [sys.executable, str(ROOT / "app.py")]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def told(run):
    """What a failed start wrote, after the checks that hold for every failed start."""
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert run.stderr.startswith("Feil: ")
    assert len(run.stderr.strip().splitlines()) == 1
    return run.stderr


def test_a_start_on_a_port_in_use_ends_in_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = run_app(var=tmp_path, port=taken.getsockname()[1])
    assert "er opptatt" in told(run)


def test_a_start_without_an_index_ends_in_one_line_that_says_what_to_run(tmp_path):
    assert "Kjør `assistant index`." in told(run_app(var=tmp_path, port=free_port()))


def test_a_start_with_an_unknown_setting_ends_in_one_line(tmp_path):
    assert "ASSISTANT_PROT" in told(run_app(prot=7861))


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({}, server.GRACE),
        ({"answers": "llm", "llm": "openai:x", "llm_seconds": 12.5}, 13),
        ({"answers": "llm", "llm": "openai:x", "llm_seconds": 300}, server.LONGEST_GRACE),
        ({"answers": "llm", "llm": "openai:x", "llm_seconds": 1}, server.GRACE),
    ],
)
def test_an_answer_under_way_is_given_the_time_that_who_words_it_may_take(told, seconds):
    assert server.grace(Settings(**told)) == seconds
