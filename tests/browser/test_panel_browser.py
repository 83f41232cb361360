"""The sources panel and the quote behind a marker, as a reader meets them on the chat page."""

import pytest
from accessibility import faults

pytestmark = pytest.mark.browser


def test_the_panel_comes_with_the_first_sources_and_stays_away_once_it_is_put_away(visit):
    seen = visit().chat()
    assert not seen.page.locator("#kilder").is_visible()
    seen.ask("Hva er været?")
    assert not seen.page.locator("#kilder").is_visible()
    seen.ask("Hva er terskelen?")
    assert seen.page.locator("#kilder").is_visible()
    seen.page.click("[data-hide]")
    assert not seen.page.locator("#kilder").is_visible()
    assert seen.page.evaluate("document.activeElement.closest('#sporsmal') !== null")
    seen.ask("Hvor mange underleverandører?")
    assert not seen.page.locator("#kilder").is_visible()
    seen.page.click("#siste [data-show]")
    assert seen.page.locator("#kilder").is_visible()
    assert seen.page.evaluate("document.activeElement.className").startswith("card")
    seen.page.click("[data-hide]")
    seen.page.click("#siste .cite >> nth=0")
    assert seen.page.locator("#kilder .card.chosen").is_visible()
    seen.page.click("[data-hide]")
    assert seen.page.evaluate("document.activeElement.className") == "cite"


def test_the_panel_tells_what_is_cited_from_what_was_only_read(visit):
    seen = visit().chat().ask("Hvor mange underleverandører?")
    assert seen.page.locator("#kilder-1 > h3").all_inner_texts() == [
        "Sitert i svaret",
        "Lest, men ikke sitert",
    ]
    assert seen.page.locator("#kilder-1 .read li").count() == 1


def test_the_quote_of_a_marker_is_shown_under_the_pointer_and_stays_while_the_pointer_is_on_it(visit):
    seen = visit().chat().ask("Hva er terskelen?")
    seen.page.hover("#siste .cite >> nth=3")
    seen.page.wait_for_selector(".quotecard")
    assert "Er den anslåtte verdien under 500 000 kroner" in seen.text(".quotecard")
    assert "Forskrift" in seen.text(".quotecard .tags")
    seen.page.hover(".quotecard")
    seen.page.wait_for_timeout(500)
    assert seen.page.locator(".quotecard").is_visible()
    seen.page.keyboard.press("Escape")
    assert seen.page.locator(".quotecard").count() == 0
    seen.page.hover("#siste .cite >> nth=0")
    seen.page.wait_for_selector(".quotecard")
    seen.page.mouse.move(5, 5)
    seen.until("document.querySelector('.quotecard') === null")


def test_the_quote_comes_with_the_keyboard_and_a_press_leads_to_the_panel(visit):
    seen = visit().chat().ask("Hva er terskelen?")
    seen.page.locator("#rulle").focus()
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.className") == "cite"
    assert seen.page.locator(".quotecard").is_visible()
    seen.page.keyboard.press("Enter")
    assert seen.page.locator(".quotecard").count() == 0
    assert seen.page.evaluate("document.activeElement.id") == "kilde-1-1"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_quote_and_the_panel(visit, scheme):
    seen = visit(viewport={"width": 1280, "height": 800}, color_scheme=scheme, bypass_csp=True)
    seen.chat("/nn/").ask("Hvor mange underleverandører?")
    seen.page.hover("#siste .cite >> nth=0")
    seen.page.wait_for_selector(".quotecard")
    assert faults(seen.page) == []
    seen.page.keyboard.press("Escape")
    seen.page.click("[data-hide]")
    assert faults(seen.page) == []
