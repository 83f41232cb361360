"""Texts to vectors: the served model on ONNX Runtime, and hashed character n-grams for tests.

Neither PyTorch nor sentence-transformers is imported here. Two rules make an index reproducible and let it
reuse vectors of unchanged texts: a batch holds texts of one length, so that nothing is padded, and the
graph scales each token by itself (see `models/graph.py`). A vector then depends on its text alone.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from assistant.models.folder import GRAPH, ModelFolder, broken
from assistant.models.graph import IDS, MASK, STATES, VECTOR
from assistant.models.unigram import Unigram

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]

ROWS = 32
"""Most texts in a batch."""
TOKENS = 2048
"""Most tokens in a batch: attention over 32 texts of 512 tokens would take 400 MB."""
REMEMBERED = 512
"""Questions whose vectors are kept."""
RUNS = 32
"""Questions whose tokens are kept as well: those of the longest take 800 kB."""


class Embedder(Protocol):
    """Gives texts places in a space where near means alike; all vectors have length one."""

    @property
    def name(self) -> str:
        """Identity for the index: vectors of embedders with the same name may be compared."""
        ...

    @property
    def dim(self) -> int:
        """Numbers in a vector."""
        ...

    def embed_query(self, text: str) -> Floats:
        """The vector of a question, of shape (dim,); not to be written to."""
        ...

    def read_query(self, text: str) -> Floats | None:
        """The states of the tokens of a question, of shape (n, dim); None of what has no such states."""
        ...

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Floats:
        """The vectors of texts to be found, of shape (n, dim); `progress` hears how many are done."""
        ...


class OnnxEmbedder:
    """The served model. Safe to share between threads."""

    def __init__(self, folder: ModelFolder, threads: int = 2) -> None:
        self.name = folder.name
        self.dim = folder.dim
        self._folder = folder
        self._threads = threads
        self._encode = _encoder(folder)
        self._session = _session(folder, threads)
        self._narrow: InferenceSession | None = None
        self._gives_states = STATES in {each.name for each in self._session.get_outputs()}
        self._run_of = lru_cache(maxsize=RUNS)(self._run_query)
        self._query = lru_cache(maxsize=REMEMBERED)(lambda text: self._run_of(text)[0])

    @classmethod
    def open(cls, folder: ModelFolder, threads: int = 2) -> Self:
        """The embedder for a built model; `threads` share the work on one question.

        Raises:
            ModelError: ONNX Runtime cannot read the files.
        """
        return cls(folder, threads)

    def embed_query(self, text: str) -> Floats:
        """The vector of a question, of shape (dim,); not to be written to."""
        return self._query(text.strip())

    def read_query(self, text: str) -> Floats | None:
        """The states of the tokens of a question, of shape (n, dim), not to be written to.

        They come with its vector: who has just asked for that one does not wait for them. None when the model
        has no layers.
        """
        return self._run_of(text.strip())[1]

    def read_queries(self, texts: Iterable[str]) -> dict[str, Floats]:
        """What `read_query` gives for each of many questions of a model with layers, to learn from them."""
        session = self._one_thread()
        batches = list(self._batches(dict.fromkeys(texts), self._folder.query_prefix))
        with ThreadPoolExecutor(self._threads) as workers:
            made = workers.map(lambda batch: _run(session, [ids for _, ids in batch], STATES)[0], batches)
            return {
                text: states.astype(np.float16)
                for batch, rows in zip(batches, made, strict=True)
                for (text, _), states in zip(batch, rows, strict=True)
            }

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Floats:
        """The vectors of texts to be found, of shape (n, dim); `progress` hears how many are done.

        Equal texts are computed once. Short texts come first, so progress slows down towards the end.
        """
        places: dict[str, list[int]] = defaultdict(list)
        for place, text in enumerate(texts):
            places[text.strip()].append(place)
        made = np.empty((len(texts), self.dim), np.float32)
        if not places:
            return made
        session = self._one_thread()
        done = 0

        def run(batch: list[tuple[str, list[int]]]) -> Floats:
            return _run(session, [ids for _, ids in batch], VECTOR)[0]

        batches = list(self._batches(places, self._folder.passage_prefix))
        with ThreadPoolExecutor(self._threads) as workers:  # a thread each beats one text on all threads
            for batch, vectors in zip(batches, workers.map(run, batches), strict=True):
                for (text, _), vector in zip(batch, vectors, strict=True):
                    made[places[text]] = vector
                    done += len(places[text])
                if progress:
                    progress(done)
        return made

    def _run_query(self, text: str) -> tuple[Floats, Floats | None]:
        ids = [self._encode(self._folder.query_prefix + text)]
        made = [each[0] for each in _run(self._session, ids, VECTOR, *[STATES][: self._gives_states])]
        for each in made:
            each.setflags(write=False)
        return made[0], made[1] if self._gives_states else None

    def _batches(self, texts: Iterable[str], prefix: str) -> Iterator[list[tuple[str, list[int]]]]:
        """Texts with their token ids, the same number of tokens in each batch, shortest first."""
        groups: dict[int, list[tuple[str, list[int]]]] = defaultdict(list)
        for text in texts:
            ids = self._encode(prefix + text)
            groups[len(ids)].append((text, ids))
        for length in sorted(groups):
            size = max(1, min(ROWS, TOKENS // length))
            for start in range(0, len(groups[length]), size):
                yield groups[length][start : start + size]

    def _one_thread(self) -> InferenceSession:
        """The session for passages; one thread, so that `ASSISTANT_THREADS` does not change a vector."""
        if self._threads == 1:
            return self._session
        if self._narrow is None:
            self._narrow = _session(self._folder, 1)
        return self._narrow


def _session(folder: ModelFolder, threads: int) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that spin while they wait halve the speed when web requests share the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(
            str(folder.path / GRAPH), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime has a class for each of its own codes
        raise broken(folder.path, f"ONNX Runtime kan ikke lese {GRAPH}") from error


def _run(session: InferenceSession, rows: list[list[int]], *outputs: str) -> list[Floats]:
    ids = np.array(rows, np.int64)
    made: list[Floats] = session.run(outputs, {IDS: ids, MASK: np.ones_like(ids)})
    return made


def _encoder(folder: ModelFolder) -> Callable[[str], list[int]]:
    """What turns text into token ids for this model."""
    if folder.tokenizer == "unigram":
        return Unigram(folder.path, folder.max_length).encode
    try:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
    except Exception as error:  # the library raises plain exceptions
        raise broken(folder.path, "tokenizer.json kan ikke leses") from error
    tokenizer.enable_truncation(folder.max_length)
    tokenizer.no_padding()
    return lambda text: tokenizer.encode(text).ids


class HashingEmbedder:
    """Vectors of hashed words and character n-grams: near means that the spelling is alike.

    For tests and for trying things without a model: quick, deterministic, and blind to meaning.
    """

    name = "hashing-256"
    dim = 256
    _sizes = (3, 4, 5)

    def embed_query(self, text: str) -> Floats:
        """The vector of a question, of shape (256,)."""
        vector = np.zeros(self.dim, np.float32)
        for feature in self._features(text):
            digest = zlib.crc32(feature.encode())
            vector[digest % self.dim] += 1.0 if digest & 0x8000_0000 else -1.0
        length = float(np.linalg.norm(vector))
        if not length:  # nothing to hash, or everything cancelled out
            vector[0] = length = 1.0
        return vector / np.float32(length)

    def read_query(self, text: str) -> None:
        """None: there are no tokens here."""

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Floats:
        """The vectors of the texts, of shape (n, 256)."""
        made = np.empty((len(texts), self.dim), np.float32)
        for place, text in enumerate(texts):
            made[place] = self.embed_query(text)
            if progress:
                progress(place + 1)
        return made

    def _features(self, text: str) -> Iterator[str]:
        for word in re.findall(r"\w+", text.lower()):
            yield word
            framed = f" {word} "
            for size in self._sizes:
                for start in range(len(framed) - size + 1):
                    yield framed[start : start + size]
