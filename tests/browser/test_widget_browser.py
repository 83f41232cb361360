"""The widget on somebody else's page: the demo page of the documentation, served from another origin."""

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from accessibility import faults
from tiny import TinyAssistant

from assistant import loader
from assistant.settings import Settings

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = "http://localhost:7860"
"""Where the demo page says that the assistant is."""
BUTTON = "anskaffelsesassistenten-knapp button"
FRAME = "anskaffelsesassistenten-knapp iframe"
PHONE = {"viewport": {"width": 360, "height": 740}}


class Intranet(SimpleHTTPRequestHandler):
    """The demo page, with the address of the assistant under test; `/streng` has the lines with a hash."""

    assistant = ""

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
            return
        if path not in {"/", "/streng", "/ramme"}:
            super().do_GET()
            return
        page = (ROOT / "docs/demo/index.html").read_text("utf-8")
        if path == "/streng":
            page = re.sub(r"<script.*?</script>", loader.snippet(WRITTEN, "nn"), page)
        if path == "/ramme":
            page = f'<!doctype html><title>Ramme</title><iframe src="{WRITTEN}/embed"></iframe>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.replace(WRITTEN, Intranet.assistant).encode())

    def log_message(self, *_):
        """Say nothing."""


def serve():
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Intranet, directory=str(ROOT / "docs/demo")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def servers():
    """A site that may show the widget, and one that may not."""
    both = serve(), serve()
    yield [f"http://127.0.0.1:{each.server_port}" for each in both]
    for each in both:
        each.shutdown()
        each.server_close()


@pytest.fixture(scope="module")
def assistant(servers):
    return TinyAssistant(Settings(frame_ancestors=servers[0]))


@pytest.fixture
def intranet(visit, base_url, servers):
    """Open the demo page on the listed site, noting the widget's events."""
    Intranet.assistant = base_url

    def new(path="/", site=0, **options):
        seen = visit(**options)
        seen.host = servers[site]
        seen.page.add_init_script(
            """window.told = [];
            for (const type of ["ready", "open", "close", "answer", "feedback", "error"])
                document.addEventListener("anskaffelsesassistenten:" + type,
                    (event) => told.push([type, event.detail ?? null]));"""
        )
        seen.page.goto(seen.host + path)
        seen.frame = seen.page.frame_locator(FRAME)
        return seen

    return new


def opened(seen):
    seen.page.click(BUTTON)
    seen.frame.locator("html[data-ready]").wait_for()
    seen.until("told.some(([type]) => type === 'ready')")
    return seen


def told(seen, *types):
    return [each for each in seen.page.evaluate("told") if each[0] in types]


def call(seen, script):
    seen.page.evaluate(f"Anskaffelsesassistenten.{script}; null")


def foreign(seen, base_url):
    return [url for url in seen.requests if not url.startswith((base_url, seen.host, "data:"))]


def test_the_button_opens_the_conversation_under_the_hosts_strict_policy(intranet, base_url):
    seen = intranet()
    assert not any("/embed" in url for url in seen.requests)
    assert seen.page.locator("a[data-anskaffelsesassistenten]").is_hidden()
    opened(seen)
    seen.frame.locator("#sporsmal").fill("Hva er terskelen?")
    seen.frame.locator("#sporsmal").press("Enter")
    seen.frame.locator('[data-state="done"]').wait_for()
    seen.until("told.some(([type]) => type === 'answer')")
    assert told(seen, "answer") == [["answer", {"status": "answered", "sources": 2}]]
    seen.frame.locator(".cite").first.click()
    with seen.page.context.expect_page() as source:
        seen.frame.locator(".quotecard .links a").first.click()
    assert source.value.wait_for_selector("mark").inner_text().startswith("Tabellen viser")
    source.value.close()
    assert foreign(seen, base_url) == []
    assert seen.complaints == []


def test_the_hosts_own_style_does_not_reach_the_button(intranet):
    button = "document.querySelector('anskaffelsesassistenten-knapp').shadowRoot.querySelector('button')"
    look = f"(() => {{ const {{textTransform, backgroundColor}} = getComputedStyle({button}); "
    seen = intranet()
    found = seen.page.evaluate(look + "return [textTransform, backgroundColor]; })()")
    assert found == ["none", "rgb(0, 98, 186)"]


