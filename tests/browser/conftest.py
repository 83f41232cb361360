"""A served tiny assistant, and headless Chromium with nowhere else to go.

They live no longer than a module: Playwright keeps an event loop running in the thread of the tests.
"""

import shutil
import threading
import time

import pytest
import uvicorn
from playwright.sync_api import sync_playwright
from tiny import TinyAssistant

from assistant import server

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def assistant():
    return TinyAssistant()


@pytest.fixture(scope="module")
def recorder():
    """What keeps the conversations of the service; a module that wants them kept has its own."""


@pytest.fixture(scope="module")
def service(assistant, recorder):
    """The whole service around the tiny assistant."""
    return server.build_app(assistant, recorder)


@pytest.fixture(scope="module")
def base_url(service):
    """The address that the service has."""
    config = uvicorn.Config(service, log_level="warning", timeout_graceful_shutdown=1)
    running = uvicorn.Server(config)
    with server.claim_port("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        while not running.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        running.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


LEAVING = "The page is being left"


class Visit:
    """A page with everything that it asked for and complained about.

    What a page says after it has begun to be left does not count: Gradio cuts its own calls off then
    (`beforeunload`), and complains of each that was running. Nobody sees it, and it comes or not by chance.
    """

    def __init__(self, page, base_url):
        self.page = page
        self.base_url = base_url
        self.requests = []
        self.complaints = []
        self._before_leaving = None
        page.add_init_script(
            f"if (window === top) addEventListener('beforeunload', () => console.debug('{LEAVING}'))"
        )
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._on_console)
        page.on("framenavigated", self._on_navigated)
        page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))

    def _on_console(self, message):
        if message.text == LEAVING:
            self._before_leaving = len(self.complaints)
        elif message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _on_navigated(self, frame):
        if frame == self.page.main_frame and self._before_leaving is not None:
            del self.complaints[self._before_leaving :]
            self._before_leaving = None

    def open(self, path="/"):
        self.page.goto(self.base_url + path)
        return self

    def chat(self, path="/"):
        """Open the chat and wait until it can be used."""
        self.open(path)
        self.page.wait_for_selector("#dato input[inputmode=numeric]")
        self.until("document.querySelector('#dato input').value !== ''")
        return self

    def until(self, condition, seconds=15):
        """Wait for a condition in the page; Playwright's own way needs the `eval` that the page forbids."""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(condition):
            assert time.monotonic() < deadline, f"It never came to {condition}"
            time.sleep(0.02)

    def ask(self, question, state="done"):
        """Ask by keyboard, and wait for the outcome."""
        before = self.page.locator(".exchange").count()
        self.page.fill("#sporsmal textarea", question)
        self.page.press("#sporsmal textarea", "Enter")
        self.until(f"document.querySelectorAll('.exchange').length > {before}")
        self.page.wait_for_selector(f'#siste [data-state="{state}"]')
        return self

    def text(self, selector):
        return self.page.locator(selector).inner_text()

    def foreign(self):
        """The requests that went elsewhere."""
        ours = (self.base_url, "data:", "blob:")
        return [url for url in self.requests if not url.startswith(ours)]

    def overflow(self):
        """How many pixels the page is wider than the screen."""
        return self.page.evaluate("document.documentElement.scrollWidth - innerWidth")


SCREEN = {"viewport": {"width": 1280, "height": 800}}


@pytest.fixture(scope="module")
def desktop(chromium):
    """A context that is shared, so that the files of the page are fetched once."""
    context = chromium.new_context(**SCREEN)
    yield context
    context.close()


@pytest.fixture
def visit(chromium, desktop, base_url):
    """Open pages, in a context of their own when they ask for something special."""
    opened = []

    def new(**options):
        context = chromium.new_context(**{**SCREEN, **options}) if options else desktop
        page = context.new_page()
        opened.append(context if options else page)
        return Visit(page, base_url)

    yield new
    for each in opened:
        each.close()
