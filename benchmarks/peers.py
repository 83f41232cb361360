"""The usual ways to search the same passages, each with its library's own means.

Every peer is made from (id, text) pairs. The texts hold the title of their document, so that no peer knows
less than the product does.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant import language, lexical
from assistant.chain import stay_local

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from assistant.embedding import Embedder

DEPTH = 100
"""How far down each peer ranks."""
Floats = NDArray[np.float32]
Ranking = Callable[[str], list[str]]
"""From a question to the ids of passages, best first."""
Scores = Callable[[str], Floats]
"""From a question to the score of every passage, in order."""
Passages = Sequence[tuple[str, str]]


def bm25(passages: Passages) -> Scores:
    """bm25s over stemmed words without stop words, with the k1 and b of Anserini."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("norwegian")

    def words(texts: list[str]) -> list[list[str]]:
        found: list[list[str]] = bm25s.tokenize(
            texts,
            stopwords=sorted(language.STOP_WORDS),
            stemmer=stemmer,
            return_ids=False,
            show_progress=False,
        )
        return found

    model = bm25s.BM25(k1=lexical.K1, b=lexical.B)
    model.index(words([text for _, text in passages]), show_progress=False)

    def score(question: str) -> Floats:
        asked = words([question])[0]
        found: Floats = model.get_scores(asked) if asked else np.zeros(len(passages), np.float32)
        return found

    return score


def dense(passages: Passages, embedder: Embedder, store: Path) -> Scores:
    """The cosines of whole passages, by the embedding model that the product serves.

    The vectors are kept in `store` from one run to the next.
    """
    digest = hashlib.sha256(f"{embedder.name}\0{passages!r}".encode()).hexdigest()[:12]
    kept = store / f"dense-{digest}.npy"
    if not kept.exists():
        store.mkdir(parents=True, exist_ok=True)
        np.save(kept, embedder.embed_passages([text for _, text in passages]))
    vectors: Floats = np.load(kept)
    return lambda question: vectors @ embedder.embed_query(question)


def ranked(passages: Passages, scores: Scores) -> Ranking:
    """The ids by score, best first; ties in the order of the passages."""
    return lambda question: [
        passages[n][0] for n in np.argsort(-scores(question), kind="stable")[:DEPTH].tolist()
    ]


def rrf(first: Ranking, second: Ranking, k: int) -> Ranking:
    """Reciprocal rank fusion of two rankings (Cormack et al. 2009)."""

    def rank(question: str) -> list[str]:
        scores: dict[str, float] = {}
        for found in (first(question), second(question)):
            for place, each in enumerate(found, 1):
                scores[each] = scores.get(each, 0.0) + 1 / (k + place)
        return sorted(scores, key=lambda each: -scores[each])[:DEPTH]

    return rank


def convex(first: Scores, second: Scores) -> Scores:
    """The sum of two scores, each with mean 0 and spread 1 over the passages (Bruch et al. 2022)."""

    def standard(values: Floats) -> Floats:
        scaled: Floats = (values - values.mean()) / (values.std() + np.float32(1e-9))
        return scaled

    return lambda question: standard(first(question)) + standard(second(question))


def langchain(passages: Passages, model: Path, store: Path) -> Ranking:
    """The plain pipeline: LangChain's Chroma over sentence-transformers with the same weights in 32 bits.

    The passages keep their vectors in `store` from one run to the next.
    """
    from chromadb.config import Settings
    from langchain_chroma import Chroma

    stay_local()
    database = Chroma(
        "passages",
        sentence_transformer(model),
        persist_directory=str(store / "langchain"),
        client_settings=Settings(anonymized_telemetry=False),
        collection_metadata={"hnsw:space": "cosine"},
    )
    known = set(database.get(include=[])["ids"])
    missing = [(each, text) for each, text in passages if each not in known]
    if missing:
        database.add_texts([text for _, text in missing], ids=[each for each, _ in missing])
    retriever = database.as_retriever(search_kwargs={"k": 10})
    return lambda question: [str(found.id) for found in retriever.invoke(question)]


def sentence_transformer(folder: Path) -> Embeddings:
    """A sentence-transformers model as LangChain sees it, with the model's own prefixes.

    A question gets one thread: two that wait for each other take up to ten times as long on a busy machine.
    """
    import torch
    from langchain_core.embeddings import Embeddings
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    class Local(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            torch.set_num_threads(os.cpu_count() or 1)
            made = model.encode([f"passage: {t}" for t in texts], normalize_embeddings=True)
            return [vector.tolist() for vector in made]

        def embed_query(self, text: str) -> list[float]:
            torch.set_num_threads(1)
            vector = model.encode(f"query: {text}", normalize_embeddings=True, show_progress_bar=False)
            return list(map(float, vector))

    return Local()
