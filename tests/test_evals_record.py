from dataclasses import replace

import pytest
from eval_double import Shelf, case, refusal
from pydantic import SecretStr

from assistant.settings import Settings
from evals.asking import run
from evals.record import RecordError, RunRecord, corpus_hash, public_settings, section_rows


def test_a_record_comes_back_as_it_was_written(tmp_path):
    record = run(Shelf(), [case(), refusal()])
    record.write(tmp_path / "ny" / "run.jsonl")
    assert RunRecord.read(tmp_path / "ny" / "run.jsonl") == record


@pytest.mark.parametrize("text", ["", "{", '{"line": "outcome"}', '{"line": "manifest", "format": 99}'])
def test_a_damaged_or_foreign_record_is_refused_with_its_name(tmp_path, text):
    (tmp_path / "run.jsonl").write_text(text, "utf-8")
    with pytest.raises(RecordError, match=r"run\.jsonl"):
        RunRecord.read(tmp_path / "run.jsonl")


def test_the_manifest_tells_how_the_run_was_made_and_keeps_the_secrets(tmp_path):
    (tmp_path / "a.md").write_text("tekst", "utf-8")
    settings = Settings(corpus=tmp_path, llm="openai:modell", llm_api_key=SecretStr("hemmelig"))
    manifest = run(Shelf(), [case()], settings).manifest
    assert (manifest["build"], manifest["cases"]) == ("bygg-1", 1)
    assert manifest["corpus"] == corpus_hash(tmp_path)
    assert manifest["settings"]["llm"] == "openai:modell"
    assert "hemmelig" not in str(manifest)
    assert "llm_api_key" not in public_settings(settings)


def test_the_hash_of_a_corpus_follows_names_and_content(tmp_path):
    assert corpus_hash(tmp_path) == ""
    (tmp_path / "a.md").write_text("tekst", "utf-8")
    first = corpus_hash(tmp_path)
    (tmp_path / "a.md").write_text("annen tekst", "utf-8")
    second = corpus_hash(tmp_path)
    (tmp_path / "a.md").rename(tmp_path / "b.md")
    assert len({first, second, corpus_hash(tmp_path)}) == 3


def test_a_section_has_the_dates_that_the_corpus_gives_it_and_no_others():
    class Undated(Shelf):
        def document(self, source_id):
            document = super().document(source_id)
            return replace(document, sections=tuple(replace(s, valid_to=None) for s in document.sections))

    row = section_rows(Undated(), ["planen"])["planen#avsnitt-1"]
    assert row.valid_to is None


def test_a_source_that_is_gone_has_no_sections():
    assert section_rows(Shelf(), ["borte"]) == {}
