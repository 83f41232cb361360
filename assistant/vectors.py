"""Search by meaning: the nearest vectors of a build, from Chroma or exactly from the build's own file.

`vectors.npy` is the truth. Chroma is a copy that can be made anew from it at any time, so a Chroma that
is missing or broken costs nothing but the copy: the exact product answers instead. Chroma only ever
gets vectors, never text to embed, and no embedding function.
"""

from __future__ import annotations

import logging
import shutil
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

log = logging.getLogger(__name__)
Floats = NDArray[np.float32]
BATCH = 2000
MOST_CHANGED = 0.2
"""Share of the rows from which a new collection is made instead of a copy of the previous one, altered."""
CHECKED = 12
"""Rows that are looked up to see whether a store tells the truth, and how many neighbours each."""
_NO_FUNCTION = {"legacy", "unknown"}
"""What Chroma writes in a collection that was made without an embedding function."""
Ids = NDArray[np.bytes_]
"""What each row is called in Chroma; the same from build to build as long as the row says the same."""


@dataclass(frozen=True, slots=True)
class Previous:
    """The collection of an earlier build, with the names of its rows."""

    folder: Path
    collection: str
    ids: Ids


class VectorSearch(Protocol):
    """Finds the rows of a build's vectors that lie nearest to a query."""

    @property
    def name(self) -> str:
        """What answers: `chroma` or `exact`."""
        ...

    problem: str
    """Why it is not the one that was asked for; empty while it is."""

    def nearest(self, query: Floats, limit: int) -> tuple[NDArray[np.int64], Floats]:
        """Row numbers and cosines, best first, at most `limit`; `query` has shape (dim,) and length 1."""
        ...

    def close(self) -> None:
        """Let go of files and threads; nothing is asked of it afterwards."""
        ...


class ExactSearch:
    """The full product over the vectors: the reference, and the fallback."""

    name = "exact"
    problem = ""

    def __init__(self, vectors: Floats) -> None:
        self._vectors = vectors

    def nearest(self, query: Floats, limit: int) -> tuple[NDArray[np.int64], Floats]:
        """Row numbers and cosines, best first; ties by row number."""
        scores = self._vectors @ query
        limit = min(limit, len(scores))
        if limit == 0:
            return np.zeros(0, np.int64), scores[:0]
        best = np.argpartition(-scores, limit - 1)[:limit]
        order = best[np.lexsort((best, -scores[best]))]
        return order.astype(np.int64), scores[order]

    def close(self) -> None:
        """There is nothing to let go of."""


class ChromaSearch:
    """A Chroma collection inside a build's folder; falls back to `exact` when Chroma fails."""

    name = "chroma"

    def __init__(
        self, folder: Path, collection: str, exact: ExactSearch, size: int, ids: Ids | None = None
    ) -> None:
        self._exact = exact
        self._rows = None if ids is None else {name.decode(): row for row, name in enumerate(ids.tolist())}
        self._collection: Collection | None = None
        self._client: Any = None
        self.problem = ""
        """Why Chroma is not used, for the doctor and the log; empty while it works."""
        try:
            self._client = _client(folder)
            self._collection = usable(self._client, collection, size)
        except Exception as error:  # noqa: BLE001 - Chroma raises its own, sqlite's and Rust's errors; all mean the same here
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self.problem = f"{type(error).__name__}: {error}"
        self._collection = None
        log.warning("Chroma svarer ikke (%s); bruker indeksens egne vektorer.", self.problem)

    def nearest(self, query: Floats, limit: int) -> tuple[NDArray[np.int64], Floats]:
        """Row numbers and cosines from Chroma, best first; exact ones when Chroma fails."""
        collection = self._collection
        if collection is not None:
            try:
                return told(collection, query, limit, self._rows)
            except Exception as error:  # noqa: BLE001 - as above
                self._give_up(error)
        return self._exact.nearest(query, limit)

    def close(self) -> None:
        """Close Chroma's files: it keeps every folder it has opened in memory until told otherwise."""
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            client.close()


def usable(client: Any, collection: str, size: int) -> Collection:  # noqa: ANN401 - chromadb's client has no public type
    """The collection, when it is one of ours and whole.

    Raises:
        ValueError: it has another size, or asks for an embedding function: Chroma would load and run what
            is named there, and a server takes such a name from anyone.
        Exception: Chroma cannot find or read it.
    """
    found: Collection = client.get_collection(collection, embedding_function=None)
    model = found.get_model()  # as it is stored: the collection's own properties would load the function
    if not {*_functions(model.configuration_json), *_functions(model.serialized_schema)} <= _NO_FUNCTION:
        raise ValueError("samlingen har en egen embedding-funksjon, og brukes ikke")
    if found.count() != size:
        raise ValueError(f"{found.count()} vektorer i stedet for {size}")
    return found


def _functions(stored: object) -> Iterator[str]:
    """The type of every embedding function that stands somewhere in a collection's stored description."""
    if isinstance(stored, dict):
        for key, value in stored.items():
            if key == "embedding_function" and value:
                yield str(value.get("type")) if isinstance(value, dict) else "known"
            else:
                yield from _functions(value)


def told(
    collection: Collection, query: Floats, limit: int, rows: dict[str, int] | None
) -> tuple[NDArray[np.int64], Floats]:
    """What Chroma says is nearest: row numbers and cosines, best first."""
    result: Any = collection.query(query_embeddings=[query.tolist()], n_results=limit, include=["distances"])
    found = [rows[i] if rows else int(i) for i in result["ids"][0]]
    return np.array(found, dtype=np.int64), 1 - np.array(result["distances"][0], dtype=np.float32)


