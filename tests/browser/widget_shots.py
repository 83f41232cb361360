"""Pictures of the widget for the documentation: `make shots` writes them to `docs/img/`.

It serves the assistant and the demo page, each at its own address, and closes them afterwards.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "Hva er terskelverdien for varer og tjenester nå?"
NYNORSK = "Kor mange ledd underleverandørar kan vi godta i ein byggjekontrakt?"
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
WRITTEN = "http://localhost:7860"
"""Where the demo page says that the assistant is."""


class Demo(SimpleHTTPRequestHandler):
    """The files of the demo page, with the address of the assistant that is running."""

    assistant = WRITTEN

    def do_GET(self) -> None:
        if self.path.partition("?")[0] not in {"/", "/index.html"}:
            super().do_GET()
            return
        page = (ROOT / "docs/demo/index.html").read_text("utf-8").replace(WRITTEN, self.assistant).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def demo(assistant: str) -> Iterator[str]:
    """Serve the demo page; gives its address."""
    handler = type("Here", (Demo,), {"assistant": assistant})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(ROOT / "docs/demo")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def served(port: int, *, framed_by: str) -> Iterator[str]:
    """Serve the assistant on the port; gives its address when it can answer."""
    environ = {**os.environ, "ASSISTANT_PORT": str(port), "ASSISTANT_FRAME_ANCESTORS": framed_by}
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/readyz").close()
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait()


def main(out: Path = ROOT / "docs/img") -> None:
    """Write `docs/img/widget-*.png`."""
    port = 7869
    with demo(f"http://localhost:{port}") as host, served(port, framed_by=host) as address:
        shoot(address, host, out)


def shoot(address: str, host: str, out: Path) -> None:
    """All pictures of a running assistant and a served demo page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for scheme, name in (("light", ""), ("dark", "-dark")):
            _on_the_demo_page(browser, host, scheme, out, name)
            _full_page(browser, address, scheme, out, name)
            _phone(browser, address, scheme, out, name)
        browser.close()


def _page(browser: Browser, size: dict[str, int], scheme: str, *, touch: bool = False) -> Page:
    return browser.new_context(
        viewport=size, color_scheme=scheme, locale="nb-NO", device_scale_factor=1.5, has_touch=touch
    ).new_page()


def _on_the_demo_page(browser: Browser, host: str, scheme: str, out: Path, name: str) -> None:
    page = _page(browser, DESKTOP, scheme)
    page.goto(host)
    page.click("anskaffelsesassistenten-knapp button")
    frame = page.frame_locator("anskaffelsesassistenten-knapp iframe")
    frame.locator("html[data-ready]").wait_for()
    page.wait_for_timeout(400)
    page.screenshot(path=out / f"widget-start{name}.png")
    frame.locator("#sporsmal").fill(QUESTION)
    frame.locator("#sporsmal").press("Enter")
    frame.locator('[data-state="done"]').wait_for()
    frame.locator("#sporsmal").blur()
    page.wait_for_timeout(300)
    page.screenshot(path=out / f"widget{name}.png")
    page.context.close()


def _full_page(browser: Browser, address: str, scheme: str, out: Path, name: str) -> None:
    page = _page(browser, DESKTOP, scheme)
    page.goto(f"{address}/embed?full=1&lang=nn")
    _ask(page, NYNORSK)
    page.locator(".cite").first.hover()
    page.wait_for_selector(".quotecard")
    page.wait_for_timeout(200)
    page.screenshot(path=out / f"widget-full{name}.png")
    page.context.close()


def _phone(browser: Browser, address: str, scheme: str, out: Path, name: str) -> None:
    page = _page(browser, PHONE, scheme, touch=True)
    page.goto(f"{address}/embed")
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(300)
    page.screenshot(path=out / f"widget-phone-start{name}.png")
    _ask(page, QUESTION)
    page.screenshot(path=out / f"widget-phone{name}.png")
    page.click(".sources > summary")
    page.locator(".sources").scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    page.screenshot(path=out / f"widget-phone-sources{name}.png")
    page.context.close()


def _ask(page: Page, question: str) -> None:
    page.wait_for_selector("html[data-ready]")
    page.fill("#sporsmal", question)
    page.press("#sporsmal", "Enter")
    page.wait_for_selector('.exchange[data-state="done"]')
    page.wait_for_timeout(300)


if __name__ == "__main__":
    main()
