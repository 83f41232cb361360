"""What a run leaves behind: every answer as it came, so that scoring can be repeated without asking again.

A record is JSONL: one manifest, then the sections that were cited or expected, then one outcome a case.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings

from assistant.errors import AssistantError
from assistant.types import Answer, Document, Event, Hit, Period, Question, Retrieval, Turn

FORMAT = 1
_PACKAGES = ("anskaffelsesassistenten", "chromadb", "langchain", "numpy", "onnxruntime")


class RecordError(AssistantError):
    """A record cannot be read, or was made by another version of the format."""


class Answering(Protocol):
    """The part of the assistant that the evaluation uses; a breaker is one too."""

    def question(
        self, text: str, *, on: date | None = None, history: tuple[Turn, ...] = (), id: str = ""
    ) -> Question:
        """`text` as a question on behalf of the day `on`; without one, the day that the text asks about."""
        ...

    def stream(self, question: Question) -> Iterable[Event]:
        """The events of one question, the answer last."""
        ...

    def document(self, source_id: str) -> Document | None:
        """The document with the id, as it stands in the corpus."""
        ...


@dataclass(frozen=True, slots=True)
class HitRow:
    """One hit as the record keeps it: where it came and why, without its text."""

    passage_id: str
    section_id: str
    title: str
    heading: str
    rank: str
    score: float
    vector_rank: int | None
    lexical_rank: int | None
    rejected: str = ""
    """Why it was turned away; empty for a hit that was kept."""


@dataclass(frozen=True, slots=True)
class SectionRow:
    """A section of the corpus as it stood when the run was made: what citations are held against."""

    id: str
    title: str
    heading: str
    text: str
    type: str
    rank: str
    valid_from: date | None
    valid_to: date | None

    def in_force(self, on: date) -> bool:
        """Whether the section, or the source it belongs to, applied on the day `on`."""
        return Period(self.valid_from, self.valid_to).contains(on)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back for one case."""

    case_id: str
    question: str
    on: date
    """The day that was asked about."""
    answer: Answer | None
    """None when the assistant failed; `error` says how."""
    hits: tuple[HitRow, ...]
    rejected: tuple[HitRow, ...]
    query: str
    limited: str
    ms: float
    error: str = ""
    dropped: tuple[str, ...] = ()
    """For each sentence of a language model that was left out: why, in one word."""
    trouble: str = ""
    """Why a language model gave no whole text; empty when it did, or was not asked."""

    @property
    def sections(self) -> tuple[str, ...]:
        """The sections found, best first, each once."""
        return tuple(dict.fromkeys(hit.section_id for hit in self.hits))


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run: how it was made, what it was held against, and what came back."""

    manifest: Mapping[str, Any]
    sections: Mapping[str, SectionRow]
    outcomes: Mapping[str, Outcome]

    def write(self, path: Path) -> None:
        """Save the record as JSONL."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lines: list[dict[str, Any]] = [{"line": "manifest", **self.manifest}]
        lines += [{"line": "section", **_SECTION.dump_python(s, mode="json")} for s in self.sections.values()]
        lines += [{"line": "outcome", **_OUTCOME.dump_python(o, mode="json")} for o in self.outcomes.values()]
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")

    @classmethod
    def read(cls, path: Path) -> RunRecord:
        """The record in the file `path`.

        Raises:
            RecordError: the file is missing, damaged or of another format.
        """
        manifest: dict[str, Any] = {}
        sections: dict[str, SectionRow] = {}
        outcomes: dict[str, Outcome] = {}
        try:
            for text in path.read_text("utf-8").splitlines():
                row = json.loads(text)
                match row.pop("line"):
                    case "manifest":
                        manifest = row
                    case "section":
                        sections[row["id"]] = _SECTION.validate_python(row)
                    case "outcome":
                        outcomes[row["case_id"]] = _OUTCOME.validate_python(row)
        except (OSError, ValueError, KeyError, ValidationError) as error:
            raise RecordError(
                f"Kan ikke lese kjøringen {path}: {error}", "Kjør evalueringen på nytt."
            ) from None
        if manifest.get("format") != FORMAT:
            raise RecordError(f"{path} har et annet format.", "Kjør evalueringen på nytt.")
        return cls(manifest, sections, outcomes)


_SECTION = TypeAdapter(SectionRow)
_OUTCOME = TypeAdapter(Outcome)


def hit_rows(retrieval: Retrieval) -> tuple[tuple[HitRow, ...], tuple[HitRow, ...]]:
    """The kept and the rejected hits of a retrieval as the record keeps them."""
    kept = tuple(_hit_row(hit) for hit in retrieval.hits)
    return kept, tuple(_hit_row(r.hit, r.reason) for r in retrieval.rejected)


def _hit_row(hit: Hit, reason: str = "") -> HitRow:
    p = hit.passage
    return HitRow(
        p.id,
        p.section_id,
        p.source.title,
        p.heading,
        str(p.rank),
        round(hit.score, 4),
        hit.vector_rank,
        hit.lexical_rank,
        reason,
    )


def section_rows(assistant: Answering, source_ids: Iterable[str]) -> dict[str, SectionRow]:
    """Every section of the sources that exist, by id, with the dates that the corpus gives them."""
    rows = {}
    for source_id in sorted(set(source_ids)):
        try:
            document = assistant.document(source_id)
        except (AssistantError, KeyError):
            document = None
        for s in document.sections if document else ():
            source = document.source  # type: ignore[union-attr]  # the loop is empty without one
            rows[s.id] = SectionRow(
                s.id,
                source.title,
                s.heading,
                s.text,
                str(source.type),
                str(s.rank),
                s.valid_from,
                s.valid_to,
            )
    return rows


def make_manifest(build: str, questions: str, n: int, settings: BaseSettings | None = None) -> dict[str, Any]:
    """How a run was made: code, build, corpus, questions, settings without secrets, and machine."""
    return {
        "format": FORMAT,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "build": build,
        "corpus": corpus_hash(settings.corpus) if settings and hasattr(settings, "corpus") else "",
        "questions": questions,
        "cases": n,
        "settings": public_settings(settings) if settings else {},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": {name: v for name in _PACKAGES if (v := _version(name))},
    }


def commit() -> str:
    """The commit of the working tree, with `+` when files differ from it; empty outside a repository."""
    here = Path(__file__).parent
    try:
        head = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=here, capture_output=True, text=True, check=True
        )
        changed = subprocess.run(
            ["git", "status", "--porcelain", "-uno"], cwd=here, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def corpus_hash(root: Path) -> str:
    """One value for exactly the files of the corpus; empty when there is no corpus."""
    digest = hashlib.sha256()
    files = sorted(p for p in root.rglob("*") if p.is_file())
    for path in files:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12] if files else ""


def public_settings(settings: BaseSettings) -> dict[str, str]:
    """The settings as text, without the secret ones."""
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {name: str(value) for name, value in values.items() if not isinstance(value, SecretStr)}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
