"""The whole product over the shipped corpus, with the served model and a closed network."""

import socket
from dataclasses import replace
from datetime import date

import pytest
from conftest import TODAY
from pytest_socket import SocketBlockedError

from assistant import citations, language
from assistant.types import AnswerStatus, Turn

pytestmark = pytest.mark.model
LIMIT = "Hva er beløpsgrensen for at anskaffelsesloven gjelder?"


@pytest.fixture(scope="module")
def ask(built):
    return lambda text, **more: built.ask(built.question(text, **more))


@pytest.fixture(scope="module")
def derived(built):
    """Forty questions taken from all over the corpus: headings and their keys' own words."""
    headings = [s.heading for d in built.index.documents.values() for s in d.sections]
    step = len(headings) // 40
    return [f"Hva gjelder om {heading[0].lower()}{heading[1:]}?" for heading in headings[: 40 * step : step]]


def test_viken_allowed_two_links_and_the_answer_says_that_it_has_ended(ask):
    given = ask("Hvor mange ledd underleverandører tillater Viken-modellen?")
    assert given.status is AnswerStatus.ANSWERED
    assert "to ledd" in given.sentences[0].text
    first = {c.n: c for c in given.citations}[given.sentences[0].citations[0]]
    assert first.section_id == "viken-modellen#underleverandorer-maks-to-ledd-i-vertikal-kjede"
    assert any("31. desember 2023" in notice for notice in given.notices)


def test_a_provision_asked_for_by_its_number_is_cited_first_in_the_laws_own_words(ask):
    given = ask("Hva sier FOA § 19-4?")
    assert given.status is AnswerStatus.ANSWERED
    first = {c.n: c for c in given.citations}[given.sentences[0].citations[0]]
    assert first.section_id == "for-2016-08-12-974#19-4"
    assert "kan velge å dele opp anskaffelsen i delkontrakter" in given.sentences[0].text


def test_the_act_applies_from_500_000_kroner_today(ask):
    given = ask(LIMIT)
    assert given.status is AnswerStatus.ANSWERED
    assert "500 000" in language.squeeze(given.sentences[0].text)


def test_in_may_2026_the_act_applied_from_100_000_kroner(ask):
    given = ask(LIMIT, on=date(2026, 5, 1))
    assert "100 000" in language.squeeze(given.sentences[0].text)
    for sentence in given.sentences:
        if "500 000" in language.squeeze(sentence.text):
            assert "2026" in sentence.text
    assert "Svaret gjelder for 1. mai 2026." in given.notices


def test_a_date_in_the_question_is_as_good_as_one_beside_it(ask):
    given = ask("Hva var beløpsgrensen for at anskaffelsesloven gjaldt før 1. juli 2026?")
    assert given.on == date(2026, 6, 30)
    assert "100 000" in language.squeeze(given.sentences[0].text)


@pytest.mark.parametrize(
    "text",
    [
        "Hvordan steker jeg vafler?",
        "Hvem vinner kampen på lørdag?",
        "Skriv et dikt om våren",
        "asdf qwer zxcv",
    ],
)
def test_what_the_sources_are_not_there_for_gets_no_sentence_and_no_citation(ask, text):
    given = ask(text)
    assert given.status in (AnswerStatus.OUT_OF_SCOPE, AnswerStatus.NO_EVIDENCE)
    assert (given.sentences, given.citations) == ((), ())
    assert given.text


def test_every_quote_is_verbatim_in_its_passage_and_every_passage_in_the_corpus(ask, built, derived):
    sections = {s.id: s.text for d in built.index.documents.values() for s in d.sections}
    cited = 0
    for text in derived:
        given = ask(text)
        shown = {c.n: c for c in given.citations}
        for each in given.citations:
            assert each.text in sections[each.section_id]
            assert all(quote in each.text for quote in each.quotes)
            cited += 1
        for sentence in given.sentences:
            assert sentence.citations
            assert citations.verify(sentence, shown) is sentence
        assert (given.status is AnswerStatus.ANSWERED) == bool(given.sentences), text
    assert cited > 40


def test_most_questions_taken_from_the_corpus_are_answered_from_their_section(built, derived):
    headings = {s.heading[1:]: s.id for d in built.index.documents.values() for s in d.sections}
    found = 0
    for text in derived:
        section = headings[text.removeprefix("Hva gjelder om ").removesuffix("?")[1:]]
        found += section in {hit.passage.section_id for hit in built.search(built.question(text)).hits[:5]}
    assert found >= 32


def test_the_same_question_gives_the_same_answer_twice(built, derived):
    for text in (LIMIT, "Kan vi dele opp kontrakten?", *derived[:6]):
        one, other = (replace(built.ask(built.question(text, id="q")), latency_ms=0.0) for _ in range(2))
        assert one == other


def test_a_second_assistant_over_the_same_build_gives_the_same_answers(built, built_settings):
    from assistant.assistant import Assistant

    other = Assistant.open(built_settings, clock=lambda: TODAY)
    for text in (LIMIT, "Når må vi kreve lærlinger?"):
        asked = built.question(text, id="q")
        assert replace(other.ask(asked), latency_ms=0.0) == replace(built.ask(asked), latency_ms=0.0)


def test_the_network_is_closed_while_all_this_is_answered(ask):
    with socket.socket() as probe, pytest.raises((SocketBlockedError, UserWarning), match="192"):
        probe.connect(("192.0.2.1", 80))
    with pytest.raises((SocketBlockedError, UserWarning), match="huggingface"):
        socket.getaddrinfo("huggingface.co", 443)
    assert ask(LIMIT).sentences


def test_a_follow_up_is_answered_with_what_was_asked_before(ask):
    thread = (Turn("Hvor mange ledd underleverandører tillater Viken-modellen?", "Høyst to ledd."),)
    given = ask("Gjelder det fortsatt?", history=thread)
    assert given.status is AnswerStatus.ANSWERED
    assert any(c.source_id.startswith(("viken", "etterfolgere", "overordnede")) for c in given.citations)


def test_nynorsk_gets_the_same_rule(ask):
    given = ask("Kva er beløpsgrensa for at anskaffingslova gjeld?")
    assert given.language == "nn"
    assert "500 000" in language.squeeze(given.text)
