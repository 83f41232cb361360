"""The outside check of the retrieval, on a handful of texts made up here (NorQuAD itself is not needed)."""

import json
import re

import numpy as np
import pytest

from assistant.embedding import HashingEmbedder
from assistant.retrieval import Retriever, Weights
from assistant.terms import Terms
from assistant.types import Question
from benchmarks import norquad, peers, retrieval, tables
from evals import metrics

SUBJECTS = {
    "Fyret på Grip": ("fyrvokteren Anders Strømsvik", "lyste første gang i 1888", "er 44 meter høyt"),
    "Osteriet i Dovre": ("ysteren Marit Bakken", "åpnet dørene i 1923", "lagrer 300 oster"),
    "Trikken i Hammerdal": ("vognføreren Lise Mo", "kjørte siste tur i 1967", "hadde 12 vogner"),
    "Museet på Vega": ("konservatoren Odd Vik", "flyttet inn i 1991", "viser 80 båter"),
    "Skolen i Lærdal": ("rektoren Ingrid Hove", "ble pusset opp i 2004", "har 140 elever"),
    "Brua over Saltelva": ("ingeniøren Per Rognan", "sto ferdig i 1935", "tåler 20 tonn"),
}
FILLER = "Folk i bygda husker dette godt, og mange har fortalt om det til avisen gjennom årene som gikk. "


def context(title, facts):
    """A text of four paragraphs, long enough to be two passages."""
    who, when, size = facts
    return (
        f"{title}\n{title} ble ledet av {who}. {FILLER}\nDet {when}. {FILLER * 4}\n"
        f"# Størrelsen\n- {title} {size}. {FILLER * 3}"
    )


def rows(subjects):
    for title, facts in subjects.items():
        text = context(title, facts)
        for question, fact in zip(
            (f"Hvem ledet {title.lower()}?", f"Når var det med {title}?", f"Hvor stort er {title}?"),
            facts,
            strict=True,
        ):
            start = text.index(fact)
            yield text, question, (start, start + len(fact))


