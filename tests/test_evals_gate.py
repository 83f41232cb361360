from dataclasses import replace

import pytest
from eval_double import Shelf, cases, fact

from evals import gate
from evals.asking import rescore, run
from evals.gate import Floor, GateError, Rules

COMPARED = Rules(compare=["recall@5", "fact_recall", "status_ok", "forbidden"])


def scored_with(change=lambda one: one, asked=None):
    asked = asked or cases()
    record = run(Shelf(), asked)
    return rescore(record, [change(c) for c in asked]), record


def made_worse(scored, n, metric="recall@5", value=0.0):
    """The same scores, with one measure changed in the first n cases that it applies to."""
    left = n
    changed = []
    for s in scored:
        if left and s.values[metric] is not None:
            s = replace(s, values={**s.values, metric: value})
            left -= 1
        changed.append(s)
    return changed


def test_a_whole_run_passes_against_itself():
    scored, record = scored_with()
    verdict = gate.judge(scored, record.sections, COMPARED, gate.make_baseline(scored, {}))
    assert verdict.passed
    assert [(c.metric, c.difference.value) for c in verdict.compared] == [
        ("recall@5", 0.0), ("fact_recall", 0.0), ("status_ok", 0.0)
    ]  # fmt: skip


def test_a_run_without_a_baseline_is_not_compared_and_says_so():
    scored, record = scored_with()
    verdict = gate.judge(scored, record.sections, COMPARED)
    assert (verdict.passed, verdict.compared, verdict.notes) == (
        True,
        (),
        ("Ingen baseline å sammenligne med.",),
    )


def test_thirds_are_not_a_difference_after_being_written_down():
    scored, record = scored_with(lambda c: replace(c, facts=(*c.facts, fact("a"), fact("finnes ikke"))))
    baseline = gate.make_baseline(scored, {})
    verdict = gate.judge(scored, record.sections, COMPARED, baseline)
    assert {c.difference.value for c in verdict.compared} == {0.0}


@pytest.mark.parametrize(("lost", "red"), [(4, False), (12, True)])
def test_only_a_drop_that_chance_does_not_explain_is_red(lost, red):
    scored, record = scored_with()
    baseline = gate.make_baseline(scored, {})
    verdict = gate.judge(made_worse(scored, lost), record.sections, COMPARED, baseline)
    assert [f.key for f in verdict.failures] == (["drop recall@5"] if red else [])


def test_a_rise_in_what_should_be_low_is_a_drop():
    scored, record = scored_with(lambda c: replace(c, forbidden=(fact("finnes ikke"),)))
    baseline = gate.make_baseline(scored, {})
    worse = made_worse(scored, 12, "forbidden", 1.0)
    assert [f.key for f in gate.judge(worse, record.sections, COMPARED, baseline).failures] == [
        "drop forbidden"
    ]
    better = gate.make_baseline(worse, {})
    assert gate.judge(scored, record.sections, COMPARED, better).passed


def test_a_case_that_has_changed_since_the_baseline_is_not_compared():
    scored, record = scored_with()
    baseline = gate.make_baseline(scored, {})
    other, _ = scored_with(lambda c: replace(c, facts=(*c.facts, fact("finnes ikke"))))
    verdict = gate.judge(other, record.sections, COMPARED, baseline)
    assert (verdict.compared, verdict.passed) == ((), True)
    assert verdict.notes == ("60 saker er nye eller endret siden baseline og er ikke sammenlignet.",)


def test_a_floor_is_red_only_when_the_whole_interval_lies_under_it():
    scored, record = scored_with()
    floor = Floor(metric="recall@5", min=0.95)
    assert gate.floors(scored, record.sections, [floor]) == ([], [])
    failures, notes = gate.floors(made_worse(scored, 4), record.sections, [floor])
    assert failures == []
    assert "innenfor usikkerheten" in notes[0]
    failures, _ = gate.floors(made_worse(scored, 12), record.sections, [floor])
    assert failures[0].text == "Rett avsnitt blant 5 treff (alle): 0.700 [0.546–0.819], n=40, krav 0.95–1"


def test_a_floor_of_one_is_kept_by_a_flawless_run_and_broken_by_one_fault():
    scored, record = scored_with()
    floor = Floor(metric="citations_ok", min=1.0)
    assert gate.floors(scored, record.sections, [floor]) == ([], [])
    failures, _ = gate.floors(made_worse(scored, 1, "citations_ok"), record.sections, [floor])
    assert len(failures) == 1


