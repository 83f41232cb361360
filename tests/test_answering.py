"""From what was found to an answer: the point first, every sentence verbatim, cited and verified."""

from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import TODAY

from assistant import answering, casefile, citations, confidence, extracting, phrases, wording
from assistant.answering import Composer
from assistant.types import (
    Anchor,
    Answer,
    AnswerMode,
    AnswerStatus,
    Block,
    Citation,
    Evasion,
    Question,
    Rank,
    Sentence,
    SourceKind,
)

LIMIT = "Hva er beløpsgrensen for prøvekjøp?"
DEADLINE = "Hvor lang frist må vi gi ved kjøp av varer?"
LEVELS = "Hvor mange ledd underleverandører tillot Storfylket?"


@pytest.fixture(scope="module")
def events(small, small_index):
    """The events of the answer to a question, as if the search were as sure as `confidence`."""
    composer = Composer(small_index, small.retriever)

    def run(text, on=TODAY, confidence=0.99, today=TODAY, **changes):
        question = Question(text, on, (), "q1")
        found = replace(small.search(question), confidence=confidence, **changes)
        return list(composer.compose(question, found, today))

    return run


@pytest.fixture(scope="module")
def answer(events):
    return lambda *args, **more: events(*args, **more)[-1]


def test_the_point_stands_in_the_first_sentence(answer):
    given = answer(LIMIT)
    assert given.status is AnswerStatus.ANSWERED
    assert given.sentences[0].text == "Loven gjelder for prøvekjøp over 500 000 kroner uten merverdiavgift."
    assert given.text.startswith("Loven gjelder for prøvekjøp over 500 000 kroner uten merverdiavgift. [1]")
    assert (given.id, given.question, given.on) == ("q1", LIMIT, TODAY)
    assert (given.mode, given.language, given.confidence) == (AnswerMode.EXTRACTIVE, "nb", 0.99)


@pytest.mark.parametrize("text", [LIMIT, DEADLINE, LEVELS, "Hvordan planlegges et prøvekjøp?"])
def test_every_sentence_is_cited_and_every_quote_is_verbatim(answer, text, small_index):
    given = answer(text)
    shown = {c.n: c for c in given.citations}
    assert list(shown) == list(range(1, len(shown) + 1))
    assert given.sentences
    for sentence in given.sentences:
        assert sentence.citations
        assert citations.verify(sentence, shown) is sentence
    for cited in given.citations:
        passage = small_index.passages[small_index.number[cited.passage_id]]
        assert cited.text == passage.text
        assert cited.quote in cited.quotes
        assert all(quote in cited.text for quote in cited.quotes)
        assert list(cited.quotes) == sorted(cited.quotes, key=cited.text.find)


def test_each_citation_comes_before_the_first_sentence_that_uses_it_and_the_answer_last(events):
    told = events(LIMIT)
    known = set()
    for event in told[:-1]:
        assert isinstance(event, Citation | Sentence)
        if isinstance(event, Citation):
            known.add(event.n)
        else:
            assert known.issuperset(event.citations)
    assert isinstance(told[-1], Answer)
    assert told[-1].sentences == tuple(e for e in told if isinstance(e, Sentence))
    assert told[-1].citations == tuple(e for e in told if isinstance(e, Citation))


def test_a_sentence_that_fails_the_check_is_left_out_of_everything(events, monkeypatch):
    verify = citations.verify
    monkeypatch.setattr(citations, "verify", lambda s, shown: None if "§ 1" in s.text else verify(s, shown))
    told = events(LIMIT)
    assert told[-1].status is AnswerStatus.ANSWERED
    assert not any("§ 1" in event.text for event in told if isinstance(event, Sentence | Answer))


def test_an_answer_of_which_nothing_passes_the_check_is_no_answer(events, monkeypatch):
    monkeypatch.setattr(citations, "verify", lambda *_: None)
    told = events(LIMIT)
    assert [type(event) for event in told] == [Answer]
    assert told[0].status is AnswerStatus.NO_EVIDENCE
    assert told[0].text == phrases.NO_EVIDENCE["nb"]
    assert told[0].citations == ()


