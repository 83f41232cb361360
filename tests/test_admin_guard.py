"""Sessions of the admin page: kept on the server, ended by time, by signing out and by a new password."""

import json
import stat

import pytest
from admindesk import HASH, OTHER_HASH, PASSWORD
from starlette.requests import Request
from starlette.responses import Response

from assistant.admin.audit import Act, Log
from assistant.admin.guard import Guard, may_send
from assistant.admin.refusal import Refused
from assistant.admin.sessions import IDLE_SECONDS, LONGEST_SECONDS, TOUCH_SECONDS, Sessions


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sessions(tmp_path, clock):
    return Sessions(tmp_path / "sessions", clock)


def test_a_session_is_found_by_its_token_by_every_process(sessions, tmp_path, clock):
    token, session = sessions.open("kari", "f")
    assert sessions.get(token) == session
    assert Sessions(tmp_path / "sessions", clock).get(token) == session
    assert sessions.get(token + "x") is None


def test_the_folder_tells_no_token_and_only_its_owner_can_read_it(sessions, tmp_path):
    token, _ = sessions.open("kari", "f")
    (kept,) = (tmp_path / "sessions").iterdir()
    assert token not in kept.name
    assert token not in kept.read_text("utf-8")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "sessions").stat().st_mode) == 0o700


def test_a_session_that_is_not_used_ends_and_its_file_goes(sessions, tmp_path, clock):
    token, _ = sessions.open("kari", "f")
    clock.now += IDLE_SECONDS
    assert sessions.get(token) is None
    assert list((tmp_path / "sessions").iterdir()) == []


def test_a_session_in_use_lasts_a_working_day_and_no_longer(sessions, clock):
    token, session = sessions.open("kari", "f")
    while clock.now < session.began + LONGEST_SECONDS - TOUCH_SECONDS - 1:
        clock.now += TOUCH_SECONDS + 1
        assert sessions.get(token)
    clock.now = session.began + LONGEST_SECONDS
    assert sessions.get(token) is None


def test_old_sessions_are_swept_when_one_is_opened(sessions, tmp_path, clock):
    for _ in range(3):
        sessions.open("kari", "f")
    clock.now += IDLE_SECONDS
    sessions.open("ola", "f")
    assert len(list((tmp_path / "sessions").iterdir())) == 1


def test_a_file_that_is_no_session_lets_nobody_in(sessions, tmp_path):
    token, _ = sessions.open("kari", "f")
    (kept,) = (tmp_path / "sessions").iterdir()
    for content in ("", "[]", "{}", json.dumps({"name": "kari"})):
        kept.write_text(content, "utf-8")
        assert sessions.get(token) is None


def request(token="", scheme="http", address="127.0.0.1", **headers):
    name = "__Secure-admin" if scheme == "https" else "admin"
    listed = [(b"host", b"hjelper.test"), (b"cookie", f"{name}={token}".encode())]
    listed += [(key.encode(), value.encode()) for key, value in headers.items()]
    return Request(
        {"type": "http", "method": "GET", "path": "/admin", "scheme": scheme, "query_string": b"",
         "headers": listed, "client": (address, 5000), "server": ("hjelper.test", 80)}
    )  # fmt: skip


def guard_in(folder, known, **more):
    return Guard(known, folder / "sessions", Log(folder / "audit.jsonl"), **more)


def test_a_new_password_ends_the_sessions_of_the_old_one(tmp_path):
    token = guard_in(tmp_path, {"kari": HASH}).sign_in(request(), "kari", PASSWORD)
    assert guard_in(tmp_path, {"kari": HASH}).entered(request(token))
    assert guard_in(tmp_path, {"kari": OTHER_HASH}).entered(request(token)) is None
    assert guard_in(tmp_path, {"ola": HASH}).entered(request(token)) is None


def test_a_password_is_not_taken_over_the_open_net(tmp_path):
    guard = guard_in(tmp_path, {"kari": HASH})
    with pytest.raises(Refused, match="https"):
        guard.sign_in(request(address="10.0.0.5"), "kari", PASSWORD)
    assert guard.sign_in(request(address="10.0.0.5", scheme="https"), "kari", PASSWORD)


@pytest.mark.parametrize(("scheme", "cookie"), [("http", "admin="), ("https", "__Secure-admin=")])
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(tmp_path, scheme, cookie):
    guard, response = guard_in(tmp_path, {"kari": HASH}), Response()
    guard.give(request(scheme=scheme), response, "hemmelig")
    given = response.headers["set-cookie"]
    assert given.startswith(cookie)
    assert {"HttpOnly", "SameSite=strict", "Path=/admin"} <= set(given.split("; "))
    assert ("Secure" in given.split("; ")) is (scheme == "https")


def test_who_a_trusted_proxy_vouches_for_gets_a_session_of_her_own(tmp_path):
    guard = guard_in(tmp_path, {}, identify=lambda request: request.headers.get("x-who", ""))
    first = guard.entered(request(**{"x-who": "kari"}))
    assert first.token
    again = guard.entered(request(first.token, **{"x-who": "kari"}))
    assert (again.session.csrf, again.token) == (first.session.csrf, "")
    other = guard.entered(request(first.token, **{"x-who": "ola"}))
    assert other.session.name == "ola"
    assert not may_send(other, first.session.csrf)
    assert guard.entered(request(first.token)) is None


def test_tries_are_written_down_without_passwords_and_unknown_names(tmp_path):
    guard, log = guard_in(tmp_path, {"kari": HASH}), Log(tmp_path / "audit.jsonl")
    for name in ("kari", "hemmeligheten min"):
        with pytest.raises(Refused, match="wrong"):
            guard.sign_in(request(), name, "mitt passord")
    guard.sign_in(request(), "kari", PASSWORD)
    acts = [(entry.who, entry.what) for entry in log.latest()]
    assert acts == [("kari", Act.SIGNED_IN), ("", Act.TURNED_AWAY), ("kari", Act.TURNED_AWAY)]
    written = (tmp_path / "audit.jsonl").read_text("utf-8")
    assert "passord" not in written
    assert "hemmelig" not in written


def test_lines_that_cannot_be_read_hide_no_others(tmp_path):
    log = Log(tmp_path / "audit.jsonl")
    log.add("kari", Act.UPLOADED, "a" * 64, "første\nlinje")
    with (tmp_path / "audit.jsonl").open("a") as out:
        out.write('{"halv": \n{"at": "x", "who": "y", "what": "ukjent"}\n')
    log.add("kari", Act.DELETED)
    assert [entry.what for entry in log.latest()] == [Act.DELETED, Act.UPLOADED]
    assert Log(tmp_path / "ingen").latest() == []
