"""Pictures of a running service for the README: `python tests/browser/screenshots.py [address] [folder]`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

QUESTION = "Hvor mange ledd underleverandører kan vi godta i en byggekontrakt?"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu"]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}


def main(address: str = "http://127.0.0.1:7860", folder: str = "docs/img") -> None:
    """Write `<folder>/*.png`."""
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, size, scheme in [
            ("desktop", DESKTOP, "light"),
            ("desktop-dark", DESKTOP, "dark"),
            ("phone", PHONE, "light"),
            ("phone-dark", PHONE, "dark"),
        ]:
            page = _page(browser, size, scheme)
            _chat(page, address)
            if name == "desktop":
                page.screenshot(path=out / "start.png")
            _ask(page, QUESTION)
            if size is DESKTOP:
                page.click("#siste .cite >> nth=0")
                page.locator("#rulle").focus()
            page.screenshot(path=out / f"{name}.png")
            if name == "desktop":
                _viewer(page, out)
            page.context.close()
        browser.close()


def _page(browser: Browser, size: dict[str, int], scheme: str) -> Page:
    return browser.new_context(
        viewport=size, color_scheme=scheme, locale="nb-NO", device_scale_factor=1.5
    ).new_page()


def _chat(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("#dato input[inputmode=numeric]")
    page.wait_for_timeout(500)


def _ask(page: Page, question: str) -> None:
    page.fill("#sporsmal textarea", question)
    page.press("#sporsmal textarea", "Enter")
    page.wait_for_selector('#siste [data-state="done"]')
    page.wait_for_timeout(300)


def _viewer(page: Page, out: Path) -> None:
    """The source page that the first marker leads to."""
    with page.context.expect_page() as opened:
        page.locator("#panel .links a").first.click()
    opened.value.wait_for_selector("mark")
    opened.value.wait_for_timeout(300)
    opened.value.screenshot(path=out / "source.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
