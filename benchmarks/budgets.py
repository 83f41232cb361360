"""Every budget of the product with its figure, and a peer's figure from the same run, in one table.

    python -m benchmarks.budgets [--sample 60] [--without index scale load] [--docs docs/performance.md]

The peers are the plain LangChain + Chroma + sentence-transformers pipeline, which only retrieves, and txtai,
which retrieves with words and vectors. Each system runs in a process of its own on the same texts, and they
are asked the same questions in turn. With `--docs` every table of the page is written, and the plots drawn.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assistant import ingest, models
from assistant.embedding import OnnxEmbedder
from assistant.index import Index
from assistant.settings import Settings
from benchmarks import load, machine, plots, rivals, scale, tables
from benchmarks.latency import WARM_UP
from evals.cases import load_cases

PARTS = ("answers", "throughput", "cold", "service", "index", "scale", "load")
CLIENTS, SECONDS = 8, 10.0
COLD = 3
QUESTION = "Hva er fristen for å klage på en tildeling?"


@dataclass(frozen=True, slots=True)
class Row:
    """One budget: what may be spent, what was, and what the peers needed for their part of the same."""

    what: str
    unit: str
    budget: float
    figure: float
    peers: tuple[tuple[str, float], ...] = ()
    least: bool = False
    """Whether the budget is the least that is wanted, not the most that is allowed."""
    share: float | None = None
    """The most of the first peer's figure that it may be; None when the budget says nothing of it."""
    n: int = 1

    @property
    def ratio(self) -> float | None:
        """The figure over the first peer's."""
        return self.figure / self.peers[0][1] if self.peers else None

    @property
    def kept(self) -> bool:
        """Whether the figure is within the budget, in itself and against the peer."""
        within = self.figure >= self.budget if self.least else self.figure <= self.budget
        return within and self.fair

    @property
    def fair(self) -> bool:
        """Whether the figure is within its share of the peer's; true when there is no such share."""
        return self.share is None or self.ratio is None or self.ratio <= self.share


@dataclass(frozen=True, slots=True)
class Bench:
    """What every part measures with."""

    var: Path
    store: Path
    questions: tuple[str, ...]
    all_questions: tuple[str, ...]
    results: dict[str, Any] = field(default_factory=dict)
    """What was measured, for the plots, by name."""
    texts: dict[str, str] = field(default_factory=dict)
    """The tables of single measurements, by their names on the page."""

    def answers(self) -> list[Row]:
        with rivals.running(list(rivals.NAMES), self.store, self.var) as systems:
            took = rivals.in_turn(systems, self.questions, WARM_UP)
            held = {name: rival.ask({"use": True})["mib"] for name, rival in systems.items()}
        self.results["answers"] = {"ms": took, "mib": held}
        return [
            Row(
                f"uttrekkssvar, {label}", "ms", budget, float(np.quantile(took["product"], q)),
                _peers({name: float(np.quantile(ms, q)) for name, ms in took.items()}),
                share=0.7 if q == 0.5 else None, n=len(self.questions),
            )
            for label, q, budget in (("p50", 0.5, 25.0), ("p95", 0.95, 60.0))
        ]  # fmt: skip

    def throughput(self) -> list[Row]:
        asked = {"many": self.all_questions, "clients": CLIENTS, "seconds": SECONDS}
        found = {}
        for name in rivals.NAMES:  # one at a time: each has the machine to itself
            with rivals.running([name], self.store, self.var) as systems:
                for question in WARM_UP:
                    systems[name].ask({"ask": question})
                found[name] = float(systems[name].ask(asked)["per_second"])
        what = f"svar i sekundet, {CLIENTS} klienter"
        return [Row(what, "1/s", 25.0, found["product"], _peers(found), least=True)]

    def cold(self) -> list[Row]:
        words = {
            name: rivals.command(name, self.store, self.var, "--once", QUESTION) for name in rivals.NAMES
        }
        words["product"] = [str(Path(machine.PYTHON).with_name("assistant")), "ask", QUESTION]
        took: dict[str, list[float]] = {name: [] for name in words}
        for _ in range(COLD):
            for name, each in words.items():
                took[name].append(rivals.once(each))
        middle = {name: float(np.median(seconds)) for name, seconds in took.items()}
        what = "`assistant ask` kaldt, hele prosessen"
        return [Row(what, "s", 3.0, middle["product"], _peers(middle), share=0.25, n=COLD)]

    def service(self) -> list[Row]:
        with machine.service(self.var) as service:
            asyncio.run(load.chat(service.address, self.questions, CLIENTS, SECONDS, 0))
            held = machine.use(service.pid).mib
        peers = self.results.get("answers", {"mib": {}})["mib"]
        return [
            Row("`python app.py` til `/readyz` er 200", "s", 10.0, service.seconds),
            Row("minne mens tjenesten svarer", "MiB", 900.0, held, _peers(peers)),
        ]

    def index(self) -> list[Row]:
        found = {}
        with tempfile.TemporaryDirectory(dir=self.var) as fresh:
            for name in rivals.NAMES:
                place = Path(fresh) / name
                shutil.copytree(self.store, place, ignore=shutil.ignore_patterns("langchain", "txtai"))
                found[name] = rivals.build(name, place, self.var)
        again = rivals.once([str(Path(machine.PYTHON).with_name("assistant")), "index"])
        return [
            Row("indeks fra ingenting", "s", 300.0, found["product"], _peers(found)),
            Row("indeks når ingenting er endret, hele prosessen", "s", 3.0, again),
        ]

    def scale(self) -> list[Row]:
        found = scale.run(self.var / "benchmarks" / "scale" / "1000000", 1_000_000, 100)
        self.results["scale"], self.texts["scale"] = asdict(found), scale.report(found)
        late = float(np.quantile(found.totals, 0.95))
        return [Row("1 000 000 avsnitt, svar, p95", "ms", scale.BUDGET, late, n=len(found.totals))]

    def load(self) -> list[Row]:
        found = load.run(self.var, 2.0, 0.0)
        self.results["load"], self.texts["load"] = asdict(found), load.report(found)
        heard, crowds = found.chat, found.crowds
        refused = [seconds for each in crowds for seconds in each.refused]
        wrong = len(heard.errors) + len(heard.refused)
        return [
            Row(f"{load.READERS} lesere: feil", "", 0.0, float(wrong), n=len(heard.whole)),
            Row(
                f"{load.READERS} lesere: hele svaret, p95",
                "s",
                3.0,
                float(np.quantile(heard.whole or [np.inf], 0.95)),
                n=len(heard.whole),
            ),
            Row(
                f"{load.CROWD} på en gang: det lengste noen venter på avslag",
                "s",
                1.0,
                max(refused, default=0.0),
                n=len(refused),
            ),
            Row(f"{load.CROWD} på en gang: minne på det meste", "MiB", 900.0, found.peak),
        ]


