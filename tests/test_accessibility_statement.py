"""The account of accessibility names every requirement once, and tells for each surface how it stands."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "universell-utforming.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d\.\d\.\d+) \| [^|]+((?:\| [TGH–] ){5})\|$", TEXT, re.MULTILINE)
COUNTS = {"1.1": 1, "1.2": 2, "1.3": 5, "1.4": 9, "2.1": 3, "2.2": 2, "2.3": 1, "2.4": 7, "2.5": 4}
COUNTS |= {"3.1": 2, "3.2": 4, "3.3": 4, "4.1": 3}
"""How many requirements each guideline of WCAG 2.1 has on levels A and AA, without 1.2.3 to 1.2.5."""


def test_all_forty_seven_requirements_are_there_once_and_in_order():
    ids = [row[0] for row in ROWS]
    assert len(ids) == len(set(ids)) == 47
    assert ids == sorted(ids, key=lambda each: [int(part) for part in each.split(".")])
    assert {
        guideline: sum(each.startswith(f"{guideline}.") for each in ids) for guideline in COUNTS
    } == COUNTS


def test_what_must_be_tried_by_hand_is_told_with_its_reason_and_in_the_draft():
    left, draft = TEXT.partition("## Hva som står igjen")[2].split("## Utkast", 1)
    for requirement, marks in ROWS:
        if "H" in marks:
            assert requirement in left, requirement
            assert requirement in draft, requirement


def test_every_file_of_tests_that_is_named_is_there():
    named = set(re.findall(r"`(test_\w+\.py)`", TEXT))
    found = {path.name for path in ROOT.glob("tests/**/*.py")}
    assert named
    assert named <= found
