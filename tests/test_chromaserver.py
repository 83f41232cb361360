"""A Chroma server, really started: filled when a build is missing, shared, and done without when it dies."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from assistant import chromaserver, standby, vectors
from assistant.settings import Settings

CHROMA = shutil.which("chroma") or shutil.which("chroma", path=Path(sys.executable).parent)
needs_chroma = pytest.mark.skipif(CHROMA is None, reason="the program `chroma` is not installed")
ENOUGH = 60.0


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def start(folder, port):
    command = [CHROMA, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    for _ in range(600):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.1)
    process.kill()
    process.wait()
    pytest.fail("chroma run never answered")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    port = free_port()
    process = start(tmp_path_factory.mktemp("tjener"), port)
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture
def client(server):
    opened = vectors.server_client(server, 10)
    yield opened
    for each in opened.list_collections():
        opened.delete_collection(each.name)
    vectors.hang_up(opened)


def names(client):
    return [each.name for each in client.list_collections()]


def serve(server, opened):
    return standby.of(Settings(chroma_url=server), opened)


@needs_chroma
def test_a_build_that_is_missing_on_the_server_is_filled_in_and_answers_as_the_exact_product(
    server, client, small_index
):
    search = serve(server, small_index)
    assert search.settled(ENOUGH)
    assert (search.name, search.problem) == ("chroma", "")
    assert names(client) == [small_index.id]
    exact = vectors.ExactSearch(small_index.vectors)
    for query in small_index.vectors[::5]:
        assert np.allclose(search.nearest(query, 5)[1], exact.nearest(query, 5)[1], atol=1e-3)
    search.close()


@needs_chroma
def test_replicas_that_fill_the_same_build_at_the_same_time_share_one_collection(server, client, small_index):
    both = [serve(server, small_index) for _ in range(2)]
    assert all(search.settled(ENOUGH) for search in both)
    assert [search.name for search in both] == ["chroma", "chroma"]
    assert names(client) == [small_index.id]
    for search in both:
        search.close()


@needs_chroma
def test_a_collection_that_asks_for_an_embedding_function_is_refused(server, client, small_index):
    evil = {
        "type": "known",
        "name": "sentence_transformer",
        "config": {
            "model_name": "evil/model",
            "device": "cpu",
            "normalize_embeddings": False,
            "kwargs": {"trust_remote_code": True},
        },
    }
    client._server._session.post(
        f"{server}/api/v2/tenants/default_tenant/databases/default_database/collections",
        json={"name": small_index.id, "configuration": {"embedding_function": evil}},
    ).raise_for_status()
    search = serve(server, small_index)
    assert search.settled(ENOUGH)
    assert (search.name, "embedding-funksjon" in search.problem) == ("exact", True)
    search.close()


@needs_chroma
def test_a_collection_of_another_size_is_not_used(server, client, small_index):
    vectors.new_collection(client, small_index.id)
    search = serve(server, small_index)
    assert search.settled(ENOUGH)
    assert (search.name, search.problem.startswith("ValueError: 0 vektorer")) == ("exact", True)
    search.close()


@needs_chroma
def test_a_server_that_dies_is_done_without_and_taken_up_again_when_it_is_back(
    tmp_path, small_index, monkeypatch
):
    monkeypatch.setattr(standby, "FIRST_PAUSE", 0.2)
    monkeypatch.setattr(standby, "LONGEST_PAUSE", 0.5)
    port = free_port()
    process = start(tmp_path, port)
    made = standby.Standby(
        vectors.ExactSearch(small_index.vectors),
        standby.partial(
            standby._remote, f"http://127.0.0.1:{port}", small_index, vectors.ExactSearch(small_index.vectors)
        ),
        pause=0.2,
    )
    try:
        assert made.settled(ENOUGH)
        assert made.name == "chroma"
        process.kill()
        process.wait()
        query = small_index.vectors[3]
        expected = vectors.ExactSearch(small_index.vectors).nearest(query, 5)
        assert made.nearest(query, 5)[0].tolist() == expected[0].tolist()
        assert (made.name, made.problem != "") == ("exact", True)
        process = start(tmp_path, port)
        for _ in range(300):
            if made.name == "chroma":
                break
            threading.Event().wait(0.1)
        assert (made.name, made.problem) == ("chroma", "")
    finally:
        made.close()
        process.kill()
        process.wait()


def silent(taken):
    """A server that takes connections and never says a word."""
    taken.listen()
    return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_server_that_says_nothing_or_is_not_there_costs_no_answer(small_index, monkeypatch):
    monkeypatch.setattr(chromaserver, "REQUEST_SECONDS", 0.2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        for url in (silent(taken), f"http://127.0.0.1:{free_port()}"):
            search = serve(url, small_index)
            assert len(search.nearest(small_index.vectors[3], 5)[0]) == 5
            assert search.settled(ENOUGH)
            assert (search.name, search.problem != "") == ("exact", True)
            search.close()


@pytest.mark.parametrize(
    "url",
    ["chroma:8000", "ftp://chroma", "http://", "http://user:pw@chroma", "http://chroma/?a=b", "http://a b"],
)
def test_an_address_that_is_not_one_stops_the_start(url):
    with pytest.raises(ValidationError):
        Settings(chroma_url=url)
