"""The readers of the load test, against a small service that answers as they expect, or not."""

import asyncio

import pytest

from benchmarks import load, machine

EVENTS = b"event: progress\r\ndata: {}\r\n\r\nevent: answer\r\ndata: {}\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"


async def served(reply, readers, bodies):
    """What `readers` hear from a service that always says `reply`."""

    async def one(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        bodies.append(await reader.readexactly(size))
        writer.write(reply)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        return await load.crowd(f"http://127.0.0.1:{port}", ["Hva er fristen?"], readers)


def hear(reply, readers=5):
    bodies = []
    heard = asyncio.run(served(reply, readers, bodies))
    assert bodies == [b'{"question": "Hva er fristen?"}'] * readers
    return heard


def test_a_whole_answer_is_timed_to_its_first_and_its_last_event():
    heard = hear(OK + EVENTS)
    assert len(heard.first) == len(heard.whole) == 5
    assert all(0 < first <= whole for first, whole in zip(heard.first, heard.whole, strict=True))
    assert heard.errors == heard.refused == []


@pytest.mark.parametrize(("header", "hasty"), [(b"Retry-After: 5\r\n", 0), (b"", 3)])
def test_who_is_turned_away_is_no_error_but_must_be_told_when_to_come_back(header, hasty):
    heard = hear(b"HTTP/1.1 503 Service Unavailable\r\n" + header + b"\r\n{}", 3)
    assert (len(heard.refused), heard.hasty, heard.errors) == (3, hasty, [])


@pytest.mark.parametrize(
    "reply",
    [
        OK + EVENTS[:20],
        OK + EVENTS + b"event: error\r\n\r\n",
        b"HTTP/1.1 500 X\r\n\r\n" + EVENTS,
        b"",
        b"?\r\n\r\n",
    ],
)
def test_anything_but_a_whole_answer_is_an_error(reply):
    heard = hear(reply, 2)
    assert len(heard.errors) == 2
    assert heard.whole == []


def test_an_address_where_nobody_listens_is_an_error():
    heard = asyncio.run(load.crowd(f"http://127.0.0.1:{machine.free_port()}", ["Hva?"], 2))
    assert len(heard.errors) == 2


def test_the_slope_is_that_of_the_memory_after_the_warm_up():
    use = [(float(s), machine.Use(300 - s if s < 60 else 100 + s / 36, 10, 20)) for s in range(0, 600, 5)]
    assert load.slope(use) == pytest.approx(100)
    assert load.slope(use[:15]) is None
