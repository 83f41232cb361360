"""A built model on disk: what it is made of, and whether it still is what was built.

A folder holds the files that are served and `manifest.json`, which names each with its SHA-256. Whoever
can change a file can change the manifest too, so the check is against damage, half copies and files put
there by hand; the weights that the manifest descends from are pinned in `bundled.py`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from assistant.digests import file_sha256
from assistant.errors import ModelError

FORMAT = 2
MANIFEST = "manifest.json"
STAMP = "verified.json"
GRAPH = "model.onnx"
"""The network; its largest tables lie beside it in `model.onnx.data`, which the operating system maps
into memory page by page."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A built embedding model whose files are those that the manifest names."""

    path: Path
    name: str
    """Identity for an index: model, precision and eight digits of the hash of all served files."""
    dim: int
    max_length: int
    """Tokens that are read of a text, the two at the ends included; the rest is left out."""
    query_prefix: str
    passage_prefix: str
    tokenizer: str
    """`unigram` when `unigram.py` reads it, `tokenizers` when the library of that name must."""
    manifest: dict[str, Any]

    @classmethod
    def open(cls, path: Path) -> Self:
        """The model in `path`, checked.

        Hashing takes half a second, so it is done only when the stamp of an earlier check does not match
        the size, inode and times of every file. A write changes the inode's own time (`ctime`), which no
        program can set back.

        Raises:
            ModelError: the manifest is missing or of another format, or a file is missing, altered or
                not in the manifest.
        """
        manifest = _read(path)
        folder = cls(
            path=path,
            name=f"{manifest['name']}-{manifest['precision']}-{identity(manifest['files'])[:8]}",
            dim=manifest["dim"],
            max_length=manifest["max_length"],
            query_prefix=manifest["query_prefix"],
            passage_prefix=manifest["passage_prefix"],
            tokenizer=manifest["tokenizer"],
            manifest=manifest,
        )
        _refuse_strangers(folder)
        stamp = _stamp(folder)
        if not stamp or stamp != _stamped(path):
            verify(folder)
        return folder


def is_current(path: Path) -> bool:
    """Whether a model lies in `path` and has the form of this version; its files are not looked at."""
    try:
        told = json.loads((path / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return (path / MANIFEST).is_file()  # what cannot be read is told of when it is opened
    return not (isinstance(told, dict) and isinstance(told.get("format"), int) and told["format"] < FORMAT)


def verify(folder: ModelFolder) -> None:
    """Hash every served file and compare with the manifest.

    Raises:
        ModelError: a file is missing, altered or not in the manifest.
    """
    _refuse_strangers(folder)
    stamp = _stamp(folder)
    for name, told in folder.manifest["files"].items():
        file = folder.path / name
        if not file.is_file():
            raise broken(folder.path, f"{name} mangler")
        if file.stat().st_size != told["bytes"] or file_sha256(file) != told["sha256"]:
            raise broken(folder.path, f"{name} er endret etter at modellen ble bygget")
    try:
        (folder.path / STAMP).write_text(json.dumps(stamp), "utf-8")
    except OSError:
        return  # a folder that cannot be written is hashed each time it is opened


def described(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of every file below `folder`, for a manifest."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {
        p.relative_to(folder).as_posix(): {"bytes": p.stat().st_size, "sha256": file_sha256(p)} for p in files
    }


def identity(files: dict[str, dict[str, Any]]) -> str:
    """One hash for all files of a manifest."""
    lines = "".join(f"{name} {files[name]['sha256']}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def broken(path: Path, what: str) -> ModelError:
    """The error for a folder that cannot be trusted."""
    return ModelError(
        f"Språkmodellen i {path} er skadet: {what}.",
        "Slett mappen og kjør `assistant index`; modellen bygges da på nytt.",
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text("utf-8"))
        found = manifest["format"]
    except FileNotFoundError:
        raise ModelError(
            f"Språkmodellen er ikke bygget: {path} mangler.", "Kjør `assistant index`."
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise broken(path, f"{MANIFEST} kan ikke leses ({type(error).__name__})") from error
    if found != FORMAT:
        raise ModelError(
            f"Språkmodellen i {path} har format {found}, men denne versjonen bruker {FORMAT}.",
            "Slett mappen og kjør `assistant index`.",
        )
    return manifest


def _refuse_strangers(folder: ModelFolder) -> None:
    known = {MANIFEST, STAMP, *folder.manifest["files"]}
    found = {p.relative_to(folder.path).as_posix() for p in folder.path.rglob("*") if not p.is_dir()}
    if strangers := sorted(found - known):
        raise broken(folder.path, f"{', '.join(strangers)} hører ikke til")


def _stamp(folder: ModelFolder) -> dict[str, list[int]]:
    """What the file system says about the manifest and the files it names; empty when one is missing."""
    stamp = {}
    for name in (MANIFEST, *folder.manifest["files"]):
        try:
            stat = (folder.path / name).stat()
        except OSError:
            return {}
        stamp[name] = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    return stamp


def _stamped(path: Path) -> object:
    try:
        return json.loads((path / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return None
