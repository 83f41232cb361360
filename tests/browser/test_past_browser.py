"""Feedback, earlier conversations and shortcuts on the chat page, as a reader meets them."""

import json

import pytest
from accessibility import faults

from assistant import texts
from assistant.conversations import open_store
from assistant.conversations.recording import Recorder
from assistant.conversations.values import Reason, Verdict
from assistant.settings import Settings

pytestmark = pytest.mark.browser

NARROW = {"viewport": {"width": 320, "height": 640}}
WIDE = {"viewport": {"width": 1500, "height": 900}}
DOWN = "#siste .icon.down"


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    store = open_store(Settings(var=tmp_path_factory.mktemp("var")))
    yield Recorder(store)
    store.close()


@pytest.fixture
def mine(visit):
    """A reader of her own, with nothing kept from before."""
    return lambda **options: visit(**{"viewport": {"width": 1280, "height": 800}, **options})


def listed(seen):
    return seen.page.evaluate("fetch('/api/v1/conversations').then(answer => answer.json())")


def opened(seen):
    """Open the drawer and wait for the list."""
    seen.page.click("[data-past]")
    seen.page.wait_for_selector(".past")
    return seen


def heard(seen):
    """Collect what a screen reader is told from now on."""
    seen.page.evaluate(
        """() => {
            window.said = [];
            const status = document.getElementById("status");
            new MutationObserver(() => said.push(status.textContent)).observe(status, {childList: true});
        }"""
    )


# --- Feedback -----------------------------------------------------------------------------------------


def test_a_thumb_up_is_one_press_and_is_told_once(mine, recorder):
    seen = mine().chat().ask("Hva er terskelen?")
    heard(seen)
    seen.page.click("#siste .icon.up")
    seen.page.wait_for_selector("#siste .up[aria-pressed=true]")
    assert seen.text("#siste .noted") == "Takk for tilbakemeldingen."
    assert seen.page.evaluate("said") == ["Takk for tilbakemeldingen."]
    given = recorder.store.feedback.all()[-1]
    assert (given.verdict, given.turn.question) == (Verdict.UP, "Hva er terskelen?")
    assert seen.complaints == []


def test_a_thumb_down_gives_its_reasons_by_keyboard_and_changes_the_verdict(mine, recorder):
    seen = mine().chat().ask("Hva er været?")
    before = len(recorder.store.feedback.all())
    seen.page.click("#siste .icon.up")
    seen.page.wait_for_selector("#siste .up[aria-pressed=true]")
    seen.page.focus(DOWN)
    seen.page.keyboard.press("Enter")
    assert seen.page.locator("#siste .reason").all_inner_texts() == list(texts.REASON.values())
    assert seen.page.get_attribute(DOWN, "aria-expanded") == "true"
    seen.page.keyboard.press("Space")
    seen.page.focus("#siste .reasons textarea")
    seen.page.keyboard.type("Beløpet er gammelt?")
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector("#siste .down[aria-pressed=true]")
    assert seen.page.get_attribute("#siste .icon.up", "aria-pressed") == "false"
    assert seen.page.evaluate("document.activeElement.matches('.down')")
    given = recorder.store.feedback.all()
    assert len(given) == before + 1
    assert (given[-1].verdict, given[-1].reasons) == (Verdict.DOWN, (Reason.WRONG,))
    assert given[-1].text == "Beløpet er gammelt?"


def test_a_thumb_down_without_a_reason_or_with_a_national_id_number_is_not_sent(mine, recorder):
    seen = mine().chat().ask("Hva er terskelen?")
    before = len(recorder.store.feedback.all())
    seen.page.click(DOWN)
    seen.page.click("#siste .reasons .button")
    assert seen.text("#siste .reasons .problem") == "Velg minst én grunn, eller skriv noe."
    seen.page.fill("#siste .reasons textarea", "Gjelder 13097248022")
    seen.page.click("#siste .reasons .button")
    seen.until("document.querySelector('#siste .reasons .problem').textContent.includes('fødselsnummer')")
    assert seen.page.input_value("#siste .reasons textarea") == "Gjelder 13097248022"
    assert len(recorder.store.feedback.all()) == before


