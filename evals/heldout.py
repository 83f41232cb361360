"""A build without some of its own questions, so that these can be asked as if a reader came with them.

What tells an answer from a refusal is learned from more than the dev questions: one in seven of the question
keys and of the examples out of scope is left out of a build of its own, and asked there. Which ones is
decided by a hash of their words, so that the same corpus gives the same questions.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from assistant import index, ingest, scope
from assistant.embedding import Embedder

SHARE = 7
"""One in this many is left out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that the build does not know, and whether the corpus answers it."""

    text: str
    answered: bool
    evasive: bool = False
    """Whether it seeks a way round a rule."""


def without(corpus: Path, root: Path, folder: Path, embedder: Embedder) -> tuple[Path, list[Asked]]:
    """Build `corpus` in `folder` without the questions that are returned; the root of the build.

    Vectors of the build published under `root` are used again.
    """
    copy = folder / "corpus"
    shutil.copytree(corpus, copy)
    asked = [*_without_keys(copy), *_without_examples(copy)]
    return _build(copy, root, folder / "index", embedder), asked


def _build(corpus: Path, root: Path, made: Path, embedder: Embedder) -> Path:
    current = index.current_build(root)
    if current:
        shutil.copytree(root / current, made / current)
        index.publish(made, current)
    ingest.ingest(corpus, made, embedder)
    return made


def half(corpus: Path, root: Path, folder: Path, embedder: Embedder, part: int) -> Path:
    """Build `corpus` in `folder` without the question keys of half the documents; the root of the build.

    `part` 0 or 1 says which half, by a hash of their ids. So a document of a county's own, to which nobody
    has written questions, lies among those that have them.
    """
    copy = folder / "corpus"
    shutil.copytree(corpus, copy)
    for path in (copy / "questions").glob("*.yaml"):
        if hashlib.sha256(path.stem.encode()).digest()[0] % 2 == part:
            path.unlink()
    return _build(copy, root, folder / "index", embedder)


def left_out(question: str) -> bool:
    """Whether a question is one of those that are left out."""
    return hashlib.sha256(question.encode()).digest()[0] % SHARE == 0


def _without_keys(corpus: Path) -> Iterator[Asked]:
    for path in sorted((corpus / "questions").glob("*.yaml")):
        content = _read(path)
        for entries in content.values():
            for entry in entries:
                if isinstance(entry, str):
                    continue
                kept = [q for q in entry["questions"] if not left_out(q)] or entry["questions"][:1]
                yield from (Asked(q, True) for q in entry["questions"] if q not in kept)
                entry["questions"] = kept
        _write(path, content)


def _without_examples(corpus: Path) -> Iterator[Asked]:
    for path in filter(Path.is_file, scope.files(corpus)):
        content = _read(path)
        for group in content["groups"]:
            worded = [(q if isinstance(q, str) else q["q"], q) for q in group["questions"]]
            evasive = group["status"] == scope.REDIRECTED
            yield from (Asked(text, False, evasive) for text, _ in worded if left_out(text))
            group["questions"] = [q for text, q in worded if not left_out(text)]
        _write(path, content)


def _read(path: Path) -> dict[str, Any]:
    return dict(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
