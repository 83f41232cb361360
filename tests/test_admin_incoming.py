"""A form with a file, however it is cut up, and whatever is wrong with it."""

import asyncio
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.admin import incoming
from assistant.admin.refusal import Refused

BODY = (
    b'--grense\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nhemmelig\r\n'
    b'--grense\r\nContent-Disposition: form-data; name="fil"; filename="r\xc3\xa5d \\"x\\".pdf"\r\n'
    b"Content-Type: application/pdf\r\n\r\n%PDF-1.7\r\n--grens\r\nslutt\r\n--grense--\r\n"
)
TYPE = "multipart/form-data; boundary=grense"


class Kept:
    def __init__(self):
        self.content = b""
        self.fields = None

    def opened(self, fields):
        self.fields = dict(fields)
        return self

    def write(self, chunk):
        self.content += chunk


def read(chunks, kept=None, content_type=TYPE):
    async def stream():
        for chunk in chunks:
            yield chunk

    return asyncio.run(incoming.read(content_type, stream(), (kept or Kept()).opened))


@given(st.lists(st.integers(0, len(BODY)), max_size=8))
def test_the_form_is_the_same_however_it_is_cut_up(cuts):
    places = [0, *sorted(cuts), len(BODY)]
    kept = Kept()
    form = read([BODY[a:b] for a, b in pairwise(places)], kept)
    assert form.fields == kept.fields == {"csrf": "hemmelig"}
    assert form.filename == 'råd "x".pdf'
    assert kept.content == b"%PDF-1.7\r\n--grens\r\nslutt"


@pytest.mark.parametrize("end", [10, 60, 120, 200, len(BODY) - 5])
def test_a_form_that_is_cut_off_is_refused(end):
    with pytest.raises(Refused, match="form"):
        read([BODY[:end]])


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
     "multipart/form-data; boundary=" + "x" * 101],
)  # fmt: skip
def test_what_is_not_such_a_form_is_refused(content_type):
    with pytest.raises(Refused, match="form"):
        read([BODY], content_type=content_type)


def part(name, content, filename=None):
    named = f'; filename="{filename}"' if filename is not None else ""
    return b'--grense\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n' % (
        name.encode(), named.encode(), content,
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        part("x", b"y" * 5000),
        part("x" * 5000, b"y"),
        b"".join(part(f"x{n}", b"y") for n in range(20)),
        part("fil", b"en", "a.txt") + part("fil", b"to", "b.txt"),
    ],
)
def test_parts_that_are_larger_or_more_than_ours_are_refused(body):
    with pytest.raises(Refused, match="form"):
        read([body + b"--grense--\r\n"])


@given(st.binary(max_size=300))
def test_no_bytes_do_anything_but_be_read_or_refused(body):
    for content in (body, BODY[:80] + body, BODY[:200] + body):
        with suppress(Refused):
            read([content])
