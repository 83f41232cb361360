"""Whether a corpus keeps its own rules: every finding with file, line and remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from assistant import chunking, documents
from assistant.documents import markdown, questions, sidecar, sourceline, versions
from assistant.documents.frontmatter import Problem
from assistant.errors import CorpusError
from assistant.types import Document

Severity = Literal["feil", "advarsel"]
STALE_DAYS = 365
_DATA = (".toml", ".yaml")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right in the corpus."""

    path: Path
    line: int
    severity: Severity
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.severity}: {self.message} {self.remedy}"


def check(root: Path, today: date) -> list[Finding]:
    """Everything wrong in the corpus under `root`, in reading order; empty when all is well.

    A `feil` keeps a document, or a list of questions, out of the answers; an `advarsel` does not.
    """
    if not root.is_dir():
        return [
            Finding(
                root, 1, "feil", "Mappen finnes ikke.", "Sett ASSISTANT_CORPUS til mappen med dokumenter."
            )
        ]
    findings: list[Finding] = []
    read: dict[Path, Document] = {}
    for path in documents.files(root):
        document, found = _document(path, today)
        findings += found
        if document:
            read[path] = document
    if not read and not findings:
        findings.append(
            Finding(
                root, 1, "feil", "Mappen har ingen dokumenter.", "Legg til dokumenter; se corpus/README.md."
            )
        )
    findings += _repeated_ids(read)
    findings += _unread(root)
    findings += _questions(root, read)
    return sorted(findings, key=lambda f: (str(f.path), f.line))


def _errors(path: Path, problems: tuple[Problem, ...]) -> list[Finding]:
    return [Finding(path, p.line, "feil", p.message, p.remedy) for p in problems]


def _document(path: Path, today: date) -> tuple[Document | None, list[Finding]]:
    if path.suffix.lower() != ".md" or sidecar.path_of(path).exists():
        try:
            document = documents.load(path)
        except CorpusError as error:
            return None, [Finding(path, 1, "feil", error.message, error.remedy)]
        missing = [
            Finding(path, 1, "advarsel", told, "Rett det i filen, eller skriv det i filen ved siden av.")
            for told in document.warnings
        ]
        return document, [*_age(path, document, today), *missing]
    reading = markdown.read(path)
    if reading.document is None:
        return None, _errors(path, reading.problems)
    return reading.document, [*_age(path, reading.document, today), *_links(path, reading)]


def _age(path: Path, document: Document, today: date) -> Iterator[Finding]:
    checked = document.source.checked
    if checked > today:
        yield Finding(
            path,
            1,
            "advarsel",
            f"kontrollert ({checked}) er fram i tid.",
            "Skriv dagen teksten ble kontrollert.",
        )
    elif (today - checked).days > STALE_DAYS:
        yield Finding(
            path,
            1,
            "advarsel",
            f"Dokumentet ble sist kontrollert {checked}, for mer enn ett år siden.",
            "Les teksten mot kildene, og sett kontrollert til dagens dato.",
        )


def _links(path: Path, reading: markdown.Reading) -> Iterator[Finding]:
    if reading.document is None:
        return
    for section, line in zip(reading.document.sections, reading.lines, strict=True):
        for reference in section.references:
            if sourceline.is_partial(reference.title):
                yield Finding(
                    path,
                    line + 1,
                    "advarsel",
                    f"Kilden «{reference.title}» sier ikke hvilken lov den gjelder.",
                    "Skriv navnet på loven eller forskriften først, for eksempel «Anskaffelsesloven § 4».",
                )
            if reference.url.startswith("http://"):
                yield Finding(
                    path,
                    line + 1,
                    "advarsel",
                    f"Lenken «{reference.title}» bruker http.",
                    "Bytt til https der nettstedet har det.",
                )


