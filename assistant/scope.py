"""Questions that are not for the sources to answer: examples by group.

`corpus/scope.yaml` holds those of the subject as a whole, `corpus/scope/<source id>.yaml` those that lie
close to one document: asked in its very words, about what no source tells.

The examples are anchors: a question that lies nearer to one of them than to anything the corpus answers is
refused, or led to the rule that matters (how to get round a threshold → the ban on splitting).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant import datafiles

FILE = "scope.yaml"
FOLDER = "scope"
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


def files(corpus: Path) -> list[Path]:
    """The files with examples, in the order of their names; the first need not exist."""
    return [corpus / FILE, *sorted((corpus / FOLDER).glob("*.yaml"))]


def read(corpus: Path) -> tuple[Example, ...]:
    """The examples of a corpus, in the order of the names of their files; none when it has no such files.

    Raises:
        CorpusError: the file is malformed.
    """
    return tuple(example for file in files(corpus) for example in read_file(file))


def read_file(path: Path) -> tuple[Example, ...]:
    """The examples of one of the files; none when there is no such file.

    Raises:
        CorpusError: the file is malformed.
    """
    content = datafiles.read(path, _File)
    return tuple(
        Example(row.q, group.id, group.status, row.section or group.section)
        for group in (content.groups if content else ())
        for row in (_Row(q=q) if isinstance(q, str) else q for q in group.questions)
    )
