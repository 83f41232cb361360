import re
from dataclasses import replace
from datetime import date
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tiny import (
    BELOW,
    CHAIN,
    DOCUMENTS,
    ROW,
    RULES,
    SMALL,
    STRATEGY,
    TABLE,
    THRESHOLDS,
    TODAY,
    TWO_LINKS,
    TinyAssistant,
    cite,
)

from assistant import viewer
from assistant.types import Document, Section, SourceType

NB = viewer.Reader("nb", TODAY)


@pytest.fixture(scope="module")
def client():
    app = FastAPI()
    app.include_router(viewer.router(TinyAssistant()))
    return TestClient(app)


def test_the_list_has_every_source_by_type_with_its_dates(client):
    page = client.get("/kilder").text
    assert page.index("<h2>Regelverk</h2>") < page.index("<h2>Strategi</h2>")
    assert f'href="/kilder/{RULES.id}?lang=nb"' in page
    assert "gjelder fra 1. januar 2017 · kontrollert 22. november 2026" in page
    assert "gjaldt 17. mars 2021 til 31. desember 2023" in page
    assert "Opphørt 31. desember 2023" in page


def test_every_type_of_source_has_a_shelf():
    sources = [replace(RULES, id=kind.value, type=kind) for kind in SourceType]
    page = viewer.index(sources, NB)
    assert page.count('<ul class="shelf">') == len(SourceType)


def test_the_page_of_a_source_has_its_facts(client):
    page = client.get(f"/kilder/{RULES.id}").text
    for fact in (
        f"<h1>{RULES.title}</h1>",
        "Terskelverdiene som gjelder nå, og hvordan verdien beregnes.",
        "<dt>Utgiver</dt><dd>Nærings- og fiskeridepartementet</dd>",
        "<dt>Vedtatt</dt><dd>12. august 2016</dd>",
        "<dt>Gjelder</dt><dd>fra 1. januar 2017</dd>",
        "<dt>Kontrollert</dt><dd>22. november 2026</dd>",
        f'<a href="{RULES.url}" rel="noopener noreferrer">lovdata.no</a>',
        "Dokumentet gjengir del I med egne ord.",
    ):
        assert fact in page


def test_what_has_ended_is_marked_on_its_page(client):
    page = client.get(f"/kilder/{STRATEGY.id}").text
    assert '<span class="force force-ended">Opphørt 31. desember 2023</span>' in page
    assert "<dt>Gjaldt</dt>" in page


def test_what_does_not_apply_yet_is_marked_on_its_page():
    coming = Document(replace(RULES, valid_from=date(2027, 1, 1)), ())
    assert "Gjelder først fra 1. januar 2027" in viewer.show(coming, (), NB)


def test_each_section_has_its_own_address_rank_and_references(client):
    page = client.get(f"/kilder/{RULES.id}").text
    slug = SMALL.id.partition("#")[2]
    assert f'<section id="{slug}"><h2>' in page
    assert f'<a href="#{slug}">{SMALL.heading}</a>' in page
    assert '<span class="rank rank-forskrift">Forskrift</span>' in page
    assert "Gjelder fra 1. juli 2026" in page
    assert '<a href="https://lovdata.no/forskrift/2016-08-12-974/§1-1" rel="noopener noreferrer">' in page


def test_tables_and_lists_are_drawn(client):
    page = client.get(f"/kilder/{RULES.id}").text
    assert "<th>Grense</th>" in page
    assert "<td>500 000 kr</td>" in page
    assert "<li>Har fylkeskommunen en rammeavtale som skal brukes?</li>" in page


@pytest.mark.parametrize(
    ("section", "quotes", "marks"),
    [
        (
            THRESHOLDS,
            (TABLE, ROW),
            ["<strong><mark>beløpsgrensene</mark></strong>", "<td><mark>2,5 mill. kr</mark></td>"],
        ),
        (SMALL, (BELOW,), ["<mark>Er den anslåtte verdien"]),
        (CHAIN, (TWO_LINKS,), ["<strong><mark>høyst to ledd</mark></strong>"]),
    ],
)
def test_the_address_of_a_citation_opens_its_section_with_every_quote_marked(client, section, quotes, marks):
    page = client.get(cite(1, section, *quotes).href).text
    for mark in marks:
        assert mark in page
    said = (
        "Sitatet er merket i teksten." if len(quotes) == 1 else f"{len(quotes)} sitater er merket i teksten."
    )
    assert said in page
    assert "finnes ikke ordrett" not in page


def test_a_quote_as_a_reader_sees_it_is_marked_through_bold(client):
    seen = quote("Viken godtok høyst to ledd underleverandører")
    page = client.get(f"/kilder/{STRATEGY.id}?sitat={seen}").text
    assert "<strong><mark>høyst to ledd</mark></strong>" in page


def test_a_quote_that_is_not_in_the_source_is_said_to_be_missing_and_nothing_is_marked(client):
    page = client.get(f"/kilder/{STRATEGY.id}?sitat=finnes%20ikke").text
    assert "Sitatet finnes ikke ordrett i denne utgaven av kilden:" in page
    assert "«finnes ikke»" in page
    assert "<mark>" not in page


def test_html_in_an_address_or_a_source_is_shown_as_text(client):
    attack = quote("<script>alert(1)</script>")
    page = client.get(f"/kilder/{STRATEGY.id}?sitat={attack}").text
    missing = client.get(f"/kilder/{attack}").text
    own = re.compile(r"<script(?! src=\"/web/viewer.js\" defer></script>)")
    assert not own.search(page)
    assert not own.search(missing)


def test_an_unknown_source_is_a_404_page_with_those_that_exist(client):
    answer = client.get("/kilder/finnes-ikke")
    assert answer.status_code == 404
    assert "Det finnes ingen kilde med navnet «finnes-ikke»." in answer.text
    assert RULES.title in answer.text


def test_the_words_around_are_in_nynorsk_when_asked_for(client):
    page = client.get(f"/kilder/{STRATEGY.id}?lang=nn").text
    assert '<html lang="nn">' in page
    assert "<dt>Utgjevar</dt>" in page
    assert 'href="/kilder?lang=nn"' in page


def test_an_unknown_language_is_the_language_of_the_installation(client):
    assert '<html lang="nb">' in client.get("/kilder?lang=xx").text


def test_deeper_headings_get_deeper_levels():
    deep = Section(f"{RULES.id}#dypt", ("Kapittel", "Paragraf", "Ledd"), "Tekst.", THRESHOLDS.rank)
    page = viewer.show(Document(RULES, (deep,)), (), NB)
    assert "<h4>Ledd " in page
    assert 'class="level-3"' in page


def test_a_page_without_inline_style_script_or_handlers(client):
    for path in ("/kilder", f"/kilder/{RULES.id}"):
        page = client.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=)", page)


def test_more_and_longer_quotes_than_an_answer_has_are_cut(client):
    asked = "&".join(["sitat=x"] * 100)
    page = client.get(f"/kilder/{DOCUMENTS[0].source.id}?{asked}&sitat={'y' * 9000}").text
    assert "y" * 4001 not in page
