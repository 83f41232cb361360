"""Which sentences, items and rows of the found passages answer a question."""

from dataclasses import replace

import pytest
from conftest import TODAY

from assistant import selection
from assistant.types import Block, Question


@pytest.fixture
def choose(small, small_index):
    """The candidates for a question, best first."""

    def run(text, on=TODAY):
        found = small.search(Question(text, on))
        return selection.candidates(small_index, small.retriever.query(found.query), found, text)

    return run


def test_the_sentence_with_the_answer_comes_first(choose):
    assert choose("Hva er beløpsgrensen for prøvekjøp?")[0].text.startswith(
        "Loven gjelder for prøvekjøp over 500 000"
    )


def test_only_the_best_passages_compete_and_headers_never_do(choose, small):
    ranked = choose("Hvor lang frist må vi gi ved kjøp av varer?")
    found = small.search(Question("Hvor lang frist må vi gi ved kjøp av varer?", TODAY))
    assert {c.passage.id for c in ranked} == {h.passage.id for h in found.hits[: selection.PASSAGES]}
    assert "Kjøp · Frist" not in {c.text for c in ranked}
    assert "Varer: Frist: 15 dager" in {c.text for c in ranked}


def test_candidates_are_in_order_of_score_and_every_one_is_verbatim(choose):
    ranked = choose("Hvordan planlegges et prøvekjøp?")
    assert [c.score for c in ranked] == sorted((c.score for c in ranked), reverse=True)
    assert all(c.passage.text[c.unit.start : c.unit.end] == c.unit.text for c in ranked)


def test_the_score_is_the_weighted_sum_of_the_features(choose):
    weights = selection.weights()
    for candidate in choose("Hva er beløpsgrensen for prøvekjøp?"):
        features = dict(candidate.features)
        assert candidate.score == pytest.approx(sum(weights.get(n, 0) * v for n, v in features.items()))


def test_the_features_tell_where_and_what_a_unit_is(choose):
    by_text = {c.text: dict(c.features) for c in choose("Hvor lang frist må vi gi ved kjøp av varer?")}
    row = by_text["Varer: Frist: 15 dager"]
    assert (row["row"], row["item"], row["fits_deadline"], row["misses_deadline"]) == (1, 0, 1, 0)
    opening = by_text["Fristen regnes fra kunngjøringen:"]
    assert (opening["opens_list"], opening["first"], opening["row"]) == (1, 1, 0)


def test_an_item_brings_the_words_that_open_its_list_and_a_row_does_not(choose):
    ranked = choose("Hvordan planlegges et prøvekjøp?")
    item = next(c for c in ranked if c.text == "undersøk markedet")
    assert selection.with_lead(item).text == "Et prøvekjøp planlegges i tre steg:"
    row = next(c for c in choose("Hvor lang frist ved kjøp av varer?") if c.unit.block is Block.ROW)
    assert selection.with_lead(row) is None
    other = next(c for c in ranked if c.text == "Skriv ned vurderingene underveis.")
    assert selection.with_lead(other) is None


def test_an_item_under_a_sentence_that_opens_no_list_stands_alone(choose):
    item = next(c for c in choose("Hvordan planlegges et prøvekjøp?") if c.text == "undersøk markedet")
    closed = replace(item.units[0], text="Et prøvekjøp planlegges i tre steg.")
    assert selection.with_lead(replace(item, units=(closed, *item.units[1:]))) is None


def test_the_siblings_are_the_whole_list_from_any_of_its_items_or_its_opening(choose):
    ranked = choose("Hvordan planlegges et prøvekjøp?")
    steps = ["- beskriv behovet", "- undersøk markedet", "- velg prosedyre"]
    for text in ("undersøk markedet", "Et prøvekjøp planlegges i tre steg:"):
        chosen = next(c for c in ranked if c.text == text)
        assert [u.text for u in selection.siblings(chosen)] == steps
    last = next(c for c in ranked if c.text == "Skriv ned vurderingene underveis.")
    assert selection.siblings(last) == []


def test_without_vectors_words_alone_choose(small_index, small):
    found = small.search(Question("Hva er beløpsgrensen for prøvekjøp?", TODAY))
    query = replace(small.retriever.query(found.query), vector=None)
    ranked = selection.candidates(small_index, query, found, found.query)
    assert {dict(c.features)["cosine"] for c in ranked} == {0.0}
    assert ranked


def test_nothing_found_gives_no_candidates(small_index, small):
    found = replace(small.search(Question("Hva er grensen?", TODAY)), hits=())
    assert selection.candidates(small_index, small.retriever.query("a"), found, "a") == []
