"""A build that is published while the service runs is taken up whole, and nothing is left of the old one."""

import gc
import logging
import shutil
import threading
from pathlib import Path

import pytest
from conftest import FILES, TODAY

from assistant import index
from assistant.assistant import Assistant
from assistant.embedding import HashingEmbedder
from assistant.index import Index
from assistant.ingest import ingest
from assistant.live import Shared, Watcher
from assistant.settings import Settings
from assistant.types import Answer, Retrieval

FOLLOWED_UP = "Hvor ofte følger oppdragsgiver opp leverandøren?"


@pytest.fixture
def settings(small_index, tmp_path):
    """A corpus that a test may change, with its build."""
    shutil.copytree(FILES / "corpus", tmp_path / "corpus")
    shutil.copytree(small_index.folder.parent, tmp_path / "var" / "index")
    return Settings(var=tmp_path / "var", corpus=tmp_path / "corpus")


@pytest.fixture
def assistant(settings):
    return Assistant(settings, Index.open(settings.index_root), HashingEmbedder(), clock=lambda: TODAY)


def publish(settings, new, old="hvert kvartal"):
    """Change a sentence of the corpus, and publish the build of it."""
    path = settings.corpus / "veiledning" / "gjennomforing.md"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    return ingest(settings.corpus, settings.index_root, HashingEmbedder()).build


def texts_of(answer):
    return " ".join(citation.text for citation in answer.citations)


def test_a_published_build_answers_the_next_question(settings, assistant):
    before = assistant.build
    assert assistant.reload() is False
    build = publish(settings, "hvert halvår")
    assert assistant.build == before
    assert assistant.reload() is True
    assert assistant.build == build
    answer = assistant.ask(assistant.question(FOLLOWED_UP))
    assert "hvert halvår" in texts_of(answer)
    assert answer.build == build


def test_an_answer_that_began_on_a_build_ends_on_it(settings, assistant):
    before = assistant.build
    started = assistant.stream(assistant.question(FOLLOWED_UP))
    next(started)
    publish(settings, "hvert halvår")
    assistant.reload()
    events = list(started)
    found = next(event for event in events if isinstance(event, Retrieval))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert found.build == answer.build == before != assistant.build
    assert "hvert kvartal" in texts_of(answer)


def test_the_two_steps_of_the_chain_are_never_of_two_builds(settings, assistant):
    question = assistant.question(FOLLOWED_UP)
    found = assistant.search(question)
    build = publish(settings, "hvert halvår")
    assistant.reload()
    *_, answer = assistant._compose(question, found)
    assert answer.build == build
    assert "hvert halvår" in texts_of(answer)


def test_what_searches_a_build_is_closed_when_its_last_reader_is_done(settings, assistant, monkeypatch):
    closed = []
    engine = assistant._engines.value
    monkeypatch.setattr(engine.retriever, "close", lambda: closed.append(engine.index.id))
    started = assistant.stream(assistant.question(FOLLOWED_UP))
    next(started)
    publish(settings, "hvert halvår")
    assistant.reload()
    assert closed == []
    list(started)
    assert closed == [engine.index.id]


def test_an_answer_that_is_abandoned_lets_go_of_its_build(settings, assistant, monkeypatch):
    closed = []
    monkeypatch.setattr(assistant.retriever, "close", lambda: closed.append(True))
    started = assistant.stream(assistant.question(FOLLOWED_UP))
    next(started)
    publish(settings, "hvert halvår")
    assistant.reload()
    started.close()
    assert closed == [True]


def broken_vectors(settings, build):
    (settings.index_root / build / "vectors.npy").write_bytes(b"ikke tall")


def altered_passages(settings, build):
    path = settings.index_root / build / "passages.jsonl"
    path.write_text(path.read_text("utf-8").replace("halvår", "tiår"), "utf-8")


def other_embedder(settings, build):
    path = settings.index_root / build / "manifest.json"
    path.write_text(path.read_text("utf-8").replace(HashingEmbedder.name, "en-annen"), "utf-8")


def gone(settings, build):
    shutil.rmtree(settings.index_root / build)


def wrong_terms(settings, build):
    (settings.corpus / "terms.toml").write_text("[[[", "utf-8")


