from pathlib import Path
from urllib.parse import quote

import pytest
from tiny import RULES, STRATEGY, TABLE, THRESHOLDS, cite

from assistant import wording
from assistant.roles import ROLES_NB

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}}
NARROW = {"viewport": {"width": 320, "height": 640}}


def test_a_question_by_keyboard_is_answered_with_its_sources_beside_it(visit):
    seen = visit().chat().ask("Hva er terskelen?")
    assert seen.text("#siste .badge") == "Svar fra kildene"
    assert "2,5 mill. kr" in seen.text("#siste .body")
    assert seen.page.locator("#panel .card:visible").count() == 2
    assert seen.page.evaluate("document.activeElement.closest('#sporsmal') !== null")
    assert seen.page.input_value("#sporsmal textarea") == ""


def test_nothing_is_asked_of_any_other_host_and_nothing_is_complained_about(visit):
    seen = visit().chat().ask("Hva er terskelen?").ask("Hvor mange underleverandører?").ask("Hva er været?")
    seen.page.click("#ny")
    seen.page.wait_for_selector(".welcome")
    assert seen.foreign() == []
    assert seen.complaints == []


@pytest.mark.parametrize(
    "attack",
    [
        "![x](https://evil.example/p.png) terskel",
        "<img src=x onerror=alert(1)> terskel",
        "<script>alert(1)</script> terskel",
        "<form action=https://evil.example><input name=pin></form> terskel",
        "[x](javascript:alert(1)) terskel",
        "$$\\href{https://evil.example}{x}$$ terskel",
        "```mermaid\ngraph TD; A-->B\n``` terskel",
        "</div></article><h1>terskel</h1>",
    ],
)
def test_what_a_question_carries_is_shown_as_text_and_does_nothing(visit, attack):
    seen = visit().chat().ask(attack)
    assert " ".join(attack.split()) in seen.text("#siste .asked")
    assert seen.page.locator("#samtale :is(img, form, script, h1, iframe)").count() == 0
    assert seen.foreign() == []
    assert seen.complaints == []


def test_what_a_source_carries_is_shown_as_text_and_does_nothing(visit):
    seen = visit().chat().ask("Hvor mange underleverandører?")
    seen.page.click("#siste .cite")
    assert '<script>alert("kilde")</script>' in seen.text("#panel .card")
    seen.open(f"/kilder/{STRATEGY.id}?sitat={quote('<img src=x onerror=alert(1)>')}")
    assert seen.page.locator("main img").count() == 0
    assert seen.complaints == []


def test_a_marker_opens_its_source_with_the_cited_words_marked(visit):
    seen = visit().chat().ask("Hva er terskelen?")
    seen.page.click("#siste .cite >> nth=3")
    card = seen.page.locator("#kilde-1-2")
    assert "chosen" in card.get_attribute("class")
    assert card.locator("mark").first.is_visible()
    assert "Har fylkeskommunen en rammeavtale" in card.inner_text()
    assert seen.page.evaluate("document.activeElement.id") == "kilde-1-2"


def test_escape_leads_from_the_source_back_to_its_marker(visit):
    seen = visit().chat().ask("Hva er terskelen?")
    seen.page.click("#siste .cite >> nth=3")
    seen.page.keyboard.press("Escape")
    assert seen.page.evaluate("document.activeElement.dataset.cite") == "kilde-1-2"


def test_a_marker_of_an_earlier_answer_brings_its_sources_back(visit):
    seen = visit().chat().ask("Hva er terskelen?").ask("Hvor mange underleverandører?")
    assert seen.page.locator("#kilder-2").is_visible()
    seen.page.click("#tidligere .cite >> nth=0")
    assert seen.page.locator("#kilder-1").is_visible()
    assert not seen.page.locator("#kilder-2").is_visible()
    seen.page.click("#siste [data-show]")
    assert seen.page.locator("#kilder-2").is_visible()


