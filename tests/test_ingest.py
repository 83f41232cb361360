"""From a corpus folder to a published build: only what changed is computed, and nothing is hidden."""

import fcntl
import os
import shutil
from contextlib import closing
from datetime import date

import making
import numpy as np
import pytest
from conftest import FILES

from assistant import index, ingest
from assistant.assistant import Assistant
from assistant.documents import sandbox
from assistant.embedding import HashingEmbedder
from assistant.errors import CorpusError, EnvironmentProblem
from assistant.index import Index
from assistant.settings import Settings


class CountingEmbedder(HashingEmbedder):
    """Remembers every text it was given."""

    def __init__(self):
        self.texts = []

    def embed_passages(self, texts, progress=None):
        self.texts += texts
        return super().embed_passages(texts, progress)


@pytest.fixture
def corpus(tmp_path):
    """A copy of the short documents that a test may change."""
    shutil.copytree(FILES / "corpus", tmp_path / "corpus")
    return tmp_path / "corpus"


@pytest.fixture
def root(small_index, tmp_path):
    """A folder of builds where the short documents are built already."""
    shutil.copytree(small_index.folder.parent, tmp_path / "index")
    return tmp_path / "index"


def change(corpus, old="hvert kvartal", new="hvert halvår"):
    path = corpus / "veiledning" / "gjennomforing.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_outcome_counts_what_was_read(corpus, tmp_path):
    outcome = ingest.ingest(corpus, tmp_path / "ny", HashingEmbedder())
    counts = (outcome.documents, outcome.sections, outcome.passages, outcome.sentences, outcome.keys)
    assert counts == (3, 6, 6, 16, 5)
    assert outcome.embedded == 16 + 6 + 5
    assert (outcome.skipped, outcome.changed) == ((), True)
    assert outcome.build == Index.open(tmp_path / "ny", HashingEmbedder.name).id


def test_an_unchanged_corpus_builds_nothing(corpus, root):
    embedder = CountingEmbedder()
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*") if p.is_file() and p.name != ".lock"}
    outcome = ingest.ingest(corpus, root, embedder)
    assert (outcome.changed, outcome.embedded, embedder.texts) == (False, 0, [])
    after = {p: p.stat().st_mtime_ns for p in root.rglob("*") if p.is_file() and p.name != ".lock"}
    assert after == before


def test_one_changed_document_embeds_only_its_changed_texts(corpus, root):
    change(corpus)
    embedder = CountingEmbedder()
    outcome = ingest.ingest(corpus, root, embedder)
    assert embedder.texts == [
        "Oppdragsgiver følger opp leverandøren hvert halvår.",
        "Veiledning i prøvekjøp – Leverandøren skal følges opp: Oppdragsgiver følger opp leverandøren hvert "
        "halvår. Avvik meldes skriftlig innen fem dager.",
    ]
    assert (outcome.changed, outcome.embedded) == (True, 2)
    fresh = Index.open(root, embedder.name)
    assert fresh.manifest["previous"] != fresh.id
    clean = HashingEmbedder()
    for number in range(len(fresh.passages)):
        rows = slice(int(fresh.spans[number]), int(fresh.spans[number + 1]))
        said = [s.text for s in fresh.said(number)]
        units = fresh.vectors[rows][fresh.rows.kind[rows] == index.UNIT]
        assert np.array_equal(units, clean.embed_passages(said))


def test_a_new_question_key_embeds_itself_alone(corpus, root):
    path = corpus / "questions" / "storfylket.yaml"
    path.write_text(path.read_text(encoding="utf-8") + '  - "Var tre ledd lov?"\n', encoding="utf-8")
    embedder = CountingEmbedder()
    ingest.ingest(corpus, root, embedder)
    assert embedder.texts == ["Var tre ledd lov?"]


def test_an_example_out_of_scope_gets_a_row_after_all_passages(corpus, root):
    (corpus / "scope.yaml").write_text(
        "groups:\n  - id: mat\n    status: out_of_scope\n    questions: ['Hvordan steker jeg vafler?']\n"
    )
    outcome = ingest.ingest(corpus, root, HashingEmbedder())
    opened = Index.open(root)
    assert outcome.embedded == 1
    assert opened.rows.kind.tolist().count(index.ANCHOR) == 1
    assert opened.rows.owner[-1] == len(opened.passages)
    assert len(opened.searched) == len(opened.ids) == len(opened.vectors) - 1
    with closing(opened.search_by("chroma")) as chroma:
        assert not chroma.problem
        assert len(chroma.nearest(opened.vectors[-1], 1000)[0]) == len(opened.searched)