@pytest.mark.parametrize("harm", [broken_vectors, altered_passages, other_embedder, gone, wrong_terms])
def test_a_build_that_is_broken_is_refused_with_a_line_in_the_log_and_the_old_one_goes_on(
    settings, assistant, caplog, harm
):
    before = assistant.build
    watcher = assistant.watcher()
    watcher.look()
    harm(settings, publish(settings, "hvert halvår"))
    watcher.look()
    watcher.look()
    (record,) = [r for r in caplog.records if r.name == "assistant.live" and r.levelno >= logging.WARNING]
    assert "ikke tatt i bruk" in record.getMessage()
    assert assistant.build == before
    assert assistant.refused
    assert "hvert kvartal" in texts_of(assistant.ask(assistant.question(FOLLOWED_UP)))


def test_a_build_that_follows_a_broken_one_is_taken_up(settings, assistant):
    watcher = assistant.watcher()
    broken_vectors(settings, publish(settings, "hvert halvår"))
    watcher.look()
    build = publish(settings, "hvert døgn", "hvert halvår")
    watcher.look()
    assert assistant.build == build
    assert assistant.refused == ""


def test_rolling_back_is_taken_up_too(settings, assistant):
    before = assistant.build
    publish(settings, "hvert halvår")
    assistant.reload()
    index.rollback(settings.index_root)
    assistant.reload()
    assert assistant.build == before


def test_a_pointer_that_is_gone_for_a_moment_changes_nothing(settings, assistant):
    before = assistant.build
    (settings.index_root / "CURRENT").unlink()
    assistant.watcher().look()
    assert (assistant.build, assistant.refused) == (before, "")


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def living(kind):
    gc.collect()
    return sum(type(each) is kind for each in gc.get_objects())


def test_twenty_builds_later_nothing_is_left_of_the_old_ones(settings, assistant):
    question = assistant.question(FOLLOWED_UP)
    builds = [assistant.build, publish(settings, "hvert halvår")]
    engines = living(type(assistant._engines.value))

    def swap(number):
        index.publish(settings.index_root, builds[number % 2])
        assert assistant.reload()
        answer = assistant.ask(question)
        assert answer.build == builds[number % 2]
        assert ("hvert halvår" if number % 2 else "hvert kvartal") in texts_of(answer)

    for number in range(1, 5):
        swap(number)
    opened, files, threads = living(Index), open_files(), system_threads()
    for number in range(5, 25):
        swap(number)
    assert living(Index) == opened
    # Chroma's threads of other tests come and go; a leak would be one for each of the twenty.
    assert open_files() - files < 5
    assert system_threads() - threads < 5
    assert living(type(assistant._engines.value)) == engines
    assert assistant.retriever.vectors.problem == ""


def system_threads():
    return len(list(Path("/proc/self/task").iterdir()))


def test_questions_during_swaps_are_each_answered_from_one_build(settings, assistant):
    said = {assistant.build: "hvert kvartal", publish(settings, "hvert halvår"): "hvert halvår"}
    stop = threading.Event()
    torn, answered = [], []

    def ask():
        while not stop.is_set():
            answer = assistant.ask(assistant.question(FOLLOWED_UP))
            answered.append(answer.build)
            if said[answer.build] not in texts_of(answer):
                torn.append(answer)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    for build in list(said) * 5:
        index.publish(settings.index_root, build)
        assistant.reload()
    stop.set()
    for asker in askers:
        asker.join()
    assert torn == []
    assert set(answered) <= set(said)
    assert answered


def test_a_watcher_sees_a_change_by_itself_and_stops_when_told(tmp_path):
    pointer = tmp_path / "CURRENT"
    pointer.write_text("en")
    seen = threading.Semaphore(0)
    with Watcher(pointer, seen.release, seconds=0.01).running():
        assert seen.acquire(timeout=10)
        pointer.write_text("to")
        assert seen.acquire(timeout=10)
    assert "indeksvakt" not in {thread.name for thread in threading.enumerate()}


def test_an_accident_in_a_reload_does_not_end_the_watch(tmp_path, caplog):
    pointer = tmp_path / "CURRENT"
    pointer.write_text("en")
    tried = []

    def fail():
        tried.append(pointer.read_text())
        raise RuntimeError("uventet")

    watcher = Watcher(pointer, fail)
    watcher.look()
    pointer.write_text("to")
    watcher.look()
    assert tried == ["en", "to"]
    assert "uventet" in caplog.text


def test_a_value_is_closed_once_and_only_when_it_is_replaced():
    closed = []
    shared = Shared("en", closed.append)
    with shared.borrowed() as first, shared.borrowed() as second:
        assert first == second == "en"
        shared.replace("to")
        with shared.borrowed() as third:
            assert third == shared.value == "to"
        assert closed == []
    assert closed == ["en"]
    shared.replace("tre")
    assert closed == ["en", "to"]