def test_the_link_of_a_source_opens_the_document_at_the_quote(visit):
    seen = visit()
    seen.open(cite(1, THRESHOLDS, TABLE).href)
    mark = seen.page.locator("mark").first
    assert mark.inner_text().startswith("Tabellen viser")
    seen.until("scrollY > 0")
    box = mark.bounding_box()
    assert 0 <= box["y"] < 800
    assert seen.complaints == []


def test_an_example_a_follow_up_and_a_choice_are_asked_by_a_press(visit):
    seen = visit().chat()
    example = ROLES_NB[0].questions[0]
    seen.page.click(f'[data-ask="{example}"]')
    seen.page.wait_for_selector('#siste [data-state="done"]')
    assert seen.text("#siste .asked").endswith(example)
    seen.page.click("#siste .follow-ups .chip >> nth=0")
    seen.page.wait_for_selector('#svar-2[data-state="done"]')
    seen.ask("Når må vi dele opp?")
    assert seen.text("#siste .badge") == "Trenger en opplysning"
    seen.page.click("#siste .choices .chip >> nth=1")
    seen.page.wait_for_selector('#svar-4[data-state="done"]')
    assert seen.text("#siste .asked").endswith("bygge- og anleggskontrakt?")


def test_the_examples_of_each_role_are_reached_by_pointer_and_by_arrow_keys(visit):
    seen = visit().chat()

    def shown():
        return seen.page.locator(".examples:visible .chip").all_inner_texts()

    assert shown() == list(ROLES_NB[0].questions)
    seen.page.click("#rolle-kontrakt")
    assert shown() == list(ROLES_NB[2].questions)
    for key, role in [("ArrowRight", 3), ("ArrowRight", 0), ("ArrowLeft", 3), ("Home", 0), ("End", 3)]:
        seen.page.keyboard.press(key)
        assert shown() == list(ROLES_NB[role].questions)
        assert seen.page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.dataset.ask") == ROLES_NB[3].questions[0]


def test_a_refusal_offers_the_nearest_section(visit):
    seen = visit().chat().ask("Hva er været?")
    assert seen.text("#siste .badge") == "Fant ikke svar i kildene"
    assert seen.page.get_attribute("#siste .suggestion", "href").startswith(f"/kilder/{RULES.id}")
    assert seen.page.locator("#siste [data-copy]").count() == 0


def test_the_sentences_that_have_come_stay_when_the_reader_stops(visit, assistant):
    assistant.pause.clear()
    seen = visit().chat().ask("sakte", state="running")
    seen.page.wait_for_selector("#siste .cite")
    assert "Kontrollerer sitatene" in seen.text("#siste .progress")
    seen.page.click("#stopp")
    seen.page.wait_for_selector('#siste [data-state="stopped"]')
    assert "beløpsgrensene" in seen.text("#siste .body")
    assert "Stoppet." in seen.text("#siste .stopped")
    assistant.pause.set()
    seen.ask("Hva er terskelen?")
    assert seen.page.locator(".exchange").count() == 2


def test_escape_stops_an_answer_that_is_being_made(visit, assistant):
    assistant.pause.clear()
    seen = visit().chat().ask("sakte", state="running")
    seen.page.wait_for_selector("#siste .cite")
    seen.page.keyboard.press("Escape")
    seen.page.wait_for_selector('#siste [data-state="stopped"]')
    assistant.pause.set()


def test_the_work_behind_an_answer_ends_when_the_reader_leaves(visit, assistant):
    assistant.pause.clear()
    assistant.closed.clear()
    seen = visit().chat().ask("sakte", state="running")
    seen.page.wait_for_selector("#siste .cite")
    seen.page.close()
    assistant.pause.set()
    assert assistant.closed.wait(10)