def test_feedback_that_does_not_arrive_is_told_and_can_be_given_again(mine):
    seen = mine().chat().ask("Hva er terskelen?")
    seen.page.route("**/api/v1/feedback", lambda route: route.abort())
    seen.page.click("#siste .icon.up")
    seen.page.wait_for_selector("#siste .noted")
    assert seen.text("#siste .noted") == "Tilbakemeldingen kom ikke fram. Prøv igjen."
    assert seen.page.get_attribute("#siste .icon.up", "aria-pressed") == "false"
    seen.page.unroute("**/api/v1/feedback")
    seen.page.click("#siste .icon.up")
    seen.page.wait_for_selector("#siste .up[aria-pressed=true]")


def test_the_verdict_stays_when_the_next_question_is_asked_and_when_the_page_is_loaded_again(mine):
    seen = mine().chat().ask("Hva er terskelen?")
    seen.page.click("#siste .icon.up")
    seen.page.wait_for_selector("#siste .up[aria-pressed=true]")
    seen.ask("Hvor mange underleverandører?")
    seen.page.wait_for_selector("#tidligere .up[aria-pressed=true]")
    assert seen.page.locator(".thumbs").count() == 2
    seen.page.reload()
    seen.page.wait_for_selector("#tidligere .up[aria-pressed=true]")
    assert seen.page.get_attribute("#siste .icon.up", "aria-pressed") == "false"


# --- Earlier conversations ----------------------------------------------------------------------------


def test_a_reload_keeps_the_conversation_and_the_next_question_goes_on_with_it(mine, assistant):
    seen = mine().chat().ask("Hva er terskelen?").ask("Hvor mange underleverandører?")
    seen.page.reload()
    seen.page.wait_for_selector("#svar-2")
    assert seen.page.locator("#panel .card:visible").count() == 1
    seen.ask("Hva er været?")
    assert next(turn.question for turn in assistant.asked[-1].history) == "Hva er terskelen?"
    (conversation,) = listed(seen)
    assert conversation["turns"] == 3
    seen.page.click("#topp a[lang=nn]")
    seen.page.wait_for_selector("html[lang=nn] #svar-3")
    seen.page.click("#ny")
    seen.page.wait_for_selector(".welcome")
    seen.until("location.hash === ''")
    assert seen.complaints == []


def test_an_old_conversation_is_opened_from_the_list_and_searched_for(mine):
    seen = mine().chat().ask("Hva er terskelen?")
    seen.page.click("#ny")
    seen.page.wait_for_selector(".welcome")
    seen.ask("Hvor mange underleverandører?")
    opened(seen)
    titles = seen.page.locator(".past-title")
    assert titles.all_inner_texts() == ["Hvor mange underleverandører?", "Hva er terskelen?"]
    assert seen.page.locator(".past-open[aria-current]").inner_text().startswith("Hvor mange")
    seen.page.fill("#historikk-sok", "terskel")
    seen.until("document.querySelectorAll('.past').length === 1")
    assert seen.text("#historikk-antall") == "Samtaler: 1"
    heard(seen)
    seen.page.click(".past-open")
    seen.page.wait_for_selector("#siste .asked >> text=Hva er terskelen?")
    seen.until("document.activeElement.id === 'svar-1'")
    assert seen.page.evaluate("said") == ["Åpnet samtalen «Hva er terskelen?»."]
    assert not seen.page.locator("#historikk").is_visible()
    seen.ask("Hva er været?")
    assert sorted(each["turns"] for each in listed(seen)) == [1, 2]
    assert seen.complaints == []


def test_a_list_without_conversations_and_a_search_without_finds_say_so(mine):
    seen = mine().chat()
    seen.page.click("[data-past]")
    seen.until("document.getElementById('historikk-antall').textContent !== ''")
    assert seen.text("#historikk-antall") == "Ingen samtaler ennå. Det du spør om, dukker opp her."
    seen.page.fill("#historikk-sok", "<b>kaktus")
    seen.until("document.getElementById('historikk-antall').textContent.includes('«<b>kaktus»')")


def test_a_conversation_is_given_another_name(mine):
    seen = opened(mine().chat().ask("Hva er terskelen?"))
    seen.page.click(".past-more")
    seen.page.click("[data-rename]")
    assert seen.page.input_value(".past-form input") == "Hva er terskelen?"
    seen.page.fill(".past-form input", "Fødselsnummer 13097248022")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector(".past-problem:not([hidden])")
    seen.page.fill(".past-form input", "<i>Sak 12/26</i>")
    seen.page.keyboard.press("Enter")
    seen.until("document.querySelector('.past-title').textContent === '<i>Sak 12/26</i>'")
    assert seen.page.evaluate("document.activeElement.matches('.past-open')")
    assert listed(seen)[0]["title"] == "<i>Sak 12/26</i>"