def test_the_lines_from_the_documentation_work_with_their_hash(intranet):
    seen = opened(intranet("/streng"))
    assert seen.frame.locator("html").get_attribute("lang") == "nn"
    assert seen.page.locator(BUTTON).inner_text() == "Spør om innkjøp"


def test_a_changed_script_is_not_run_and_the_link_is_there_instead(intranet, base_url):
    seen = intranet("/demo.css")
    seen.page.route(
        "**/widget-*.js", lambda r: r.fulfill(body="alert(1)", headers={"Access-Control-Allow-Origin": "*"})
    )
    seen.page.goto(seen.host + "/streng")
    assert seen.page.locator("anskaffelsesassistenten-knapp").count() == 0
    assert seen.page.locator("a[data-anskaffelsesassistenten]").first.is_visible()
    assert seen.page.get_attribute("a[data-anskaffelsesassistenten] >> nth=0", "href").startswith(base_url)


def test_escape_closes_and_gives_the_focus_back(intranet):
    seen = opened(intranet())
    seen.frame.locator("#sporsmal:focus").wait_for()
    assert seen.page.get_attribute(BUTTON, "aria-expanded") == "true"
    seen.page.keyboard.press("Escape")
    seen.until("told.some(([type]) => type === 'close')")
    assert seen.page.get_attribute(BUTTON, "aria-expanded") == "false"
    active = "document.activeElement.shadowRoot?.activeElement?.tagName"
    assert seen.page.evaluate(active) == "BUTTON"
    assert not seen.page.locator(FRAME).is_visible()


def test_the_whole_of_it_can_be_done_by_keyboard(intranet):
    seen = intranet()
    seen.page.locator(BUTTON).focus()
    seen.page.keyboard.press("Enter")
    seen.frame.locator("#sporsmal:focus").wait_for()
    seen.page.keyboard.type("Hva er terskelen?")
    seen.page.keyboard.press("Enter")
    seen.frame.locator('[data-state="done"]').wait_for()
    seen.frame.locator("#lukk").focus()
    seen.page.keyboard.press("Enter")
    seen.until("told.some(([type]) => type === 'close')")


def test_the_conversation_is_still_there_when_it_is_opened_again(intranet):
    seen = opened(intranet())
    call(seen, "ask('Hva er terskelen?')")
    seen.frame.locator('[data-state="done"]').wait_for()
    call(seen, "close()")
    call(seen, "toggle()")
    assert seen.frame.locator(".exchange").count() == 1
    seen.page.reload()
    seen.page.click(BUTTON)
    seen.frame.locator('[data-state="done"]').wait_for()


def test_the_host_can_ask_and_set_context_language_and_theme(intranet):
    seen = intranet()
    call(seen, "setContext({date: '2023-02-01', examples: ['Hva kan et kjøretøy koste?']})")
    call(seen, "setTheme({scheme: 'dark', accent: '#1d5c4c'})")
    opened(seen)
    seen.frame.locator("#eksempler .chip", has_text="kjøretøy").wait_for()
    assert seen.frame.locator("#dato").input_value() == "01.02.2023"
    assert seen.frame.locator("html").get_attribute("data-color-scheme") == "dark"
    call(seen, "ask('Hva er terskelen?')")
    seen.frame.locator('[data-state="done"]').wait_for()
    assert "1. februar 2023" in seen.frame.locator(".outcome").inner_text()
    call(seen, "setLocale('nn')")
    seen.frame.locator("html[lang=nn][data-ready]").wait_for()
    assert seen.page.locator(BUTTON).inner_text() == "Spør om anskaffelser"
    seen.frame.locator("html[data-color-scheme=dark]").wait_for()
    assert seen.frame.locator(".exchange").count() == 1


def test_a_question_from_the_host_opens_the_widget_and_is_asked_once(intranet):
    seen = intranet()
    call(seen, "ask('Hva er terskelen?')")
    seen.frame.locator('[data-state="done"]').wait_for()
    call(seen, "close()")
    call(seen, "open()")
    assert seen.frame.locator(".exchange").count() == 1