def disagreement(search: VectorSearch, matrix: Floats) -> str:
    """How `search` differs from the exact product over `matrix`; empty when it tells the truth.

    Some rows are looked up: each answer must be full, every cosine true, and nearly all of the nearest
    rows among it, which an approximate search gives and a lost or mixed-up store does not.
    """
    limit = min(CHECKED, len(matrix))
    missed, asked = 0, 0
    for row in np.linspace(0, len(matrix) - 1, CHECKED).astype(int).tolist() if limit else ():
        query = np.array(matrix[row])
        scores = matrix @ query
        if scores[row] < 0.99:
            continue  # a text without words has no direction to look in
        found, cosines = search.nearest(query, limit)
        if search.problem:
            return search.problem
        if len(distinct := set(found.tolist())) != limit:
            return f"den gir {len(distinct)} treff i stedet for {limit}"
        if not np.allclose(scores[found], cosines, atol=2e-3):
            return "den gir andre likheter enn indeksens egne vektorer"
        floor = np.partition(scores, -limit)[-limit]
        missed += int((scores[found] < floor - 1e-3).sum())
        asked += limit
    return "den finner ikke de nærmeste vektorene" if missed > 0.1 * asked else ""


def server_client(url: str, seconds: float) -> Any:  # noqa: ANN401 - as above
    """A client for the Chroma server at `url`, none of whose requests waits longer than `seconds` for a word.

    Raises:
        Exception: the server does not answer, or is not Chroma.
    """
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    # Chroma's own client waits for ever, and asks the server already while it is made: so we ask first.
    with urllib.request.urlopen(f"{url.rstrip('/')}/api/v2/heartbeat", timeout=seconds) as answer:
        answer.read(1000)
    client = chromadb.Client(
        ChromaSettings(
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=url.rstrip("/"),
            chroma_server_http_port=0,  # the address says which
            chroma_server_ssl_enabled=url.startswith("https:"),
            anonymized_telemetry=False,
        )
    )
    client._server._session.timeout = seconds
    return client


def hang_up(client: Any) -> None:  # noqa: ANN401 - as above
    """Close what `server_client` opened; Chroma leaves its connections to the garbage collector."""
    for each in (client, client._admin_client):
        each._server._session.close()
    client.close()


def _client(folder: Path) -> Any:  # noqa: ANN401 - chromadb's client has no public type
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    return chromadb.PersistentClient(
        path=str(folder), settings=ChromaSettings(anonymized_telemetry=False, allow_reset=False)
    )


def build_chroma(
    folder: Path,
    collection: str,
    vectors: Floats,
    metadata: Sequence[dict[str, str | int]],
    progress: Callable[[int], None] | None = None,
    ids: Ids | None = None,
    previous: Previous | None = None,
) -> None:
    """Write `vectors` as a Chroma collection in the new folder `folder`; rows are named by `ids`.

    When little has changed since `previous`, its collection is copied and altered; any doubt about the
    result makes the whole of it anew.
    """
    names = [str(row) for row in range(len(vectors))] if ids is None else [i.decode() for i in ids.tolist()]
    if previous is not None and _altered(folder, collection, vectors, metadata, names, previous, progress):
        return
    created = new_collection(_client(folder), collection)
    add(created, range(len(vectors)), vectors, metadata, names, progress)


def new_collection(client: Any, collection: str) -> Collection:  # noqa: ANN401 - as above
    """An empty collection for vectors of length 1, without an embedding function."""
    hnsw = {"space": "cosine", "ef_search": 400, "ef_construction": 200, "max_neighbors": 32}
    created: Collection = client.create_collection(
        collection, embedding_function=None, configuration={"hnsw": hnsw}
    )
    return created


def add(
    collection: Collection,
    rows: Sequence[int],
    vectors: Floats,
    metadata: Sequence[dict[str, str | int]],
    names: Sequence[str],
    progress: Callable[[int], None] | None = None,
) -> None:
    """Put some of the rows in a collection, a batch at a time."""
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        collection.add(
            ids=[names[row] for row in batch],
            embeddings=[vectors[row] for row in batch],
            metadatas=[metadata[row] for row in batch],
        )
        if progress:
            progress(len(batch))


def _altered(
    folder: Path,
    collection: str,
    vectors: Floats,
    metadata: Sequence[dict[str, str | int]],
    names: Sequence[str],
    previous: Previous,
    progress: Callable[[int], None] | None,
) -> bool:
    """Whether a copy of the previous collection now holds exactly the rows called `names`."""
    before, now = {i.decode() for i in previous.ids.tolist()}, set(names)
    gone = sorted(before - now)
    added = [row for row, name in enumerate(names) if name not in before]
    if len(gone) + len(added) > MOST_CHANGED * len(names):
        return False
    # A path that Chroma has once opened cannot be used again in the same process, so the try has its own.
    copy = folder.with_name(f"{folder.name}.copy")
    try:
        shutil.copytree(previous.folder, copy)
        copied = _client(copy).get_collection(previous.collection, embedding_function=None)
        for start in range(0, len(gone), BATCH):
            copied.delete(ids=gone[start : start + BATCH])
        add(copied, added, vectors, metadata, names, progress)
        copied.modify(name=collection)
        if copied.count() != len(names):
            raise ValueError(f"{copied.count()} vektorer i stedet for {len(names)}")
        copy.rename(folder)
    except Exception as error:  # noqa: BLE001 - Chroma raises its own, sqlite's and Rust's errors; all mean the same here
        shutil.rmtree(copy, ignore_errors=True)
        log.warning("Chroma kan ikke endres (%s: %s); bygges på nytt.", type(error).__name__, error)
        return False
    if progress:
        progress(len(names) - len(added))
    return True
