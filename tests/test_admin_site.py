"""The admin page over HTTP, as a browser without script uses it, and as somebody who means harm does."""

import io
import re
import zipfile
from pathlib import Path

import making
import pytest
from admindesk import OTHER, PASSWORD, Desk, settings_in
from docx import Document
from fastapi.testclient import TestClient
from tiny import TinyAssistant

from assistant import server
from assistant.admin import audit, building, site, uploads, words
from assistant.admin.feedbackwords import TRIAGE
from assistant.admin.passwords import FREE
from assistant.changes import Change
from assistant.conversations.values import Triage

TEXT = b"# Rutine\n\nFristen for innspill er ti dager.\n"
PATHS = (
    "", "/tilbakemeldinger", f"/tilbakemeldinger/{'a' * 32}", "/endringer", "/logg", "/bygg.json",
    f"/opplastinger/{'a' * 64}", f"/opplastinger/{'a' * 64}/side/1",
)  # fmt: skip
POSTS = (
    "/ut", "/bygg", "/opplastinger", f"/opplastinger/{'a' * 64}", f"/tilbakemeldinger/{'a' * 32}",
)  # fmt: skip


@pytest.fixture
def desk(small_index, tmp_path):
    """The page, with Kari signed in."""
    made = Desk(settings_in(tmp_path, small_index))
    assert made.sign_in().status_code == 303
    return made


@pytest.fixture
def outside(small_index, tmp_path):
    """The page, with nobody signed in."""
    return Desk(settings_in(tmp_path, small_index))


# --- Getting in --------------------------------------------------------------------------------------


def test_there_is_no_page_until_the_settings_name_an_administrator():
    with TestClient(server.build_app(TinyAssistant()), raise_server_exceptions=False) as client:
        for path in ("/admin", "/admin/inn", "/admin/bygg.json"):
            assert client.get(path).status_code == 404
        assert client.post("/admin/inn", data={"navn": "kari", "passord": PASSWORD}).status_code == 404
        assert client.post("/admin/opplastinger", content=b"x" * 300_000).status_code == 413


def test_the_whole_service_serves_the_page_when_the_settings_name_one(small_index, tmp_path):
    settings = settings_in(tmp_path, small_index)
    with TestClient(server.build_app(TinyAssistant(settings))) as client:
        page = client.get("/admin/inn")
        assert page.status_code == 200
        assert "form-action 'self'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert client.get("/web/admin.css").status_code == client.get("/web/admin.js").status_code == 200
        assert client.put("/admin/bygg").status_code == 405
        assert "/admin" not in client.get("/openapi.json").text


@pytest.mark.parametrize("path", PATHS)
def test_nobody_sees_anything_before_signing_in(outside, path):
    answer = outside.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/inn?lang=nb")
    assert answer.text == ""