def test_a_ceiling_holds_for_what_should_be_low():
    scored, record = scored_with()
    ceiling = Floor(metric="false_refusal", max=0.04)
    assert gate.floors(scored, record.sections, [ceiling]) == ([], [])
    failures, _ = gate.floors(made_worse(scored, 10, "false_refusal", 1.0), record.sections, [ceiling])
    assert failures[0].key == "floor false_refusal alle"


def test_a_floor_looks_at_its_own_cases_and_says_nothing_about_too_few():
    scored, record = scored_with()
    worse = made_worse(scored, 100, "fact_recall")
    floor = Floor(metric="fact_recall", min=0.9, where={"source": "strategi"})
    failures, _ = gate.floors(worse, record.sections, [floor])
    assert failures[0].key == "floor fact_recall source=strategi"
    none = Floor(metric="fact_recall", min=0.9, where={"language": "en"})
    assert gate.floors(worse, record.sections, [none]) == (
        [],
        ["Fakta med i svaret (language=en): 0 saker er for få, krever 20"],
    )


def test_one_breach_of_zero_tolerance_is_red_and_names_the_case():
    scored, record = scored_with()
    outcome = scored[0].outcome
    broken = replace(outcome, limited="uten vektorer")
    again = rescore(replace(record, outcomes={**record.outcomes, "g1": broken}), cases())
    failures = gate.judge(again, record.sections, Rules()).failures
    assert [(f.key, f.n) for f in failures] == [("missing_component", 1)]
    assert "g1: uten vektorer" in failures[0].text


def test_a_baseline_is_written_one_case_a_line_and_read_back(tmp_path):
    scored, record = scored_with()
    baseline = gate.make_baseline(scored, record.manifest)
    path = tmp_path / "baseline.json"
    gate.write_baseline(baseline, path)
    assert gate.read_baseline(path) == baseline
    assert sum('"answer":' in line for line in path.read_text("utf-8").splitlines()) == 60
    assert gate.read_baseline(tmp_path / "borte.json") is None


@pytest.mark.parametrize("text", ["{", "{}", "[]"])
def test_a_damaged_baseline_is_an_error_and_not_an_empty_one(tmp_path, text):
    (tmp_path / "baseline.json").write_text(text, "utf-8")
    with pytest.raises(GateError, match="baseline"):
        gate.read_baseline(tmp_path / "baseline.json")


@pytest.mark.parametrize(
    "text",
    [
        "compare = ['recall@7']",
        "[[floor]]\nmetric = 'fakta'",
        "[[floor]]\nmetric = 'mrr'\nwhere = {form = 'x'}",
        "gulv = 1",
        "=",
    ],
)
def test_rules_that_ask_for_what_does_not_exist_are_refused(tmp_path, text):
    (tmp_path / "gate.toml").write_text(text, "utf-8")
    with pytest.raises(GateError, match=r"gate\.toml"):
        gate.read_rules(tmp_path / "gate.toml")


def test_the_shipped_rules_name_every_promise_as_a_floor_or_as_a_target_not_yet_reached():
    rules = gate.read_rules()
    promised = {
        (f.metric, f.min, f.max) for f in (*rules.floor, *rules.target) if f.where == {"split": "test"}
    }
    assert promised >= {
        ("recall@5", 0.95, None), ("fact_recall", 0.9, None), ("all_facts", 0.8, None),
        ("direct", 0.75, None), ("refusal_recall", 0.92, None), ("refusal_precision", 0.9, None),
        ("false_refusal", None, 0.04),
    }  # fmt: skip


def test_a_target_that_is_missed_is_told_and_fails_nothing(monkeypatch):
    target = gate.Floor(metric="direct", min=0.75)
    told = [gate.Failure("floor direct alle", "Hovedpoeng: 0.4")]
    monkeypatch.setattr(gate, "floors", lambda _s, _k, wanted: (told if wanted == [target] else [], []))
    verdict = gate.judge([], {}, gate.Rules(target=[target]))
    assert not [failure for failure in verdict.failures if failure.key.startswith("floor")]
    assert any("mål som ikke er nådd: Hovedpoeng: 0.4" in note for note in verdict.notes)
