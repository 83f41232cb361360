"""Two replicas with all that stands around them, while each part is killed in turn and readers go on asking.

What a reader was told is stored, is stored; whoever cannot be answered is told when to come back; and the
citations are the same before, under and after. The real model, over a short corpus of its own.
"""

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field

import cluster
import killing
import pytest

from assistant import index
from assistant.assistant import new_id
from assistant.conversations.values import Verdict
from assistant.problems import MEDIA_TYPE

ABSENT = cluster.missing()
pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(
        bool(ABSENT), reason=f"not installed: {ABSENT} (apt-get install nginx-light postgresql)"
    ),
]
CHANGING = "Hvor mange ganger i året møtes direktoratet?"
"""What each edition of the corpus answers differently."""
POLITE = {0, -signal.SIGTERM}
"""How a service ends that was asked to: uvicorn passes the signal on when all is closed."""
READERS = 2
PATIENCE = 90.0
"""Seconds within which a reader who comes back when told to must have her answer."""
NOT_KEPT = "kunne ikke lagres"


def question(goods):
    return f"Når skal leverandøren av {goods} levere?"


def quotes(answer):
    return tuple(f"{each['section_id']}: {each['quote']}" for each in answer["citations"])


@dataclass
class Reader:
    """Asks and judges without a pause, comes back when told to, and remembers what she was promised."""

    port: int
    cookie: str = ""
    conversation: str = "new"
    given: dict = field(default_factory=dict)
    """Every answer that was stored, by its id."""
    judged: dict = field(default_factory=dict)
    """Every verdict that was taken, by the id of the answer."""
    cited: dict = field(default_factory=lambda: defaultdict(set))
    """Everything that each question was answered with, by the build and the question."""
    wrong: list = field(default_factory=list)
    seen: Counter = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self):
        chance = random.Random(self.port)
        try:
            while not self.stop.is_set():
                goods = chance.choice([*killing.GOODS, ""])
                self._exchange(goods)
        except Exception as error:  # noqa: BLE001 - in a thread: the test reads it
            self.wrong.append(repr(error))

    def _exchange(self, goods):
        id = new_id()
        asked = {"question": question(goods) if goods else CHANGING, "id": id}
        headers, answer = self._until_answered(
            "/api/v1/ask", lambda: {**asked, "conversation": self.conversation}
        )
        self.cited[answer["build"], goods].add(quotes(answer))
        if any(NOT_KEPT in each for each in answer["notices"]):
            self.seen["given and not stored"] += 1
            return
        if "set-cookie" in headers:
            self.cookie = headers["set-cookie"].partition(";")[0]
        self.conversation = headers["x-conversation-id"]
        self.given[id] = quotes(answer)
        verdict = Verdict.UP if goods else Verdict.DOWN
        self._until_answered("/api/v1/feedback", lambda: {"answer": id, "verdict": verdict.value})
        self.judged[id] = verdict.value

    def _until_answered(self, path, body):
        """The answer, however often one must come back for it; everything else that is said is looked at."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                status, headers, content = cluster.ask(self.port, "POST", path, body(), self.cookie)
            except OSError:
                self.seen["no proxy"] += 1
                time.sleep(0.2)
                continue
            self.seen[status] += 1
            if status == 200:
                return headers, json.loads(content)
            if status != 503 or not headers.get("retry-after") or headers["content-type"] != MEDIA_TYPE:
                self.wrong.append(f"{status} {dict(headers)} {content[:200]!r}")
            time.sleep(0.5)
        raise AssertionError(f"{path} was not answered within {PATIENCE:.0f} seconds")


@contextmanager
def reading(stand):
    """Readers who ask through the proxy until the block ends; nothing they were told was wrong."""
    readers = [Reader(stand.nginx.port) for _ in range(READERS)]
    threads = [threading.Thread(target=each.run, daemon=True) for each in readers]
    for each in threads:
        each.start()
    try:
        yield readers
    finally:
        for each in readers:
            each.stop.set()
        for each in threads:
            each.join(2 * PATIENCE)
    assert [wrong for each in readers for wrong in each.wrong] == []


def answered(readers, more=4):
    """Wait until every reader has had so many more answers than now."""
    before = [len(each.given) + each.seen["given and not stored"] for each in readers]
    cluster.wait_for(
        lambda: (
            any(each.wrong for each in readers)
            or all(
                len(each.given) + each.seen["given and not stored"] >= had + more
                for each, had in zip(readers, before, strict=True)
            )
        ),
        "answers",
    )
    assert [wrong for each in readers for wrong in each.wrong] == []


def canaries(stand):
    """What every canary question cites, from each replica; the same from both."""
    found = []
    for replica in stand.replicas:
        cited = {}
        for goods in [*killing.GOODS, ""]:
            asked = {"question": question(goods) if goods else CHANGING}
            status, _, content = cluster.ask(replica.port, "POST", "/api/v1/ask", asked)
            assert status == 200
            cited[goods] = quotes(json.loads(content))
        found.append(cited)
    assert found[0] == found[1]
    assert all(found[0].values())
    return found[0]


def assert_whole(readers, expected, first, second):
    """No answer mixed two builds: what the editions share was cited alike, and the rest each by its own."""
    cited = defaultdict(set)
    for reader in readers:
        for key, found in reader.cited.items():
            cited[key] |= found
    assert {build for build, _ in cited} == {first, second}
    assert {key: found for key, found in cited.items() if key[1] and found != {expected[key[1]]}} == {}
    for build, edition in ((first, 4), (second, 5)):
        for each in cited.get((build, ""), ()):
            assert any(f"møtes {edition} ganger" in quote for quote in each), build


def assert_kept(stand, readers):
    """Everything that was acknowledged is there, word for word, for its owner."""
    for reader in readers:
        status, _, content = cluster.ask(stand.nginx.port, "GET", "/api/v1/me/export", cookie=reader.cookie)
        assert status == 200
        own = json.loads(content)
        turns = {turn["id"]: quotes(turn["answer"]) for thread in own["threads"] for turn in thread["turns"]}
        verdicts = {each["answer_id"]: each["verdict"] for each in own["feedback"]}
        assert {id: turns.get(id) for id in reader.given} == reader.given
        assert {id: verdicts.get(id) for id in reader.judged} == reader.judged


def publish(stand, corpus, edition):
    """A new build of the corpus, after one that is killed halfway; its name."""
    killing.write_corpus(corpus, edition)
    halfway = stand.command("index")
    time.sleep(1 + random.Random(edition).random() * 3)
    if halfway.poll() is None:
        os.killpg(halfway.pid, signal.SIGKILL)
    halfway.wait(30)
    assert stand.command("index").wait(cluster.ENOUGH) == 0


def builds(stand):
    return [(stand.ready(each) or {}).get("build") for each in stand.replicas]


def test_whatever_is_killed_nothing_that_was_promised_is_lost(built_settings, tmp_path):
    var, corpus = tmp_path / "var", tmp_path / "corpus"
    var.mkdir()
    (var / "models").symlink_to(built_settings.model_root.resolve())
    killing.write_corpus(corpus, 4)
    environ = {**os.environ, "ASSISTANT_VAR": str(var), "ASSISTANT_CORPUS": str(corpus)}
    subprocess.run([*cluster.ASSISTANT, "index"], env=environ, check=True, capture_output=True)
    first = index.current_build(var / "index")
    with cluster.standing(var, corpus) as stand:
        expected = canaries(stand)
        one, two = stand.replicas
        with reading(stand) as readers:
            answered(readers)
            print_step("one replica killed")
            one.end()
            answered(readers)
            one.start()
            cluster.wait_for(lambda: stand.ready(one), "the replica that was killed")
            print_step("the other stopped politely")
            assert two.end(signal.SIGTERM) in POLITE
            answered(readers)
            two.start()
            cluster.wait_for(lambda: stand.ready(two), "the replica that was stopped")
            print_step("Chroma killed, and another in its place with nothing in it")
            stand.chroma.end()
            answered(readers)
            stand.new_chroma()
            answered(readers)
            print_step("PostgreSQL restarted as after a power cut")
            stand.postgres.control("-m", "immediate", "restart")
            answered(readers)
            print_step("the proxy killed")
            stand.nginx.end()
            time.sleep(1)
            stand.nginx.start()
            answered(readers)
            print_step("a new build")
            publish(stand, corpus, edition=5)
            second = index.current_build(var / "index")
            cluster.wait_for(lambda: builds(stand) == [second, second], "the new build", 60)
            answered(readers)
            print_step("back to the one before")
            assert stand.command("index", "--rollback").wait(cluster.ENOUGH) == 0
            cluster.wait_for(lambda: builds(stand) == [first, first], "the old build", 60)
            answered(readers)
        assert canaries(stand) == expected
        cluster.wait_for(lambda: engines(stand) == ["chroma", "chroma"], "Chroma in use again", 120)
        assert canaries(stand) == expected
        assert_whole(readers, expected, first, second)
        assert_kept(stand, readers)
        print_step(
            ", ".join(f"{n} × {what}" for what, n in sum((r.seen for r in readers), Counter()).items())
        )
        restored(stand, readers)


def restored(stand, readers):
    """What was dumped comes back after everything has been lost, with the service stopped meanwhile."""
    print_step("everything lost, and restored from the dump")
    dump = str(stand.folder / "pg" / "samtaler.dump")
    stand.postgres.client("pg_dump", "-Fc", "-f", dump, "postgres")
    for reader in readers:
        status, _, _ = cluster.ask(stand.nginx.port, "DELETE", "/api/v1/me", cookie=reader.cookie)
        assert status == 200
    with pytest.raises(AssertionError):
        assert_kept(stand, readers)
    assert {each.end(signal.SIGTERM) for each in stand.replicas} <= POLITE
    status, headers, _ = cluster.ask(stand.nginx.port, "GET", "/api/v1/sources")
    assert (status, headers["retry-after"], headers["content-type"]) == (503, "5", MEDIA_TYPE)
    stand.postgres.client("pg_restore", "--clean", "--if-exists", "-d", "postgres", dump)
    for each in stand.replicas:
        each.start()
    cluster.wait_for(lambda: all(stand.ready(each) for each in stand.replicas), "replicas")
    assert_kept(stand, readers)


def engines(stand):
    return [(stand.ready(each) or {"vectors": {}})["vectors"].get("engine") for each in stand.replicas]


def print_step(what):
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)  # noqa: T201 - read with `pytest -s`
