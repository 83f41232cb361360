"""Search by meaning: the nearest vectors of a build, from Chroma or exactly from the build's own file.

`vectors.npy` is the truth. Chroma is a copy that can be made anew from it at any time, so a Chroma that
is missing or broken costs nothing but the copy: the exact product answers instead. Chroma only ever
gets vectors, never text to embed, and no embedding function.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Sequence
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

    name: str
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
            found = self._client.get_collection(collection, embedding_function=None)
            if found.count() != size:
                raise ValueError(f"{found.count()} vektorer i stedet for {size}")
            self._collection = found
        except Exception as error:  # noqa: BLE001 - Chroma raises its own, sqlite's and Rust's errors; all mean the same here
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self.problem = f"{type(error).__name__}: {error}"
        self._collection = None
        log.warning("Chroma svarer ikke (%s); bruker indeksens egne vektorer.", self.problem)

    def nearest(self, query: Floats, limit: int) -> tuple[NDArray[np.int64], Floats]:
        """Row numbers and cosines from Chroma, best first; exact ones when Chroma fails."""
        if self._collection is not None:
            try:
                result: Any = self._collection.query(
                    query_embeddings=[query.tolist()], n_results=limit, include=["distances"]
                )
            except Exception as error:  # noqa: BLE001 - as above
                self._give_up(error)
            else:
                found = result["ids"][0]
                rows = np.array([self._rows[i] if self._rows else int(i) for i in found], dtype=np.int64)
                return rows, 1 - np.array(result["distances"][0], dtype=np.float32)
        return self._exact.nearest(query, limit)

    def close(self) -> None:
        """Close Chroma's files: it keeps every folder it has opened in memory until told otherwise."""
        client, self._client, self._collection = self._client, None, None
        if client is not None:
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
    created = _client(folder).create_collection(
        collection,
        embedding_function=None,
        configuration={
            "hnsw": {"space": "cosine", "ef_search": 400, "ef_construction": 200, "max_neighbors": 32}
        },
    )
    _add(created, list(range(len(vectors))), vectors, metadata, names, progress)


def _add(
    collection: Collection,
    rows: Sequence[int],
    vectors: Floats,
    metadata: Sequence[dict[str, str | int]],
    names: Sequence[str],
    progress: Callable[[int], None] | None,
) -> None:
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
        _add(copied, added, vectors, metadata, names, progress)
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
