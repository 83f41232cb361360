"""The whole way in the browser: sign in, upload, look, publish, ask, and open the page of the citation."""

import re
import sys
import time
from pathlib import Path

import making
import pytest
from admindesk import PASSWORD, assistant_of, settings_in
from conftest import ROOT

from assistant import server
from assistant.admin import building
from assistant.conversations import open_store
from assistant.conversations.recording import NEW, Recorder
from assistant.conversations.values import Reason, Verdict, feedback_mark

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 320, "height": 640}}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory, small_index):
    return assistant_of(settings_in(tmp_path_factory.mktemp("admin"), small_index))


@pytest.fixture(scope="module")
def service(assistant):
    """The whole service, which takes up new builds, with builds by hashing vectors, and some feedback."""
    store = open_store(assistant.settings)
    recorder = Recorder(store)
    given = assistant.ask(assistant.question("Hva er fristen for å klage til KOFA?", id="svar-1"))
    recorder.keep(recorder.seat("user:ola", NEW), given)
    recorder.judge("user:ola", "svar-1", Verdict.DOWN, (Reason.LACKS,), "Hva med gebyret?")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "COMMAND", (sys.executable, str(ROOT / "tests" / "hashing_build.py")))
        yield server.build_app(assistant, recorder, assistant.watcher())
    store.close()


def violations(seen):
    """What axe finds against WCAG 2.1 A and AA."""
    axe = pytest.importorskip("axe_playwright_python")
    seen.page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    found = seen.page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]


def sign_in(seen):
    seen.open("/admin")
    if seen.page.locator("#passord").count():
        seen.page.fill("#navn", "kari")
        seen.page.fill("#passord", PASSWORD)
        seen.page.press("#passord", "Enter")
    seen.page.wait_for_selector("#last-opp")
    return seen


def upload(seen, path):
    seen.page.set_input_files("#fil", str(path))
    seen.page.get_by_role("button", name="Last opp", exact=True).click()
    seen.page.wait_for_selector(".passage", timeout=60_000)


def taken_up(seen, title):
    """Look again until the service has taken up the index with the document."""
    deadline = time.monotonic() + 30
    while title not in seen.open("/admin").text("#korpus ~ .shelf"):
        assert time.monotonic() < deadline, "the new index was never taken up"
        time.sleep(0.2)


def test_a_document_goes_from_the_page_to_an_answer_that_opens_on_its_page(
    visit, assistant, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOLD", str(tmp_path / "slipp"))
    making.running(tmp_path / "reglement.pdf")
    seen = visit().open("/admin")
    assert violations(seen) == []
    sign_in(seen)
    assert violations(seen) == []
    upload(seen, tmp_path / "reglement.pdf")
    assert violations(seen) == []
    seen.page.fill("#tittel", "Reglement for innkjøp")
    seen.page.get_by_role("button", name="Publiser").click()
    seen.page.wait_for_selector("text=Utgiver mangler.")
    assert seen.page.input_value("#tittel") == "Reglement for innkjøp"
    assert violations(seen) == []
    seen.page.select_option("#type", "veiledning")
    seen.page.fill("#utgiver", "Prøvefylket")
    seen.page.get_by_role("button", name="Publiser").click()
    seen.page.wait_for_selector("[data-building]")
    assert violations(seen) == []
    (tmp_path / "slipp").touch()
    seen.page.wait_for_selector("text=Ferdig og i bruk", timeout=90_000)
    taken_up(seen, "Reglement for innkjøp")
    assert violations(seen) == []

    own = [p for p in assistant.index.passages if p.source.id == "reglement-for-innkjop"]
    passage = next(p for p in own if p.page == 3)
    said = re.split(r"(?<=\.)\s", passage.text)[0]
    answer = assistant.ask(assistant.question(" ".join(said.split())[:400]))
    citation = next(c for c in answer.citations if c.source_id == "reglement-for-innkjop")
    seen.open(citation.href)
    seen.until("document.querySelector('.page-image img')?.naturalWidth > 500")
    assert f"/side/{citation.page}?" in seen.page.get_attribute(".page-image img", "src")
    assert seen.page.locator("mark").count() > 0
    assert seen.foreign() == []
    assert [c for c in seen.complaints if "422" not in c] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_phone_in_both_languages_and_schemes(visit, tmp_path, scheme):
    (tmp_path / "rutine.md").write_text(
        f"# Rutine {scheme}\n\nFristen er ti dager.\n\n| A | B |\n|---|---|\n| 1 | 2 |\n"
    )
    seen = sign_in(visit(**PHONE, color_scheme=scheme))
    upload(seen, tmp_path / "rutine.md")
    path = seen.page.url.partition("?")[0].removeprefix(seen.base_url)
    judged = f"/admin/tilbakemeldinger/{feedback_mark('user:ola', 'svar-1')}"
    for page in (path, "/admin", "/admin/endringer", "/admin/logg", "/admin/tilbakemeldinger", judged):
        for language in ("nb", "nn"):
            seen.open(f"{page}?lang={language}")
            assert seen.overflow() <= 0, page
            assert violations(seen) == [], page
    assert seen.complaints == []


def test_everything_works_without_script(visit, tmp_path):
    (tmp_path / "kvote.md").write_text("# Kvote\n\nKvoten for fjellfylket er ni tonn.\n")
    seen = sign_in(visit(java_script_enabled=False))
    seen.page.set_input_files("#fil", str(tmp_path / "kvote.md"))
    seen.page.get_by_role("button", name="Last opp", exact=True).click()
    for _ in range(100):
        if seen.page.locator(".passage").count():
            break
        seen.page.get_by_role("link", name="Vis hvordan det går nå").click()
    seen.page.get_by_role("button", name="Lagre utkast").click()
    assert seen.page.locator("text=Utkastet er lagret.").count() == 1
    seen.page.locator("summary", has_text="Slett utkastet").click()
    seen.page.get_by_role("button", name="Slett utkastet").click()
    assert seen.page.locator("text=Utkastet er slettet.").count() == 1


def test_feedback_is_found_handled_and_made_a_case_by_keyboard_without_script(visit):
    seen = sign_in(visit(java_script_enabled=False, accept_downloads=True))
    seen.page.get_by_role("link", name="Tilbakemeldinger").press("Enter")
    seen.page.get_by_label("Grunn").select_option(label="Noe vesentlig mangler")
    seen.page.get_by_role("button", name="Vis").press("Enter")
    seen.page.get_by_role("link", name="Hva er fristen for å klage til KOFA?").press("Enter")
    assert "Hva med gebyret?" in seen.text("main")
    seen.page.get_by_label("Hvor langt arbeidet er kommet").select_option(label="Rettet")
    seen.page.get_by_label("Merknad").fill("Lagt inn.")
    seen.page.get_by_role("button", name="Lagre behandlingen").press("Enter")
    assert seen.page.locator("text=Behandlingen er lagret.").count() == 1
    with seen.page.expect_download() as download:
        seen.page.get_by_role("button", name="Lag prøvespørsmål").press("Enter")
    made = Path(download.value.path()).read_text("utf-8")
    assert "question: Hva er fristen for å klage til KOFA?" in made
    assert "Lagt inn." in made


def test_a_file_that_is_too_large_is_told_before_it_is_sent(visit, tmp_path):
    with (tmp_path / "stor.pdf").open("wb") as out:
        out.truncate(26_000_000)
    seen = sign_in(visit())
    seen.page.set_input_files("#fil", str(tmp_path / "stor.pdf"))
    assert "større enn 25 MB" in seen.text("[data-wrong]")
    assert seen.page.evaluate("document.querySelector('#fil').checkValidity()") is False
