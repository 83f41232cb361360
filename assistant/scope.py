"""Questions that are not for the sources to answer: examples by group, read from `corpus/scope.yaml`.

The examples are anchors: a question that lies nearer to one of them than to anything the corpus answers is
refused, or led to the rule that matters (how to get round a threshold → the ban on splitting).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.errors import CorpusError

FILE = "scope.yaml"
REDIRECTED = "redirected"
Status = Literal["out_of_scope", "no_evidence", "redirected"]


@dataclass(frozen=True, slots=True)
class Example:
    """One question that must not be answered as an ordinary one."""

    question: str
    group: str
    status: str
    section: str = ""
    """Id of the section with the rule that matters; may be empty."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    q: str = Field(min_length=1)
    section: str = ""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    status: Status
    section: str = ""
    questions: list[str | _Row]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    groups: list[_Group]


def read(corpus: Path) -> tuple[Example, ...]:
    """The examples of a corpus; none when it has no `scope.yaml`.

    Raises:
        CorpusError: the file is malformed.
    """
    path = corpus / FILE
    if not path.exists():
        return ()
    try:
        content = _File.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
    except (OSError, ValueError, yaml.YAMLError, ValidationError) as error:
        raise CorpusError(f"{path} kan ikke leses ({error}).", "Se corpus/README.md.") from error
    return tuple(
        Example(row.q, group.id, group.status, row.section or group.section)
        for group in content.groups
        for row in (_Row(q=q) if isinstance(q, str) else q for q in group.questions)
    )
