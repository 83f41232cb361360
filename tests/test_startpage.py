"""The top of the page and what stands there before anything is asked."""

import re
from dataclasses import replace

import pytest
from tiny import TinyAssistant

from assistant import startpage
from assistant.roles import roles

ABOUT = startpage.About(TinyAssistant().sources(), days=365, generative=False)


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_every_example_is_a_question_to_ask_and_one_roles_are_shown(language):
    page = startpage.welcome(ABOUT, language)
    asked = [question for role in roles(language) for question in role.questions]
    assert re.findall(r'data-ask="([^"]+)"', page) == asked
    assert len(re.findall(r'role="tabpanel"[^>]*(?<!hidden)>', page)) == 1
    tabs = re.findall(r'id="([\w-]+)" aria-controls="([\w-]+)" aria-selected="(\w+)" tabindex="(-?\d)"', page)
    assert [(chosen, stop) for _, _, chosen, stop in tabs] == [("true", "0"), *[("false", "-1")] * 3]
    assert all(f'id="{panel}" aria-labelledby="{tab}"' in page for tab, panel, _, _ in tabs)


def test_the_welcome_tells_what_it_knows_what_it_is_not_and_what_becomes_of_a_question():
    page = startpage.welcome(ABOUT, "nb")
    assert "Svarer fra 2 kilder, sist kontrollert 22. november 2026: regelverk (1), strategi (1)." in page
    assert "Ikke juridisk rådgivning" in page
    assert "Du snakker med KI" in page
    assert "lagres i 365 dager" in page
    assert "omfattet av innsyn" in page


def test_the_welcome_says_so_when_nothing_is_kept_and_when_a_model_writes():
    page = startpage.welcome(replace(ABOUT, days=0, generative=True), "nn")
    assert "Ingenting blir lagra" in page
    assert "dagar" not in page
    assert "Ein språkmodell formulerer svaret" in page


def test_a_service_without_sources_has_a_start_too():
    assert "Se alle kildene" in startpage.welcome(replace(ABOUT, sources=()), "nb")
