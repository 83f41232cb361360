"""Documents of the corpus behind one door, whatever their format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.documents import lovdata, markdown
from assistant.errors import CorpusError
from assistant.types import Document

__all__ = ["LOADERS", "files", "load"]

LOADERS: dict[str, Callable[[Path], Document]] = {
    ".md": markdown.load,
    ".json": lovdata.load_json,
    ".xml": lovdata.load_markup,
}
"""The reader of each file ending."""


def files(root: Path) -> Iterator[Path]:
    """Every file under `root` that is a document, in a stable order.

    `README.md`, hidden files, and the folder `questions` (keys that lead to sections) are no documents.
    """
    for path in sorted(root.rglob("*")):
        inner = path.relative_to(root)
        if path.name == "README.md" or inner.parts[0] == "questions":
            continue
        if any(part.startswith(".") for part in inner.parts):
            continue
        if path.suffix.lower() in LOADERS and path.is_file():
            yield path


def load(path: Path) -> Document:
    """The document in `path`.

    Raises:
        CorpusError: the file cannot be read, or breaks the rules of the corpus.
    """
    loader = LOADERS.get(path.suffix.lower())
    if loader is None:
        raise CorpusError(
            f"{path}: filtypen «{path.suffix or path.name}» kan ikke leses.",
            f"Bruk en av {', '.join(sorted(LOADERS))}.",
        )
    return loader(path)
