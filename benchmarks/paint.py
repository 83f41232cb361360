"""How soon a reader sees the page of the intranet's frame and can write in it, with the chat page beside it.

    python -m benchmarks.paint [--times 15] [--docs docs/performance.md]

The service runs in a process of its own with the index in var/, and headless Chromium opens each page in
turn, every time as a reader who has never been there: no cache, no cookies. The times are the browser's own
(Paint Timing and Navigation Timing, W3C): from the navigation's start to the first content on the screen, and
until the document is whole and the field takes text.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from benchmarks import machine, tables

PAGES = {"/embed": "#question, textarea", "/": "textarea"}
"""Each page, and what in it takes the question."""
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
TIMES = """() => [
    performance.getEntriesByName('first-contentful-paint')[0].startTime,
    performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd,
    performance.getEntriesByType('resource').reduce((sum, each) => sum + each.encodedBodySize,
        performance.getEntriesByType('navigation')[0].encodedBodySize),
]"""


def opened(browser: Browser, address: str, field: str) -> tuple[float, float, float, float]:
    """Seconds to the first paint, to the whole document and to a field that takes text; and KiB fetched."""
    context = browser.new_context(viewport={"width": 400, "height": 640}, locale="nb-NO")
    page = context.new_page()
    try:
        page.goto(address, wait_until="commit")
        page.locator(field).first.fill("Hva er terskelverdien?", timeout=30_000)
        usable = float(page.evaluate("performance.now()"))
        page.wait_for_load_state("load")
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
        paint, whole, size = page.evaluate(TIMES)
        return paint / 1000, whole / 1000, usable / 1000, size / 1024
    finally:
        context.close()


def run(times: int) -> dict[str, list[tuple[float, float, float, float]]]:
    """What each page took, so many times, in turn."""
    found: dict[str, list[tuple[float, float, float, float]]] = {path: [] for path in PAGES}
    with machine.service(machine.ROOT / "var") as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        for _ in range(times):
            for path, field in PAGES.items():
                found[path].append(opened(browser, running.address + path, field))
        browser.close()
    return found


def table(found: dict[str, list[tuple[float, float, float, float]]], before: float) -> str:
    """The figures as Markdown: the middle, the slowest, and what was fetched."""
    rows = []
    for path, measured in found.items():
        paint, whole, usable, size = np.array(measured).T
        rows.append(
            [
                f"`{path}`",
                *(
                    f"{tables.comma(float(np.median(each)), 2)} ({tables.comma(float(each.max()), 2)})"
                    for each in (paint, whole, usable)
                ),
                tables.comma(float(np.median(size)), 0),
                str(len(measured)),
            ]
        )
    head = [
        "side", "første innhold, s", "hele dokumentet, s", "feltet tar imot tekst, s", "hentet, KiB", "n",
    ]  # fmt: skip
    note = "Midtre måling, og i parentes den tregeste. Hver gang som en leser som aldri har vært der."
    return f"{machine.described(before)} {note}\n\n{tables.table(head, rows)}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write into the page that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--docs", type=Path)
    options = parser.parse_args(arguments)
    before = machine.load()
    made = table(run(options.times), before)
    print(made)
    if options.docs:
        tables.keep("paint", made, options.docs)


if __name__ == "__main__":
    main()
