"""Documents of the corpus behind one door, whatever their format."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace
from pathlib import Path

from assistant.documents import assembly, lovdata, markdown, sandbox, sidecar
from assistant.errors import CorpusError
from assistant.types import Document

__all__ = ["LOADERS", "files", "forget", "load"]

LOADERS: dict[str, str] = {
    ".md": "markdown",
    ".pdf": "pdf",
    ".docx": "docx",
    ".html": "html",
    ".htm": "html",
    ".txt": "text",
    ".json": "law",
    ".xml": "law",
}
"""The reader of each file ending. Markdown with a head and law as data are read here, all else in a process
of its own."""


def files(root: Path) -> Iterator[Path]:
    """Every file under `root` that is a document, in a stable order.

    `README.md`, hidden files, files that Word has open (`~$…`), and the folder `questions` (keys that lead
    to sections) are no documents.
    """
    for path in sorted(root.rglob("*")):
        inner = path.relative_to(root)
        if path.name == "README.md" or path.name.startswith("~$") or inner.parts[0] == "questions":
            continue
        if any(part.startswith(".") for part in inner.parts):
            continue
        if path.suffix.lower() in LOADERS and path.is_file():
            yield path


def load(path: Path, cache: Path | None = None) -> Document:
    """The document in `path`; what was found in a file is kept in the folder `cache` until the file changes.

    Raises:
        CorpusError: the file cannot be read, or breaks the rules of the corpus.
    """
    reader = LOADERS.get(path.suffix.lower())
    if reader is None:
        raise CorpusError(
            f"{path}: filtypen «{path.suffix or path.name}» kan ikke leses.",
            f"Bruk en av {', '.join(sorted(LOADERS))}.",
        )
    if reader == "law":
        return lovdata.load_json(path) if path.suffix.lower() == ".json" else lovdata.load_markup(path)
    facts = sidecar.read(path)
    if reader == "markdown":
        if facts is None:
            return markdown.load(path)
        reader = "text"
    extract = sandbox.read(reader, path, cache)
    source, warnings = sidecar.source(path, facts, extract)
    made = assembly.document(extract, source, warnings)
    if not made.sections:
        raise CorpusError(f"{path.name}: Dokumentet har ingen tekst.", "Sjekk at riktig fil er lagt inn.")
    return replace(made, original=sandbox.keep_original(path, cache)) if reader == "pdf" and cache else made


def forget(cache: Path, since: float, used: Set[str]) -> None:
    """Delete what was kept of files that nobody has asked for since `since`, but for the originals `used`."""
    for path in cache.glob("*.*"):
        if path.name not in used and path.stat().st_mtime < since - 1:
            path.unlink(missing_ok=True)