def test_below_the_threshold_there_is_no_sentence_but_the_way_on(answer):
    given = answer(LIMIT, confidence=confidence.ENOUGH - 0.01)
    assert given.status is AnswerStatus.NO_EVIDENCE
    assert given.text == phrases.NO_EVIDENCE["nb"]
    assert (given.sentences, given.citations, given.notices) == ((), (), ())
    assert len(given.suggestions) == 3
    assert given.suggestions[0].href.startswith("/kilder/provekjopsloven#")


def test_a_question_about_something_else_gets_no_suggestions(answer):
    given = answer(LIMIT, confidence=0.0)
    assert given.status is AnswerStatus.OUT_OF_SCOPE
    assert (given.sentences, given.citations, given.suggestions) == ((), (), ())


@pytest.mark.parametrize(
    ("status", "expected"),
    [("out_of_scope", AnswerStatus.OUT_OF_SCOPE), ("no_evidence", AnswerStatus.NO_EVIDENCE)],
)
def test_the_nearest_example_tells_why_there_is_no_answer(answer, status, expected):
    given = answer(LIMIT, confidence=0.2, anchor=Anchor("gruppe", status, "", 0.8))
    assert given.status is expected


RULE = "provekjopsloven#fristene-avhenger-av-kjopet"


def seeks(probability, section=RULE):
    return Evasion(probability, section)


def test_a_way_round_a_rule_is_refused_with_the_rule(answer):
    given = answer("Hvordan kan vi omgå fristene uten at noen merker det?", evasion=seeks(answering.EVASIVE))
    assert given.status is AnswerStatus.OUT_OF_SCOPE
    assert given.text.startswith(phrases.REDIRECTED["nb"])
    assert {c.section_id for c in given.citations} == {RULE}


def test_who_asks_whether_something_is_allowed_is_not_taken_for_one_who_cheats(answer):
    given = answer("Kan vi omgå fristene?", confidence=0.1, evasion=seeks(answering.EVASIVE))
    assert given.redirected
    assert given.text.startswith(phrases.REDIRECTED_ASKED["nb"])
    assert wording.outcome(given, "nn") == phrases.REDIRECTED_ASKED["nn"].rstrip(":")
    assert phrases.REDIRECTED_ASKED["nb"] in casefile.plain_text(given, "nb")


def test_a_likely_evasion_is_led_to_the_rule_and_a_less_likely_one_is_not(answer):
    asked, hint = "Hvordan får vi naboen valgt?", seeks(answering.EVASIVE)
    for sure in (0.99, confidence.ENOUGH - 0.01):
        led = answer(asked, evasion=hint, confidence=sure)
        assert {c.section_id for c in led.citations} == {RULE}
    less = seeks(answering.EVASIVE - 0.01)
    assert answer(asked, evasion=less).status is AnswerStatus.ANSWERED
    refused = answer(asked, evasion=less, confidence=confidence.ENOUGH - 0.01)
    assert (refused.status, refused.citations) == (AnswerStatus.NO_EVIDENCE, ())


def test_whether_something_is_allowed_is_an_honest_question(answer):
    asked = "Kan vi dele opp prøvekjøpet?"
    assert answer(asked, evasion=seeks(0.99)).status is AnswerStatus.ANSWERED
    led = answer(asked, evasion=seeks(0.99), confidence=confidence.ENOUGH - 0.01)
    assert led.status is AnswerStatus.OUT_OF_SCOPE


@pytest.mark.parametrize("section", ["", "provekjopsloven#finnes-ikke"])
def test_an_evasion_of_no_known_rule_is_refused_like_any_other(answer, section):
    given = answer(LIMIT, evasion=seeks(0.99, section), confidence=confidence.ENOUGH - 0.01)
    assert (given.status, given.citations) == (AnswerStatus.NO_EVIDENCE, ())


BOTH = "Hvor mange ledd underleverandører tillot Storfylket, og hvor lang frist må vi gi ved kjøp av varer?"


def test_a_question_that_asks_two_things_gets_two_points_in_its_order(answer):
    texts = [s.text for s in answer(BOTH).sentences]
    alone = [answer(text).sentences[0].text for text in (LEVELS, DEADLINE)]
    assert texts[:2] == alone
    turned = (
        "Hvor lang frist må vi gi ved kjøp av varer, og hvor mange ledd underleverandører tillot Storfylket?"
    )
    assert [s.text for s in answer(turned).sentences][:2] == alone[::-1]