def norquad_file(path, subjects):
    found = [
        {
            "paragraphs": [
                {
                    "context": text,
                    "qas": [{"question": q, "answers": [{"answer_start": a, "text": text[a:b]}], "id": n}],
                }
            ]
        }
        for n, (text, q, (a, b)) in enumerate(rows(subjects))
    ]
    path.write_text(json.dumps({"data": found}), encoding="utf-8")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with files like those of NorQuAD; one text is both among the test files and the others."""
    folder = tmp_path_factory.mktemp("norquad")
    names = list(SUBJECTS)
    parts = {
        norquad.TEST_FILES[0]: names[:2],
        norquad.TEST_FILES[1]: names[2:3],
        norquad.OTHER_FILES[0]: names[2:5],
        norquad.OTHER_FILES[1]: names[5:],
        norquad.OTHER_FILES[2]: names[5:],
        norquad.OTHER_FILES[3]: names[5:],
    }
    for name, chosen in parts.items():
        norquad_file(folder / name, {title: SUBJECTS[title] for title in chosen})
    return folder


@pytest.fixture(scope="module")
def collections(data):
    return norquad.load(data)


@pytest.fixture(scope="module")
def measured(collections, tmp_path_factory):
    return retrieval.compare(*collections, tmp_path_factory.mktemp("work"), HashingEmbedder(), None)


def test_no_text_of_the_test_corpus_is_learned_on(collections):
    learned_on, tested = collections
    assert [t.title for t in tested.texts] == list(SUBJECTS)[:3]
    assert [t.title for t in learned_on.texts] == list(SUBJECTS)[3:]
    assert (len(learned_on.questions), len(tested.questions)) == (9, 9)


def test_a_passage_is_whole_paragraphs_and_no_longer_than_it_must_be():
    text = context("Fyret på Grip", SUBJECTS["Fyret på Grip"])
    title, cuts = norquad.cut(text)
    assert title == "Fyret på Grip"
    assert len(cuts) > 1
    for start, end in cuts:
        assert text[start:end].rstrip().endswith((".", "# Størrelsen"))
        assert end - start <= norquad.SIZE + norquad.SHORTEST
    assert "".join(text[a:b] for a, b in cuts).replace("\n", "").replace(" ", "") == text[
        len(title) :
    ].replace("\n", "").replace(" ", "")


def test_a_long_paragraph_is_cut_between_sentences_and_a_long_sentence_nowhere():
    paragraph = "T\n" + "Kort setning her. " * 60 + "Ett ord " + "og ett til " * 90 + "."
    _, cuts = norquad.cut(paragraph)
    assert all(paragraph[a:b].endswith(".") for a, b in cuts)
    assert max(b - a for a, b in cuts) > norquad.SIZE


def test_the_right_passage_holds_the_answer(collections):
    for collection in collections:
        passages = dict(collection.passages)
        titles = {text.id: text.title for text in collection.texts}
        for asked in collection.questions:
            facts = SUBJECTS[titles[asked.text_id]]
            assert any(fact in passages[asked.passage_id] for fact in facts)


def test_an_answer_across_two_passages_belongs_to_the_one_with_most_of_it():
    assert norquad.holder([(0, 10), (10, 30)], (8, 15)) == 1
    assert norquad.holder([(0, 10), (10, 30)], (2, 12)) == 0


def test_a_sample_is_spread_and_keeps_its_questions(collections):
    whole = collections[1]
    part = norquad.thin(whole, 2)
    assert [text.id for text in part.texts] == ["t0", "t2"]
    assert {asked.text_id for asked in part.questions} == {"t0", "t2"}
    assert norquad.thin(whole, 50) == whole


def test_the_places_of_passages_are_letters_that_never_run_out():
    assert [norquad.letters(n) for n in (0, 25, 26, 27, 701, 702)] == ["a", "z", "aa", "ab", "zz", "aaa"]


def test_the_product_reads_every_passage_under_the_id_that_the_questions_name(collections, tmp_path):
    tested = collections[1]
    opened = retrieval.build(tested, tmp_path, HashingEmbedder())
    assert [p.section_id for p in opened.passages] == [each for each, _ in tested.passages]
    assert {asked.passage_id for asked in tested.questions} <= {p.section_id for p in opened.passages}
    fewer = norquad.thin(tested, 1)
    assert len(retrieval.build(fewer, tmp_path, HashingEmbedder()).passages) == len(fewer.passages)
    assert "# Størrelsen" in opened.passages[1].text or "# Størrelsen" in opened.passages[0].text


def test_the_order_is_that_of_the_product(collections, tmp_path):
    tested = collections[1]
    opened = retrieval.build(tested, tmp_path, HashingEmbedder())
    retriever = Retriever(opened, HashingEmbedder(), Terms({}), "exact")
    found = retrieval.search(opened, HashingEmbedder(), tested.questions, "exact")
    for asked, each in zip(tested.questions, found, strict=True):
        hits = retriever.retrieve(Question(asked.question, retrieval.DAY)).hits
        assert each.ranked(Weights.load().rank)[: len(hits)] == [hit.passage.section_id for hit in hits]


def test_a_question_without_known_words_is_ranked_last_and_breaks_nothing(collections, tmp_path):
    tested = collections[1]
    opened = retrieval.build(tested, tmp_path, HashingEmbedder())
    asked = norquad.Asked("Hvem er det?", tested.questions[0].text_id, tested.questions[0].passage_id)
    (found,) = retrieval.search(opened, None, [asked], "exact")
    assert found.ranked(Weights.load().rank) == []
    assert retrieval.measure([[]], [asked])["ndcg@10"] == [0.0]


def test_rrf_prefers_what_both_find_early():
    fused = peers.rrf(lambda _: ["a", "b", "c"], lambda _: ["c", "b", "d"], 60)
    assert fused("?")[:2] == ["c", "b"]
    assert set(fused("?")) == {"a", "b", "c", "d"}


def test_bm25_finds_inflected_words():
    passages = [("1", "Fiskerne dro ut"), ("2", "Osten ble lagret"), ("3", "Trikken gikk")]
    rank = peers.ranked(passages, peers.bm25(passages))
    assert rank("Hvor lenge lagres oster?")[0] == "2"
    assert len(rank("Hva er det?")) == 3


def test_the_sum_of_scores_weighs_both_the_same():
    first = peers.convex(lambda _: np.array([300.0, 0, 0]), lambda _: np.array([0.0, 0.1, 0.3]))
    assert first("?").argmin() == 1
    assert peers.ranked([("a", ""), ("b", ""), ("c", "")], first)("?") == ["c", "a", "b"]


def test_the_kept_vectors_are_used_only_for_the_same_passages(tmp_path):
    first = peers.dense([("1", "oster"), ("2", "trikker")], HashingEmbedder(), tmp_path)
    second = peers.dense([("3", "trikker"), ("4", "oster")], HashingEmbedder(), tmp_path)
    again = peers.dense([("1", "oster"), ("2", "trikker")], HashingEmbedder(), tmp_path)
    assert (first("oster").argmax(), second("oster").argmax(), again("oster").argmax()) == (0, 1, 0)
    assert len(list(tmp_path.glob("*.npy"))) == 2


def test_the_measures_are_those_of_the_evaluation(collections):
    asked = collections[1].questions[0]
    ranking = ["x", asked.passage_id]
    values = retrieval.measure([ranking], [asked])
    expected = metrics.ranking((asked.passage_id,), tuple(ranking))
    assert values == {name: [expected[name]] for name in retrieval.MEASURES}
    assert values["recall@1"] == [0.0]
    assert values["recall@5"] == [1.0]


def test_every_system_is_measured_on_every_question(measured, collections):
    assert len(measured) == 9
    assert {len(v) for values in measured.values() for v in values.values()} == {9}
    assert sum(measured[retrieval.LEARNED]["recall@5"]) >= 6


def test_the_report_has_a_row_with_intervals_for_each_system_and_difference(measured, collections):
    text = retrieval.report(measured, collections[1].questions)
    own, against = text.split("\n\n")
    assert len(own.splitlines()) == 2 + len(measured)
    assert len(against.splitlines()) == 2 + len(measured) - 1
    assert all(len(re.findall(r"\(\d,\d{3}–\d,\d{3}\)", row)) == 4 for row in own.splitlines()[2:])
    assert all(row.count("p ") == 2 for row in against.splitlines()[2:])


@pytest.mark.parametrize("arguments", [[], ["--data", "{missing}"]])
def test_missing_data_is_told_in_norwegian(arguments, tmp_path, monkeypatch):
    monkeypatch.delenv("NORQUAD", raising=False)
    with pytest.raises(SystemExit, match=r"(?s)NorQuAD er fritt \(CC0\).*--data MAPPE"):
        retrieval.main([a.format(missing=tmp_path / "ingen") for a in arguments])


def test_a_table_is_kept_between_its_marks_and_nowhere_else(tmp_path):
    page = tmp_path / "side.md"
    page.write_text("før\n<!-- a -->\ngammelt\n<!-- /a -->\netter\n", encoding="utf-8")
    tables.keep("a", r"nytt \1", page)
    assert page.read_text("utf-8") == "før\n<!-- a -->\nnytt \\1\n<!-- /a -->\netter\n"
    with pytest.raises(LookupError, match="mangler <!-- b -->"):
        tables.keep("b", "", page)
