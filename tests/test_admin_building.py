"""Builds from the admin page: in a process of their own, checked before they count, whatever is killed."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from admindesk import BUILDER, settings_in
from conftest import TODAY

from assistant import index, ingest
from assistant.admin import building, canaries
from assistant.admin.audit import Act, Log
from assistant.admin.building import Builds, State
from assistant.admin.uploads import Uploads
from assistant.documents.sidecar import Sidecar
from assistant.embedding import HashingEmbedder
from assistant.index import Index
from assistant.retrieval import Retriever
from assistant.settings import Settings
from assistant.terms import Terms
from assistant.types import SourceType


@pytest.fixture
def settings(small_index, tmp_path):
    return settings_in(tmp_path, small_index)


@pytest.fixture
def uploads(settings):
    return Uploads(settings.uploads)


def published(uploads, text="# Innspill\n\nFristen for innspill er ti dager.\n", **facts):
    """A document that has just been published, and is not built in yet."""
    coming = uploads.incoming()
    coming.write(text.encode())
    upload, _ = uploads.keep(coming, "rutine.md", "kari")
    told = {
        "id": "rutine",
        "tittel": "Rutine",
        "type": SourceType.GUIDANCE,
        "utgiver": "Fylket",
        "kontrollert": TODAY,
    }
    uploads.save(upload, Sidecar(**{**told, **facts}), "")
    uploads.publish(upload)
    return upload


def ended(builds, seconds=60):
    deadline = time.monotonic() + seconds
    while builds.running():
        assert time.monotonic() < deadline, "the build never ended"
        time.sleep(0.02)
    return builds.status()


def round_of(settings):
    """A round of the process, run here."""
    work = building._Round(settings, "kari", (), TODAY)
    settings.uploads.mkdir(exist_ok=True)
    work.run(HashingEmbedder)
    return work.status


def test_a_build_in_its_own_process_takes_in_what_was_published(settings, uploads):
    upload = published(uploads)
    builds = Builds(settings, BUILDER)
    builds.request("kari")
    assert builds.status().state is State.RUNNING
    status = ended(builds)
    assert (status.state, status.by, status.accepted) == (State.DONE, "kari", (upload.sha256,))
    opened = Index.open(settings.index_root)
    assert opened.id == status.build
    assert opened.documents["rutine"].source.title == "Rutine"
    assert Log(settings.var / "admin" / "audit.jsonl").latest()[0].what is Act.BUILD_DONE


def test_the_process_gets_no_password_and_no_key(small_index, tmp_path, monkeypatch):
    monkeypatch.setenv("ASSISTANT_LLM_API_KEY", "hemmelig nøkkel")
    settings = settings_in(tmp_path, small_index)
    environment = Builds(settings)._environment()
    assert not any("scrypt" in value or "hemmelig" in value for value in environment.values())
    ours = {name for name in environment if name.startswith("ASSISTANT_")}
    assert Settings.read({name: environment[name] for name in ours}).var == settings.var


def test_what_is_asked_for_while_a_build_is_under_way_is_built_in_after_it(
    settings, uploads, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOLD", str(tmp_path / "slipp"))
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        building.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1]
    )
    first = published(uploads)
    Builds(settings, BUILDER).request("kari")
    second = published(uploads, "# Kvote\n\nKvoten er ni tonn.\n", id="kvote", tittel="Kvote")
    other = Builds(settings, BUILDER)
    other.request("ola")
    (tmp_path / "slipp").touch()
    status = ended(other)
    assert len(started) == 1
    assert status.state is State.DONE
    assert set(status.accepted) == {first.sha256, second.sha256}
    assert {"rutine", "kvote"} <= set(Index.open(settings.index_root).documents)


def test_a_build_that_is_killed_is_told_as_stopped_and_can_be_asked_for_again(
    settings, uploads, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOLD", str(tmp_path / "slipp"))
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        building.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1]
    )
    before = index.current_build(settings.index_root)
    upload = published(uploads)
    builds = Builds(settings, BUILDER)
    builds.request("kari")
    os.killpg(started[0].pid, signal.SIGKILL)
    assert ended(builds).state is State.STOPPED
    assert index.current_build(settings.index_root) == before
    (tmp_path / "slipp").touch()
    builds.request("kari")
    status = ended(builds)
    assert (status.state, status.accepted) == (State.DONE, (upload.sha256,))


@pytest.mark.parametrize("step", ["Leser dokumenter", "Fyller Chroma", "Prøver den nye indeksen"])
def test_killed_at_any_step_it_leaves_the_old_build_and_the_next_one_is_whole(
    settings, uploads, step, monkeypatch
):
    before = index.current_build(settings.index_root)
    published(uploads)
    builds = Builds(settings, BUILDER)
    monkeypatch.setenv("DIE_AT", step)
    builds.request("kari")
    assert ended(builds).state is State.STOPPED
    assert index.current_build(settings.index_root) == before
    assert index.is_whole(settings.index_root / before)
    monkeypatch.delenv("DIE_AT")
    builds.request("kari")
    assert ended(builds).state is State.DONE
    assert "rutine" in Index.open(settings.index_root).documents


def test_a_server_that_is_started_again_sees_the_build_that_goes_on(settings, uploads, tmp_path, monkeypatch):
    monkeypatch.setenv("HOLD", str(tmp_path / "slipp"))
    published(uploads)
    Builds(settings, BUILDER).request("kari")
    anew = Builds(settings, BUILDER)
    assert anew.status().state is State.RUNNING
    (tmp_path / "slipp").touch()
    assert ended(anew).state is State.DONE


def test_a_document_that_a_build_cannot_take_is_a_draft_again_and_the_old_build_stays(settings, uploads):
    before = index.current_build(settings.index_root)
    upload = published(uploads, id="gjennomforing", tittel="Ny utgave uten dato")
    status = round_of(settings)
    assert status.state is State.REFUSED
    assert "ikke er ulike utgaver" in status.reason
    assert index.current_build(settings.index_root) == before
    assert uploads.published() == {}
    assert uploads.get(upload.sha256)
    acts = [(each.what, each.sha256) for each in Log(settings.var / "admin" / "audit.jsonl").latest()]
    assert (Act.WITHDRAWN, upload.sha256) in acts


def test_a_document_that_hides_the_others_is_refused_and_leaves_no_build_behind(
    settings, uploads, monkeypatch
):
    folders = {p.name for p in settings.index_root.iterdir()}
    gone = [canaries.Canary("Hvem følger opp?", "gjennomforing#oppfolging")] * 3
    monkeypatch.setattr(canaries, "lost", lambda *_: gone)
    published(uploads)
    status = round_of(settings)
    assert status.state is State.REFUSED
    assert "«Hvem følger opp?»" in status.reason
    assert uploads.published() == {}
    assert {p.name for p in settings.index_root.iterdir()} - folders <= {".read", ".lock"}


def test_a_build_whose_vectors_are_not_found_is_refused(settings, uploads, monkeypatch):
    monkeypatch.setattr(canaries, "strays", lambda *_: "3 av 20 vektorer blir ikke funnet")
    published(uploads)
    assert "3 av 20" in round_of(settings).reason


def test_trouble_that_is_not_the_documents_leaves_it_published(settings, uploads):
    upload = published(uploads)
    shutil.move(settings.corpus, settings.corpus.with_name("borte"))
    status = round_of(settings)
    assert (status.state, list(uploads.published())) == (State.FAILED, [upload.sha256])
    assert "Fant ikke mappen" in status.reason


def test_an_accident_is_told_and_the_old_build_stays(settings, uploads, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    published(uploads)
    before = index.current_build(settings.index_root)
    monkeypatch.setattr(index, "write_passages", full)
    status = round_of(settings)
    assert (status.state, index.current_build(settings.index_root)) == (State.FAILED, before)
    assert "No space left" in status.reason


def test_a_withdrawn_document_is_gone_from_the_next_build(settings, uploads):
    upload = published(uploads)
    status = round_of(settings)
    uploads.withdraw(upload)
    work = building._Round(settings, "kari", status.accepted, TODAY)
    work.run(HashingEmbedder)
    assert work.status.accepted == ()
    assert "rutine" not in Index.open(settings.index_root).documents


def test_a_new_version_keeps_the_old_one_for_its_days(settings, uploads):
    published(uploads, gyldig_fra=date(2025, 1, 1))
    status = round_of(settings)
    published(uploads, "# Innspill\n\nFristen for innspill er tolv dager.\n", gyldig_fra=date(2026, 7, 1))
    work = building._Round(settings, "kari", status.accepted, TODAY)
    work.run(HashingEmbedder)
    sections = Index.open(settings.index_root).documents["rutine"].sections
    assert [(s.text, s.valid_from, s.valid_to) for s in sections] == [
        ("Fristen for innspill er tolv dager.", date(2026, 7, 1), None),
        ("Fristen for innspill er ti dager.", date(2025, 1, 1), date(2026, 6, 30)),
    ]


def test_a_status_that_cannot_be_read_is_none(settings):
    builds = Builds(settings, BUILDER)
    assert builds.status().state is State.NONE
    settings.uploads.mkdir()
    for content in ("", "[]", "{}", '{"state": "tull"}'):
        (settings.uploads / "build.json").write_text(content, "utf-8")
        assert builds.status().state is State.NONE


# --- Canaries ----------------------------------------------------------------------------------------


def test_canaries_are_spread_over_the_corpus_and_ask_with_its_own_questions(small_index):
    asked = canaries.choose(small_index, {}, 4)
    assert len(asked) == 4
    assert len({canary.section_id for canary in asked}) == 4
    assert all(": " in canary.question for canary in asked)
    real = ingest.read_keys(Path(__file__).parent / "files" / "corpus")[0]
    with_keys = {c.section_id: c.question for c in canaries.choose(small_index, real, 100)}
    assert all(with_keys[section] == keys[0].question for section, keys in real.items())


def retriever(opened):
    return Retriever(opened, HashingEmbedder(), Terms.read(Path("/finnes/ikke")), "exact")


def test_a_build_loses_nothing_beside_itself_and_what_is_taken_out_is_not_missed(small_index, monkeypatch):
    asked = canaries.choose(small_index, {})
    search = retriever(small_index)
    assert canaries.lost(asked, search, search, small_index, TODAY) == []
    nothing = retriever(small_index)
    found = nothing.retrieve
    monkeypatch.setattr(nothing, "retrieve", lambda question: replace(found(question), hits=()))
    gone = canaries.lost(asked, search, nothing, small_index, TODAY)
    assert gone
    assert all(canary in asked for canary in gone)


@pytest.mark.parametrize("kind", ["exact", "chroma"])
def test_vectors_of_a_whole_build_are_their_own_nearest(small_index, kind):
    assert canaries.strays(small_index, kind) == ""


def test_a_broken_chroma_is_told(small_index, tmp_path):
    shutil.copytree(small_index.folder.parent, tmp_path / "index")
    (tmp_path / "index" / small_index.id / "chroma" / "chroma.sqlite3").write_bytes(b"")
    assert canaries.strays(Index.open(tmp_path / "index"), "chroma") != ""