def test_the_part_without_an_answer_is_named(answer, small, monkeypatch):
    sure = small.retriever.retrieve

    def retrieve(question, resolved=None):
        found = sure(question, resolved)
        return replace(found, confidence=0.01) if "vafler" in found.query else found

    monkeypatch.setattr(small.retriever, "retrieve", retrieve)
    given = answer(
        "Hvor mange ledd underleverandører tillot Storfylket, og hvordan steker vi gode vafler i kantina?"
    )
    assert given.status is AnswerStatus.PARTIAL
    assert given.notices[0] == phrases.unanswered("Hvordan steker vi gode vafler i kantina?", "nb")
    assert given.sentences[0].text == answer(LEVELS).sentences[0].text


def test_the_one_part_that_has_an_answer_is_answered_when_the_whole_has_none(answer, small, monkeypatch):
    sure = small.retriever.retrieve

    def retrieve(question, resolved=None):
        found = sure(question, resolved)
        return replace(found, confidence=0.01 if "vafler" in found.query else 0.9)

    monkeypatch.setattr(small.retriever, "retrieve", retrieve)
    asked = "Hva er beløpsgrensen for prøvekjøp, og hvordan steker vi gode vafler i kantina?"
    given = answer(asked, confidence=0.1)
    assert given.status is AnswerStatus.PARTIAL
    assert given.sentences[0].text == answer(LIMIT).sentences[0].text
    assert answer("Hvordan steker vi vafler, og hvem spiser gode vafler?", confidence=0.1).sentences == ()


def test_a_list_that_is_asked_for_comes_whole_with_its_opening(answer):
    given = answer("Hvordan planlegges et prøvekjøp?")
    texts = [s.text for s in given.sentences]
    start = texts.index("Et prøvekjøp planlegges i tre steg:")
    assert texts[start : start + 4] == [
        "Et prøvekjøp planlegges i tre steg:",
        "beskriv behovet",
        "undersøk markedet",
        "velg prosedyre",
    ]
    assert "- beskriv behovet [1]\n- undersøk markedet [1]\n- velg prosedyre [1]" in given.text


def test_an_answer_says_nothing_twice_and_is_not_long(answer):
    for text in (LIMIT, DEADLINE, LEVELS, "Hvordan følges leverandøren opp?"):
        texts = [s.text for s in answer(text).sentences]
        assert len(texts) == len(set(texts))
        assert sum(len(t.split()) for t in texts) <= extracting.LIST_WORDS


def test_an_ended_policy_is_marked_with_its_last_day(answer):
    given = answer(LEVELS)
    assert given.sentences[0].text == "Storfylket godtok høyst to ledd underleverandører i vertikal kjede."
    assert given.citations[0].in_force is False
    assert given.notices == (
        phrases.ended("Strategi for Storfylket", date(2023, 12, 31), TODAY, TODAY, "nb"),
    )
    assert "31. desember 2023" in given.notices[0]


def test_on_a_day_when_the_policy_applied_it_is_not_marked_as_ended(answer):
    given = answer(LEVELS, on=date(2022, 5, 1))
    assert given.citations[0].in_force is True
    assert given.notices == ("Svaret gjelder for 1. mai 2022.",)


def test_on_another_day_the_answer_is_the_rule_of_that_day(answer):
    given = answer(LIMIT, on=date(2026, 5, 1))
    assert "100 000" in given.sentences[0].text
    assert "500 000" not in given.text
    assert given.notices[0] == "Svaret gjelder for 1. mai 2026."


def test_what_limited_the_search_is_told(answer):
    assert "Søker bare etter ord." in answer(LIMIT, limited="Søker bare etter ord.").notices


@pytest.mark.parametrize(
    ("text", "language"),
    [("Kva er beløpsgrensa for prøvekjøp?", "nn"), ("What is the limit for beløpsgrensen prøvekjøp?", "en")],
)
def test_our_own_words_are_in_the_language_of_the_question(answer, text, language):
    assert answer(text, confidence=0.2).text in (
        phrases.NO_EVIDENCE[language],
        phrases.OUT_OF_SCOPE[language],
    )
    given = answer(text)
    assert given.language == language
    assert (phrases.LANGUAGE["en"] in given.notices) is (language == "en")


