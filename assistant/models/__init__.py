"""The embedding model that is served: built once from what the setting names, checked each time it is opened.

```text
var/models/<name>/st/     the bundled model as sentence-transformers reads it, for evaluation
var/models/<name>/int8/   what is served in eight bits: model.onnx(.data), tokenizer, manifest.json
var/models/<name>/fp32/   the same in 32 bits, built when `ASSISTANT_PRECISION=fp32` asks for it
```

Building needs PyTorch and about a minute; it happens in a process of its own, so that the one that serves
never imports it. `embedding.py` serves the result with ONNX Runtime alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.errors import EnvironmentProblem, ModelError
from assistant.models.bundled import NAME as BUNDLED
from assistant.models.folder import ModelFolder, is_current, verify
from assistant.settings import Settings

__all__ = ["BUNDLED", "ModelFolder", "Report", "Source", "ensure", "find", "source", "verify"]

Report = Callable[[str, int, int], None]
"""Called with a step in Norwegian, how much of it is done, and of how much."""

UNSAFE = {".py", ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".h5", ".msgpack", ".joblib"}
"""Code, and weights in formats that run code when they are read."""
STEP = "steg: "
"""Begins a line of the building process that names a step."""
FAILED = "feil: "
"""Begins a line of the building process that carries a `ModelError`."""
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_ELSEWHERE = (
    "Sett ASSISTANT_EMBEDDER til `bundled`, til en mappe med en sentence-transformers-modell eller til "
    "navnet på en modell som kan hentes."
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model comes from, and the name of the folder it is built in."""

    kind: str
    """`bundled`, `folder` or `hub`; only `hub` may use the network."""
    name: str
    location: str
    """Path of the folder or id on the hub; empty for the bundled model."""


def ensure(settings: Settings, report: Report | None = None) -> ModelFolder:
    """The model that the settings name, built first when it is missing or made by an earlier version.

    Raises:
        ModelError: the model cannot be found, is unsafe or cannot be built, or a built file is altered.
        EnvironmentProblem: the folder for models cannot be written.
    """
    wanted = source(settings)
    folder = _folder(settings, wanted)
    if not is_current(folder):
        with _alone(settings.model_root):
            if not is_current(folder):
                _build(settings, wanted, folder, report or (lambda _step, _done, _total: None))
    return ModelFolder.open(folder)


def find(settings: Settings) -> ModelFolder:
    """The model that the settings name, as already built.

    Raises:
        ModelError: it is not built, or a file is altered.
    """
    return ModelFolder.open(_folder(settings, source(settings)))


def source(settings: Settings) -> Source:
    """What `ASSISTANT_EMBEDDER` names.

    Raises:
        ModelError: it is neither the bundled model, a safe folder nor the form of a hub id.
    """
    named = settings.embedder.strip()
    if named == "bundled":
        return Source("bundled", BUNDLED, "")
    path = Path(named).expanduser()
    if named and path.is_dir():
        return _local(path.resolve())
    if path.is_absolute() or named.startswith((".", "~")) or not _HUB_ID.fullmatch(named):
        raise ModelError(f"Finner ikke språkmodellen «{named}»: det er ingen slik mappe.", _ELSEWHERE)
    return Source("hub", named.replace("/", "--"), named)


def _local(path: Path) -> Source:
    """A folder, named for its content so that a changed model is built anew."""
    files = sorted(p for p in path.rglob("*") if p.is_file() and ".git" not in p.parts)
    unsafe = [p.relative_to(path).as_posix() for p in files if p.suffix.lower() in UNSAFE]
    if unsafe:
        raise ModelError(
            f"Modellmappen {path} har filer som kan kjøre kode: {', '.join(unsafe[:5])}.",
            "Bruk en modell med vekter i safetensors, og fjern disse filene.",
        )
    if not any(p.suffix == ".safetensors" for p in files):
        raise ModelError(f"Modellmappen {path} har ingen vekter i safetensors.", _ELSEWHERE)
    state = "".join(f"{p.relative_to(path)} {p.stat().st_size} {p.stat().st_mtime_ns}\n" for p in files)
    return Source("folder", f"{path.name}-{hashlib.sha256(state.encode()).hexdigest()[:8]}", str(path))


def _folder(settings: Settings, wanted: Source) -> Path:
    return settings.model_root / wanted.name / settings.precision


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the right to build: another process that wants the same model waits, and then finds it."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / ".lock").open("w")
    except OSError as error:
        raise EnvironmentProblem(
            f"Kan ikke skrive i {root}: {error.strerror}.", "Gi skrivetilgang, eller sett ASSISTANT_VAR."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in root.glob(".bygger-*"):  # from a build that was killed
            shutil.rmtree(left, ignore_errors=True)
        yield


def _build(settings: Settings, wanted: Source, folder: Path, report: Report) -> None:
    """Build in a folder beside, in a process of its own, and rename what is finished into place."""
    with tempfile.TemporaryDirectory(prefix=".bygger-", dir=settings.model_root) as staging:
        _run(Path(staging), wanted, settings.precision, report)
        folder.parent.mkdir(exist_ok=True)
        for made in sorted(Path(staging).iterdir(), reverse=True):  # `st` first: the other one is the sign
            final = folder.parent / made.name
            if final.exists():
                shutil.rmtree(final)
            made.rename(final)
    report("Språkmodellen er klar", 1, 1)


def _run(staging: Path, wanted: Source, precision: str, report: Report) -> None:
    order = json.dumps({"staging": str(staging), "precision": precision, **asdict(wanted)})
    home = Path(__file__).resolve().parents[2]
    paths = [str(home), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    environment |= {"HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
    if wanted.kind != "hub":
        environment["HF_HUB_OFFLINE"] = "1"
    command = [sys.executable, "-m", "assistant.models.build", order]
    failure, step = None, ""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8", env=environment
        ) as child:
            for line in child.stdout or ():
                if line.startswith(STEP):
                    step = line.removeprefix(STEP).strip()
                    report(step, 0, 1)
                elif line.startswith(FAILED):
                    failure = json.loads(line.removeprefix(FAILED))
        log.seek(0)
        said = [line.strip() for line in log if line.strip()]
    if failure:
        raise ModelError(failure["message"], failure["remedy"])
    if child.returncode:
        last = said[-1] if said else f"kode {child.returncode}"
        raise ModelError(
            f"Kunne ikke bygge språkmodellen {wanted.name}, i steget «{step}»: {last}",
            "Sjekk ledig minne (3 GB) og diskplass (2 GB), og kjør `assistant index` på nytt.",
        )
