"""A conversation as a file for the case archive: Markdown, Word, PDF or JSON.

Every form has the same parts in the same order (`sheets`): the questions, the answers with numbered
quotes, the build, the dates, and the mark that a machine has made it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from assistant.conversations.values import Thread
from assistant.export import sheets
from assistant.slugs import slugify


@dataclass(frozen=True, slots=True)
class File:
    """A file to be saved."""

    name: str
    media_type: str
    content: bytes


def conversation(thread: Thread, form: str, at: datetime | None = None) -> File:
    """The conversation as a file of the form `md`, `docx`, `pdf` or `json`."""
    made = at or datetime.now(UTC)
    name = slugify(thread.conversation.title)[:60] or "samtale"
    return File(f"{name}.{form}", MEDIA_TYPES[form], _WRITERS[form](thread, made))


def _markdown(thread: Thread, at: datetime) -> bytes:
    from assistant.export import markdown

    return markdown.write(sheets.sheet(thread, at))


def _docx(thread: Thread, at: datetime) -> bytes:
    from assistant.export import docx

    return docx.write(sheets.sheet(thread, at))


def _pdf(thread: Thread, at: datetime) -> bytes:
    from assistant.export import pdf

    return pdf.write(sheets.sheet(thread, at))


_WRITERS: dict[str, Callable[[Thread, datetime], bytes]] = {
    "md": _markdown,
    "docx": _docx,
    "pdf": _pdf,
    "json": sheets.as_json,
}
FORMS = tuple(_WRITERS)
"""The forms a conversation can be exported in."""
MEDIA_TYPES = {
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "json": "application/json",
}
"""What each form is sent as."""