def test_a_conversation_is_deleted_only_after_a_second_press(mine):
    seen = opened(mine().chat().ask("Hva er terskelen?"))
    seen.page.click(".past-more")
    seen.page.click("[data-delete]")
    assert "kan ikke angres" in seen.text(".past-sure")
    assert seen.page.evaluate("document.activeElement.matches('[data-cancel]')")
    seen.page.keyboard.press("Escape")
    assert seen.page.locator("#historikk").is_visible()
    assert seen.page.evaluate("document.activeElement.matches('[data-delete]')")
    assert len(listed(seen)) == 1
    seen.page.keyboard.press("Enter")
    seen.page.click(".danger")
    seen.page.wait_for_selector(".past", state="detached")
    assert seen.text("#historikk-antall").startswith("Samtalen er slettet.")
    assert listed(seen) == []
    seen.page.wait_for_selector(".welcome", state="attached")


def test_a_held_conversation_says_why_it_is_not_deleted(mine, recorder):
    seen = mine().chat().ask("Hva er terskelen?")
    recorder.store.hold(listed(seen)[0]["id"])
    opened(seen)
    assert "Tatt vare på for en sak" in seen.text(".past-when")
    seen.page.click(".past-more")
    seen.page.click("[data-delete]")
    seen.page.click(".danger")
    seen.page.wait_for_selector(".past-problem:not([hidden])")
    assert seen.text(".past-problem") == texts.PROBLEM["held"]


@pytest.mark.parametrize("form", ["docx", "pdf", "md"])
def test_a_conversation_is_taken_home_as_a_file(mine, form):
    seen = opened(mine().chat().ask("Hva er terskelen?"))
    seen.page.click(".past-more")
    with seen.page.expect_download() as download:
        seen.page.click(f"[data-format={form}]")
    assert download.value.suggested_filename.endswith(f".{form}")


def test_a_link_to_anothers_conversation_is_told_in_words(mine):
    seen = mine().chat("/#samtale-" + "f" * 32)
    seen.page.wait_for_selector("#feil .problem")
    assert seen.text("#feil") == "Fant ikke samtalen. Den kan være slettet, eller den tilhører en annen."
    seen.ask("Hva er terskelen?")
    assert "f" * 32 not in seen.page.url


def test_a_list_that_cannot_be_fetched_says_so_and_is_tried_again(mine):
    seen = mine().chat().ask("Hva er terskelen?")
    seen.page.route("**/api/v1/conversations?*", lambda route: route.abort())
    seen.page.click("[data-past]")
    seen.page.wait_for_selector("#historikk .trouble:not([hidden])")
    assert "Fikk ikke kontakt" in seen.text("#historikk .trouble p")
    seen.page.unroute("**/api/v1/conversations?*")
    seen.page.click("[data-again]")
    seen.page.wait_for_selector(".past")


def test_the_rest_of_a_long_list_is_fetched_when_asked_for(mine):
    seen = mine().chat().ask("Hva er terskelen?")
    kept = listed(seen)[0]

    def many(route):
        first = int(route.request.url.rpartition("offset=")[2])
        rows = [
            {**kept, "id": f"{n:032x}", "title": f"Nummer {n}"} for n in range(first, min(first + 50, 60))
        ]
        route.fulfill(body=json.dumps(rows), content_type="application/json")

    seen.page.route("**/api/v1/conversations?*", many)
    opened(seen)
    assert seen.text("#historikk-antall") == "Viser de 50 siste"
    seen.page.click(".older")
    seen.until("document.querySelectorAll('.past').length === 60")
    assert seen.page.evaluate("document.activeElement.textContent.startsWith('Nummer 50')")
    assert not seen.page.locator(".older").is_visible()


def test_the_drawer_stands_beside_the_conversation_on_a_wide_screen_only(mine):
    wide = mine(**WIDE).chat()
    wide.page.wait_for_selector("#historikk[open]")
    assert wide.page.evaluate("!document.querySelector('#historikk').matches(':modal')")
    wide.ask("Hva er terskelen?")
    wide.page.wait_for_selector(".past-open[aria-current]")
    drawer, chat = (wide.page.locator(each).bounding_box() for each in ("#historikk", "#samtale"))
    assert drawer["x"] + drawer["width"] <= chat["x"] + 1
    assert wide.overflow() <= 0
    assert wide.page.evaluate("document.activeElement.closest('#sporsmal') !== null")
    narrow = mine(**NARROW).chat()
    assert not narrow.page.locator("#historikk").is_visible()


