"""What axe finds against WCAG 2.1 A and AA: the rules, each with the elements that break it."""

from pathlib import Path

import pytest

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


def faults(page):
    """Every violation; the page must have been opened with `bypass_csp`."""
    axe = pytest.importorskip("axe_playwright_python")
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found["violations"]]
