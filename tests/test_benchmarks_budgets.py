"""A budget is kept or not by the figure and by the peer's; what is shown is what was measured."""

import json
import re

import pytest

from benchmarks import budgets, plots, tables
from benchmarks.rivals import NAMES

PEERS = ((NAMES["langchain"], 40.0), (NAMES["txtai"], 20.0))


@pytest.mark.parametrize(
    ("figure", "least", "share", "kept"),
    [
        (25.0, False, None, True),
        (25.1, False, None, False),
        (25.0, False, 0.6, False),
        (24.0, False, 0.6, True),
        (25.0, True, None, True),
        (24.9, True, None, False),
    ],
)
def test_a_budget_is_held_in_itself_and_against_the_first_peer(figure, least, share, kept):
    row = budgets.Row("svar", "ms", 25.0, figure, PEERS, least=least, share=share)
    assert row.kept is kept
    assert ("**ikke holdt**" in budgets.report("", [row])) is not kept


def test_the_table_names_every_peer_and_leaves_open_what_was_not_measured():
    text = budgets.report("maskin", [budgets.Row("svar", "ms", 25.0, 10.0, PEERS[:1], n=7)])
    assert text.splitlines()[-1] == "| svar | ≤ 25 ms | 10 | 40 | – | 0,25 | 7 | holdt |"
    assert all(name in text for name in NAMES.values() if name != NAMES["product"])


def test_every_measurement_has_its_place_on_the_page_and_every_plot_is_shown():
    page = (tables.ROOT / "docs" / "performance.md").read_text("utf-8")
    for name in ("budgets", "load", "scale", "costs"):
        assert page.count(f"<!-- {name} -->") == page.count(f"<!-- /{name} -->") == 1
    drawn = {path.stem for path in plots.IMAGES.glob("*.svg")}
    assert set(re.findall(r"img/performance/(\w+)\.svg", page)) == drawn
    assert drawn == {path.stem for path in plots.RESULTS.glob("*.json")} & plots.PLOTS.keys()


def test_what_is_kept_stands_on_the_page_with_its_plot(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Side\n<!-- budgets -->\nfør\n<!-- /budgets -->\nslutt\n", encoding="utf-8")
    kept = {"answers": {"ms": {"product": [1.0, 2.0]}, "mib": {}}, "budgets": []}
    plots.keep(page, "budgets", "| tabell |", kept, tmp_path / "results")
    shown = f"![{plots.PLOTS['answers'][1]}](img/performance/answers.svg)"
    expected = f"# Side\n<!-- budgets -->\n| tabell |\n\n{shown}\n<!-- /budgets -->\nslutt\n"
    assert page.read_text("utf-8") == expected
    assert (tmp_path / "img" / "performance" / "answers.svg").exists()
    assert json.loads((tmp_path / "results" / "budgets.json").read_text("utf-8")) == []


def test_a_plot_is_drawn_of_what_was_kept_and_is_the_same_each_time(tmp_path):
    kept = {"ms": {"product": [3.0, 1.0, 2.0], "langchain": [9.0, 8.0, 7.0]}, "mib": {}}
    (tmp_path / "answers.json").write_text(json.dumps(kept), encoding="utf-8")
    drawn = [plots.draw(tmp_path, tmp_path / name) for name in ("first", "second")]
    assert [path.name for path in drawn[0]] == ["answers.svg"]
    assert drawn[0][0].read_bytes() == drawn[1][0].read_bytes()
