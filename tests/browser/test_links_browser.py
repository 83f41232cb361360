"""Links to answers and questions, as a reader copies and opens them."""

import pytest
from accessibility import faults

from assistant.conversations import open_store
from assistant.conversations.recording import Recorder
from assistant.settings import Settings

pytestmark = pytest.mark.browser

CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    store = open_store(Settings(var=tmp_path_factory.mktemp("var")))
    yield Recorder(store)
    store.close()


def copied(seen):
    seen.page.click("#siste [data-link]")
    seen.until("document.querySelector('#siste [data-link]').textContent.includes('kopiert')")
    return seen.page.evaluate("navigator.clipboard.readText()").removeprefix(seen.base_url)


def test_the_link_of_an_answer_opens_it_for_the_reader_who_asked_and_for_nobody_else(visit):
    seen = visit(**CLIPBOARD).chat().ask("Hva er terskelen?")
    way = copied(seen)
    assert way.startswith("/svar/")
    seen.open(way)
    assert "Kildene er uendret." in seen.text("main")
    assert seen.page.locator(".card").count() == 2
    assert seen.foreign() == []
    seen.page.click(".ways a >> nth=1")
    seen.page.wait_for_selector('#siste [data-state="done"]')
    assert "Fant ikke svaret" in visit(viewport={"width": 1280, "height": 800}).open(way).text("main")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_wrong_on_the_page_of_an_answer(visit, scheme, width):
    seen = visit(viewport={"width": width, "height": 740}, color_scheme=scheme, bypass_csp=True)
    seen.chat("/nn/").ask("Hva er terskelen?")
    seen.open(seen.page.get_attribute("#siste [data-link]", "data-link"))
    assert seen.page.get_attribute("html", "lang") == "nn"
    assert faults(seen.page) == []
    assert seen.overflow() <= 0


def test_a_question_from_a_link_stands_in_the_field_and_is_asked_by_a_press(visit, assistant):
    before = len(assistant.asked)
    seen = visit().chat("/nb/?q=Hva+er+terskelen%3F&dato=01.02.2023&fra=lov")
    seen.until("document.querySelector('#sporsmal textarea').value === 'Hva er terskelen?'")
    assert seen.page.input_value("#dato input") == "01.02.2023"
    assert seen.page.input_value("[data-kinds]") == "lov"
    seen.until("!location.search")
    assert "fylt inn fra lenken" in seen.page.text_content("#status")
    assert len(assistant.asked) == before
    seen.page.click("#send")
    seen.page.wait_for_selector('#siste [data-state="done"]')
    asked = assistant.asked[-1]
    assert (asked.text, asked.on.isoformat()) == ("Hva er terskelen?", "2023-02-01")
    assert [kind.value for kind in asked.only] == ["lov"]
    assert seen.complaints == []


@pytest.mark.parametrize(
    "query", ["q=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E", "fra=%22%3E%3Cb%3E&dato=x", "q="]
)
def test_what_a_link_carries_is_text_and_nothing_is_asked(visit, assistant, query):
    before = len(assistant.asked)
    seen = visit().chat(f"/?{query}")
    seen.page.wait_for_timeout(300)
    assert len(assistant.asked) == before
    assert seen.page.input_value("[data-kinds]") == ""
    assert seen.complaints == []
    assert seen.foreign() == []
