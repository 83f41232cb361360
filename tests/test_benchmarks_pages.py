"""The tables of the benchmarks that open pages, and of those that take question keys away."""

from types import SimpleNamespace

from benchmarks import bare, paint


def test_the_table_of_first_sights_has_the_middle_and_the_slowest():
    found = {"/embed": [(0.1, 0.2, 0.3, 40.0), (0.2, 0.3, 0.4, 41.0), (0.9, 1.0, 1.1, 42.0)]}
    text = paint.table(found, before=0.1)
    assert "| `/embed` | 0,20 (0,90) | 0,30 (1,00) | 0,40 (1,10) | 41 | 3 |" in text


def test_the_table_of_documents_without_keys_has_a_row_for_each_measure():
    kept = [SimpleNamespace(values=dict.fromkeys(bare.MEASURES, 1.0))] * 4
    left = [SimpleNamespace(values=dict.fromkeys(bare.MEASURES, 0.0) | {"direct": None})] * 4
    rows = bare.table(kept, left).splitlines()
    assert rows[0].startswith("| prosent, n = 4 |")
    assert "| rett avsnitt først | 100.0 [100.0–100.0] | 0.0 [0.0–0.0] |" in rows
    assert any(row.endswith("| – |") for row in rows)