def test_the_link_opens_the_section_with_the_quotes_marked(answer):
    cited = answer(LIMIT).citations[0]
    parts = urlsplit(cited.href)
    assert parts.path == "/kilder/provekjopsloven"
    assert parts.fragment == "belopsgrensen-for-provekjop-er-500-000-kroner"
    assert tuple(parse_qs(parts.query)["sitat"]) == cited.quotes


def test_the_way_on_names_sections_that_the_answer_did_not_use(answer):
    given = answer(LIMIT)
    assert 0 < len(given.follow_ups) <= 3
    assert not set(given.follow_ups) & {c.section for c in given.citations}


def test_the_markdown_keeps_paragraphs_lists_and_markers_apart():
    made = answering.as_markdown(
        (
            Sentence("En.", (1,)),
            Sentence("To.", (1,)),
            Sentence("Tre.", (2,)),
            Sentence("punkt", (2,), Block.ITEM),
            Sentence("rad", (2,), Block.ROW),
            Sentence("Fire.", (1, 2)),
        )
    )
    assert made == "En. [1] To. [1]\n\nTre. [2]\n\n- punkt [2]\n- rad [2]\n\nFire. [1][2]"
    assert answering.as_markdown(()) == ""


def test_a_citation_says_what_the_source_is_and_whether_it_applied(small_index):
    passage = small_index.passages[1]
    cited = answering.citation(passage, 3, ("uten merverdiavgift", "Loven gjaldt"), date(2026, 6, 30))
    assert cited.quotes == ("Loven gjaldt", "uten merverdiavgift")
    assert (cited.n, cited.quote, cited.type) == (3, "uten merverdiavgift", Rank.ACT.value)
    assert (cited.title, cited.publisher) == ("Prøvekjøpsloven", "Prøvedepartementet")
    assert cited.in_force
    assert not answering.citation(passage, 3, ("Loven",), date(2026, 7, 1)).in_force


# --- Some kinds of source alone -----------------------------------------------------------------------


def confined(small_index, small, *only, confidence=0.99, text=LIMIT):
    question = Question(text, TODAY, (), "q1", only)
    found = replace(small.search(question), confidence=confidence)
    *_, given = Composer(small_index, small.retriever).compose(question, found, TODAY)
    return given


def test_an_answer_says_that_its_sources_were_confined(small_index, small):
    given = confined(small_index, small, SourceKind.LAW)
    assert given.status is AnswerStatus.ANSWERED
    assert given.notices[0] == phrases.answered_only((SourceKind.LAW,), "nb")
    assert "bare fra lov og forskrift" in given.notices[0]


def test_a_refusal_says_so_too_and_offers_only_what_was_asked_for(small_index, small):
    given = confined(small_index, small, SourceKind.GUIDANCE, confidence=0.1)
    assert given.status is AnswerStatus.NO_EVIDENCE
    assert given.notices == (phrases.answered_only((SourceKind.GUIDANCE,), "nb"),)
    assert {each.section_id.partition("#")[0] for each in given.suggestions} == {"gjennomforing"}


def test_a_kind_that_is_not_here_is_told_apart_from_one_that_has_no_answer(small_index, small):
    given = confined(small_index, small, SourceKind.KOFA, confidence=0.0)
    assert given.status is AnswerStatus.NO_EVIDENCE
    assert given.notices == ("Du ba om svar bare fra KOFA, og slike kilder finnes ikke her.",)


def test_the_notice_is_in_the_language_of_the_question(small_index, small):
    given = confined(small_index, small, SourceKind.LAW, text="Kva er beløpsgrensa for prøvekjøp?")
    assert "berre frå lov og forskrift" in given.notices[0]


def test_nobody_is_led_to_a_rule_of_a_kind_left_out(events, small_index):
    rank = small_index.passages[small_index.number[f"{RULE}/0"]].rank
    other = next(kind for kind in SourceKind if kind is not SourceKind.of(rank))
    text = "Hvordan kan vi omgå fristene?"
    assert events(text, confidence=0.1, evasion=seeks(0.99))[-1].citations
    assert events(text, confidence=0.1, evasion=seeks(0.99), only=(other,))[-1].citations == ()
