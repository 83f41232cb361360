"""Many questions from a file: one JSON line in, one JSON line out, in the same order.

A line that cannot be answered gives an object with `error` in its place, so that nothing is lost and
line n of the answers always belongs to question n.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from assistant.errors import AssistantError, EnvironmentProblem, InputError
from assistant.types import Answer, SourceKind, Turn

if TYPE_CHECKING:
    from assistant.assistant import Assistant

_ANSWER = TypeAdapter(Answer)
_FORM = 'Skriv {"id": "…", "question": "…"}; "on" (en dato), "types" og "history" kan også være med.'


class _PastTurn(BaseModel):
    question: str
    answer: str = ""


class _Line(BaseModel):
    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)

    question: str
    id: str = ""
    on: date | None = None
    types: list[SourceKind] = []
    history: list[_PastTurn] = []


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a file of questions."""

    answered: int
    failed: int
    ignored: tuple[str, ...]
    """Names of fields that some line has and nothing uses."""


@dataclass(frozen=True, slots=True)
class _Row:
    text: str
    failed: bool = False
    ignored: frozenset[str] = frozenset()


def run(
    assistant: Assistant, source: Path, target: Path, report: Callable[[int, int], None] | None = None
) -> Tally:
    """Answer every line of `source` into `target`, which is whole when it appears.

    Raises:
        InputError: `source` cannot be read.
        EnvironmentProblem: `target` cannot be written.
    """
    try:
        lines = [(n, line) for n, line in enumerate(source.read_bytes().split(b"\n"), 1) if line.strip()]
    except OSError as error:
        raise InputError(f"Kan ikke lese {source}: {error.strerror}.", "Sjekk navn og tilgang.") from error
    ordinary = target.is_file() or not target.exists()
    partial = target.with_name(target.name + ".part") if ordinary else target
    failed = 0
    ignored: set[str] = set()
    try:
        with partial.open("w", encoding="utf-8") as out:
            for done, (number, line) in enumerate(lines, 1):
                row = _answer(assistant, number, line)
                out.write(row.text + "\n")
                failed += row.failed
                ignored |= row.ignored
                if report:
                    report(done, len(lines))
        if ordinary:
            partial.replace(target)
    except OSError as error:
        raise EnvironmentProblem(
            f"Kan ikke skrive {target}: {error.strerror}.", "Velg en mappe du kan skrive i med --out."
        ) from error
    return Tally(len(lines) - failed, failed, tuple(sorted(ignored)))


def _answer(assistant: Assistant, number: int, line: bytes) -> _Row:
    try:
        content = json.loads(line)
    except ValueError as error:  # not UTF-8, or not JSON
        return _failed(number, None, InputError(f"Linjen er ikke gyldig JSON: {error}.", _FORM))
    except RecursionError:
        return _failed(number, None, InputError("Linjen er for dypt nøstet.", _FORM))
    name = content.get("id") if isinstance(content, dict) else None
    try:
        asked = _Line.model_validate(content)
        turns = tuple(Turn(t.question, t.answer) for t in asked.history)
        question = assistant.question(
            asked.question, on=asked.on, history=turns, id=_printable(asked.id), only=asked.types
        )
        text = _ANSWER.dump_json(assistant.ask(question)).decode()
    except ValidationError as error:
        places = ", ".join(".".join(map(str, e["loc"])) or "linjen" for e in error.errors())
        return _failed(number, name, InputError(f"Feil eller manglende verdi: {places}.", _FORM))
    except AssistantError as error:
        return _failed(number, name, error)
    except Exception as error:  # noqa: BLE001 - a fault in one answer must not take the other lines with it
        return _failed(number, name, AssistantError(f"Uventet feil ({type(error).__name__}: {error})."))
    return _Row(text, ignored=frozenset(map(_printable, asked.model_extra or ())))


def _failed(number: int, name: Any, error: AssistantError) -> _Row:  # noqa: ANN401 - whatever the line held
    known = name if isinstance(name, (str, int)) else None
    told = {"message": _printable(error.message), "remedy": error.remedy}
    content = {"id": _printable(str(known)) if known is not None else None, "line": number, "error": told}
    return _Row(json.dumps(content, ensure_ascii=False), failed=True)


def _printable(text: str) -> str:
    """`text` without lone surrogates, which UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode("utf-8")
