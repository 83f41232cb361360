"""Every protection that the threat model names is held by a test that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = (ROOT / "docs" / "threat-model.md").read_text("utf-8")


def test_every_test_that_is_named_exists():
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", MODEL))
    assert len(named) > 30
    assert named - tests == set()


def test_each_of_the_ten_risks_has_a_test():
    rows = re.findall(r"^\| (LLM\d\d) .*$", MODEL, re.MULTILINE)
    assert rows == [f"LLM{n:02}" for n in range(1, 11)]
    assert [row for row in re.findall(r"^\| LLM.*$", MODEL, re.MULTILINE) if "`test_" not in row] == []
