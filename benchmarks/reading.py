"""How well PDFs are read: text recall, order, page accuracy, time and peak memory, beside other libraries.

    python benchmarks/reading.py            all made documents, as two tables in Markdown
    python benchmarks/reading.py plain      one of them

The documents are made by `tests/making.py`, which knows every sentence, its page and its place. A sentence
or a table row counts as found only when it stands whole: words that were divided at the end of a line must be
mended, and nothing from another column, a header or a footer may stand inside it. White space does not count.
Each reader reads each file in a process of its own, and its time and memory are those of the process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
Pages = list[tuple[int, str]]


def ours(path: Path) -> Pages:
    from assistant import chunking
    from assistant.documents import assembly, pdf, sidecar

    extract = pdf.read(path)
    source, _ = sidecar.source(path, None, extract)
    passages = chunking.split(assembly.document(extract, source))
    return [(p.page or 0, f"{p.heading}\n{p.text}") for p in passages]


def pypdf(path: Path) -> Pages:
    from pypdf import PdfReader

    return [(n, page.extract_text()) for n, page in enumerate(PdfReader(path).pages, 1)]


def pdfium(path: Path) -> Pages:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        return [(n + 1, document[n].get_textpage().get_text_bounded()) for n in range(len(document))]


def pdfminer(path: Path) -> Pages:
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LTTextContainer

    return [
        (n, "\n".join(box.get_text() for box in page if isinstance(box, LTTextContainer)))
        for n, page in enumerate(extract_pages(path), 1)
    ]


READERS: dict[str, Callable[[Path], Pages]] = {
    "ours": ours, "pypdf": pypdf, "pypdfium2": pdfium, "pdfminer.six": pdfminer,
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One reader on one file."""

    sentences: int
    found: int
    placed: int
    pairs: int
    ordered: int
    noise: int
    seconds: float
    megabytes: float


def measure(reader: str, path: Path, sentences: list[tuple[int, str]], noise: list[str]) -> Result:
    """Read `path` in a process of its own and compare with what is true of it."""
    with tempfile.TemporaryFile() as out:
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, __file__, "--read", reader, str(path)],
            stdout=out, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        process.wait()
        seconds = time.monotonic() - started
        out.seek(0)
        given = json.loads(out.read())
    pages = [(page, " ".join(text.replace("|", " ").split())) for page, text in given["pages"]]
    running = " ".join(text for _, text in pages)
    true = list(dict.fromkeys(sentences))
    places = [running.find(said) for _, said in true]
    texts = [said for _, said in sentences]
    once = [p for (_, said), p in zip(true, places, strict=True) if p >= 0 and texts.count(said) == 1]
    by_page: dict[int, str] = {}
    for page, text in pages:
        by_page[page] = f"{by_page.get(page, '')} {text}"
    placed = sum(said in by_page.get(page, "") for page, said in true)
    pairs = list(pairwise(once))
    return Result(
        len(true), sum(p >= 0 for p in places), placed, len(pairs), sum(a <= b for a, b in pairs),
        sum(running.count(each) for each in noise), seconds, given["kilobytes"] / 1024,
    )  # fmt: skip


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "–"


def main(names: list[str]) -> None:
    """Print the tables."""
    sys.path.insert(0, str(ROOT / "tests"))
    import making

    with tempfile.TemporaryDirectory() as folder:
        made = {n: m for n, m in making.pdfs(Path(folder)).items() if not names or n in names}
        results = {
            (reader, name): measure(
                reader,
                each.path,
                [*each.sentences, *((page, " ".join(cells)) for page, cells in each.rows)],
                each.noise,
            )
            for name, each in made.items()
            for reader in READERS
        }
    print(f"| document | sentences | {' | '.join(READERS)} |\n|---|---|{'---|' * len(READERS)}")
    for name in made:
        cells = [share(results[r, name].found, results[r, name].sentences) for r in READERS]
        print(f"| {name} | {results['ours', name].sentences} | {' | '.join(cells)} |")
    print(
        "\n| | found whole % | on its page % | in order % | headers left in | seconds | longest | peak MB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for reader in READERS:
        own = [results[reader, name] for name in made]
        total = sum(r.sentences for r in own)
        cells = (
            share(sum(r.found for r in own), total),
            share(sum(r.placed for r in own), total),
            share(sum(r.ordered for r in own), sum(r.pairs for r in own)),
            str(sum(r.noise for r in own)),
            f"{sum(r.seconds for r in own):.1f}",
            f"{max(r.seconds for r in own):.1f}",
            f"{max(r.megabytes for r in own):.0f}",
        )
        print(f"| {reader} | {' | '.join(cells)} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read = READERS[sys.argv[2]](Path(sys.argv[3]))
        status = Path("/proc/self/status").read_text(encoding="ascii")
        peak = int(status.partition("VmHWM:")[2].split()[0])
        print(json.dumps({"pages": read, "kilobytes": peak}))
    else:
        main(sys.argv[1:])
