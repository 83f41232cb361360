from dataclasses import replace

import pytest
from eval_double import Shelf, case, cases, fact, refusal

from evals.asking import rescore, run
from evals.summary import estimate, summarise


def finding(all_cases):
    record = run(Shelf(), all_cases)
    return rescore(record, all_cases), record.sections


def test_every_number_has_an_n_and_a_measure_that_applies_to_no_case_is_left_out():
    summary = summarise(*finding(cases()))
    everything = summary.slices["all"]
    assert (everything["recall@5"].value, everything["recall@5"].n) == (1.0, 40)
    assert (everything["refusal_recall"].value, everything["refusal_recall"].n) == (1.0, 20)
    assert everything["status_ok"].n == summary.n == summary.passed == 60
    assert "redirect_cites" not in everything


def test_the_parts_of_a_slice_add_up():
    summary = summarise(*finding(cases()))
    for name in ("kind", "split", "source"):
        parts = [v["status_ok"].n for k, v in summary.slices.items() if k.startswith(f"{name}=")]
        assert len(parts) > 1
        assert sum(parts) == 60
    assert set(summary.slices["source=ingen"]) == {"status_ok", "refusal_recall", "refusal_precision"}


def test_the_confusion_of_statuses_gives_precision_and_recall():
    wrong = refusal("x", "Hva er grensen for vare3?")
    summary = summarise(*finding([case("a"), case("b"), refusal("c"), wrong]))
    assert summary.confusion == {
        ("answered", "answered"): 2, ("no_evidence", "no_evidence"): 1, ("no_evidence", "answered"): 1
    }  # fmt: skip
    rows = {r.status: r for r in summary.statuses}
    assert (rows["answered"].precision.value, rows["answered"].recall.value) == (pytest.approx(2 / 3), 1.0)
    assert (rows["no_evidence"].precision.value, rows["no_evidence"].recall.value) == (1.0, 0.5)
    assert summary.as_json()["confusion"][0] == ["answered", "answered", 2]


def test_nynorsk_is_compared_with_bokmal_on_the_same_content():
    wrong = (fact("noe annet"),)
    asked = []
    for i in range(6):
        asked.append(case(f"{i}-nb", triple=f"t{i}"))
        asked.append(case(f"{i}-nn", triple=f"t{i}", language="nn", **({"facts": wrong} if i < 3 else {})))
    gap = next(g for g in summarise(*finding(asked)).gaps if g.name == "nn-nb")
    assert (gap.difference.value, gap.difference.n) == (-0.5, 6)


def test_noisy_questions_are_compared_with_tidy_ones():
    asked = [
        case("a"),
        case("b", facts=(fact("noe annet"),)),
        case("c", style="typo"),
        case("d", style="keyword"),
    ]
    gaps = {g.name: g.difference for g in summarise(*finding(asked)).gaps}
    assert set(gaps) == {"noise"}
    assert (gaps["noise"].value, gaps["noise"].n) == (0.5, 2)


def test_time_and_length_are_told_by_their_middle_and_their_tail():
    scored, sections = finding([case(str(i)) for i in range(20)])
    timed = [replace(s, outcome=replace(s.outcome, ms=float(i + 1))) for i, s in enumerate(scored)]
    summary = summarise(timed, sections)
    assert (summary.latency["p50"].value, summary.latency["p95"].value) == (10.5, pytest.approx(19.05))
    assert summary.words["p50"].value == 9


def test_an_average_of_nothing_is_nothing():
    assert estimate([], "fact_recall") is None
    assert summarise([], {}).slices == {"all": {}}
