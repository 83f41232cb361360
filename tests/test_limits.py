import asyncio

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tiny import TinyAssistant

from assistant import server
from assistant.identity import Identity
from assistant.limits import EACH, READERS, Budget, Limits, Places, counted_as, reader
from assistant.problems import Problem
from assistant.settings import Settings

OUTSIDE = ("10.1.2.3", 5000)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def scope(path="/", method="GET", host="10.1.2.3"):
    return {"type": "http", "path": path, "method": method, "client": (host, 1), "headers": []}


@pytest.mark.parametrize(
    ("host", "who"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("", ""),
        ("testclient", ""),
    ],
)
def test_a_reader_is_an_address_and_this_machine_is_nobody(host, who):
    assert reader(host) == who


@pytest.mark.parametrize(
    ("method", "path", "budget"),
    [
        ("POST", "/api/v1/ask", "questions"),
        ("POST", "/embed", "questions"),
        ("POST", "/gradio_api/queue/join", "questions"),
        ("POST", "/nn/gradio_api/queue/join", "questions"),
        ("GET", "/embed", "reads"),
        ("GET", "/kilder/x", "reads"),
        ("GET", "/api/v1/sources", "reads"),
        ("POST", "/api/v1/feedback", "reads"),
        ("GET", "/web/base.css", ""),
        ("GET", "/assets/index-1.js", ""),
        ("GET", "/nn/assets/index-1.js", ""),
        ("GET", "/widget.js", ""),
        ("GET", "/widget-0a1b.js", ""),
        ("GET", "/healthz", ""),
    ],
)
def test_questions_and_reads_are_counted_apart_and_files_not_at_all(method, path, budget):
    assert counted_as(scope(path, method)) == budget


def test_a_minutes_worth_may_come_at_once_and_then_one_at_a_time():
    clock = Clock()
    budget = Budget("questions", 20, clock)
    given = [budget.take("a") for _ in range(21)]
    assert [each.granted for each in given] == [True] * 20 + [False]
    assert [each.left for each in given[:3]] == [19, 18, 17]
    assert given[-1].wait == pytest.approx(3)
    clock.now += 3
    assert budget.take("a").granted
    assert not budget.take("a").granted


def test_one_reader_does_not_spend_anothers():
    budget = Budget("questions", 1, Clock())
    assert budget.take("a").granted
    assert budget.take("b").granted


def test_no_more_readers_are_remembered_than_there_is_room_for():
    budget = Budget("reads", 1, Clock())
    for number in range(READERS + 50):
        budget.take(str(number))
    assert budget.take("0").granted
    assert not budget.take(str(READERS + 49)).granted


def service(settings, client=OUTSIDE, clock=None):
    app = FastAPI()

    @app.post("/api/v1/ask")
    def ask():
        return {}

    @app.get("/kilder")
    def sources():
        return {}

    return TestClient(Limits(app, settings, Identity(settings).address, clock or Clock()), client=client)


def test_who_asks_too_often_is_told_when_to_come_back():
    client = service(Settings(questions_per_minute=2))
    assert client.post("/api/v1/ask").headers["ratelimit"] == '"questions";r=1;t=30'
    assert client.post("/api/v1/ask").status_code == 200
    refused = client.post("/api/v1/ask")
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "30"
    assert refused.headers["ratelimit-policy"] == '"questions";q=2;w=60'
    assert refused.json()["detail"].endswith("Prøv igjen om 30 sekunder.")
    assert client.get("/kilder").status_code == 200


def test_a_limit_of_zero_is_no_limit():
    client = service(Settings(questions_per_minute=0, reads_per_minute=0))
    answers = [client.post("/api/v1/ask") for _ in range(40)]
    assert {each.status_code for each in answers} == {200}
    assert "ratelimit" not in answers[0].headers


def test_programs_on_the_same_machine_are_not_slowed_down():
    client = service(Settings(questions_per_minute=1), client=("127.0.0.1", 1))
    assert {client.post("/api/v1/ask").status_code for _ in range(10)} == {200}


def test_the_whole_service_holds_its_readers_to_the_limit():
    assistant = TinyAssistant(Settings(questions_per_minute=1, reads_per_minute=2))
    with TestClient(server.build_app(assistant), client=OUTSIDE) as client:
        body = {"question": "Hva er terskelen?"}
        codes = [client.post("/api/v1/ask", json=body).status_code for _ in range(2)]
        assert codes == [200, 429]
        assert [client.get("/kilder").status_code for _ in range(3)] == [200, 200, 429]
        refused = client.get("/kilder")
        assert refused.headers["x-content-type-options"] == "nosniff"
        assert "<html" in refused.text
        assert client.get("/web/base.css").status_code == 200


def run(check):
    asyncio.run(asyncio.wait_for(check(), 10))


def test_a_full_line_is_turned_away_at_once_and_a_place_is_given_back():
    async def check():
        places = Places(at_once=1, waiting=1)
        leave = asyncio.Event()
        inside = []

        async def answer(name):
            async with places.place(name):
                inside.append(name)
                await leave.wait()

        first, second = asyncio.create_task(answer("a")), asyncio.create_task(answer("b"))
        await asyncio.sleep(0)
        with pytest.raises(Problem) as refused:
            async with places.place("c"):
                pass
        assert refused.value.status == 503
        assert refused.value.headers == {"Retry-After": "5"}
        assert inside == ["a"]
        leave.set()
        await asyncio.gather(first, second)
        assert inside == ["a", "b"]
        async with places.place("c"):
            inside.append("c")
        assert inside == ["a", "b", "c"]

    run(check)


def test_nobody_waits_longer_than_it_is_worth():
    async def check():
        places = Places(at_once=1, waiting=5, patience=0.01)
        async with places.place("a"):
            with pytest.raises(Problem):
                async with places.place("b"):
                    pass
        async with places.place("b"):
            pass

    run(check)


def test_one_reader_cannot_take_every_place():
    async def check():
        places = Places(at_once=20, waiting=0)

        async def hold(depth):
            async with places.place("a"):
                if depth:
                    await hold(depth - 1)
                    return
                with pytest.raises(Problem) as refused:
                    async with places.place("a"):
                        pass
                assert refused.value.status == 429
                async with places.place("b"):
                    pass

        await hold(EACH - 1)

    run(check)


def test_a_reader_without_a_name_may_take_every_place():
    async def check():
        places = Places(at_once=EACH + 2, waiting=0)

        async def hold(depth):
            async with places.place(""):
                if depth:
                    await hold(depth - 1)

        await hold(EACH + 1)

    run(check)