def test_a_new_conversation_begins_where_the_first_did(visit):
    seen = visit().chat().ask("Hva er terskelen?")
    seen.page.click("#ny")
    seen.page.wait_for_selector("#siste .welcome")
    assert seen.page.locator(".exchange").count() == 0
    assert "Her ser du avsnittene" in seen.text("#panel")
    seen.ask("Hvor mange underleverandører?")
    assert seen.page.locator(".exchange").count() == 1


def test_two_readers_never_see_each_others_questions(visit):
    one, other = visit().chat(), visit().chat()
    one.ask("Hva er terskelen?")
    other.ask("Hvor mange underleverandører?")
    assert other.page.locator(".exchange").count() == 1
    assert "terskelen" not in other.text("#samtale")


def test_the_day_is_today_until_the_reader_chooses_another(visit, assistant):
    seen = visit().chat().ask("Hva er terskelen?")
    seen.page.fill("#dato input", "01.02.2023")
    seen.ask("Hva var terskelen?")
    assert assistant.asked[-1].on.isoformat() == "2023-02-01"
    assert "Svar for 1. februar 2023" in seen.text("#siste .outcome")


def test_the_day_stands_as_norwegians_write_it_and_can_be_picked_in_a_calendar(visit, assistant):
    seen = visit(locale="en-US").chat()
    assert seen.page.input_value("#dato input") == f"{wording.today():%d.%m.%Y}"
    seen.page.click("[data-pick]")
    seen.page.keyboard.press("Escape")
    seen.page.evaluate(
        """() => {
            const picker = document.querySelector(".picker");
            picker.value = "2024-03-09";
            picker.dispatchEvent(new Event("change", {bubbles: true}));
        }"""
    )
    assert seen.page.input_value("#dato input") == "09.03.2024"
    seen.ask("Hva var terskelen?")
    assert assistant.asked[-1].on.isoformat() == "2024-03-09"


def test_the_reader_chooses_what_to_be_answered_from_and_lets_it_go_again(visit, assistant):
    seen = visit().chat()
    seen.page.select_option("[data-kinds]", label="Lov og forskrift")
    seen.ask("Hva er været?")
    assert [kind.value for kind in assistant.asked[-1].only] == ["lov"]
    seen.page.click("#siste [data-all]")
    seen.until("document.querySelector('#siste [data-all]') === null")
    seen.page.wait_for_selector('#siste [data-state="done"]')
    assert assistant.asked[-1].only == ()
    assert seen.page.input_value("[data-kinds]") == ""
    assert seen.page.locator(".exchange").count() == 1


def test_the_choice_of_sources_has_a_name_and_is_made_by_keyboard(visit, assistant):
    seen = visit().chat("/nn/")
    listed = seen.page.get_by_label("Svar frå")
    listed.focus()
    seen.page.keyboard.press("End")
    seen.page.focus("#sporsmal textarea")
    seen.ask("Kva er terskelen?")
    assert [kind.value for kind in assistant.asked[-1].only] == ["egen"]


def test_the_field_follows_its_words_and_is_one_line_again_when_they_are_sent(visit):
    seen = visit(**NARROW).chat()
    before = seen.page.locator("#sporsmal textarea").bounding_box()["height"]
    seen.page.fill("#sporsmal textarea", "Hva er terskelen? " * 6)
    assert seen.page.locator("#sporsmal textarea").bounding_box()["height"] > before
    seen.ask("Hva er terskelen? " * 6)
    assert seen.page.locator("#sporsmal textarea").bounding_box()["height"] == before


def test_an_empty_question_is_told_at_the_field(visit):
    seen = visit().chat()
    seen.page.click("#send")
    seen.page.wait_for_selector("[role=alert]")
    assert seen.text("#feil") == "Skriv et spørsmål først."
    seen.ask("Hva er terskelen?")
    assert seen.page.locator("#feil .problem").count() == 0