def test_an_unreadable_document_is_skipped_with_its_reason_and_the_rest_is_indexed(corpus, root):
    (corpus / "veiledning" / "halv.md").write_text("---\nid: halv\n", encoding="utf-8")
    (corpus / "veiledning" / "latin.md").write_bytes("kjøp".encode("latin-1"))
    shutil.copy(corpus / "strategi" / "storfylket.md", corpus / "strategi" / "xstorfylket.md")
    outcome = ingest.ingest(corpus, root, HashingEmbedder())
    reasons = {skipped.path: skipped.reason for skipped in outcome.skipped}
    assert set(reasons) == {"veiledning/halv.md", "veiledning/latin.md", "strategi/xstorfylket.md"}
    assert all(len(reason) > 20 for reason in reasons.values())
    assert "ikke er ulike utgaver" in reasons["strategi/xstorfylket.md"]
    assert outcome.documents == 3


@pytest.mark.parametrize("content", ["a: [", "- bare\n- en\n- liste\n", "adresse: tekst\n", "adresse: 3\n"])
def test_unreadable_question_keys_are_skipped_with_their_reason(corpus, root, content):
    (corpus / "questions" / "storfylket.yaml").write_text(content)
    outcome = ingest.ingest(corpus, root, HashingEmbedder())
    assert [s.path for s in outcome.skipped] == ["questions/storfylket.yaml"]
    assert "kan ikke leses" in outcome.skipped[0].reason
    assert (outcome.documents, outcome.keys) == (3, 4)


def test_files_of_every_kind_are_taken_and_one_that_cannot_be_read_stops_and_hides_nothing(
    corpus, root, monkeypatch
):
    making.plain(corpus / "strategi" / "plan.pdf")
    making.partly_scanned(corpus / "protokoll.pdf")
    (corpus / "notat.txt").write_text("Fristen for innspill er ti dager.", encoding="utf-8")
    (corpus / "side.html").write_text("<h1>Side</h1><p>Innspill sendes fylket.</p>", encoding="utf-8")
    (corpus / "tom.pdf").touch()
    (corpus / "~$plan.docx").write_bytes(b"Word has this open")
    outcome = ingest.ingest(corpus, root, HashingEmbedder())
    assert outcome.documents == 3 + 4
    assert [(s.path, s.reason) for s in outcome.skipped] == [
        ("tom.pdf", "tom.pdf: Filen er tom (0 byte). Legg inn filen på nytt.")
    ]
    assert ingest.Skipped("protokoll", "Side 2 er et bilde og kan ikke leses.") in outcome.warnings
    opened = Index.open(root)
    assert {p.page for p in opened.passages if p.source.id == "protokoll"} == {1, 3}
    monkeypatch.setattr(sandbox, "run", lambda *_: pytest.fail("an unchanged file was read again"))
    assert ingest.ingest(corpus, root, HashingEmbedder()).changed is False


def test_what_was_found_in_files_that_are_gone_is_forgotten(corpus, root):
    (corpus / "notat.txt").write_text("Fristen er ti dager.", encoding="utf-8")
    ingest.ingest(corpus, root, HashingEmbedder())
    assert len(list(ingest.reading_cache(root).iterdir())) == 1
    for kept in ingest.reading_cache(root).iterdir():
        os.utime(kept, (1, 1))
    (corpus / "notat.txt").write_text("Fristen er tolv dager.", encoding="utf-8")
    ingest.ingest(corpus, root, HashingEmbedder())
    (kept,) = ingest.reading_cache(root).iterdir()
    assert "tolv" in kept.read_text(encoding="utf-8")


def test_a_corpus_without_readable_documents_is_told_and_the_old_build_stays(corpus, root, tmp_path):
    before = index.current_build(root)
    with pytest.raises(CorpusError, match="Fant ikke mappen"):
        ingest.ingest(tmp_path / "borte", root, HashingEmbedder())
    for path in corpus.rglob("*.md"):
        path.write_text("uten hode")
    with pytest.raises(CorpusError, match="Fant ingen lesbare dokumenter"):
        ingest.ingest(corpus, root, HashingEmbedder())
    assert index.current_build(root) == before


