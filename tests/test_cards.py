from dataclasses import replace
from datetime import date

import pytest
from tiny import BELOW, CHAIN, SMALL, TABLE, THRESHOLDS, TODAY, TWO_LINKS, TinyAssistant, cite

from assistant import cards
from assistant.exchanges import Exchange
from assistant.types import Rank


def panel(*citations, on=TODAY, language="nb", **more):
    return cards.panel((Exchange(1, "Hei?", on, citations=citations, **more),), language)


def test_the_panel_says_what_it_is_for_before_the_first_question():
    assert "Her ser du avsnittene svaret bygger på" in cards.panel((), "nb")
    assert "Her ser du avsnitta svaret byggjer på" in cards.panel((), "nn")


def test_a_card_has_title_section_publisher_rank_dates_and_links():
    page = panel(cite(2, SMALL, BELOW))
    for fact in (
        '<span class="n">2</span> Kjøp under 500 000 kroner er utenfor anskaffelsesregelverket',
        "Anskaffelsesforskriften del I – virkeområde, terskelverdier og fellesregler",
        "Nærings- og fiskeridepartementet",
        '<span class="rank rank-forskrift">Forskrift</span>',
        '<span class="force force-now">Gjelder</span>',
        "<dt>Gjelder</dt><dd>fra 1. juli 2026</dd>",
        "<dt>Kontrollert</dt><dd>22. november 2026</dd>",
        'href="https://lovdata.no/forskrift/2016-08-12-974/§1-1"',
        'href="/kilder/anskaffelsesforskriften-del-1-og-terskler?sitat=',
    ):
        assert fact in page


def test_the_whole_section_is_there_with_the_cited_words_marked():
    page = panel(cite(1, SMALL, BELOW))
    assert "<mark>Er den anslåtte verdien under 500 000 kroner" in page
    assert "Har fylkeskommunen en rammeavtale som skal brukes?" in page


def test_what_has_ended_is_marked_with_the_day_it_ended():
    page = panel(cite(1, CHAIN, TWO_LINKS))
    assert '<span class="force force-ended">Opphørt 31. desember 2023</span>' in page
    assert "<dt>Gjaldt</dt><dd>17. mars 2021 til 31. desember 2023</dd>" in page
    assert "Egen policy" in page


def test_what_had_not_ended_on_the_day_of_the_answer_is_not_marked():
    then = replace(cite(1, CHAIN, TWO_LINKS), in_force=True)
    assert "Opphørt" not in panel(then, on=date(2022, 5, 1))


def test_what_does_not_apply_yet_is_marked():
    page = panel(cite(1, SMALL, BELOW), on=date(2026, 6, 30))
    assert "Gjelder først fra 1. juli 2026" in page


def test_a_proposal_is_never_shown_as_in_force():
    proposal = replace(cite(1, SMALL, BELOW), type=Rank.PROPOSAL.value, valid_from=None)
    page = panel(proposal)
    assert "Forslag, ikke vedtatt" in page
    assert "Gjelder ikke ennå" in page
    assert "force-now" not in page


def test_html_in_a_source_is_shown_as_text_in_the_panel():
    page = panel(replace(cite(1, CHAIN, TWO_LINKS), title="<b>x</b>", publisher="<i>y</i>"))
    assert "<script" not in page
    assert "<b>x" not in page
    assert "<i>y" not in page


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://lovdata.no", ""])
def test_an_official_page_that_is_not_https_gets_no_link(url):
    page = panel(replace(cite(1, SMALL, BELOW), url=url))
    assert "Offisiell side" not in page


def test_only_the_sources_of_the_last_question_are_shown_at_first():
    both = tuple(Exchange(n, f"Nummer {n}?", TODAY, citations=(cite(1, SMALL, BELOW),)) for n in (1, 2))
    page = cards.panel(both, "nb")
    assert 'id="kilder-1" data-of="1" hidden' in page
    assert 'id="kilder-2" data-of="2">' in page


def test_an_answer_without_sources_says_so_and_a_question_that_runs_does_not():
    assistant = TinyAssistant()
    answer = assistant.ask(assistant.question("Hva er været?"))
    assert "Dette svaret bygger ikke på noen kilde." in panel(answer=answer)
    assert "Dette svaret" not in panel()


def test_a_page_number_is_shown_when_the_source_has_pages():
    assert "<dt>Side</dt><dd>12</dd>" in panel(replace(cite(1, THRESHOLDS, TABLE), page=12))


def test_what_was_only_read_stands_apart_from_what_is_cited():
    assistant = TinyAssistant()
    question = assistant.question("Hvor mange underleverandører?")
    found = assistant.search(question)
    shown = Exchange(1, question.text, TODAY, answer=assistant.ask(question), read=found.hits)
    page = cards.panel((shown,), "nb")
    assert page.index("Sitert i svaret") < page.index("kilde-1-1") < page.index("Lest, men ikke sitert")
    assert page.index("Lest, men ikke sitert") < page.index(SMALL.heading)
    assert "Lest, men ikke sitert" not in cards.panel((replace(shown, read=()),), "nb")
    assert "Lese, men ikkje sitert" in cards.panel((shown,), "nn")


def test_a_section_that_is_cited_is_not_called_only_read():
    assistant = TinyAssistant()
    question = assistant.question("Hva er terskelen?")
    found = assistant.search(question)
    shown = Exchange(1, question.text, TODAY, answer=assistant.ask(question), read=found.hits)
    assert "Lest, men ikke sitert" not in cards.panel((shown,), "nb")