def test_the_drawer_gives_the_keyboard_back_to_its_button(mine):
    seen = mine(**NARROW).chat().ask("Hva er terskelen?")
    opened(seen)
    assert seen.overflow() <= 0
    assert seen.page.evaluate("document.activeElement.id") == "historikk-sok"
    assert seen.page.get_attribute("[data-past]", "aria-expanded") == "true"
    seen.page.keyboard.press("Escape")
    assert not seen.page.locator("#historikk").is_visible()
    assert seen.page.evaluate("document.activeElement.matches('[data-past]')")
    seen.until("document.querySelector('[data-past]').getAttribute('aria-expanded') === 'false'")


# --- Shortcuts ----------------------------------------------------------------------------------------


def test_shortcuts_do_what_the_list_says_and_are_quiet_while_the_reader_writes(mine):
    seen = mine().chat().ask("Hva er terskelen?")
    seen.page.focus("#sporsmal textarea")
    seen.page.keyboard.type("n?h/k")
    assert seen.page.input_value("#sporsmal textarea") == "n?h/k"
    assert seen.page.locator("dialog[open]").count() == 0
    seen.page.fill("#sporsmal textarea", "")
    seen.page.focus("#siste .cite >> nth=0")
    seen.page.keyboard.press("k")
    assert seen.page.evaluate("document.activeElement.matches('#panel .card')")
    seen.page.keyboard.press("/")
    assert seen.page.evaluate("document.activeElement.closest('#sporsmal') !== null")
    seen.page.focus("#siste .cite >> nth=0")
    seen.page.keyboard.press("h")
    seen.page.wait_for_selector("#historikk[open]")
    seen.page.keyboard.press("Escape")
    seen.page.focus("#siste .cite >> nth=0")
    seen.page.keyboard.press("n")
    seen.page.wait_for_selector(".welcome")


def test_the_shortcuts_of_one_key_can_be_put_out_of_use_for_good(mine):
    seen = mine().chat()
    seen.page.focus(".skip")
    seen.page.keyboard.press("?")
    seen.page.wait_for_selector("#snarveier[open]")
    seen.page.uncheck("#snarveier-pa")
    seen.page.keyboard.press("Escape")
    seen.page.reload()
    seen.page.wait_for_selector("[data-keys]")
    seen.page.focus(".skip")
    seen.page.keyboard.press("?")
    assert seen.page.locator("#snarveier[open]").count() == 0
    seen.page.click("[data-keys]")
    seen.page.wait_for_selector("#snarveier[open]")
    assert not seen.page.is_checked("#snarveier-pa")


# --- All of it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1500, 1280, 320])
def test_axe_finds_nothing_wrong_and_nothing_is_wider_than_the_screen(mine, scheme, width):
    seen = mine(viewport={"width": width, "height": 740}, color_scheme=scheme, bypass_csp=True)
    path = "/nn/" if scheme == "dark" else "/"
    seen.chat(path).ask("Hva er terskelen?")
    found = {}

    def check(state):
        found[state] = (faults(seen.page), max(0, seen.overflow()))

    seen.page.click("#siste .icon.up")
    seen.page.wait_for_selector("#siste .up[aria-pressed=true]")
    check("thumb up")
    seen.page.click(DOWN)
    seen.page.click("#siste .reasons .button")
    seen.page.wait_for_selector("#siste .reasons .problem:not([hidden])")
    check("reasons")
    seen.page.click("#siste .cancel")
    if width < 1440:
        seen.page.click("[data-past]")
    seen.page.wait_for_selector(".past")
    check("list")
    seen.page.click(".past-more")
    check("choices")
    seen.page.click("[data-rename]")
    seen.page.fill(".past-form input", " ")
    seen.page.click(".past-form .first")
    seen.page.wait_for_selector(".past-problem:not([hidden])")
    check("rename")
    seen.page.click(".past-form [data-cancel]")
    seen.page.click("[data-delete]")
    check("delete")
    seen.page.click(".danger")
    seen.page.wait_for_selector(".past", state="detached")
    check("empty")
    if width < 1440:
        seen.page.keyboard.press("Escape")
    seen.page.evaluate("document.querySelector('[data-keys]').click()")
    check("shortcuts")
    assert found == dict.fromkeys(found, ([], 0))
    assert seen.foreign() == []
