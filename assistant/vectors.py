"""Search by meaning: the nearest vectors of a build, from Chroma or exactly from the build's own file.

`vectors.npy` is the truth. Chroma is a copy that can be made anew from it at any time, so a Chroma that
is missing or broken costs nothing but the copy: the exact product answers instead. Chroma only ever
gets vectors, never text to embed, and no embedding function.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

log = logging.getLogger(__name__)
Floats = NDArray[np.float32]
BATCH = 2000


class VectorSearch(Protocol):
    """Finds the rows of a build's vectors that lie nearest to a query."""

    name: str

    def nearest(self, query: Floats, limit: int) -> tuple[NDArray[np.int64], Floats]:
        """Row numbers and cosines, best first, at most `limit`; `query` has shape (dim,) and length 1."""
        ...


class ExactSearch:
    """The full product over the vectors: the reference, and the fallback."""

    name = "exact"

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


class ChromaSearch:
    """A Chroma collection inside a build's folder; falls back to `exact` when Chroma fails."""

    name = "chroma"

    def __init__(self, folder: Path, collection: str, exact: ExactSearch, size: int) -> None:
        self._exact = exact
        self._collection: Collection | None = None
        self.problem = ""
        """Why Chroma is not used, for the doctor and the log; empty while it works."""
        try:
            found = _client(folder).get_collection(collection, embedding_function=None)
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
                rows = np.array([int(i) for i in result["ids"][0]], dtype=np.int64)
                return rows, 1 - np.array(result["distances"][0], dtype=np.float32)
        return self._exact.nearest(query, limit)


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
) -> None:
    """Write `vectors` as a new Chroma collection in the new folder `folder`; ids are row numbers."""
    created = _client(folder).create_collection(
        collection,
        embedding_function=None,
        configuration={
            "hnsw": {"space": "cosine", "ef_search": 400, "ef_construction": 200, "max_neighbors": 32}
        },
    )
    for start in range(0, len(vectors), BATCH):
        rows = range(start, min(start + BATCH, len(vectors)))
        created.add(
            ids=[str(row) for row in rows],
            embeddings=[vectors[row] for row in rows],
            metadatas=[metadata[row] for row in rows],
        )
        if progress:
            progress(len(rows))
