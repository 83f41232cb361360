"""A Chroma server that replicas share: one collection for each build, named after it.

The server is a copy of the build like any other: who finds the collection missing fills it, under a name of
its own until it is whole, so that nobody meets half of one. Only vectors are sent, never text.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant import vectors
from assistant.vectors import ExactSearch, Floats, Ids

log = logging.getLogger(__name__)

REQUEST_SECONDS = 10.0
"""How long a request waits for the next word of the server; a search has less, see `standby`."""


class ChromaServer:
    """The collection of one build on the server at `url`.

    Raises:
        Exception: the server does not answer.
    """

    name = "chroma"

    def __init__(self, url: str, build: str, exact: ExactSearch, ids: Ids) -> None:
        self._client = vectors.server_client(url, REQUEST_SECONDS)
        self._build = build
        self._exact = exact
        self._names = [name.decode() for name in ids.tolist()]
        self._rows = {name: row for row, name in enumerate(self._names)}
        self._collection: Any = None
        self.problem = ""

    def has_it(self) -> bool:
        """Whether the collection stands there, whole; from then on it can be searched.

        Raises:
            ValueError: it has another size, or asks for an embedding function.
            Exception: the server does not answer.
        """
        if not any(each.name == self._build for each in self._client.list_collections(limit=1000)):
            return False
        self._collection = vectors.usable(self._client, self._build, len(self._names))
        return True

    def fill(self, matrix: Floats, metadata: Sequence[dict[str, str | int]], stop: threading.Event) -> None:
        """Make the collection; when another replica was quicker, use that one.

        Raises:
            InterruptedError: we are asked to stop.
            Exception: the server does not answer.
        """
        name = f"{self._build}.{uuid.uuid4().hex[:8]}"
        filling = vectors.new_collection(self._client, name)
        try:
            for start in range(0, len(matrix), vectors.BATCH):
                if stop.is_set():
                    raise InterruptedError("avbrutt")
                batch = range(start, min(start + vectors.BATCH, len(matrix)))
                vectors.add(filling, batch, matrix, metadata, self._names)
            with suppress(Exception):  # a name is taken once: who comes second uses what the first one made
                filling.modify(name=self._build)
            if not self.has_it():
                raise ValueError("samlingen ble fylt, men kan ikke tas i bruk")
        finally:
            with suppress(Exception):  # ours has another name by now, unless something went wrong
                self._client.delete_collection(name)

    def nearest(self, query: Floats, limit: int) -> tuple[NDArray[np.int64], Floats]:
        """Row numbers and cosines from the server, best first; exact ones when it fails."""
        try:
            return vectors.told(self._collection, query, limit, self._rows)
        except Exception as error:  # noqa: BLE001 - Chroma raises its own and httpx's errors; all mean the same here
            self.problem = f"{type(error).__name__}: {error}"
            return self._exact.nearest(query, limit)

    def close(self) -> None:
        """Close the connections; a search under way ends with an error, and is answered exactly."""
        vectors.hang_up(self._client)