def test_a_lost_connection_is_told_in_norwegian_and_the_question_is_kept(visit):
    seen = visit().chat()
    seen.page.route("**/queue/join*", lambda route: route.abort())
    seen.page.fill("#sporsmal textarea", "Hva er terskelen?")
    seen.page.press("#sporsmal textarea", "Enter")
    seen.page.wait_for_selector(".toast-body")
    seen.until("document.querySelector('.toast-wrap').textContent.includes('Mistet kontakten med tjenesten')")
    assert seen.text(".toast-title") == "Feil"
    assert seen.page.input_value("#sporsmal textarea") == "Hva er terskelen?"


@pytest.mark.parametrize("question", ["krasj", "modellfeil"])
def test_an_accident_is_told_in_norwegian_without_its_details(visit, question):
    seen = visit().chat().ask(question, state="failed")
    assert "hemmelig" not in seen.text("body")
    assert len(seen.text("#siste .failure")) > 20
    seen.ask("Hva er terskelen?")


def test_an_answer_is_copied_with_its_numbered_sources(visit):
    seen = visit(permissions=["clipboard-read", "clipboard-write"]).chat().ask("Hva er terskelen?")
    seen.page.click("#siste [data-copy]")
    seen.until("document.querySelector('#siste [data-copy]').textContent === 'Kopiert'")
    copied = seen.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Spørsmål: Hva er terskelen?\nSvar for 22. november 2026\n\n")
    assert "\n[1] Anskaffelsesforskriften" in copied
    assert "\n    https://lovdata.no/forskrift/2016-08-12-974/§5-1\n" in copied


def test_where_nothing_is_kept_the_link_carries_the_question_and_its_day(visit):
    seen = visit(permissions=["clipboard-read", "clipboard-write"]).chat().ask("Hva er terskelen?")
    seen.page.click("#siste [data-link]")
    seen.until("document.querySelector('#siste [data-link]').textContent.startsWith('Lenken er kopiert')")
    copied = seen.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{seen.base_url}/nb/?q=Hva+er+terskelen%3F&dato=22.11.2026"


def test_a_listener_is_told_each_step_once(visit):
    seen = visit().chat()
    seen.page.evaluate(
        """() => {
            window.said = [];
            const status = document.getElementById("status");
            new MutationObserver(() => said.push(status.textContent)).observe(status, {childList: true});
        }"""
    )
    seen.ask("Hva er terskelen?")
    seen.until("said.length && said[said.length - 1].startsWith('Svaret er klart')")
    said = seen.page.evaluate("said")
    assert len(said) == len(set(said)) <= 3


def test_the_whole_task_can_be_done_by_keyboard(visit):
    seen = visit().chat()
    seen.page.keyboard.press("Tab")
    seen.page.evaluate("document.querySelector('.skip').focus()")
    seen.page.keyboard.press("Enter")
    seen.page.keyboard.type("Hva er terskelen?")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector('#siste [data-state="done"]')
    seen.page.locator("#siste .cite").first.focus()
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.id") == "kilde-1-1"
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_nynorsk_page_is_in_nynorsk(visit):
    seen = visit().chat("/nn/").ask("Hva er terskelen?")
    assert seen.page.get_attribute("html", "lang") == "nn"
    assert seen.text("#siste .badge") == "Svar frå kjeldene"
    assert "Ikkje skriv personopplysningar" in seen.text("#personvern")
    assert "lang=nn" in seen.page.get_attribute("#panel .links a >> nth=0", "href")


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["360", "320"])
def test_on_a_phone_everything_is_within_reach_and_nothing_is_wider_than_the_screen(visit, size):
    seen = visit(**size, has_touch=True).chat()
    assert seen.overflow() <= 0
    seen.ask("Hva er terskelen?")
    assert seen.overflow() <= 0
    field = seen.page.locator("#sporsmal textarea").bounding_box()
    assert field["y"] + field["height"] <= size["viewport"]["height"]
    answer = seen.page.locator("#siste .asked").bounding_box()
    assert 0 <= answer["y"] < size["viewport"]["height"] / 2
    calendar, new = seen.page.locator("#velg-dato").bounding_box(), seen.page.locator("#ny").bounding_box()
    assert calendar["x"] + calendar["width"] <= new["x"] or calendar["y"] + calendar["height"] <= new["y"]
    panel, chat = seen.page.locator("#kilder").bounding_box(), seen.page.locator("#samtale").bounding_box()
    assert panel["y"] >= chat["y"] + chat["height"] - 1
    seen.page.tap("#siste .cite >> nth=0")
    assert seen.page.locator("#kilde-1-1 mark").first.is_visible()
    seen.page.locator("#kilde-1-1 .back").tap()
    assert seen.page.evaluate("document.activeElement.dataset.cite") == "kilde-1-1"


