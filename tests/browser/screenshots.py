"""Pictures of the chat page for the documentation: `make shots` writes them to `docs/img/`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from widget_shots import DESKTOP, PHONE, ROOT, served

QUESTION = "Hvor mange ledd underleverandører kan vi godta i en byggekontrakt?"
NYNORSK = "Kor lenge kan ein rammeavtale vare?"
EARLIER = ("Hva er terskelverdien for varer og tjenester nå?", "Hvor lang er karensperioden?", QUESTION)
WIDE = {"width": 1500, "height": 900}
PORT = 7868


def main(address: str = "", folder: str = "") -> None:
    """Write the pictures, of a service that is started for them or of the one at `address`."""
    out = Path(folder) if folder else ROOT / "docs/img"
    if address:
        shoot(address, out)
        return
    with served(PORT, framed_by="") as started:
        shoot(started, out)


def shoot(address: str, out: Path) -> None:
    """All pictures of a running service."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for scheme, name in (("light", ""), ("dark", "-dark")):
            _desktop(browser, address, scheme, out, name)
            _phone(browser, address, scheme, out, name)
        _drawer(browser, address, out)
        browser.close()


def _open(browser: Browser, address: str, size: dict[str, int], scheme: str, *, touch: bool = False) -> Page:
    page = browser.new_context(
        viewport=size, color_scheme=scheme, locale="nb-NO", device_scale_factor=1.5, has_touch=touch
    ).new_page()
    page.goto(address)
    page.wait_for_selector("#dato input[inputmode=numeric]")
    page.wait_for_timeout(800)
    return page


def _desktop(browser: Browser, address: str, scheme: str, out: Path, name: str) -> None:
    """The start, an answer with a source open, the document and the page of the answer."""
    page = _open(browser, address, DESKTOP, scheme)
    page.screenshot(path=out / f"start{name}.png")
    _ask(page, QUESTION)
    page.click("#siste .cite >> nth=0")
    page.locator("#rulle").focus()
    page.wait_for_timeout(300)
    page.screenshot(path=out / f"desktop{name}.png")
    if not name:
        _viewer(page, out)
        page.goto(address + str(page.get_attribute("#siste [data-link]", "data-link")))
        page.wait_for_timeout(300)
        page.screenshot(path=out / "answer.png")
    page.context.close()


def _phone(browser: Browser, address: str, scheme: str, out: Path, name: str) -> None:
    """An answer, and its end with what can be done with it."""
    page = _open(browser, f"{address}/nn/", PHONE, scheme, touch=True)
    _ask(page, NYNORSK)
    page.locator("#sporsmal textarea").blur()
    page.screenshot(path=out / f"phone{name}.png")
    page.locator("#siste .follow-ups").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    page.screenshot(path=out / f"phone-end{name}.png")
    page.context.close()


def _drawer(browser: Browser, address: str, out: Path) -> None:
    """Earlier conversations beside the one that is open, on a wide screen."""
    page = _open(browser, address, WIDE, "light")
    for question in EARLIER:
        if page.locator(".exchange").count():
            page.click("#ny")
            page.wait_for_selector(".welcome")
        _ask(page, question)
    page.hover("#siste .cite >> nth=1")
    page.wait_for_timeout(500)
    page.screenshot(path=out / "drawer.png")
    page.context.close()


def _ask(page: Page, question: str) -> None:
    page.fill("#sporsmal textarea", question)
    page.press("#sporsmal textarea", "Enter")
    page.wait_for_selector('#siste [data-state="done"]')
    page.wait_for_timeout(400)


def _viewer(page: Page, out: Path) -> None:
    """The source page that the first marker leads to."""
    with page.context.expect_page() as opened:
        page.locator("#panel .links a").first.click()
    opened.value.wait_for_selector("mark")
    opened.value.wait_for_timeout(300)
    opened.value.screenshot(path=out / "source.png")
    opened.value.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
