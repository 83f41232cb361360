"""A citation of a PDF, in the browser: the page with the sentence boxed, and the text marked and in view."""

import re
from urllib.parse import quote

import making
import pytest
from conftest import TODAY

from assistant.assistant import Assistant
from assistant.embedding import HashingEmbedder
from assistant.index import Index
from assistant.ingest import ingest
from assistant.settings import Settings

pytestmark = pytest.mark.browser

IN_VIEW = (
    "(() => { const box = document.querySelector('mark').getBoundingClientRect();"
    " return box.top >= 0 && box.bottom <= innerHeight; })()"
)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    """An assistant over one PDF, instead of the tiny one."""
    folder = tmp_path_factory.mktemp("sider")
    (folder / "corpus").mkdir()
    making.running(folder / "corpus" / "reglement.pdf")
    settings = Settings(var=folder / "var", corpus=folder / "corpus", vectors="exact")
    ingest(settings.corpus, settings.index_root, HashingEmbedder())
    return Assistant(settings, Index.open(settings.index_root), HashingEmbedder(), clock=lambda: TODAY)


def test_a_citation_opens_on_its_page_with_the_sentence_in_view(visit, assistant):
    passage = next(p for p in assistant.index.passages if p.page == 3)
    said = re.split(r"(?<=\.)\s", passage.text)[0]
    slug = passage.section_id.partition("#")[2]
    seen = visit().open(f"/kilder/reglement?sitat={quote(said)}#{slug}")
    seen.until("document.querySelector('.page-image img')?.naturalWidth > 500")
    assert "/side/3?" in seen.page.get_attribute(".page-image img", "src")
    assert "Side 3" in seen.page.get_attribute(".page-image img", "alt")
    seen.until(IN_VIEW)
    assert " ".join(seen.text("mark").split()) == said
    assert seen.foreign() == []
    assert seen.complaints == []


def slow_page(visit, assistant):
    """A quote's page whose image is on its way, while the browser has gone to the head of the section."""
    passage = next(p for p in assistant.index.passages if p.page == 3)
    slug = passage.section_id.partition("#")[2]
    seen = visit()
    held = []
    seen.page.route("**/side/**", lambda route: held.append(route))
    address = f"/kilder/reglement?sitat={quote(passage.text)}#{slug}"
    seen.page.goto(seen.base_url + address, wait_until="domcontentloaded")
    # The page has shown the sentence a first time, and the browser may have gone to the section since.
    seen.page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    seen.page.evaluate("slug => document.getElementById(slug).scrollIntoView()", slug)
    assert not seen.page.evaluate(IN_VIEW)
    return seen, held


def test_the_sentence_comes_back_when_the_browser_went_to_the_section_last(visit, assistant):
    seen, held = slow_page(visit, assistant)
    held.pop().continue_()
    seen.until(IN_VIEW)


def test_a_reader_who_has_moved_on_is_left_alone(visit, assistant):
    seen, held = slow_page(visit, assistant)
    seen.page.keyboard.press("ArrowUp")
    held.pop().continue_()
    seen.until("document.readyState === 'complete'")
    seen.page.wait_for_timeout(300)
    assert not seen.page.evaluate(IN_VIEW)


def test_the_page_fits_a_phone(visit, assistant):
    seen = visit(viewport={"width": 360, "height": 740}).open("/kilder/reglement?side=2")
    seen.until("document.querySelector('.page-image img')?.naturalWidth > 500")
    assert seen.overflow() <= 0
