"""Questions left out of a build, to be asked as if a reader came with them."""

import numpy as np
import pytest
import yaml
from conftest import FILES

from assistant import index, ingest, scope
from assistant.embedding import HashingEmbedder
from assistant.index import Index
from evals import alike, heldout

FOOD = [f"Hvordan steker jeg {n} vafler?" for n in range(60)]
AROUND = [{"q": f"Hvordan slipper vi {n}?", "section": "a#b"} for n in range(60)]
SCOPE = {
    "groups": [
        {"id": "mat", "status": "out_of_scope", "questions": FOOD},
        {"id": "vei", "status": "redirected", "questions": AROUND},
    ]
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    import shutil

    folder = tmp_path_factory.mktemp("corpus") / "corpus"
    shutil.copytree(FILES / "corpus", folder)
    (folder / "scope").mkdir()
    (folder / "scope" / "provekjopsloven.yaml").write_text(yaml.safe_dump(SCOPE), encoding="utf-8")
    questions = folder / "questions" / "provekjopsloven.yaml"
    content = yaml.safe_load(questions.read_text(encoding="utf-8"))
    slug = next(iter(content))
    content[slug].append(
        {"answer": "Loven gjelder for", "questions": [f"Gjelder loven i tilfelle {n}?" for n in range(30)]}
    )
    questions.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(corpus, tmp_path_factory):
    before = {p: p.read_bytes() for p in corpus.rglob("*.yaml")}
    root, asked = heldout.without(
        corpus, tmp_path_factory.mktemp("none"), tmp_path_factory.mktemp("ut"), HashingEmbedder()
    )
    assert {p: p.read_bytes() for p in corpus.rglob("*.yaml")} == before
    return Index.open(root, HashingEmbedder.name), asked


def test_about_one_in_seven_is_left_out_of_both_kinds(made):
    _, asked = made
    examples, keys = [a for a in asked if not a.answered], [a for a in asked if a.answered]
    assert 5 <= len(examples) <= 35
    assert 1 <= len(keys) <= 12
    assert all(heldout.left_out(a.text) for a in asked)


def test_what_is_left_out_is_not_in_the_build_and_the_rest_is(made, corpus):
    opened, asked = made
    known = {example.question for example in opened.anchors}
    out = {a.text for a in asked if not a.answered}
    assert known.isdisjoint(out)
    assert known | out == {example.question for example in scope.read(corpus)}
    assert int((opened.rows.kind == index.ANCHOR).sum()) == len(known)


def test_the_same_corpus_leaves_out_the_same(made, corpus, tmp_path):
    assert heldout.without(corpus, tmp_path / "ingen", tmp_path / "ut", HashingEmbedder())[1] == made[1]


def test_vectors_of_the_published_build_are_used_again(corpus, small_settings, small_index, tmp_path):
    root, _ = heldout.without(corpus, small_settings.index_root, tmp_path, HashingEmbedder())
    assert index.current_build(root) != small_index.id
    assert index.current_build(small_settings.index_root) == small_index.id


def test_what_is_left_out_is_not_what_likeness_is_learned_from(corpus, tmp_path, monkeypatch):
    ingest.ingest(corpus, tmp_path, HashingEmbedder())
    opened = Index.open(tmp_path, HashingEmbedder.name)
    keys, answers, apart = alike.material(opened, corpus)
    assert len(keys) == len(answers)
    asked = [f"Gjelder loven i tilfelle {n}?" for n in range(30)]
    known = sum(not heldout.left_out(question) for question in asked)
    assert 0 < known < len(asked)
    assert np.bincount(np.unique(answers, return_inverse=True)[1]).max() == known
    kept = sum(not heldout.left_out(example.question) for example in opened.anchors)
    assert len(apart) == kept < len(opened.anchors)


def test_each_half_of_the_documents_loses_its_keys_once(corpus, tmp_path):
    (corpus / "questions" / "annen.yaml").write_text("x:\n  - Hva er dette?\n", encoding="utf-8")
    before = {path.name for path in (corpus / "questions").glob("*.yaml")}
    kept = []
    for part in (0, 1):
        heldout.half(corpus, tmp_path / "none", tmp_path / str(part), HashingEmbedder(), part)
        kept.append({p.name for p in (tmp_path / str(part) / "corpus" / "questions").glob("*.yaml")})
    assert kept[0] | kept[1] == before
    assert not kept[0] & kept[1]
