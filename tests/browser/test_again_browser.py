"""Asking the last question again, and changing it, as a reader does it on the chat page."""

import pytest
from accessibility import faults

from assistant.conversations import open_store
from assistant.conversations.recording import Recorder
from assistant.settings import Settings

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}}


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    store = open_store(Settings(var=tmp_path_factory.mktemp("var")))
    yield Recorder(store)
    store.close()


@pytest.fixture
def mine(visit):
    """A reader of her own, with nothing kept from before."""
    return lambda **options: visit(**{"viewport": {"width": 1280, "height": 800}, **options})


def kept(seen):
    """The questions that are stored for the reader, by conversation."""
    return seen.page.evaluate(
        """async () => {
            const get = (way) => fetch(`/api/v1/conversations${way}`).then((answer) => answer.json());
            const all = await Promise.all((await get("")).map((each) => get(`/${each.id}`)));
            return all.map((each) => each.turns.map((turn) => turn.question));
        }"""
    )


def test_a_question_is_asked_again_by_a_press_and_stored_once(mine):
    seen = mine().chat().ask("Hva er terskelen?").ask("Hvor mange underleverandører?")
    assert seen.page.locator("[data-retry]").count() == 1
    before = seen.page.get_attribute("#siste .turn", "data-answer")
    seen.page.fill("#sporsmal textarea", "Halvskrevet")
    seen.page.click("[data-retry]")
    seen.until(f"(document.querySelector('#siste .turn').dataset.answer ?? '{before}') !== '{before}'")
    assert seen.page.locator(".exchange").count() == 2
    assert seen.page.input_value("#sporsmal textarea") == "Halvskrevet"
    assert kept(seen) == [["Hva er terskelen?", "Hvor mange underleverandører?"]]
    assert seen.complaints == []


def test_an_answer_that_failed_can_be_asked_for_again_by_keyboard(mine):
    seen = mine().chat().ask("krasj", state="failed")
    seen.page.focus("[data-retry]")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector('#siste [data-state="failed"]')
    assert seen.page.locator(".exchange").count() == 1
    assert seen.page.evaluate("document.activeElement !== document.body")


def test_a_question_is_changed_in_the_field_and_the_old_turn_is_replaced(mine):
    seen = mine().chat().ask("Hva er terskelen?")
    seen.page.click("[data-edit]")
    seen.until("document.querySelector('#sporsmal textarea').value === 'Hva er terskelen?'")
    seen.until("document.activeElement.closest('#sporsmal') !== null")
    assert "Du endrer det siste spørsmålet." in seen.text("#feil")
    assert seen.page.locator("#siste .exchange").is_visible()
    assert not seen.page.locator("#siste .tool").first.is_visible()
    seen.page.keyboard.press("End")
    seen.page.keyboard.type(" Og underleverandører?")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector('#siste .turn:not([data-edited]) [data-state="done"]')
    assert seen.text("#siste .asked").endswith("Hva er terskelen? Og underleverandører?")
    assert seen.page.locator(".exchange").count() == 1
    assert kept(seen) == [["Hva er terskelen? Og underleverandører?"]]
    assert seen.page.locator("#feil .editing").count() == 0
    assert seen.complaints == []


@pytest.mark.parametrize("how", ["button", "escape"])
def test_a_change_can_be_given_up(mine, how):
    seen = mine().chat().ask("Hva er terskelen?")
    seen.page.click("[data-edit]")
    seen.until("document.activeElement.closest('#sporsmal') !== null")
    if how == "button":
        seen.page.click("[data-leave]")
    else:
        seen.page.keyboard.press("Escape")
    seen.page.wait_for_selector("#siste .turn:not([data-edited])")
    seen.until("document.querySelector('#sporsmal textarea').value === ''")
    assert seen.page.locator("[data-edit]").is_visible()
    assert kept(seen) == [["Hva er terskelen?"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_while_a_question_is_changed(mine, scheme):
    seen = mine(**PHONE, color_scheme=scheme, bypass_csp=True).chat("/nn/").ask("Hva er terskelen?")
    seen.page.click("[data-edit]")
    seen.page.wait_for_selector("#feil .editing")
    assert "Du endrar det siste spørsmålet." in seen.text("#feil")
    assert faults(seen.page) == []
    assert seen.overflow() <= 0
