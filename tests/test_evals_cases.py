import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from eval_double import SECTIONS, YAML, case, fact, refusal

from assistant import documents
from evals.cases import DAY, QUESTIONS, CasesError, Fact, check_cases, lint, load_cases, plain, set_hash

CORPUS = Path(__file__).parent.parent / "corpus"


def folder(tmp_path, text, name="prove"):
    (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return tmp_path


def test_a_set_is_read_with_its_name_and_patterns(tmp_path):
    first, second = load_cases(folder(tmp_path, YAML))
    assert (first.set, first.golden, first.facts[0].found_in("Det er 300 KRONER.")) == (
        "prove",
        ("loven#avsnitt-3",),
        True,
    )
    assert second.status == ("no_evidence", "out_of_scope")
    assert (first.answerable, first.refusable, second.answerable, second.refusable) == (
        True,
        False,
        False,
        True,
    )


def test_on_is_a_day_and_not_a_truth_value(tmp_path):
    text = YAML.replace(
        "  style: plain\n  status: answered", "  style: plain\n  on: 2025-05-01\n  status: answered"
    )
    first, second = load_cases(folder(tmp_path, text))
    assert (first.day, second.day) == (date(2025, 5, 1), DAY)


def test_one_file_outside_the_folder_of_questions_can_be_read_alone(tmp_path):
    folder(tmp_path, YAML)
    folder(tmp_path, "ikke en liste", "annet")
    assert [c.id for c in load_cases(tmp_path / "prove.yaml")] == ["g3", "u1"]


def test_only_the_named_sets_are_read_and_an_unknown_name_is_refused(tmp_path):
    folder(tmp_path, YAML)
    folder(tmp_path, YAML.replace("id: g3", "id: x3").replace("id: u1", "id: x1"), "annet")
    assert [c.id for c in load_cases(tmp_path, ["annet"])] == ["x3", "x1"]
    with pytest.raises(CasesError, match="finnesikke"):
        load_cases(tmp_path, ["finnesikke"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (YAML + YAML, "brukt 2 ganger"),
        (YAML.replace("style: plain", "stil: plain", 1), "stil"),
        (YAML.replace('any: ["300 kroner"]', 'any: ["(300"]'), "ugyldig"),
        (YAML.replace("kind: amount", "kind: belop"), "kind"),
        ("id: g3", "liste"),
        ("- [", "prove.yaml"),
    ],
)
def test_a_fault_in_the_file_is_told_with_its_place(tmp_path, text, told):
    with pytest.raises(CasesError, match=told):
        load_cases(folder(tmp_path, text))


def test_the_cases_of_a_triple_land_in_the_same_split_and_both_splits_are_used():
    triples = [[case(f"{i}-{k}", triple=f"t{i}") for k in ("nb", "nn", "en")] for i in range(40)]
    assert all(len({c.split for c in triple}) == 1 for triple in triples)
    assert {triple[0].split for triple in triples} == {"dev", "test"}


def test_lint_finds_what_the_corpus_does_not_carry():
    wrong = [
        case("borte", golden=("loven#finnes-ikke",)),
        case("feil-faktum", facts=(fact("301 kroner"),)),
        case("uten-fasit", golden=(), facts=()),
        case("feil-emne", topic="ukjent"),
        refusal("svar-i-avslag", facts=(fact("300 kroner"),)),
        case("dialog", style="dialogue"),
    ]
    problems = lint(wrong, SECTIONS)
    assert [p.split(":")[0] for p in problems] == [c.id for c in wrong]
    assert lint([case(), refusal()], SECTIONS) == []


def test_a_triple_without_all_three_languages_is_told(tmp_path):
    text = YAML.replace(
        "  style: plain\n  status: answered", "  style: plain\n  triple: tre\n  status: answered"
    )
    assert check_cases(folder(tmp_path, text), SECTIONS) == ["triple tre: skal ha nb, nn og en, men har nb"]


def test_a_reader_sees_text_without_marks_and_with_its_lines():
    seen = plain("Grensen er **500\u00a0000**  kroner [1]\n\nog [lenke](x) [2].")
    assert seen == "Grensen er 500 000 kroner\nog [lenke](x)."


def test_a_fact_may_run_over_a_line_unless_its_pattern_names_lines():
    assert fact("500 000 kroner").found_in("er 500 000\nkroner")
    whole_line = Fact("beløp", (re.compile(r"^er[^\n]*kroner"),))
    assert whole_line.found_in("er 500 000 kroner")
    assert not whole_line.found_in("er 500 000\nkroner")


def test_the_hash_of_a_set_follows_what_decides_the_score():
    one = case()
    assert set_hash([one]) == set_hash([replace(one, note="en tanke")])
    assert set_hash([one]) != set_hash([replace(one, facts=(fact("301 kroner"),))])


def test_the_shipped_questions_fit_the_shipped_corpus():
    loaded = [documents.load(path) for path in documents.files(CORPUS)]
    sections = {s.id: s.text for document in loaded for s in document.sections}
    assert check_cases(QUESTIONS, sections) == []
    assert {c.split for c in load_cases()} == {"dev", "test"}
