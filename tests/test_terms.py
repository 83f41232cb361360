"""The register of words that mean the same."""

import pytest
from conftest import ROOT

from assistant import language
from assistant.errors import CorpusError
from assistant.terms import ADDED, Concept, Terms, weighted

REGISTER = """
[[same]]
forms = ["LOA", "lov om offentlige anskaffelser", "anskaffelsesloven"]

[[same]]
forms = ["underleverandør", "underentreprenør"]

[[one_way]]
from = ["anbud", "bid"]
to = ["konkurranse", "tilbud"]
"""


@pytest.fixture
def register(tmp_path):
    path = tmp_path / "terms.toml"
    path.write_text(REGISTER, encoding="utf-8")
    return Terms.read(path)


def offered(register, question):
    return {concept.stem: set(concept.alternatives) for concept in register.concepts(question)}


def test_equal_forms_stand_for_each_other(register):
    one, other = language.stem("underleverandør"), language.stem("underentreprenør")
    assert offered(register, "underleverandører") == {one: {other}}
    assert offered(register, "underentreprenøren") == {other: {one}}


def test_a_form_of_several_words_is_found_inside_the_question(register):
    found = offered(register, "Gjelder lov om offentlige anskaffelser her?")
    assert {language.stem("loa"), language.stem("anskaffelsesloven")} <= found[language.stem("lov")]
    assert language.stem("anskaffelsesloven") not in offered(register, "Hva er en lov?")[language.stem("lov")]


def test_a_one_way_entry_does_not_lead_back(register):
    assert offered(register, "anbud")[language.stem("anbud")] == set(language.stems("konkurranse tilbud"))
    assert offered(register, "konkurranse")[language.stem("konkurranse")] == set()


def test_a_word_that_is_said_twice_is_one_concept(register):
    assert [c.stem for c in register.concepts("Frist og frister for frist")] == [language.stem("frist")]


def test_what_the_register_adds_weighs_less_than_the_words_of_the_question():
    concepts = [Concept("anbud", ("tilbud", "frist")), Concept("frist")]
    assert weighted(concepts) == {"anbud": 1.0, "frist": 1.0, "tilbud": ADDED}


def test_without_a_register_the_words_stand_alone(tmp_path):
    empty = Terms.read(tmp_path / "terms.toml")
    assert empty.concepts("Hva er LOA?") == [Concept(language.stem("loa"))]


@pytest.mark.parametrize("text", ["[[same]", "[[same]]\nform = 1", "same = 3", "[[one_way]]\nfrom = ['a']"])
def test_a_malformed_register_is_told_with_its_path(tmp_path, text):
    path = tmp_path / "terms.toml"
    path.write_text(text)
    with pytest.raises(CorpusError, match=r"terms\.toml kan ikke leses"):
        Terms.read(path)


def test_the_register_of_the_shipped_corpus_is_read():
    shipped = Terms.read(ROOT / "corpus" / "terms.toml")
    assert len(shipped.groups) > 20
    assert all(forms for forms in shipped.groups.values())