def _peers(found: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """The figures of all but the product."""
    return tuple((rivals.NAMES[name], value) for name, value in found.items() if name != "product")


def report(told: str, rows: Sequence[Row]) -> str:
    """The table, and what the peers are."""
    columns = [name for key, name in rivals.NAMES.items() if key != "product"]
    shown = []
    for row in rows:
        peers = dict(row.peers)
        sign = "≥" if row.least else "≤"
        share = "" if row.share is None else f", {tables.comma(row.share, 2)} × den første"
        shown.append(
            [
                row.what,
                f"{sign} {number(row.budget)} {row.unit}{share}".strip(),
                number(row.figure),
                *(number(peers[name]) if name in peers else "–" for name in columns),
                "–" if row.ratio is None else tables.comma(row.ratio, 2),
                str(row.n),
                "holdt" if row.kept else "**ikke holdt**",
            ]
        )
    head = ["hva", "grense", "produktet", *columns, "mot den første", "n", ""]
    return f"{told}\n\n{tables.table(head, shown)}"


def number(value: float) -> str:
    """A figure with as many decimals as it can bear."""
    return tables.comma(value, 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2)


def prepared(var: Path, sample: int | None) -> Bench:
    """Everything that the parts need, with the peers' stores made when they are not there."""
    settings = Settings(var=var, corpus=machine.ROOT / "corpus")
    folder = models.ensure(settings)
    ingest.ingest(settings.corpus, settings.index_root, OnnxEmbedder.open(folder))
    opened = Index.open(settings.index_root, folder.name)
    store = var / "benchmarks" / f"peers-{opened.id}"
    rivals.prepare(
        store, [(p.id, ingest.passage_text(p)) for p in opened.passages], folder.path.parent / "st"
    )
    for name in rivals.NAMES:
        if name != "product" and not (store / name).exists():
            rivals.build(name, store, var)
    cases = [case for case in load_cases() if not case.history]
    officers = [case.question for case in cases if case.set == "officers" and case.split == "dev"]
    return Bench(var, store, tuple(officers[:sample]), tuple(case.question for case in cases))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, help="så mange spørsmål, for en rask prøve")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="bare disse delene")
    parser.add_argument("--without", nargs="+", choices=PARTS, default=(), help="alt uten disse delene")
    parser.add_argument(
        "--var", type=Path, default=machine.ROOT / "var", help="mappe med språkmodell og indeks"
    )
    parser.add_argument("--docs", type=Path, help="siden som tabellene skrives inn i")
    asked = parser.parse_args(arguments)
    before = machine.load()
    bench = prepared(asked.var, asked.sample)
    rows: list[Row] = []
    for name in PARTS:
        if name in asked.only and name not in asked.without:
            part: Callable[[], list[Row]] = getattr(bench, name)
            rows += part()
    text = report(machine.described(before), rows)
    print(text)
    if asked.docs:
        rest = {name: found for name, found in bench.results.items() if name not in bench.texts}
        plots.keep(asked.docs, "budgets", text, {"budgets": [asdict(row) for row in rows], **rest})
        for name, each in bench.texts.items():
            plots.keep(asked.docs, name, each, {name: bench.results[name]})


if __name__ == "__main__":
    main()