def test_a_second_writer_is_refused(corpus, root):
    with (root / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(EnvironmentProblem, match="En annen prosess bygger indeksen"):
            ingest.ingest(corpus, root, HashingEmbedder())
    assert ingest.ingest(corpus, root, HashingEmbedder()).changed is False


def test_a_folder_that_cannot_be_written_is_told(corpus, tmp_path):
    (tmp_path / "fil").write_text("")
    with pytest.raises(EnvironmentProblem, match="Kan ikke skrive"):
        ingest.ingest(corpus, tmp_path / "fil" / "index", HashingEmbedder())


def test_a_build_that_fails_halfway_leaves_the_old_one_in_use(corpus, root, monkeypatch):
    change(corpus)
    before = index.current_build(root)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(index, "write_passages", full)
    with pytest.raises(OSError, match="No space left"):
        ingest.ingest(corpus, root, HashingEmbedder())
    assert index.current_build(root) == before
    monkeypatch.undo()
    assert ingest.ingest(corpus, root, HashingEmbedder()).changed
    assert [p.name for p in root.glob(".*.new")] == []


@pytest.mark.parametrize(
    "name", ["vectors.npy", "passages.jsonl", "words/body/vocab.index.json", "manifest.json"]
)
def test_indexing_again_mends_a_damaged_build(corpus, root, name):
    """`IndexBroken` tells the officer to run `assistant index`; it has to help."""
    (root / index.current_build(root) / name).write_bytes(b"")
    outcome = ingest.ingest(corpus, root, HashingEmbedder())
    assert outcome.changed
    assert Index.open(root, HashingEmbedder.name).id == outcome.build


def test_another_embedder_makes_another_build_and_shares_no_vectors(corpus, root):
    class Other(CountingEmbedder):
        name = "annen-256"

    embedder = Other()
    outcome = ingest.ingest(corpus, root, embedder)
    assert len(embedder.texts) == outcome.embedded == 27
    assert Index.open(root, "annen-256").id == outcome.build


def test_the_previous_build_can_be_rolled_back_to_and_indexing_brings_the_new_one_back(corpus, root):
    before = index.current_build(root)
    change(corpus)
    outcome = ingest.ingest(corpus, root, HashingEmbedder())
    assert index.rollback(root) == before
    assert "kvartal" in Index.open(root).passages[-1].text
    again = ingest.ingest(corpus, root, HashingEmbedder())
    assert (again.changed, again.build, index.current_build(root)) == (False, outcome.build, outcome.build)


def test_a_reader_of_the_old_build_keeps_working_while_a_new_one_is_published(corpus, root):
    settings = Settings(var=root.parent, corpus=corpus)
    reader = Assistant(settings, Index.open(root), HashingEmbedder(), clock=lambda: date(2026, 11, 22))
    question = reader.question("Hvor ofte følger oppdragsgiver opp leverandøren?")
    before = reader.search(question)
    for old, new in (("kvartal", "halvår"), ("halvår", "tertial"), ("tertial", "døgn"), ("døgn", "år")):
        change(corpus, f"hvert {old}", f"hvert {new}")
        ingest.ingest(corpus, root, HashingEmbedder())
    assert not reader.index.folder.exists()
    after = reader.search(reader.question("Hvor ofte følger oppdragsgiver opp leverandøren? "))
    assert after.hits == before.hits
    assert "kvartal" in " ".join(hit.passage.text for hit in after.hits)
    fresh = Assistant(settings, Index.open(root), HashingEmbedder(), clock=lambda: date(2026, 11, 22))
    assert "hvert år" in " ".join(hit.passage.text for hit in fresh.search(question).hits)


def test_progress_never_goes_beyond_its_total(corpus, tmp_path):
    told = []
    ingest.ingest(corpus, tmp_path / "ny", HashingEmbedder(), lambda *step: told.append(step))
    assert all(0 <= done <= total for _, done, total in told)
    assert [step for step in told if step[0] == "Lager vektorer"][-1][1:] == (27, 27)
    assert [step for step in told if step[0] == "Fyller Chroma"][-1][1:] == (27, 27)
    assert told[-1] == ("Ferdig", 1, 1)


def test_documents_of_another_folder_are_taken_in_after_those_of_the_corpus(corpus, root, tmp_path):
    extra = tmp_path / "ekstra"
    assert ingest.ingest(corpus, root, HashingEmbedder(), also=[extra]).documents == 3
    extra.mkdir()
    (extra / "notat.txt").write_text("Fristen for innspill er ti dager.", encoding="utf-8")
    (extra / "tom.txt").touch()
    outcome = ingest.ingest(corpus, root, HashingEmbedder(), also=[extra])
    assert (outcome.documents, [s.path for s in outcome.skipped]) == (4, ["tom.txt"])
    assert list(Index.open(root).documents)[-1] == "notat"


def test_a_build_that_is_turned_away_is_not_published_and_not_kept(corpus, root):
    def refuse(outcome):
        assert (root / outcome.build / "manifest.json").exists()
        raise CorpusError("Nei.")

    before, folders = index.current_build(root), set(root.iterdir())
    change(corpus)
    with pytest.raises(CorpusError, match="Nei"):
        ingest.ingest(corpus, root, HashingEmbedder(), accept=refuse)
    assert index.current_build(root) == before
    assert {p.name for p in set(root.iterdir()) - folders} <= {".read", ".lock"}


def test_a_build_that_is_in_use_already_is_not_judged_again(corpus, root):
    refused = []
    outcome = ingest.ingest(corpus, root, HashingEmbedder(), accept=refused.append)
    assert (outcome.changed, refused) == (False, [])
