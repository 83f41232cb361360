"""A form with a file, read as it comes: small fields first, and the file straight to the disk.

The fields are handed over before the first byte of the file is written, so that a form that may not be sent
leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from assistant.admin.refusal import Refused

MOST_FIELDS = 10
LONGEST_FIELD = 4000
LONGEST_HEADER = 4096


class Sink(Protocol):
    """Takes the bytes of the file."""

    def write(self, chunk: bytes) -> None:
        """Add to the file."""
        ...


@dataclass(slots=True)
class Form:
    """What came: the fields, and the name of the file when there is one."""

    fields: dict[str, str] = field(default_factory=dict)
    filename: str | None = None


class _Parts:
    """The callbacks of the parser."""

    def __init__(self, open_sink: Callable[[dict[str, str]], Sink]) -> None:
        self.form = Form()
        self._open = open_sink
        self._sink: Sink | None = None
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._field: str | None = None
        self._held = b""
        self._count = 0
        self.ended = False
        """Whether the form came to its end: a connection may be cut in the middle of it."""

    def on_part_begin(self) -> None:
        self._count += 1
        if self._count > MOST_FIELDS:
            raise Refused("form")
        self._header = self._value = self._disposition = self._held = b""
        self._field = self._sink = None

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._bounded(self._header, LONGEST_HEADER)

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._bounded(self._value, LONGEST_HEADER)

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"filename" not in options:
            self._field = options.get(b"name", b"").decode("utf-8", "replace")
        elif self.form.filename is None:
            self.form.filename = options[b"filename"].decode("utf-8", "replace")
            self._sink = self._open(self.form.fields)
        else:
            raise Refused("form")

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._sink:
            self._sink.write(data[start:end])
        else:
            self._held += data[start:end]
            self._bounded(self._held, LONGEST_FIELD)

    def on_part_end(self) -> None:
        if self._field is not None:
            self.form.fields[self._field] = self._held.decode("utf-8", "replace")

    def on_end(self) -> None:
        self.ended = True

    def _bounded(self, held: bytes, most: int) -> None:
        if len(held) > most:
            raise Refused("form")


async def read(
    content_type: str, chunks: AsyncIterator[bytes], open_sink: Callable[[dict[str, str]], Sink]
) -> Form:
    """The form in `chunks`; `open_sink` is given the fields that came before the file.

    Raises:
        Refused: it is not such a form, or a part of it is larger than any of ours.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 100:
        raise Refused("form")
    parts = _Parts(open_sink)
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": parts.on_part_begin,
            "on_part_data": parts.on_part_data,
            "on_part_end": parts.on_part_end,
            "on_header_field": parts.on_header_field,
            "on_header_value": parts.on_header_value,
            "on_header_end": parts.on_header_end,
            "on_headers_finished": parts.on_headers_finished,
            "on_end": parts.on_end,
        },
    )
    try:
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except FormParserError:
        raise Refused("form") from None
    if not parts.ended:
        raise Refused("form")
    return parts.form
