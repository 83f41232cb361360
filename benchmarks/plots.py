"""The plots of docs/performance.md, drawn from what the measurements kept in benchmarks/results.

python -m benchmarks.plots
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import machine, tables
from benchmarks.rivals import NAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RESULTS = machine.ROOT / "benchmarks" / "results"
IMAGES = machine.ROOT / "docs" / "img" / "performance"


def answers(axes: Axes, found: Mapping[str, Any]) -> None:
    """How large a share of the questions was done within so many milliseconds."""
    for name, ms in found["ms"].items():
        axes.plot(np.sort(ms), np.arange(1, len(ms) + 1) / len(ms), label=f"{NAMES[name]} (n = {len(ms)})")
    axes.set(xscale="log", xlabel="millisekunder", ylabel="andel av spørsmålene", title="Tid per spørsmål")
    axes.legend(fontsize="small")


def load(axes: Axes, found: Mapping[str, Any]) -> None:
    """The same for readers who chat at the same time, and for those who are turned away."""
    shown = {
        "første hendelse, 50 lesere": found["chat"]["first"],
        "hele svaret, 50 lesere": found["chat"]["whole"],
        "svar, 200 på en gang": [s for crowd in found["crowds"] for s in crowd["whole"]],
        "avslag, 200 på en gang": [s for crowd in found["crowds"] for s in crowd["refused"]],
    }
    for name, seconds in shown.items():
        if seconds:
            shares = np.arange(1, len(seconds) + 1) / len(seconds)
            axes.plot(np.sort(seconds), shares, label=f"{name} (n = {len(seconds)})")
    axes.set(xscale="log", xlabel="sekunder", ylabel="andel", title="Mange på en gang")
    axes.legend(fontsize="small")


def scale(axes: Axes, found: Mapping[str, Any]) -> None:
    """Where the time of an answer goes in a large build."""
    stages = sorted(found["stages"].items(), key=lambda stage: float(np.median(stage[1])))
    axes.barh([name for name, _ in stages], [float(np.median(ms)) for _, ms in stages])
    size = f"{found['passages']:,}".replace(",", " ")
    axes.set(xlabel="millisekunder, p50", title=f"{size} avsnitt (n = {len(found['totals'])})")


PLOTS: Mapping[str, tuple[Callable[[Axes, Mapping[str, Any]], None], str]] = {
    "answers": (answers, "How large a share of the questions was done within a time, by system"),
    "load": (load, "How long readers wait when they are many"),
    "scale": (scale, "Where the time of an answer goes in a large build"),
}
"""What draws each result, and what the plot shows."""


def keep(page: Path, name: str, text: str, results: Mapping[str, object], folder: Path = RESULTS) -> None:
    """Write a table into its place on the page, with the plots of the results, which are kept beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for each, found in results.items():
        (folder / f"{each}.json").write_text(json.dumps(found, ensure_ascii=False) + "\n", encoding="utf-8")
    images = page.parent / "img" / "performance"
    draw(folder, images)
    shown = [f"![{PLOTS[each][1]}](img/performance/{each}.svg)" for each in results if each in PLOTS]
    tables.keep(name, "\n\n".join((text, *shown)), page)


def draw(results: Path = RESULTS, images: Path = IMAGES) -> list[Path]:
    """Draw a plot of every result that there is; the files."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "performance", "svg.fonttype": "path"})
    from matplotlib import pyplot

    images.mkdir(parents=True, exist_ok=True)
    made = []
    for name, (plot, _) in PLOTS.items():
        source = results / f"{name}.json"
        if not source.exists():
            continue
        figure, axes = pyplot.subplots(figsize=(8, 4.2), layout="constrained")
        plot(axes, json.loads(source.read_text("utf-8")))
        axes.grid(alpha=0.3)
        made.append(images / f"{name}.svg")
        figure.savefig(made[-1], metadata={"Date": None})
        pyplot.close(figure)
    return made


def main() -> None:
    for path in draw():
        print(path.relative_to(machine.ROOT))


if __name__ == "__main__":
    main()
