import json
from dataclasses import fields

import pytest
from eval_double import YAML, Shelf

from assistant.errors import IndexMissing
from assistant.types import Answer, Attempt, Dropped
from evals import run as evals_run
from evals.run import BROKEN, PASSED, RED, main


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with questions and lenient rules; nothing is read from the environment."""
    monkeypatch.setattr(evals_run.Settings, "read", classmethod(lambda cls: cls(corpus=tmp_path)))
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "prove.yaml").write_text(YAML, "utf-8")
    (tmp_path / "gate.toml").write_text("compare = ['fact_recall']", "utf-8")
    return tmp_path


def evaluate(place, *more, assistant=Shelf):
    paths = {"questions": "questions", "rules": "gate.toml", "out": "ut", "baseline": "baseline.json"}
    argv = [part for name, path in paths.items() for part in (f"--{name}", str(place / path))]
    return main([*argv, *more], lambda settings: assistant())


class Wrong(Shelf):
    """Cites a text that is not in the corpus."""

    def document(self, source_id):
        return None


def test_a_good_run_passes_and_leaves_its_reports(place, capsys):
    assert evaluate(place, "--gate") == PASSED
    assert sorted(p.name for p in (place / "ut").iterdir()) == [
        "junit.xml", "report.html", "run.jsonl", "summary.json", "summary.md"
    ]  # fmt: skip
    printed = capsys.readouterr().out
    assert "2 av 2 spørsmål uten feil" in printed
    assert "Kravene er oppfylt." in printed


def test_a_run_that_breaks_a_rule_is_red_only_when_the_gate_is_asked_for(place):
    (place / "gate.toml").write_text("[[floor]]\nmetric = 'recall@5'\nmax = 0.0\nn = 1", "utf-8")
    assert evaluate(place) == PASSED
    assert evaluate(place, "--gate") == RED


def test_questions_that_do_not_fit_the_corpus_stop_the_gate(place, capsys):
    assert evaluate(place, "--gate", assistant=Wrong) == BROKEN
    assert "avsnittet finnes ikke" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more",
    [
        ("--set", "finnesikke"),
        ("--style", "typo"),
        ("--rescore", "finnesikke.jsonl"),
        ("--rules", "finnesikke.toml"),
    ],
)
def test_a_run_that_cannot_be_made_says_why_and_is_not_a_red_gate(place, capsys, more):
    assert evaluate(place, *more, "--gate") == BROKEN
    assert "Evalueringen kunne ikke kjøres" in capsys.readouterr().err


def test_the_generative_mode_needs_a_model_and_tells_what_it_lost(place, capsys, monkeypatch):
    assert evaluate(place, "--mode", "generative") == BROKEN
    assert "trenger en språkmodell" in " ".join(capsys.readouterr().err.split())
    worded = {"llm": "openai:prove", "llm_base_url": "http://127.0.0.1:9/v1"}
    monkeypatch.setattr(evals_run.Settings, "read", classmethod(lambda cls: cls(corpus=place, **worded)))

    class Losing(Shelf):
        def stream(self, question):
            *events, answer = super().stream(question)
            given = {f.name: getattr(answer, f.name) for f in fields(Answer)}
            yield from (
                *events,
                Attempt(**given, dropped=(Dropped("Alt er lov.", "short"),), trouble="silent"),
            )

    assert evaluate(place, "--mode", "generative", assistant=Losing) == PASSED
    told = capsys.readouterr().out
    assert "(short " in told
    assert "(silent " in told
    saved = (place / "ut" / "run.jsonl").read_text("utf-8")
    assert '"dropped": ["short"]' in saved
    assert "Alt er lov." not in saved


def test_an_index_that_is_missing_is_told_with_its_remedy(place, capsys):
    def missing():
        raise IndexMissing("var/index")

    assert evaluate(place, assistant=missing) == BROKEN
    assert "assistant index" in " ".join(capsys.readouterr().err.split())


def test_an_unknown_argument_is_refused():
    with pytest.raises(SystemExit, match="2"):
        main(["--finnes-ikke"])


def test_a_saved_run_is_scored_again_without_asking(place):
    def never():
        raise AssertionError("the assistant was opened")

    evaluate(place)
    first = json.loads((place / "ut" / "summary.json").read_text("utf-8"))
    assert evaluate(place, "--rescore", str(place / "ut" / "run.jsonl"), "--gate", assistant=never) == PASSED
    assert json.loads((place / "ut" / "summary.json").read_text("utf-8")) == first


def test_a_baseline_is_made_of_the_whole_set_only(place):
    assert evaluate(place, "--update-baseline", "--split", "test") == BROKEN
    assert not (place / "baseline.json").exists()
    assert evaluate(place, "--update-baseline") == PASSED
    assert set(json.loads((place / "baseline.json").read_text("utf-8"))["cases"]) == {"g3", "u1"}


def test_a_failing_case_is_shown_with_what_was_expected_and_what_came(place, capsys):
    text = YAML.replace('"300 kroner"]', '"protokolleres"]').replace(
        'text: "300 kroner"', 'text: "protokoll"'
    )
    (place / "questions" / "prove.yaml").write_text(text, "utf-8")
    evaluate(place, "--failures", "5")
    printed = capsys.readouterr().out
    assert "Feil:  mangler: protokoll" in printed
    assert "*1. loven#avsnitt-3" in printed
    assert "Kom:   [answered] Grensen for vare3 er 300 kroner" in printed


def test_the_figures_can_be_put_into_a_document(place):
    path = place / "evals.md"
    path.write_text("<!-- tall: begynner -->\n<!-- tall: slutter -->\n", "utf-8")
    evaluate(place, "--docs", str(path))
    assert "2 av 2 spørsmål uten feil" in path.read_text("utf-8")


def test_the_tester_is_tested_and_tells_which_fault_it_did_not_see(place, capsys):
    assert evaluate(place, "--break") == RED
    printed = capsys.readouterr().out
    assert "NEI" in printed
    assert "Sitatene er endret med ett ord" in printed
