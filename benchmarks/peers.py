"""The usual ways to search the same passages, each with its library's own means.

Every peer is made from (id, text) pairs and ranks ids for a question, best first. The texts hold the title of
their document, so that no peer knows less than the product does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant import language, lexical
from assistant.chain import stay_local

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from assistant.embedding import Embedder

DEPTH = 100
"""How far down each peer ranks."""
Ranking = Callable[[str], list[str]]
Passages = Sequence[tuple[str, str]]


def bm25(passages: Passages) -> Ranking:
    """bm25s over stemmed words without stop words, with the k1 and b of Anserini."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("norwegian")
    stop = sorted(language.STOP_WORDS)

    def tokens(texts: list[str], ids: bool) -> object:
        return bm25s.tokenize(
            texts, stopwords=stop, stemmer=stemmer, return_ids=ids, show_progress=False, allow_empty=True
        )

    model = bm25s.BM25(k1=lexical.K1, b=lexical.B)
    model.index(tokens([text for _, text in passages], True), show_progress=False)
    depth = min(DEPTH, len(passages))

    def rank(question: str) -> list[str]:
        found, _ = model.retrieve(tokens([question], False), k=depth, show_progress=False)
        return [passages[n][0] for n in found[0].tolist()]

    return rank


def dense(passages: Passages, embedder: Embedder, store: Path) -> Ranking:
    """The exact product with the vectors of whole passages, by the embedding model that the product serves.

    The vectors are kept in `store` from one run to the next.
    """
    digest = hashlib.sha256(f"{embedder.name}\0{passages!r}".encode()).hexdigest()[:12]
    kept = store / f"dense-{digest}.npy"
    if not kept.exists():
        store.mkdir(parents=True, exist_ok=True)
        np.save(kept, embedder.embed_passages([text for _, text in passages]))
    vectors = np.load(kept)

    def rank(question: str) -> list[str]:
        best = np.argsort(-(vectors @ embedder.embed_query(question)), kind="stable")[:DEPTH]
        return [passages[n][0] for n in best.tolist()]

    return rank


def rrf(first: Ranking, second: Ranking, k: int) -> Ranking:
    """Reciprocal rank fusion of two rankings (Cormack et al. 2009)."""

    def rank(question: str) -> list[str]:
        scores: dict[str, float] = {}
        for found in (first(question), second(question)):
            for place, each in enumerate(found, 1):
                scores[each] = scores.get(each, 0.0) + 1 / (k + place)
        return sorted(scores, key=lambda each: -scores[each])[:DEPTH]

    return rank


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
    """A sentence-transformers model as LangChain sees it, with the model's own prefixes."""
    from langchain_core.embeddings import Embeddings
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)

    class Local(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            made = model.encode([f"passage: {t}" for t in texts], normalize_embeddings=True)
            return [vector.tolist() for vector in made]

        def embed_query(self, text: str) -> list[float]:
            vector = model.encode(f"query: {text}", normalize_embeddings=True, show_progress_bar=False)
            return list(map(float, vector))

    return Local()