def _repeated_ids(read: dict[Path, Document]) -> Iterator[Finding]:
    """Documents that share an id without being versions of one document."""
    seen: dict[str, list[tuple[Path, Document]]] = {}
    for path, document in read.items():
        same = seen.setdefault(document.source.id, [])
        try:
            versions.merge([*(other for _, other in same), document])
        except CorpusError:
            yield Finding(
                path,
                1,
                "feil",
                f"Id-en «{document.source.id}» er brukt i {same[0][0]} også.",
                "Gi dokumentet en id som ingen andre har, eller utgaven en egen «gyldig_fra».",
            )
            continue
        same.append((path, document))


def _unread(root: Path) -> Iterator[Finding]:
    for path in sorted(root.rglob("*")):
        inner = path.relative_to(root)
        hidden = any(part.startswith(".") for part in inner.parts)
        known = path.suffix.lower() in (*documents.LOADERS, *_DATA)
        if path.is_file() and not hidden and path.suffix == ".toml" and len(inner.parts) > 1:
            if not any(path.with_suffix(ending).exists() for ending in documents.LOADERS):
                yield Finding(
                    path,
                    1,
                    "advarsel",
                    f"Ingen fil heter «{path.stem}» her.",
                    "Gi opplysningene samme navn som dokumentet de gjelder.",
                )
        elif path.name.endswith(questions.PROPOSED) and inner.parts[0] == "questions":
            yield Finding(
                path,
                1,
                "advarsel",
                "Forslagene til spørsmål er ikke i bruk.",
                f"Les dem, rett det som er galt, og ta bort «{Path(questions.PROPOSED).suffix}» i navnet.",
            )
        elif path.is_file() and not hidden and not known:
            yield Finding(
                path,
                1,
                "advarsel",
                f"Filtypen «{path.suffix or path.name}» leses ikke.",
                f"Bruk en av {', '.join(sorted(documents.LOADERS))}, eller flytt filen ut av mappen.",
            )


def _questions(root: Path, read: dict[Path, Document]) -> Iterator[Finding]:
    sections = {document.source.id: _said(document) for document in read.values()}
    asked: dict[str, str] = {}
    for path in sorted((root / "questions").glob("*")):
        if path.suffix != ".yaml":
            continue
        keys, problems = questions.read(path)
        yield from _errors(path, problems)
        if path.stem not in sections:
            yield Finding(
                path,
                1,
                "feil",
                f"Ingen lesbart dokument har id-en «{path.stem}».",
                "Gi filen navn etter id-en i dokumentets hode.",
            )
            continue
        missing: set[str] = set()
        for key in keys:
            passages = sections[path.stem].get(key.slug)
            if passages is None and key.slug not in missing:
                missing.add(key.slug)
                yield Finding(
                    path,
                    key.line,
                    "feil",
                    f"Dokumentet har ikke avsnittet «{key.slug}».",
                    "Bruk adressen til en overskrift i dokumentet.",
                )
            if passages and key.answer and all(questions.answering_unit(p, key.answer) < 0 for p in passages):
                yield Finding(
                    path,
                    key.line,
                    "feil",
                    f"Ingen setning i «{key.slug}» begynner med «{key.answer}».",
                    "Skriv de første ordene i setningen, punktet eller raden slik de står i dokumentet.",
                )
            other = asked.setdefault(key.question.casefold(), f"{path.name}, linje {key.line}")
            if other != f"{path.name}, linje {key.line}":
                yield Finding(
                    path,
                    key.line,
                    "feil",
                    f"Spørsmålet «{key.question}» står også i {other}.",
                    "Behold det der svaret er best.",
                )


def _said(document: Document) -> dict[str, list[list[str]]]:
    """How each unit reads alone, for each passage of each section, by the slug of its heading."""
    found: dict[str, list[list[str]]] = {section.id.partition("#")[2]: [] for section in document.sections}
    for passage in chunking.split(document):
        units = chunking.units(passage)
        said = [chunking.reading_text(unit, units) for unit in units]
        found[passage.section_id.partition("#")[2]].append(said)
    return found
