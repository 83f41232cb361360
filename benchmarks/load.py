"""Many readers at once: how long they wait, who is turned away, and what the service holds meanwhile.

    python -m benchmarks.load [--minutes 2] [--soak 15] [--docs docs/performance.md]

The service runs in a process of its own with the index in var/, on an address that only this machine reaches.
Fifty readers chat over server-sent events, each with a pause to think; then two hundred ask at the same
moment, and the line is full. It stops by itself, and never asks anyone but the service it started.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from benchmarks import machine, plots, tables
from evals import stats
from evals.cases import load_cases

READERS, CROWD = 50, 200
THINK = 10.0
"""Mean seconds from an answer to the reader's next question (exponential)."""
ROUNDS = 3
WARM_UP = 60.0
"""Seconds of a long run before the memory is said to be steady."""
LONGEST = 120.0
"""Seconds a reader waits before it counts as an error."""


@dataclass
class Heard:
    """What the readers met: seconds, and what went wrong."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    hasty: int = 0
    """Refusals that did not say when to come back."""
    errors: list[str] = field(default_factory=list)


async def ask(address: str, question: str, heard: Heard) -> None:
    """One question to its last event, over a connection of its own."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(LONGEST):
            answered = await _exchange(address, question)
    except (OSError, EOFError, TimeoutError, ValueError) as error:
        heard.errors.append(f"{type(error).__name__}: {error}")
        return
    if answered.status in (429, 503):
        heard.refused.append(answered.first - began)
        heard.hasty += not answered.retry_after
    elif answered.status != 200 or answered.last != "answer":
        heard.errors.append(f"{answered.status}, og strømmen endte med {answered.last or 'ingenting'}")
    else:
        heard.first.append(answered.first - began)
        heard.whole.append(time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back: the status, when the first of it came, and the name of the last event."""

    status: int
    first: float
    retry_after: bool
    last: str


async def _exchange(address: str, question: str) -> Answered:
    """One request, written by hand: a library's work for two hundred of them would be measured too."""
    host, port = address.removeprefix("http://").split(":")
    body = json.dumps({"question": question}).encode()
    head = (
        f"POST /api/v1/ask HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(host, int(port), limit=2**24)
    try:
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status, first, last = int(answer.partition(" ")[2][:3]), 0.0, ""
        while line := await reader.readline():
            first = first or time.perf_counter()
            if line.startswith(b"event: "):
                last = line.removeprefix(b"event: ").decode().strip()
    finally:
        writer.close()
    return Answered(status, first or time.perf_counter(), "\r\nretry-after: " in answer, last)


async def chat(address: str, questions: Sequence[str], readers: int, seconds: float, think: float) -> Heard:
    """So many readers, each with its own questions and pauses, for so long."""
    heard, end = Heard(), time.perf_counter() + seconds

    async def reader(number: int) -> None:
        own, at = random.Random(number), number
        await asyncio.sleep(own.uniform(0, think))
        while time.perf_counter() < end:
            await ask(address, questions[at % len(questions)], heard)
            at += readers
            await asyncio.sleep(min(own.expovariate(1 / think) if think else 0.0, 6 * think))

    await asyncio.gather(*(reader(n) for n in range(readers)))
    return heard


async def crowd(address: str, questions: Sequence[str], readers: int) -> Heard:
    """So many questions at the same moment."""
    heard = Heard()
    await asyncio.gather(*(ask(address, questions[n % len(questions)], heard) for n in range(readers)))
    return heard


async def watched(pid: int, every: float, seen: list[tuple[float, machine.Use]]) -> None:
    """What the process holds, again and again until it is cancelled."""
    began = time.perf_counter()
    while True:
        seen.append((time.perf_counter() - began, machine.use(pid)))
        await asyncio.sleep(every)


def slope(seen: Sequence[tuple[float, machine.Use]], warm_up: float = WARM_UP) -> float | None:
    """MiB an hour that the memory grows after the warm-up; None when the run was too short to tell."""
    late = [(when, use.mib) for when, use in seen if when >= warm_up]
    if len(late) < 10:
        return None
    when, mib = np.array(late).T
    return float(np.polyfit(when / 3600, mib, 1)[0])


async def soak(
    service: machine.Service, questions: Sequence[str], seconds: float
) -> tuple[Heard, list[tuple[float, machine.Use]]]:
    """A long chat with the process under watch."""
    seen: list[tuple[float, machine.Use]] = []
    watch = asyncio.create_task(watched(service.pid, 5.0, seen))
    heard = await chat(service.address, questions, READERS, seconds, THINK)
    watch.cancel()
    return heard, seen


@dataclass(frozen=True)
class Run:
    """One run of the whole: the readers, the crowd, and the watch when there was one."""

    machine: str
    ready: float
    before: machine.Use
    chat: Heard
    minutes: float
    resting: machine.Use
    """What the service held when all had their answers."""
    crowds: list[Heard]
    peak: float
    watch: list[tuple[float, machine.Use]]


def run(var: Path, minutes: float, soaking: float) -> Run:
    """Measure everything, with a service that ends with the run."""
    load = machine.load()
    questions = [case.question for case in load_cases(names=["officers"]) if not case.history]
    with machine.service(var) as service:
        before = machine.use(service.pid)
        heard = asyncio.run(chat(service.address, questions, READERS, 60 * minutes, THINK))
        resting = machine.use(service.pid)
        crowds = [asyncio.run(crowd(service.address, questions, CROWD)) for _ in range(ROUNDS)]
        watch = asyncio.run(soak(service, questions, 60 * soaking))[1] if soaking else []
        peak = machine.peak(service.pid)
    return Run(machine.described(load), service.seconds, before, heard, minutes, resting, crowds, peak, watch)


def report(found: Run) -> str:
    """What the run showed, as tables."""

    def seconds(values: Sequence[float]) -> list[str]:
        return [tables.estimate(stats.quantile(values, q), 2) for q in (0.5, 0.95)]

    heard = found.chat
    rows = [
        [f"{READERS} lesere, første hendelse", str(len(heard.first)), *seconds(heard.first)],
        [f"{READERS} lesere, hele svaret", str(len(heard.whole)), *seconds(heard.whole)],
    ]
    for number, each in enumerate(found.crowds, 1):
        rows.append(
            [f"{CROWD} på en gang, {number}. runde: svar", str(len(each.whole)), *seconds(each.whole)]
        )
        rows.append(
            [f"{CROWD} på en gang, {number}. runde: avvist", str(len(each.refused)), *seconds(each.refused)]
        )
    wrong = [error for each in (heard, *found.crowds) for error in each.errors]
    hasty = sum(each.hasty for each in found.crowds)
    rest = [
        [
            f"feil og avslag ({READERS} lesere, {tables.comma(found.minutes, 1)} min)",
            str(len(heard.errors) + len(heard.refused)),
        ],
        ["feil i alt", str(len(wrong))],
        ["avvist uten Retry-After", str(hasty)],
        ["minne når tjenesten er klar, MiB", tables.comma(found.before.mib, 0)],
        ["minne etter samtalene, MiB", tables.comma(found.resting.mib, 0)],
        ["minne på det meste, MiB", tables.comma(found.peak, 0)],
        ["tråder og åpne filer etter samtalene", f"{found.resting.threads} og {found.resting.files}"],
    ]
    if found.watch:
        grown, last = slope(found.watch), found.watch[-1]
        rest.append(
            [
                f"minnet vokser, MiB i timen ({tables.comma(last[0] / 60, 0)} min)",
                "for kort tid" if grown is None else tables.comma(grown, 1),
            ]
        )
        rest.append(["tråder og åpne filer til slutt", f"{last[1].threads} og {last[1].files}"])
    return "\n\n".join(
        (
            found.machine,
            tables.table(["sekunder", "n", "p50", "p95"], rows),
            tables.table(["ellers", "funnet"], rest),
            *(f"Feil: {error}" for error in sorted(set(wrong))[:5]),
        )
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=2.0, help="så lenge leserne samtaler")
    parser.add_argument(
        "--soak", type=float, default=0.0, help="så mange minutter til, med minnet under oppsyn"
    )
    parser.add_argument(
        "--var", type=Path, default=machine.ROOT / "var", help="mappe med språkmodell og indeks"
    )
    parser.add_argument("--docs", type=Path, help="siden som tabellen skrives inn i")
    asked = parser.parse_args(arguments)
    found = run(asked.var, asked.minutes, asked.soak)
    text = report(found)
    print(text)
    if asked.docs:
        plots.keep(asked.docs, "load", text, {"load": asdict(found)})


if __name__ == "__main__":
    main()