@pytest.mark.parametrize("path", ["/kilder", f"/kilder/{RULES.id}", "/docs", "/finnes-ikke"])
def test_our_own_pages_fit_a_narrow_screen_and_ask_nothing_of_others(visit, path):
    seen = visit(**NARROW).open(path)
    assert seen.overflow() <= 0
    assert seen.foreign() == []


@pytest.mark.parametrize(
    ("scheme", "width", "path"),
    [("light", 1280, "/"), ("dark", 1280, "/nn/"), ("light", 360, "/nn/"), ("dark", 360, "/")],
)
def test_axe_finds_nothing_wrong_in_any_state_of_the_chat(visit, assistant, scheme, width, path):
    seen = visit(viewport={"width": width, "height": 740}, color_scheme=scheme, bypass_csp=True).chat(path)
    assert faults(seen) == []
    seen.page.click("#send")
    seen.page.wait_for_selector("#feil .problem")
    assert faults(seen) == []
    assistant.pause.clear()
    seen.ask("sakte", "running")
    seen.page.wait_for_selector("#siste .cite")
    assert faults(seen) == []
    assistant.pause.set()
    seen.page.wait_for_selector('#siste [data-state="done"]')
    seen.page.select_option("[data-kinds]", "lov")
    for question, state in [
        ("terskel", "done"),
        ("dele opp", "done"),
        ("været", "done"),
        ("krasj", "failed"),
    ]:
        seen.ask(question, state)
        if seen.page.locator("#siste .cite").count():
            seen.page.click("#siste .cite >> nth=0")
        assert faults(seen) == []


SPACED = (
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }"
)


@pytest.mark.parametrize("width", [1280, 320])
def test_wider_spacing_between_letters_and_lines_hides_nothing(visit, width):
    seen = visit(viewport={"width": width, "height": 800}, bypass_csp=True).chat()
    seen.page.add_style_tag(content=SPACED + " p { margin-bottom: 2em !important; }")
    assert seen.overflow() <= 0
    seen.ask("Hva er terskelen?")
    assert seen.overflow() <= 0
    cut = seen.page.evaluate(
        """() => [...document.querySelectorAll("#skriv button, .tool, .chip, .role, .cite, .badge, #topp a")]
            .filter((each) => each.offsetParent && each.scrollWidth > each.clientWidth + 1)
            .map((each) => each.textContent)"""
    )
    assert cut == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/kilder", f"/kilder/{STRATEGY.id}?sitat=Viken", "/docs", "/finnes-ikke"])
def test_axe_finds_nothing_wrong_on_our_own_pages(visit, scheme, path):
    assert faults(visit(**PHONE, color_scheme=scheme, bypass_csp=True).open(path)) == []


def faults(seen):
    """What axe finds against WCAG 2.1 A and AA."""
    axe = pytest.importorskip("axe_playwright_python")
    seen.page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    found = seen.page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)
    return [(each["id"], [node["target"] for node in each["nodes"]]) for each in found["violations"]]


def test_the_page_is_dark_where_the_reader_wants_it_dark(visit):
    grounds = {
        scheme: visit(color_scheme=scheme)
        .chat()
        .page.evaluate("getComputedStyle(document.querySelector('.gradio-container')).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert grounds == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 21, 28)"}
