"""What all tests share: a closed network, a small assistant on hashing vectors, and the real one."""

import logging
import os
import socket
from datetime import date
from pathlib import Path

import pytest
from pytest_socket import SocketBlockedError

ROOT = Path(__file__).resolve().parent.parent
FILES = Path(__file__).resolve().parent / "files"
TODAY = date(2026, 11, 22)
LOCAL = ("127.0.0.1", "::1", "localhost")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Let tests connect to this machine and nowhere else; pytest-socket reads these next."""
    config.option.allow_hosts = ",".join(LOCAL)
    config.option.allow_unix_socket = True


@pytest.fixture(scope="session", autouse=True)
def closed_network():
    """Look up no name but this machine's own, here and in the programs that tests start."""
    look_up = socket.getaddrinfo

    def local(host, *rest, **more):
        if host not in (*LOCAL, None, "", "0.0.0.0", "::", b"localhost", b"127.0.0.1"):
            raise SocketBlockedError(f"A test tried to look up {host!r}.")
        return look_up(host, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", local)
        for name in [n for n in os.environ if n.startswith("ASSISTANT_")]:
            patch.delenv(name)
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture
def library_loggers(monkeypatch):
    """The loggers of uvicorn as the service leaves them, whatever ran before."""
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        as_left = {"handlers": [], "propagate": True, "disabled": False, "level": logging.NOTSET}
        for field, value in as_left.items():
            monkeypatch.setattr(logger, field, value)
        logger.manager._clear_cache()


@pytest.fixture(scope="session")
def small_settings(tmp_path_factory):
    """Settings for the three short documents in `tests/files/corpus`."""
    from assistant.settings import Settings

    return Settings(var=tmp_path_factory.mktemp("var"), corpus=FILES / "corpus")


@pytest.fixture(scope="session")
def small_index(small_settings):
    """A published build of the short documents, with hashing vectors."""
    from assistant.embedding import HashingEmbedder
    from assistant.index import Index
    from assistant.ingest import ingest

    embedder = HashingEmbedder()
    ingest(small_settings.corpus, small_settings.index_root, embedder)
    return Index.open(small_settings.index_root, embedder.name)


@pytest.fixture(scope="session")
def small(small_settings, small_index):
    """The whole assistant over the short documents; it is 22 November 2026."""
    from assistant.assistant import Assistant
    from assistant.embedding import HashingEmbedder

    settings = small_settings.model_copy(update={"vectors": "exact"})
    return Assistant(settings, small_index, HashingEmbedder(), clock=lambda: TODAY)


@pytest.fixture(scope="session")
def built_settings():
    """Settings for the shipped corpus and the model and index in `var/`, built now when they are missing."""
    from assistant import ingest, models
    from assistant.embedding import OnnxEmbedder
    from assistant.settings import Settings

    settings = Settings(var=ROOT / "var", corpus=ROOT / "corpus")
    embedder = OnnxEmbedder.open(models.ensure(settings), threads=settings.threads)
    ingest.ingest(settings.corpus, settings.index_root, embedder)
    return settings


@pytest.fixture(scope="session")
def built(built_settings):
    """The real assistant: the shipped corpus, the served model, Chroma; it is 22 November 2026."""
    from assistant.assistant import Assistant

    return Assistant.open(built_settings, clock=lambda: TODAY)
