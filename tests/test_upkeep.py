"""The commands that keep the corpus up to date: what changed and who relied on it, and proposed questions."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from admindesk import settings_in
from tiny import TinyAssistant

from assistant import cli, ingest
from assistant.conversations import open_store
from assistant.embedding import HashingEmbedder
from assistant.index import Index

GUIDANCE = "veiledning/gjennomforing.md"
FOLLOW_UP = "Hva er terskelen for oppfølging?"
TITLE = "Hva med de hemmelige kaktusene?"


@pytest.fixture
def run(capfd, monkeypatch, tmp_path):
    """Run a command over the installation in `tmp_path`; exit code, standard output and error."""
    monkeypatch.setenv("ASSISTANT_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("ASSISTANT_CORPUS", str(tmp_path / "corpus"))

    def command(*arguments):
        capfd.readouterr()
        code = cli.main(arguments)
        told = capfd.readouterr()
        return code, told.out, told.err

    return command


@pytest.fixture
def settings(tmp_path, small_index):
    return settings_in(tmp_path, small_index)


def answer_of(settings, id):
    """An answer from the build in use that cites the section that is changed."""
    opened = Index.open(settings.index_root)
    (section,) = (s.id for s in opened.documents["gjennomforing"].sections if "hvert" in s.text)
    tiny = TinyAssistant()
    given = tiny.ask(tiny.question(FOLLOW_UP, id=id))
    cited = tuple(replace(each, section_id=section) for each in given.citations)
    assert cited
    return replace(given, citations=cited, build=opened.id)


def kept(settings, *answers):
    """The answers, each the second of a conversation of its own that began with something else."""
    store = open_store(settings, lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))
    tiny = TinyAssistant()
    first = tiny.ask(tiny.question("Hva er terskelen?", id="annet"))
    ids = []
    for number, given in enumerate(answers):
        made = store.start(f"user:{number}", TITLE)
        store.append(made.owner, made.id, replace(first, citations=()))
        store.append(made.owner, made.id, given)
        ids.append(made.id)
    store.close()
    return ids


def changed(settings):
    """Change a section, and build; the ids of the two builds."""
    before = Index.open(settings.index_root).id
    path = settings.corpus / GUIDANCE
    path.write_text(path.read_text("utf-8").replace("hvert kvartal", "hvert halvår"), "utf-8")
    return before, ingest.ingest(settings.corpus, settings.index_root, HashingEmbedder()).build


def test_saved_answers_that_cite_what_changed_are_counted_and_named_by_title_alone(run, settings):
    (conversation,) = kept(settings, answer_of(settings, "svar-1"))
    changed(settings)
    code, out, _ = run("corpus", "diff")
    assert code == 0
    assert "lagrede svar" in out
    assert re.search(rf"{conversation}\s+2026-11-22 \d\d:\d\d\s+1\s+{re.escape(TITLE)}", out)
    assert "1 lagrede svar i 1 samtaler bygger på dem." in out
    assert FOLLOW_UP not in out
    assert "user:0" not in out


def test_an_answer_from_the_newer_build_relied_on_nothing_that_is_gone(run, settings):
    old = answer_of(settings, "svar-1")
    before, after = changed(settings)
    new = answer_of(settings, "svar-2")
    assert (old.build, new.build) == (before, after)
    first, _ = kept(settings, old, new)
    told = json.loads(run("corpus", "diff", "--json")[1])
    assert [each["id"] for each in told["conversations"]] == [first]


def test_as_json_every_section_has_its_cases_and_every_conversation_its_sections(run, settings):
    ids = kept(settings, answer_of(settings, "svar-1"), answer_of(settings, "svar-2"))
    before, after = changed(settings)
    code, out, _ = run("corpus", "diff", "--json")
    told = json.loads(out)
    assert (code, told["older"], told["newer"]) == (0, before, after)
    (section,) = told["sections"]
    assert section["section_id"].startswith("gjennomforing#")
    assert (section["change"], section["cases"], section["answers"]) == ("ny tekst", [], 2)
    assert sorted(each["id"] for each in told["conversations"]) == sorted(ids)
    for each in told["conversations"]:
        assert (each["title"], each["answers"], each["sections"]) == (TITLE, 1, [section["section_id"]])


@pytest.mark.parametrize("why", ["nothing was ever kept", "the store is empty", "the store is off"])
def test_nothing_is_said_of_saved_answers_where_none_are_kept(run, settings, why, monkeypatch):
    if why == "the store is empty":
        kept(settings)
    if why == "the store is off":
        kept(settings, answer_of(settings, "svar-1"))
        monkeypatch.setenv("ASSISTANT_RETENTION_DAYS", "0")
    changed(settings)
    code, out, err = run("corpus", "diff")
    assert code == 0
    assert "lagrede svar" not in out + err
    assert settings.conversations_file.exists() is (why != "nothing was ever kept")
    told = json.loads(run("corpus", "diff", "--json")[1])
    assert told["conversations"] is None
    assert [each["answers"] for each in told["sections"]] == [None]


def test_a_store_that_cannot_be_read_is_told_and_the_rest_is_printed(run, settings):
    changed(settings)
    settings.conversations_file.write_bytes(b"dette er ingen database, men noe helt annet " * 40)
    code, out, err = run("corpus", "diff")
    assert (code, "1 avsnitt er endret" in out) == (0, True)
    assert "Samtalene kan ikke leses" in err


def test_answers_that_nobody_can_read_any_more_are_passed_by(run, settings):
    from sqlalchemy import create_engine, text

    kept(settings, answer_of(settings, "svar-1"))
    engine = create_engine(f"sqlite:///{settings.conversations_file}")
    strange = ['{"citations": [{"n": 1}, 7, {"section_id": 3}]}', "[]", '{"citations": "x"}']
    changed(settings)
    for content in strange:
        with engine.begin() as connection:
            connection.execute(text("UPDATE turns SET answer = :answer"), {"answer": content})
        assert "0 lagrede svar i 0 samtaler" in run("corpus", "diff")[1]
    engine.dispose()
