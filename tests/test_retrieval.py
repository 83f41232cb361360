"""From a question to the passages that may answer it: the right law on the right day, with reasons."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from conftest import TODAY

from assistant import confidence, index, retrieval
from assistant import features as features_module
from assistant.embedding import HashingEmbedder
from assistant.features import coverage, meaning_features
from assistant.retrieval import Retriever, Weights
from assistant.terms import Terms
from assistant.types import Passage, Question, Rank, Source, SourceKind, SourceType

LAW = "provekjopsloven#belopsgrensen-for-provekjop-er-500-000-kroner/0"
OLD_LAW = "provekjopsloven#belopsgrensen-for-provekjop-var-100-000-kroner/0"
POLICY = "storfylket#storfylket-godtok-to-ledd-underleverandorer/0"
LIMIT = "Hva er beløpsgrensen for prøvekjøp?"


@pytest.fixture(scope="module")
def retriever(small_index):
    return Retriever(small_index, HashingEmbedder(), Terms({}), "exact")


def found(retriever, text, on=TODAY):
    result = retriever.retrieve(Question(text, on))
    return [h.passage.id for h in result.hits], {r.hit.passage.id: r.reason for r in result.rejected}


def test_a_key_leads_to_its_section(retriever):
    assert found(retriever, LIMIT)[0][0] == LAW
    assert found(retriever, "Hvor mange ledd underleverandører tillot Storfylket?")[0][0] == POLICY


def test_law_that_has_ended_is_turned_away_with_the_reason(retriever):
    hits, rejected = found(retriever, LIMIT)
    assert OLD_LAW not in hits
    assert rejected[OLD_LAW] == "opphørte 2026-06-30"


def test_law_that_is_not_yet_in_force_is_turned_away_with_the_reason(retriever):
    hits, rejected = found(retriever, LIMIT, date(2026, 5, 1))
    assert hits[0] == OLD_LAW
    assert LAW not in hits
    assert rejected[LAW] == "gjelder først fra 2026-07-01"


def test_law_that_has_ended_is_found_when_the_question_asks_for_what_was_before(retriever):
    hits, rejected = found(retriever, "Hva var den tidligere beløpsgrensen for prøvekjøp?")
    assert OLD_LAW in hits
    assert OLD_LAW not in rejected


def test_a_countys_own_ended_policy_is_still_found(retriever):
    hits, rejected = found(retriever, "Hvor mange ledd underleverandører tillot Storfylket?")
    assert POLICY in hits
    assert POLICY not in rejected


def test_on_a_day_before_every_source_there_are_no_hits_and_every_reason_is_kept(retriever, small_index):
    hits, rejected = found(retriever, LIMIT, date(2019, 1, 1))
    assert hits == []
    assert set(rejected) == set(small_index.number)
    assert all(reason.startswith("gjelder først fra ") for reason in rejected.values())
    assert retriever.retrieve(Question(LIMIT, date(2019, 1, 1))).confidence == 0.0


def test_what_had_no_room_is_kept_with_the_reason(small_index):
    narrow = Retriever(small_index, HashingEmbedder(), Terms({}), "exact", hits=2)
    result = narrow.retrieve(Question(LIMIT, TODAY))
    assert len(result.hits) == 2
    assert "lavere plass enn de 2 beste" in {r.reason for r in result.rejected}


def test_every_hit_tells_its_ranks_and_the_numbers_of_its_score(retriever):
    result = retriever.retrieve(Question(LIMIT, TODAY))
    best = result.hits[0]
    assert (best.vector_rank, best.lexical_rank) == (1, 1)
    assert [h.score for h in result.hits] == sorted((h.score for h in result.hits), reverse=True)
    weights = Weights.load().rank
    assert set(weights) <= {name for name, _ in best.features}
    assert best.score == pytest.approx(sum(weights.get(n, 0) * v for n, v in best.features), abs=0.05)


def test_without_an_embedder_words_find_the_passage_and_the_answer_says_so(small_index):
    words = Retriever(small_index, None, Terms({}), "exact")
    result = words.retrieve(Question("Storfylket underleverandører vertikal kjede", TODAY))
    assert result.hits[0].passage.id == POLICY
    assert result.hits[0].vector_rank is None
    assert "bare etter ord" in result.limited


def test_a_misspelt_question_is_mended_for_the_search_alone(retriever):
    result = retriever.retrieve(Question("Hva er beløpsgrensn for prøvekjøp?", TODAY))
    assert result.hits[0].passage.id == LAW
    assert "beløpsgrensn " not in result.query


def test_the_register_leads_from_one_word_to_another(small_index):
    register = Terms.read(small_index_terms())
    with_terms = Retriever(small_index, None, register, "exact")
    without = Retriever(small_index, None, Terms({}), "exact")
    question = Question("Hvilke underentreprenører?", TODAY)
    assert with_terms.retrieve(question).hits[0].passage.id == POLICY
    better = dict(with_terms.retrieve(question).hits[0].features)["coverage"]
    assert better > dict(next(iter(without.retrieve(question).hits)).features)["coverage"]


def small_index_terms():
    from conftest import FILES

    return FILES / "corpus" / "terms.toml"


def test_a_question_without_known_words_still_gives_an_outcome(retriever):
    for text in ("?", "§", "xyzzy", "😀", "a" * 2000):
        assert retriever.retrieve(Question(text, TODAY)).confidence <= 1


def test_the_resolved_question_is_what_is_searched_for(retriever):
    result = retriever.retrieve(Question("Og der?", TODAY), LIMIT)
    assert result.hits[0].passage.id == LAW


def test_the_features_for_training_are_those_of_the_passages_that_may_answer(retriever):
    passages, features = retriever.features(Question(LIMIT, TODAY), LIMIT)
    assert OLD_LAW not in {p.id for p in passages}
    assert {len(values) for values in features.values()} == {len(passages)}
    assert set(Weights.load().rank) <= set(features)


def test_the_features_by_meaning_are_the_exact_cosines(retriever, small_index):
    query = retriever.query(LIMIT)
    everything = np.arange(len(small_index.passages))
    features, around = meaning_features(small_index, query, everything)
    own = small_index.vectors[small_index.rows.kind == index.KEY] @ query.vector
    assert around.keys == pytest.approx(np.sort(own)[::-1][: confidence.NEIGHBOURS], abs=1e-6)
    for number in everything:
        rows = np.arange(small_index.spans[number], small_index.spans[number + 1])
        cosines, kinds = small_index.vectors[rows] @ query.vector, small_index.rows.kind[rows]
        assert features["sentence"][number] == pytest.approx(max(0, cosines[kinds == 0].max()), abs=1e-6)
        assert features["passage"][number] == pytest.approx(max(0, cosines[kinds == 1].max()), abs=1e-6)


def test_coverage_counts_a_word_of_the_register_for_four_fifths(small_index):
    concept = retrieval.terms.Concept
    number = small_index.number[POLICY]
    own = coverage(small_index, [concept("storfylk")], ("body", "heading"))
    other = coverage(small_index, [concept("ukjent", ("storfylk",))], ("body", "heading"))
    assert (own[number], other[number]) == (1.0, pytest.approx(0.8))
    assert not coverage(small_index, [], ("body",)).any()


def test_law_is_turned_away_by_its_own_dates_and_rank():
    source = Source("k", "K", SourceType.REGULATION, "NFD", "https://example.org", TODAY)
    ended = Passage("k#a/0", "k#a", source, ("A § 7-9",), "Tekst.", Rank.ACT, (), None, date(2025, 1, 1))
    ask = Question("Hva er kravet?", TODAY)
    assert retrieval.turned_away(ended, (), ask) == "opphørte 2025-01-01"
    assert retrieval.turned_away(ended, (), replace(ask, text="Hva sier § 7-9?")) == ""
    assert retrieval.turned_away(ended, (), replace(ask, on=date(2025, 1, 1))) == ""
    assert retrieval.turned_away(replace(ended, rank=Rank.OWN_POLICY), (), ask) == ""
    assert retrieval.turned_away(replace(ended, rank=Rank.GUIDANCE), (), ask) == "opphørte 2025-01-01"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Hva må vi avklare før konkurransen kunngjøres?", "opphørte 2025-01-01"),
        ("Hva var grensen før 1. juli?", ""),
        ("Hva gjaldt om varsling før?", ""),
        ("Kva var den gamle grensa?", ""),
    ],
)
def test_only_a_question_about_what_was_before_asks_for_ended_law(text, reason):
    source = Source("k", "K", SourceType.REGULATION, "NFD", "https://example.org", TODAY)
    ended = Passage("k#a/0", "k#a", source, ("A",), "Tekst.", Rank.ACT, (), None, date(2025, 1, 1))
    assert retrieval.turned_away(ended, (), Question(text, TODAY)) == reason


# --- Some kinds of source alone -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "ranks"),
    [
        (SourceKind.LAW, {Rank.ACT, Rank.REGULATION, Rank.PROPOSAL}),
        (SourceKind.KOFA, {Rank.KOFA}),
        (SourceKind.GUIDANCE, {Rank.GUIDANCE}),
        (SourceKind.OWN, {Rank.OWN_POLICY}),
    ],
)
def test_every_rank_belongs_to_one_kind(kind, ranks):
    assert {rank for rank in Rank if SourceKind.of(rank) is kind} == ranks


@pytest.mark.parametrize("kind", [SourceKind.LAW, SourceKind.GUIDANCE, SourceKind.OWN])
def test_only_the_kinds_asked_for_are_found_and_the_rest_is_kept_with_the_reason(retriever, kind):
    result = retriever.retrieve(Question(LIMIT, TODAY, only=(kind,)))
    assert result.only == (kind,)
    assert result.hits
    assert {SourceKind.of(hit.passage.rank) for hit in result.hits} == {kind}
    others = [each for each in result.rejected if SourceKind.of(each.hit.passage.rank) is not kind]
    assert others
    assert all("som det skal svares fra" in each.reason for each in others)
    assert all("lov og forskrift" not in each.reason for each in result.rejected) or kind is SourceKind.LAW


def test_several_kinds_may_be_asked_for_and_law_is_still_turned_away_by_its_dates(retriever):
    only = (SourceKind.LAW, SourceKind.GUIDANCE)
    result = retriever.retrieve(Question(LIMIT, TODAY, only=only))
    assert {SourceKind.of(hit.passage.rank) for hit in result.hits} <= set(only)
    reasons = {each.hit.passage.id: each.reason for each in result.rejected}
    assert reasons[OLD_LAW] == "opphørte 2026-06-30"
    assert reasons[POLICY] == "er ikke lov og forskrift eller veiledning, som det skal svares fra"


def test_a_kind_that_the_build_does_not_hold_gives_no_hits(retriever):
    result = retriever.retrieve(Question(LIMIT, TODAY, only=(SourceKind.KOFA,)))
    assert result.hits == ()
    assert result.confidence == 0.0
    assert result.rejected
    assert not retriever.holds((SourceKind.KOFA,))
    assert retriever.holds((SourceKind.KOFA, SourceKind.LAW))
    assert retriever.holds(())


def test_the_same_words_with_and_without_kinds_are_two_questions(retriever):
    before = found(retriever, LIMIT)
    retriever.retrieve(Question(LIMIT, TODAY, only=(SourceKind.OWN,)))
    assert found(retriever, LIMIT) == before


@pytest.mark.model
def test_what_lies_far_down_among_all_is_found_among_its_own_kind(built):
    text = "Hvor mange ledd underleverandører kan vi godta i en byggekontrakt?"
    whole = built.search(built.question(text))
    assert SourceKind.OWN not in {SourceKind.of(hit.passage.rank) for hit in whole.hits[:2]}
    own = built.search(built.question(text, only=[SourceKind.OWN]))
    assert own.hits[0].passage.source.id == "viken-modellen"
    assert len(own.hits) == len(whole.hits)
    assert own.rejected[0].hit.passage.id == whole.hits[0].passage.id


@pytest.mark.model
@pytest.mark.parametrize("kind", [SourceKind.LAW, SourceKind.GUIDANCE, SourceKind.OWN])
def test_an_answer_from_one_kind_cites_nothing_else_and_says_so(built, kind):
    text = "Hvor mye skal klima og miljø vekte når vi kjøper inn?"
    answer = built.ask(built.question(text, only=[kind]))
    assert {SourceKind.of(Rank(cited.type)) for cited in answer.citations} == {kind}
    assert answer.notices[0].startswith("Du ba om svar bare fra ")


@pytest.mark.parametrize("candidates", [[0, 1, 2], [0, 2], [1], [0, 1, 3]])
def test_the_cosines_are_the_same_whether_passages_lie_in_a_row_or_not(candidates, retriever, small_index):
    query = retriever.query(LIMIT)
    features, _ = meaning_features(small_index, query, np.array(candidates))
    cosines = small_index.vectors @ query.vector
    units = small_index.rows.kind == index.UNIT
    best = [cosines[(small_index.rows.owner == n) & units].max() for n in candidates]
    assert np.allclose(features["sentence"], best, atol=1e-6)


def test_what_no_key_leads_to_is_weighed_by_its_own_words(small_index):
    some = {name: np.array([0.5, 0.7], np.float32) for name in features_module.BARE}
    more = features_module.bare_features(some, np.array([True, False]))
    assert more["bare"].tolist() == [1.0, 0.0]
    assert all(more[f"bare_{name}"].tolist() == [0.5, 0.0] for name in features_module.BARE)
