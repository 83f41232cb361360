"""Tables as Markdown, and the page that keeps them: docs/benchmarks.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from evals.stats import Difference, Estimate

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is set to the right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def comma(value: float, digits: int = 3) -> str:
    """A number as Norwegian writes it."""
    return f"{value:.{digits}f}".replace(".", ",").replace("-", "−")


def estimate(found: Estimate | None, digits: int = 3) -> str:
    """A number with its interval; a dash when nothing was measured."""
    if found is None:
        return "–"
    return f"{comma(found.value, digits)} ({comma(found.low, digits)}–{comma(found.high, digits)})"


def difference(found: Difference | None) -> str:
    """A difference with its interval and p; a dash when nothing was measured."""
    if found is None:
        return "–"
    sign = "+" if found.value > 0 else ""
    p = "p < 0,001" if found.p < 0.001 else f"p = {comma(found.p)}"
    return f"{sign}{comma(found.value)} ({comma(found.low)} til {comma(found.high)}), {p}"


def keep(name: str, text: str, page: Path = PAGE) -> None:
    """Put `text` between the marks of `name` in the page, in place of what stood there.

    Raises:
        LookupError: the page has no such marks.
    """
    old = page.read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    new, found = marks.subn(lambda match: f"{match[1]}{text}\n{match[2]}", old)
    if not found:
        raise LookupError(f"{page} mangler <!-- {name} --> … <!-- /{name} -->.")
    page.write_text(new, encoding="utf-8")
