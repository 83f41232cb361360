"""What the product of a question with the build's vectors costs: whole or gathered, on one thread or all.

    python -m benchmarks.products [--docs docs/performance.md]

The rows that are gathered are those of the passages that a question of an officer brings to the ranking, as
many as the median question does. Each way is timed in turn, so that a busy machine is unfair to none.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from assistant.index import Index
from benchmarks import machine, tables
from evals import stats

ROWS = 0.44
"""Share of the rows that belong to the candidates of the median question."""


def measure(vectors: np.ndarray, turns: int) -> dict[str, list[float]]:
    """Milliseconds of each way to multiply, `turns` times."""
    random = np.random.default_rng(1)
    rows = np.sort(random.choice(len(vectors), int(ROWS * len(vectors)), replace=False))
    took: dict[str, list[float]] = {}
    for turn in range(turns):
        query = np.array(vectors[turn % len(vectors)])
        for threads in (1, os.cpu_count() or 1):
            with threadpool_limits(threads, user_api="blas"):
                for name in ("gathered", "whole"):
                    began = time.perf_counter()
                    (vectors[rows] @ query) if name == "gathered" else (vectors @ query)[rows]
                    said = "samlet først" if name == "gathered" else "hele produktet"
                    key = f"{said}, {threads} {'tråd' if threads == 1 else 'tråder'}"
                    took.setdefault(key, []).append(1000 * (time.perf_counter() - began))
    return took


def report(told: str, vectors: np.ndarray, took: dict[str, list[float]]) -> str:
    """The ways beside each other, with the first as the measure."""
    beside = float(np.median(next(iter(took.values()))))
    rows = [
        [
            name,
            *(tables.estimate(stats.quantile(ms, q), 2) for q in (0.5, 0.95)),
            tables.comma(float(np.median(ms)) / beside, 2),
        ]
        for name, ms in took.items()
    ]
    size = f"{len(vectors):,} rader, n = {len(next(iter(took.values())))}".replace(",", " ", 1)
    return f"{told}\n\n{tables.table([size, 'p50, ms', 'p95, ms', 'p50 mot første rad'], rows)}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--var", type=Path, default=machine.ROOT / "var")
    parser.add_argument("--docs", type=Path, help="siden som tabellen skrives inn i")
    asked = parser.parse_args(arguments)
    before = machine.load()
    vectors = Index.open(asked.var / "index").vectors
    text = report(machine.described(before), vectors, measure(vectors, asked.turns))
    print(text)
    if asked.docs:
        tables.keep("costs", text, asked.docs)


if __name__ == "__main__":
    main()
