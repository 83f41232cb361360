"""Examples of questions that the sources are not there to answer."""

import pytest
from conftest import ROOT

from assistant import documents, scope
from assistant.errors import CorpusError

FILE = """
groups:
  - id: mat
    status: out_of_scope
    questions:
      - "Hvordan steker jeg vafler?"
  - id: omgåelse
    status: redirected
    section: lov#ikke-del-opp
    questions:
      - "Hvordan slipper vi kunngjøring?"
      - q: "Hvordan velger vi en vi kjenner?"
        section: lov#likebehandling
"""


def test_every_example_has_its_group_status_and_section(tmp_path):
    (tmp_path / "scope.yaml").write_text(FILE, encoding="utf-8")
    assert scope.read(tmp_path) == (
        scope.Example("Hvordan steker jeg vafler?", "mat", "out_of_scope", ""),
        scope.Example("Hvordan slipper vi kunngjøring?", "omgåelse", "redirected", "lov#ikke-del-opp"),
        scope.Example("Hvordan velger vi en vi kjenner?", "omgåelse", "redirected", "lov#likebehandling"),
    )


def test_a_document_may_have_examples_in_a_file_of_its_own(tmp_path):
    (tmp_path / "scope.yaml").write_text(FILE, encoding="utf-8")
    (tmp_path / "scope").mkdir()
    (tmp_path / "scope" / "lov.yaml").write_text(
        "groups: [{id: tall, status: no_evidence, questions: ['Hvor mange ble bøtelagt i 2019?']}]", "utf-8"
    )
    assert scope.read(tmp_path)[3:] == (
        scope.Example("Hvor mange ble bøtelagt i 2019?", "tall", "no_evidence", ""),
    )


def test_a_corpus_without_examples_has_none(tmp_path):
    assert scope.read(tmp_path) == ()


@pytest.mark.parametrize(
    "text",
    [
        "groups: [",
        "- a",
        "groups:\n  - id: a\n    status: kanskje\n    questions: []",
        "groups:\n  - id: a\n    status: no_evidence\n    questions: ['b']\n    ekstra: 1",
        "groups:\n  - id: a\n    status: no_evidence\n    questions: [{q: ''}]",
        "",
    ],
)
def test_a_malformed_file_is_told_with_its_path(tmp_path, text):
    (tmp_path / "scope.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"scope\.yaml kan ikke leses"):
        scope.read(tmp_path)


def test_the_examples_of_the_shipped_corpus_lead_to_sections_that_exist():
    sections = {
        section.id for path in documents.files(ROOT / "corpus") for section in documents.load(path).sections
    }
    examples = scope.read(ROOT / "corpus")
    assert len(examples) > 50
    assert {e.section for e in examples if e.section} <= sections
    assert len({e.question for e in examples}) == len(examples)
