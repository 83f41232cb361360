"""Fetching official sources: what is taken, what is refused, and what is left as it was."""

import hashlib
import http.client
import json
import threading
import time
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import ROOT

from assistant import fetching
from assistant.errors import CorpusError
from assistant.fetching import Fetcher, Result, Sources

BODY = b"<html><body>" + b"Lovtekst. " * 2000 + b"</body></html>"
HOST = "lov.example"


class _Handler(BaseHTTPRequestHandler):
    """Answers by the path; `server.asked` keeps what was asked for."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        getattr(self, f"_{self.path.strip('/')}")()

    def _answer(self, status=200, body=b"", kind="text/html; charset=utf-8", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _lov(self):
        if self.headers.get("If-None-Match") == self.server.etag:
            self._answer(304, ETag=self.server.etag)
        elif self.headers.get("If-Range") == self.server.etag:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            self._answer(206, self.server.body[start:], ETag=self.server.etag)
        else:
            self._answer(body=self.server.body, ETag=self.server.etag)

    def _flyttet(self):
        self._answer(302, Location="https://annet.example/lov")

    def _borte(self):
        self._answer(404)

    def _bilde(self):
        self._answer(body=b"x", kind="image/png")

    def _pakket(self):
        self._answer(body=b"x", Content_Encoding="gzip")

    def _stor(self):
        self._answer(body=b"x" * 50_000)

    def _ukjent_storrelse(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"x" * 50_000)

    def _brutt(self):
        self._answer(
            body=self.server.body[:9000], ETag=self.server.etag, Content_Length=str(len(self.server.body))
        )

    def _drypp(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        try:
            for _ in range(100):
                self.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    made.asked, made.body, made.etag = [], BODY, '"1"'
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def fetcher(server, tmp_path):
    def to_the_server(_host, address, _port, timeout):
        return http.client.HTTPConnection(address, server.server_address[1], timeout=timeout)

    def made(**more):
        return Fetcher(
            tmp_path, date(2026, 11, 22), lambda _h, _p: ["127.0.0.1"], to_the_server,
            **({"allow_private": True} | more),
        )  # fmt: skip

    return made


def sources(path="lov", **more):
    row = {
        "id": "lov", "tittel": "Loven", "type": "regelverk", "utgiver": "Departementet",
        "url": f"https://{HOST}/{path}", "fil": "lov/lov.html", "lisens": "NLOD 2.0",
    } | more  # fmt: skip
    return Sources.model_validate({"verter": [HOST], "kilde": [row]})


def test_a_source_is_fetched_with_its_hash_day_and_licence(fetcher, tmp_path):
    told = []
    (done,) = fetcher().all(sources(), report=lambda *step: told.append(step))
    assert (done.result, done.bytes) == (Result.FETCHED, len(BODY))
    assert (tmp_path / "lov" / "lov.html").read_bytes() == BODY
    record = json.loads((tmp_path / fetching.RECORDS).read_text())["lov"]
    assert record["sha256"] == hashlib.sha256(BODY).hexdigest()
    assert (record["fetched"], record["licence"], record["etag"]) == ("2026-11-22", "NLOD 2.0", '"1"')
    assert told[-1] == ("Henter kilder", 1, 1)
    assert sorted(p.name for p in (tmp_path / "lov").iterdir()) == ["lov.html"]


def test_what_has_not_changed_is_asked_about_and_not_fetched_again(fetcher, server, tmp_path):
    fetcher().all(sources())
    written = (tmp_path / "lov" / "lov.html").stat().st_mtime_ns
    (done,) = fetcher().all(sources())
    assert done.result is Result.SAME
    assert server.asked[-1][1]["If-None-Match"] == '"1"'
    assert (tmp_path / "lov" / "lov.html").stat().st_mtime_ns == written


def test_the_same_content_under_a_new_tag_is_unchanged(fetcher, server):
    fetcher().all(sources())
    server.etag = '"2"'
    assert fetcher().all(sources())[0].result is Result.SAME


def test_changed_content_replaces_the_file(fetcher, server, tmp_path):
    fetcher().all(sources())
    server.body, server.etag = b"<p>Ny lov.</p>", '"2"'
    assert fetcher().all(sources())[0].result is Result.FETCHED
    assert (tmp_path / "lov" / "lov.html").read_bytes() == b"<p>Ny lov.</p>"


def test_a_fetch_that_was_cut_off_goes_on_where_it_stopped(fetcher, server, tmp_path):
    (done,) = fetcher().all(sources("brutt"))
    assert done.result is Result.FAILED
    assert not (tmp_path / "lov" / "lov.html").exists()
    assert fetcher().all(sources("lov"))[0].result is Result.FETCHED
    assert server.asked[-1][1]["Range"] == "bytes=9000-"
    assert (tmp_path / "lov" / "lov.html").read_bytes() == BODY


def test_a_part_of_content_that_has_changed_since_is_fetched_whole(fetcher, server, tmp_path):
    fetcher().all(sources("brutt"))
    server.body, server.etag = b"<p>Helt ny.</p>", '"2"'
    assert fetcher().all(sources("lov"))[0].result is Result.FETCHED
    assert (tmp_path / "lov" / "lov.html").read_bytes() == b"<p>Helt ny.</p>"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("flyttet", "omdirigering til https://annet.example/lov"),
        ("borte", "status 404"),
        ("bilde", "image/png"),
        ("pakket", "pakket"),
        ("stor", "større enn 20000"),
        ("ukjent_storrelse", "større enn 20000"),
    ],
)
def test_what_is_not_as_expected_is_refused_and_nothing_is_kept(fetcher, server, tmp_path, path, reason):
    (done,) = fetcher(max_bytes=20_000).all(sources(path))
    assert done.result is Result.REFUSED
    assert reason in done.reason
    assert len(server.asked) == 1
    assert not list(tmp_path.rglob("*.html"))


def test_a_slow_drip_ends_when_the_time_is_out(fetcher):
    began = time.monotonic()
    (done,) = fetcher(total_seconds=0.3).all(sources("drypp"))
    assert done.result is Result.FAILED
    assert "tok mer enn" in done.reason
    assert time.monotonic() - began < 3


def test_a_host_that_is_not_listed_is_never_asked(fetcher, server):
    (done,) = fetcher().all(sources(url="https://annet.example/lov"))
    assert done.result is Result.REFUSED
    assert not server.asked


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.4", "169.254.169.254", "192.168.1.1", "::1", "fe80::1%eth0", "::ffff:10.0.0.1"],
)
def test_private_addresses_are_refused_after_resolution(tmp_path, address):
    def never(*_args):
        raise AssertionError("the address was asked")

    fetcher = Fetcher(tmp_path, date(2026, 11, 22), lambda _h, _p: ["93.184.215.14", address], never)
    (done,) = fetcher.all(sources())
    assert done.result is Result.REFUSED
    assert "ikke er en offentlig adresse" in done.reason


def test_one_source_that_fails_stops_no_other(fetcher):
    both = Sources(verter=(HOST,), kilde=(*sources("borte", id="en").kilde, *sources(id="to").kilde))
    assert [f.result for f in fetcher().all(both)] == [Result.REFUSED, Result.FETCHED]
    assert [f.id for f in fetcher().all(both, only=["to"])] == ["to"]


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://lov.example/lov"},
        {"url": "https://bruker:ord@lov.example/lov"},
        {"url": "file:///etc/passwd"},
        {"fil": "../utenfor.html"},
        {"fil": "/etc/lov.html"},
        {"fil": "lov.exe"},
        {"ukjent": 1},
    ],
)
def test_a_list_that_could_do_harm_is_refused(tmp_path, change):
    row = sources().kilde[0].model_dump(mode="json", exclude_none=True) | change
    path = tmp_path / "sources.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in row.items()]
    path.write_text(f'verter = ["{HOST}"]\n[[kilde]]\n' + "\n".join(lines), encoding="utf-8")
    with pytest.raises(CorpusError):
        fetching.read(path)


def test_the_shipped_list_can_be_read():
    assert fetching.read(ROOT / "corpus" / "sources.toml").verter