@pytest.mark.parametrize("accent", ["#ffee00", "#000033", "#808080", "#ff0000"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accent_colour_is_moved_until_it_can_be_read(intranet, accent, scheme):
    seen = opened(intranet(bypass_csp=True))
    call(seen, f"setTheme({{scheme: '{scheme}', accent: '{accent}'}})")
    seen.frame.locator(f"html[data-color-scheme={scheme}]").wait_for()
    call(seen, "ask('Hva er terskelen?')")
    seen.frame.locator('[data-state="done"]').wait_for()
    frame = next(each for each in seen.page.frames if "/embed" in each.url)
    assert faults(frame) == []


def test_destroy_leaves_the_page_as_it_was(intranet):
    seen = opened(intranet())
    call(seen, "destroy()")
    assert seen.page.locator("anskaffelsesassistenten-knapp").count() == 0
    assert seen.page.locator("a[data-anskaffelsesassistenten]").is_visible()
    assert seen.page.evaluate("'Anskaffelsesassistenten' in window") is False


def test_on_a_phone_it_covers_the_page_and_the_rest_is_out_of_reach(intranet):
    seen = opened(intranet(**PHONE))
    box = seen.page.locator(FRAME).bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 360, 740)
    assert seen.page.evaluate("document.body.inert") is True
    seen.frame.locator("#lukk").click()
    seen.until("!document.body.inert")
    assert seen.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_page_that_is_not_listed_cannot_show_it_in_a_frame(intranet, base_url):
    seen = intranet("/ramme", site=1)
    seen.page.wait_for_timeout(500)
    assert all("frame-ancestors" in each for each in seen.complaints)
    assert seen.complaints
    shown = [each for each in seen.page.frames if each.url.startswith(base_url)]
    assert [each.locator("#sporsmal").count() for each in shown] in ([], [0])


def test_a_page_that_is_not_listed_offers_the_plain_link_instead(intranet):
    seen = intranet(site=1)
    seen.page.clock.install()
    seen.page.click(BUTTON)
    seen.page.wait_for_timeout(300)
    seen.page.clock.run_for(10_000)
    link = seen.page.locator("anskaffelsesassistenten-knapp p a")
    link.wait_for()
    assert link.inner_text() == "Åpne samtalen i en egen fane"
    assert told(seen, "error") == [["error", {"reason": "unavailable"}]]


FUZZ = """(count) => {
    const odd = [null, undefined, 0, NaN, "", "ask", [], {}, true, 1n, new Date(), new Map(), [[]],
        "x".repeat(3000), {text: "Hva er terskelen?"}, "<img src=x onerror=alert(1)>", {html: "<script>"}];
    const types = ["hello", "open", "ask", "locale", "theme", "context", "close", "ready", "answer",
        "__proto__", "constructor", "toString", "eval", ...odd];
    const details = [{text: "Hva er terskelen?", html: "<b>"}, {text: 5}, {text: ""}, {text: " "},
        {text: "x".repeat(2001)}, {lang: "en"}, {lang: ["nn"]}, {scheme: "x"}, {accent: "red;}"},
        {accent: "#12345"}, {date: "i dag"}, {examples: ["a", "b", "c", "d", "e"]}, {examples: [5]},
        {examples: "x"}, {examples: ["x".repeat(201)]}, ...odd];
    let seed = 7;
    const pick = (from) => from[(seed = (seed * 1103515245 + 12345) % 2147483648) % from.length];
    const fuzz = [];
    while (fuzz.length < count) {
        const app = "anskaffelsesassistenten";
        const message = pick([{app, v: 1}, {app, v: pick(odd)}, {app: pick(odd), v: 1}, {}]);
        const whole = {...message, type: pick(types), detail: pick(details)};
        fuzz.push(pick([true, true, true, false]) ? whole : pick(odd));
    }
    return fuzz;
}"""
"""Messages of which none is wholly in order, made the same way each time."""


def test_ten_thousand_messages_that_are_not_in_order_have_no_effect(intranet):
    seen = opened(intranet())
    before = seen.frame.locator("html").evaluate("e => e.outerHTML")
    seen.page.evaluate(
        f"""async () => {{
            const fuzz = ({FUZZ})(5000);
            const frame = document.querySelector("anskaffelsesassistenten-knapp").shadowRoot
                .querySelector("iframe").contentWindow;
            const empty = (m) => !Object.keys(Object(m.detail)).length;
            const harmless = (m) => m?.app === "anskaffelsesassistenten" && m.v === 1 && empty(m) &&
                ["hello", "open", "locale", "theme", "context"].includes(m.type);
            for (const each of fuzz) if (!harmless(each)) frame.postMessage(each, "*");
            await new Promise((done) => setTimeout(done, 300));
        }}"""
    )
    assert seen.frame.locator("html").evaluate("e => e.outerHTML") == before
    events = seen.page.evaluate("told")
    seen.page.evaluate(f"(({FUZZ})(5000)).forEach((each) => window.postMessage(each, '*'))")
    seen.page.wait_for_timeout(300)
    assert seen.page.evaluate("told") == events
    assert seen.frame.locator(".exchange").count() == 0
    assert seen.complaints == []


ORDERLY = """{app: "anskaffelsesassistenten", v: 1, type: "ask", detail: {text: "Fra feil sted"}}"""


def test_a_message_in_order_from_another_window_has_no_effect(intranet):
    seen = opened(intranet())
    seen.page.evaluate(
        "document.body.append(Object.assign(document.createElement('iframe'), {name: 'annen'}))"
    )
    other = seen.page.frame(name="annen")
    other.evaluate(
        f"""async () => {{
            const frame = top.document.querySelector("anskaffelsesassistenten-knapp").shadowRoot
                .querySelector("iframe").contentWindow;
            frame.postMessage({ORDERLY}, "*");
            for (const type of ["answer", "close", "error"]) top.postMessage({{...{ORDERLY}, type}}, "*");
            await new Promise((done) => setTimeout(done, 300));
        }}"""
    )
    assert seen.frame.locator(".exchange").count() == 0
    assert told(seen, "answer", "close", "error") == []
    assert seen.page.locator(FRAME).is_visible()


def test_a_message_in_order_from_another_site_has_no_effect(intranet):
    seen = opened(intranet())
    asked = seen.frame.locator("html").evaluate(
        f"""async () => {{
            const fake = (source, origin) =>
                dispatchEvent(new MessageEvent("message", {{data: {ORDERLY}, source, origin}}));
            fake(window, location.origin);
            fake(window.parent, "https://evil.example");
            fake(window.parent, "null");
            fake(null, "");
            await new Promise((done) => setTimeout(done, 200));
            return document.querySelectorAll(".exchange").length;
        }}"""
    )
    assert asked == 0
    seen.page.evaluate(
        f"""(home) => {{
            const frame = document.querySelector("anskaffelsesassistenten-knapp").shadowRoot
                .querySelector("iframe").contentWindow;
            const data = {{...{ORDERLY}, type: "answer"}};
            for (const more of [{{source: window, origin: home}}, {{source: frame, origin: "https://evil.example"}}])
                dispatchEvent(new MessageEvent("message", {{data, ...more}}));
        }}""",
        seen.base_url,
    )
    assert told(seen, "answer") == []


def test_nothing_that_is_asked_or_answered_is_told_to_the_host(intranet):
    seen = opened(intranet())
    seen.page.evaluate("addEventListener('message', (event) => (window.heard ??= []).push(event.data))")
    seen.frame.locator("#sporsmal").fill("Hva er terskelen?")
    seen.frame.locator("#sporsmal").press("Enter")
    seen.frame.locator('[data-state="done"]').wait_for()
    seen.until("window.heard?.length")
    assert seen.page.evaluate("heard") == [
        {
            "app": "anskaffelsesassistenten",
            "v": 1,
            "type": "answer",
            "detail": {"status": "answered", "sources": 2},
        }
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_on_the_hosts_page(intranet, scheme):
    seen = intranet(bypass_csp=True, color_scheme=scheme)
    assert faults(seen.page) == []
    opened(seen)
    assert faults(seen.page) == []