@pytest.mark.parametrize("path", POSTS)
def test_nobody_does_anything_before_signing_in(outside, path):
    answer = outside.client.post(f"/admin{path}", data={"csrf": "x", "gjor": "bygg"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/inn?lang=nb")
    assert outside.builds.status().state is building.State.NONE


def test_a_file_from_nobody_is_not_read(outside):
    answer = outside.client.post("/admin/opplastinger", files={"fil": ("a.md", TEXT)})
    assert answer.status_code == 303
    assert not outside.settings.uploads.exists()


@pytest.mark.parametrize(
    ("name", "password"), [("kari", "feil"), ("kari", ""), ("ingen", PASSWORD), ("", "")]
)
def test_a_wrong_password_is_told_without_saying_what_was_wrong(outside, name, password):
    answer = outside.sign_in(name, password)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert words.NB["wrong"] in answer.text
    assert outside.get().status_code == 303


def test_who_guesses_is_told_to_wait(outside):
    for _ in range(FREE):
        assert outside.sign_in(password="feil").status_code == 403
    answer = outside.sign_in()
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert outside.get().status_code == 303


def test_signing_out_ends_the_session_for_good(desk):
    cookie = desk.client.cookies["admin"]
    assert desk.post("/ut").headers["location"] == "/admin/inn?lang=nb&sagt=signed_out"
    desk.client.cookies.set("admin", cookie)
    assert desk.get().status_code == 303


def test_a_login_form_from_another_site_is_turned_away(outside):
    answer = outside.client.post(
        "/admin/inn", data={"navn": "kari", "passord": PASSWORD}, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("csrf", ["", "x", "é" * 43])
@pytest.mark.parametrize("path", POSTS)
def test_a_form_that_was_not_made_for_the_session_does_nothing(desk, path, csrf):
    before = len(desk.settings.var.joinpath("admin", "audit.jsonl").read_text("utf-8").splitlines())
    answer = (
        desk.send("a.md", TEXT, csrf=csrf)
        if path == "/opplastinger"
        else desk.post(path, csrf=csrf, gjor="bygg")
    )
    assert answer.status_code == 403
    assert words.NB["expired"] in answer.text
    assert desk.files() == []
    assert desk.get().status_code == 200
    acts = audit.Log(desk.settings.var / "admin" / "audit.jsonl").latest()
    assert len([each for each in acts if each.what is not audit.Act.REFUSED]) == before


def test_the_token_of_one_administrator_is_no_good_for_another(desk):
    other = desk.new_client()
    desk.sign_in("ola", OTHER, other)
    assert desk.send("a.md", TEXT, other, csrf=desk.csrf()).status_code == 403


def test_a_token_that_comes_after_the_file_is_too_late(desk):
    body = (
        b'--g\r\nContent-Disposition: form-data; name="fil"; filename="a.md"\r\n\r\nx\r\n'
        b'--g\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n'
        + desk.csrf().encode()
        + b"\r\n--g--\r\n"
    )
    answer = desk.client.post(
        "/admin/opplastinger", content=body, headers={"content-type": "multipart/form-data; boundary=g"}
    )
    assert answer.status_code == 403
    assert desk.files() == []


# --- Uploading ---------------------------------------------------------------------------------------


def test_a_pdf_is_read_and_shown_as_it_will_be_cited(desk, tmp_path):
    making.running(tmp_path / "r.pdf")
    path = desk.upload("Reglement.pdf", (tmp_path / "r.pdf").read_bytes())
    page = desk.get(path).text
    assert words.NB["draft"] in page
    assert "<dt>Sider</dt>" in page
    assert page.count('class="passage"') > 3
    assert f'href="/admin{path}/side/2?lang=nb"' in page
    picture = desk.get(f"{path}/side/2")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert desk.get(f"{path}/side/900").status_code == 404
    assert "Reglement.pdf" in desk.get().text


def test_what_is_missing_is_told_and_a_long_document_is_shown_in_parts(desk, tmp_path):
    making.partly_scanned(tmp_path / "p.pdf")
    page = desk.get(desk.upload("Protokoll.pdf", (tmp_path / "p.pdf").read_bytes())).text
    assert "Side 2 er et bilde og kan ikke leses." in page
    long = "".join(f"# Punkt {n}\n\nTekst nummer {n} i rutinen.\n\n" for n in range(70)).encode()
    path = desk.upload("lang.md", long)
    assert "Utdrag 1 til 30 av 70" in desk.get(path).text
    assert "Utdrag 61 til 70 av 70" in desk.get(f"{path}?fra=60").text
    for asked in ("999", "-1", "x", "9" * 30):
        assert "Utdrag 1 til 30 av 70" in desk.get(f"{path}?fra={asked}").text


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.md",
        "<svg onload=alert(1)>.md",
        '"><script>alert(1)</script>.md',
        "x" * 296 + ".md",
        "CON.md",
    ],
)
def test_a_hostile_name_is_shown_as_text_and_used_for_nothing(desk, name):
    path = desk.upload(name, TEXT)
    for page in (desk.get().text, desk.get(path).text, desk.get("/logg").text):
        assert "<svg" not in page
        assert "<script>" not in page
        assert "etc/passwd" not in page
    assert all(re.fullmatch(r"[0-9a-f]{64}\.(md|toml|json)", file) for file in desk.files())


def test_what_a_document_holds_is_shown_as_text(desk):
    text = b"# <img src=x onerror=alert(1)>\n\nHei <script>alert(1)</script> [x](javascript:alert(1)).\n"
    page = desk.get(desk.upload("a.md", text)).text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page


@pytest.mark.parametrize(
    ("name", "content", "reason", "status"),
    [
        ("program.exe", b"MZ", "kind", 422),
        ("tom.pdf", b"", "empty", 422),
        ("", b"", "no_file", 422),
    ],
)
def test_a_file_that_is_not_taken_is_told_why_and_leaves_nothing(desk, name, content, reason, status):
    answer = desk.send(name, content)
    assert answer.status_code == status
    assert words.NB[reason].partition("{")[0] in answer.text
    assert desk.files() == []


def test_a_file_that_is_too_large_is_told_while_it_can_be_and_never_kept(desk, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_BYTES", 1_000_000)
    answer = desk.send("stor.txt", b"x" * 1_000_001)
    assert answer.status_code == 413
    assert "større enn 1 MB" in answer.text
    assert desk.files() == []


def test_a_body_beyond_all_bounds_is_not_read(desk, monkeypatch):
    token = desk.csrf()
    huge = {"content-length": "900000000", "content-type": "multipart/form-data; boundary=g"}
    assert desk.client.post("/admin/opplastinger", content=b"x", headers=huge).status_code == 413
    monkeypatch.setitem(site.STREAMS, "/admin/opplastinger", 200_000)
    small = Desk(desk.settings, desk.assistant)
    small.client.cookies.set("admin", desk.client.cookies["admin"])
    sent = []

    def endless():
        yield b'--g\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n' + token.encode() + b"\r\n"
        yield b'--g\r\nContent-Disposition: form-data; name="fil"; filename="a.txt"\r\n\r\n'
        for _ in range(100):
            sent.append(1)
            yield b"x" * 10_000

    headers = {"content-type": "multipart/form-data; boundary=g"}
    assert small.client.post("/admin/opplastinger", content=endless(), headers=headers).status_code == 400
    assert desk.files() == []


def bomb():
    """A Word file of a few hundred kilobytes that unpacks to more than any reader may take."""
    held = io.BytesIO()
    Document().save(held)
    made = io.BytesIO()
    with zipfile.ZipFile(held) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        target.writestr("word/media/x.xml", b" " * 200_000_000)
    return made.getvalue()


def test_a_zip_bomb_is_refused_by_the_process_that_reads_and_can_be_deleted(desk):
    path = desk.upload("bombe.docx", bomb())
    page = desk.get(path)
    assert words.NB["unreadable"] in page.text
    assert "bombe.docx" in page.text
    assert desk.publish(path).status_code == 409
    assert desk.post(path, gjor="slett").headers["location"] == "/admin?lang=nb&sagt=deleted"
    assert desk.files() == ["build.log"] or desk.files() == []


def test_the_same_file_again_leads_to_the_first(desk):
    path = desk.upload("a.md", TEXT)
    assert desk.send("b.md", TEXT).headers["location"] == f"/admin{path}?lang=nb&sagt=known"


# --- Publishing --------------------------------------------------------------------------------------


def test_from_upload_to_a_citation_and_back_to_the_previous_index(desk):
    question = desk.assistant.question("Hva er fristen for innspill til fjellfylket?")
    path = desk.upload("rutine.md", b"# Innspill\n\nFristen for innspill til fjellfylket er ti dager.\n")
    assert (
        desk.publish(path, tittel="Rutine for innspill").headers["location"]
        == "/admin?lang=nb&sagt=published"
    )
    assert desk.built().state is building.State.DONE
    first = desk.assistant.build
    assert desk.assistant.reload()
    answer = desk.assistant.ask(question)
    assert answer.citations[0].source_id == "rutine-for-innspill"
    assert "ti dager" in answer.citations[0].quote
    assert "<mark>" in desk.client.get(answer.citations[0].href).text
    page = desk.get()
    assert f">{words.NB['in_use']}</span>" in page.text
    assert words.NB["from_upload"] in page.text
    assert words.CHANGE["nb"][Change.ADDED] in desk.get("/endringer").text
    assert "rutine-for-innspill#start" in desk.get("/endringer").text
    assert 'href="/kilder/rutine-for-innspill?lang=nb"' in desk.get(path).text

    assert desk.post("/bygg", gjor="tilbake").headers["location"] == "/admin?lang=nb&sagt=rolled_back"
    assert desk.assistant.reload()
    assert desk.assistant.build == first
    assert desk.client.get(answer.citations[0].href).status_code == 404
    assert words.NB["waiting"] in desk.get(path).text

    assert desk.post(path, gjor="slett").status_code == 409
    assert desk.post(path, gjor="trekk").headers["location"] == "/admin?lang=nb&sagt=withdrawn"
    assert desk.built().accepted == ()
    assert desk.post(path, gjor="slett").status_code == 303
    log = desk.get("/logg").text
    for act in (
        audit.Act.UPLOADED,
        audit.Act.PUBLISHED,
        audit.Act.BUILD_DONE,
        audit.Act.ROLLED_BACK,
        audit.Act.DELETED,
    ):
        assert words.ACT["nb"][act] in log


def test_a_draft_is_kept_as_it_was_told_and_answers_nothing(desk):
    path = desk.upload("rutine.md", TEXT)
    answer = desk.publish(path, gjor="lagre", tittel="Rutine & <b>mer</b>", utgiver="", gyldig_fra="1.7.2026")
    assert answer.headers["location"] == f"/admin{path}?lang=nb&sagt=saved"
    page = desk.get(path).text
    assert 'value="Rutine &amp; &lt;b&gt;mer&lt;/b&gt;"' in page
    assert 'value="2026-07-01"' in page
    assert words.NB["draft"] in page
    assert desk.builds.status().state is building.State.NONE


def test_a_form_with_errors_is_shown_again_with_what_was_written_and_publishes_nothing(desk):
    path = desk.upload("rutine.md", TEXT)
    answer = desk.publish(path, utgiver="", kilde_url="javascript:alert(1)", gyldig_fra="snart")
    assert answer.status_code == 422
    for said in ("Utgiver mangler.", "Offisiell adresse må begynne", "Gjelder fra er ingen dato"):
        assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'value="Reglement for prøver"' in answer.text
    assert 'href="javascript' not in answer.text
    assert desk.builds.status().state is building.State.NONE


def test_two_administrators_at_once_both_get_their_document_in(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("HOLD", str(tmp_path / "slipp"))
    ola = desk.new_client()
    desk.sign_in("ola", OTHER, ola)
    first = desk.upload("a.md", TEXT)
    second = desk.upload("b.md", b"# Kvote\n\nKvoten er ni tonn.\n", ola)
    assert desk.publish(first, tittel="Rutine").status_code == 303
    assert "<progress" in desk.get(client=ola).text
    assert desk.get("/bygg.json", ola).json()["state"] == "running"
    assert desk.publish(second, ola, tittel="Rutine").status_code == 303
    assert desk.post("/bygg", ola, gjor="tilbake").status_code == 409
    (tmp_path / "slipp").touch()
    assert desk.built().state is building.State.DONE
    assert desk.assistant.reload()
    assert {"rutine", "rutine-2"} <= {source.id for source in desk.assistant.sources()}
    who = {(each.who, each.what) for each in audit.Log(desk.settings.var / "admin" / "audit.jsonl").latest()}
    assert {("kari", audit.Act.PUBLISHED), ("ola", audit.Act.PUBLISHED)} <= who


def test_a_new_version_of_a_document_in_the_folder_is_offered_and_keeps_the_old_one(desk):
    offered = desk.get("?erstatter=storfylket").text
    assert 'name="erstatter" value="storfylket"' in offered
    path = desk.upload("ny.md", b"# Strategi\n\nStorfylket kjoper ni ferger.\n", erstatter="storfylket")
    assert '<option value="storfylket" selected>' in desk.get(path).text
    told = {"erstatter": "storfylket", "tittel": "Strategi for Storfylket", "type": "strategi"}
    answer = desk.publish(path, **told)
    assert answer.status_code == 422
    assert "En ny utgave må ha Gjelder fra." in answer.text
    assert desk.publish(path, **told, gyldig_fra="2026-07-01").status_code == 303
    assert desk.built().state is building.State.DONE
    desk.assistant.reload()
    sections = desk.assistant.document("storfylket").sections
    assert any("ni ferger" in section.text and section.valid_to is None for section in sections)
    assert any(section.id.endswith("@2023-12-31") for section in sections)


def test_a_published_index_that_was_not_taken_up_is_told(desk):
    desk.assistant.refused = "Indeksen er skadet: <b>vektorene</b>."
    assert "Indeksen er skadet: &lt;b&gt;vektorene&lt;/b&gt;." in desk.get().text


def test_an_index_without_a_previous_one_says_so(desk):
    answer = desk.post("/bygg", gjor="tilbake")
    assert answer.status_code == 409
    assert words.NB["no_previous"] in answer.text
    assert words.NB["changes_unknown"] in desk.get("/endringer").text


@pytest.mark.parametrize("sha256", ["b" * 64, "..%2f..%2fetc", "x", "B" * 64])
def test_an_upload_that_does_not_exist_leads_back(desk, sha256):
    answer = desk.get(f"/opplastinger/{sha256}")
    assert answer.status_code in {303, 404}
    assert desk.post(f"/opplastinger/{sha256}", gjor="slett").status_code in {303, 404}


def test_every_page_is_in_the_language_that_is_asked_for(desk):
    path = desk.upload("rutine.md", TEXT)
    for page in ("", "/tilbakemeldinger", "/endringer", "/logg", path):
        text = desk.get(f"{page}?lang=nn").text
        assert '<html lang="nn">' in text
        assert words.NN["sign_out"] in text
        assert 'action="/admin/ut?lang=nn"' in text
    assert '<html lang="nb">' in desk.get("?lang=<script>").text


def test_both_languages_say_the_same_things():
    nb, nn = words.WORDS["nb"], words.WORDS["nn"]
    assert nb.keys() == nn.keys()
    for key, text in nb.items():
        assert re.findall(r"{\w*}", text) == re.findall(r"{\w*}", nn[key]), key
    kinds = (words.STATE, building.State), (words.ACT, audit.Act), (words.CHANGE, Change), (TRIAGE, Triage)
    for table, kind in kinds:
        assert table["nb"].keys() == table["nn"].keys() == set(kind)


def test_every_word_is_said_somewhere():
    own = Path(site.__file__).parent
    source = "".join(path.read_text("utf-8") for path in own.glob("*.py") if "words" not in path.name)
    derived = re.compile(r"(said|f|h|e)_|(withdraw|delete)_lead")
    silent = [key for key in words.WORDS["nb"] if not re.search(rf"[\"']{key}[\"']", source)]
    assert [key for key in silent if not derived.match(key)] == []


def test_the_settings_of_an_administrator_are_never_shown(desk):
    assert "scrypt" not in repr(desk.settings)
