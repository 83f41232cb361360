"""Over HTTP everyone sees, continues, exports and deletes her own conversations, and nobody else's."""

import io
import json
import logging
from datetime import UTC, datetime

import docx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from test_api import events
from test_personal import numbers
from tiny import TinyAssistant

from assistant import api, export, problems, records
from assistant.conversations import open_store
from assistant.conversations.recording import RECENT, Recorder
from assistant.conversations.values import Conversation, Reason, Thread
from assistant.errors import EnvironmentProblem
from assistant.identity import Identity, Reception
from assistant.settings import Settings
from assistant.shield import Shield

V1 = "/api/v1"
OURS = {"X-Requested-With": "anskaffelsesassistenten"}
(NUMBER, *_) = numbers("018170123", (0,))
NOWHERE = "0" * 32


class Service:
    """The API over an assistant, with a browser for each user."""

    def __init__(self, var, assistant=None, **options):
        self.settings = Settings(var=var, **options)
        self.assistant = assistant or TinyAssistant(self.settings)
        self.store = open_store(self.settings)
        self.recorder = Recorder(self.store)
        app = FastAPI()
        problems.install(app)
        app.include_router(api.router(self.assistant, self.recorder))
        app.include_router(records.router(self.recorder))
        self.app = Shield(Reception(app, Identity(self.settings)), {})

    def browser(self):
        return TestClient(self.app, raise_server_exceptions=False)


@pytest.fixture
def service(tmp_path):
    opened = Service(tmp_path)
    yield opened
    opened.store.close()


@pytest.fixture
def kari(service):
    return service.browser()


def ask(browser, question="Hva er terskelen?", conversation="new", **more):
    headers = more.pop("headers", {})
    body = {"question": question, "conversation": conversation, **more}
    return browser.post(f"{V1}/ask", json=body, headers=headers)


def begin(browser, question="Hva er terskelen?", **more):
    return ask(browser, question, **more).headers["x-conversation-id"]


def test_a_conversation_is_begun_continued_and_read_again(kari, service):
    first = ask(kari)
    conversation = first.headers["x-conversation-id"]
    second = ask(kari, "Og for varer?", conversation, headers={"accept": "text/event-stream"})
    assert second.headers["x-conversation-id"] == conversation
    thread = kari.get(f"{V1}/conversations/{conversation}").json()
    assert [turn["question"] for turn in thread["turns"]] == ["Hva er terskelen?", "Og for varer?"]
    assert thread["turns"][0]["answer"] == first.json()
    assert dict(events(second))["answer"]["id"] == thread["turns"][1]["id"]
    assert [turn.question for turn in service.assistant.asked[1].history] == ["Hva er terskelen?"]
    assert [each["id"] for each in kari.get(f"{V1}/conversations").json()] == [conversation]


def test_an_answer_is_stored_before_the_reader_has_it(kari, service):
    conversation = begin(kari, headers={"accept": "text/event-stream"})
    assert service.store.find(conversation).turns[0].answer.citations


def test_without_a_conversation_nothing_is_stored_and_no_cookie_set(kari, service):
    answer = ask(kari, conversation="")
    assert "x-conversation-id" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert service.store.survey() == ()


def test_the_same_question_sent_again_is_answered_once(kari, service):
    first = ask(kari, id="min-id")
    again = ask(kari, id="min-id")
    conversation = first.headers["x-conversation-id"]
    assert again.headers["x-conversation-id"] == conversation
    assert again.json() == first.json()
    streamed = ask(kari, conversation=conversation, id="min-id", headers={"accept": "text/event-stream"})
    assert [name for name, _ in events(streamed)].count("answer") == 1
    assert len(service.assistant.asked) == 1
    assert service.store.find(conversation).conversation.turns == 1


def test_a_history_from_the_client_and_a_stored_one_do_not_mix(kari):
    refused = ask(kari, history=[{"question": "Hva?"}])
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "history"
    assert ask(kari, conversation="", history=[{"question": "Hva?"}]).status_code == 200


@pytest.mark.parametrize("conversation", ["ny", "A" * 32, "0" * 31, "../etc", "0" * 33])
def test_an_id_that_cannot_be_one_is_refused(kari, conversation):
    assert ask(kari, conversation=conversation).status_code == 422


def test_a_store_that_fails_costs_the_reader_a_notice_and_not_the_answer(kari, service, monkeypatch, caplog):
    def full(*_, **__):
        raise EnvironmentProblem("Disken er full.")

    monkeypatch.setattr(service.store, "append", full)
    answer = ask(kari)
    assert answer.status_code == 200
    assert answer.json()["notices"][-1] == "Svaret er riktig, men kunne ikke lagres i samtalen."


def requests(conversation):
    """Every route that takes the id of a conversation."""
    path = f"{V1}/conversations/{conversation}"
    return {
        "read": ("GET", path, None),
        "rename": ("PATCH", path, {"title": "Min nå"}),
        "delete": ("DELETE", path, None),
        **{
            f"export {form}": ("GET", f"{path}/export?format={form}", None)
            for form in ("md", "docx", "pdf", "json")
        },
        "ask": ("POST", f"{V1}/ask", {"question": "Hei?", "conversation": conversation}),
    }


def test_every_route_with_an_id_is_tried(service):
    paths = {route.path for route in records.router(service.recorder).routes if "{id}" in route.path}
    tried = {url.partition("?")[0].replace(NOWHERE, "{id}") for _, url, _ in requests(NOWHERE).values()}
    assert paths <= tried


@pytest.mark.parametrize("name", requests(NOWHERE))
def test_anothers_conversation_is_like_one_that_does_not_exist(service, kari, name):
    conversation = begin(kari)
    ola = service.browser()
    begin(ola)

    def response(id):
        method, path, body = requests(id)[name]
        return ola.request(method, path, json=body, headers=OURS)

    foreign, missing = response(conversation), response(NOWHERE)
    assert foreign.status_code == 404
    assert foreign.json() == missing.json()
    thread = kari.get(f"{V1}/conversations/{conversation}").json()
    assert thread["conversation"]["title"] == "Hva er terskelen?"
    assert len(thread["turns"]) == 1


def test_a_list_an_export_and_a_deletion_of_all_reach_no_further_than_oneself(service, kari):
    conversation = begin(kari)
    ola = service.browser()
    other = begin(ola, "Hva er terskelen for Ola?")
    assert "Ola" not in kari.get(f"{V1}/me/export").text
    assert kari.get(f"{V1}/conversations?q=Ola").json() == []
    assert kari.delete(f"{V1}/me", headers=OURS).json() == {"conversations": 1, "feedback": 0, "held": 0}
    assert kari.get(f"{V1}/conversations/{conversation}").status_code == 404
    assert ola.get(f"{V1}/conversations/{other}").status_code == 200


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(sorted(requests(NOWHERE))), st.booleans()), max_size=12)
)
@settings(max_examples=15, deadline=None)
def test_no_order_of_requests_lets_one_user_into_the_conversations_of_another(tmp_path_factory, steps):
    service = Service(tmp_path_factory.mktemp("var"))
    browsers = [service.browser(), service.browser()]
    owned = [begin(browsers[0]), begin(browsers[1])]
    alive = [True, True]
    for second, name, cross in steps:
        target = int(second) ^ int(cross)
        method, path, body = requests(owned[target])[name]
        status = browsers[int(second)].request(method, path, json=body, headers=OURS).status_code
        assert (status < 300) == (alive[target] and not cross)
        alive[target] = alive[target] and not (name == "delete" and not cross)
    service.store.close()


def test_a_conversation_is_renamed_searched_for_and_deleted(kari):
    conversation = begin(kari)
    renamed = kari.patch(f"{V1}/conversations/{conversation}", json={"title": " Buss  på Åsen "})
    assert renamed.json()["title"] == "Buss på Åsen"
    assert [each["id"] for each in kari.get(f"{V1}/conversations?q=åsen").json()] == [conversation]
    assert kari.delete(f"{V1}/conversations/{conversation}", headers=OURS).status_code == 204
    assert kari.get(f"{V1}/conversations").json() == []


@pytest.mark.parametrize(
    "body", [{}, {"title": ""}, {"title": "  "}, {"title": "x" * 201}, {"title": "x", "y": 1}]
)
def test_a_title_that_cannot_be_used_is_refused(kari, body):
    assert kari.patch(f"{V1}/conversations/{begin(kari)}", json=body).status_code == 422


def test_a_held_conversation_is_not_deleted_and_says_why(kari, service):
    conversation = begin(kari)
    service.store.hold(conversation)
    refused = kari.delete(f"{V1}/conversations/{conversation}", headers=OURS)
    assert refused.status_code == 409
    assert "tatt vare på for en sak" in refused.json()["detail"]
    assert kari.delete(f"{V1}/me", headers=OURS).json()["held"] == 1


def test_a_deletion_without_our_own_header_is_refused(kari):
    conversation = begin(kari)
    for path in (f"{V1}/conversations/{conversation}", f"{V1}/me"):
        refused = kari.delete(path)
        assert refused.status_code == 403
        assert "X-Requested-With" in refused.json()["detail"]
    for sender in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "same-site"}):
        assert kari.delete(f"{V1}/me", headers={**OURS, **sender}).status_code == 403
    assert kari.get(f"{V1}/conversations/{conversation}").status_code == 200
    same = {"origin": "http://testserver", **OURS}
    assert kari.delete(f"{V1}/conversations/{conversation}", headers=same).status_code == 204


# --- Feedback --------------------------------------------------------------------------------------


def test_feedback_in_one_click_and_with_reasons(kari, service):
    answer = ask(kari).json()["id"]
    assert kari.post(f"{V1}/feedback", json={"answer": answer, "verdict": "up"}).json() == {
        "answer": answer, "verdict": "up", "reasons": [], "stored": True,
    }  # fmt: skip
    body = {"answer": answer, "verdict": "down", "reasons": ["annet", "feil_kilde"], "text": "Utdatert."}
    assert kari.post(f"{V1}/feedback", json=body).json()["reasons"] == ["feil_kilde", "annet"]
    (kept,) = service.store.feedback.all()
    assert (kept.text, kept.turn.question) == ("Utdatert.", "Hva er terskelen?")


def test_every_reason_is_taken(kari):
    for reason in Reason:
        body = {"answer": "x", "verdict": "down", "reasons": [reason.value]}
        assert kari.post(f"{V1}/feedback", json=body).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"verdict": "up"}, "answer"),
        ({"answer": "x", "verdict": "meh"}, "verdict"),
        ({"answer": "x", "verdict": "down", "reasons": ["stygg"]}, "reasons.0"),
        ({"answer": "x", "verdict": "down", "text": "x" * 4001}, "text"),
        ({"answer": "", "verdict": "up"}, "answer"),
        ({"answer": "x", "verdict": "up", "user": "ola"}, "user"),
    ],
)
def test_feedback_that_cannot_be_used_names_the_field(kari, body, field):
    refused = kari.post(f"{V1}/feedback", json=body)
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["errors"]] == [field]


def test_feedback_on_an_answer_that_was_not_stored_is_kept_with_it(kari, service):
    answer = ask(kari, conversation="").json()["id"]
    kari.post(f"{V1}/feedback", json={"answer": answer, "verdict": "down", "reasons": ["feil"]})
    (kept,) = service.store.feedback.all()
    assert kept.turn.question == "Hva er terskelen?"


def test_only_the_latest_answers_are_remembered(service):
    seat = service.recorder.seat("session:x", "")
    for number in range(RECENT + 5):
        question = service.assistant.question("Hva er terskelen?", id=f"svar-{number}")
        service.recorder.keep(seat, service.assistant.ask(question))
    assert len(service.recorder._recent) == RECENT
    assert "svar-0" not in service.recorder._recent


def test_where_nothing_is_stored_all_is_answered_and_nothing_kept(tmp_path):
    service = Service(tmp_path, retention_days=0)
    browser = service.browser()
    answer = ask(browser)
    assert answer.status_code == 200
    assert "x-conversation-id" not in answer.headers
    given = browser.post(f"{V1}/feedback", json={"answer": answer.json()["id"], "verdict": "up", "text": "x"})
    assert given.json()["stored"] is False
    assert "set-cookie" not in given.headers
    assert service.store.survey() == ()
    assert service.store.feedback.all() == ()
    service.store.close()


# --- National id numbers ---------------------------------------------------------------------------


def test_a_national_id_number_reaches_no_answer_row_file_or_log(small, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    service = Service(tmp_path, small)
    kari = service.browser()
    conversation = begin(kari)
    spelt = [NUMBER, f"{NUMBER[:6]} {NUMBER[6:]}", "\u200b".join(NUMBER), f"{NUMBER[:6]}\n{NUMBER[6:]}"]
    for number in spelt:
        text = f"Gjelder {number}"
        bodies = [
            kari.post(f"{V1}/ask", json={"question": text}),
            ask(kari, text),
            ask(kari, text, conversation, headers={"accept": "text/event-stream"}),
            ask(kari, conversation="", history=[{"question": text}]),
            ask(kari, conversation="", history=[{"question": "Hva?", "answer": text}]),
            ask(kari, id=number),
            kari.patch(f"{V1}/conversations/{conversation}", json={"title": text}),
            kari.get(f"{V1}/conversations", params={"q": text}),
            kari.post(f"{V1}/feedback", json={"answer": "x", "verdict": "down", "text": text}),
            kari.post(f"{V1}/feedback", json={"answer": number, "verdict": "down"}),
        ]
        assert [each.status_code for each in bodies] == [422] * len(bodies)
        assert all("fødselsnummer" in each.json()["detail"] for each in bodies)
        assert all(number not in each.text for each in bodies)
    service.store.close()
    for path in tmp_path.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not any(number.encode() in content for number in spelt)
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert not any(number in record.getMessage() for record in ours for number in spelt)


# --- Export ----------------------------------------------------------------------------------------


def exported(browser, conversation, form):
    return browser.get(f"{V1}/conversations/{conversation}/export", params={"format": form})


def said(content, form):
    """The text of an exported file as a reader sees it, on one line."""
    if form == "docx":
        document = docx.Document(io.BytesIO(content))
        text = "\n".join(each.text for each in document.paragraphs)
    elif form == "pdf":
        text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    else:
        text = content.decode().replace("\\", "")
    return " ".join(text.split())


@pytest.mark.parametrize("form", ["md", "docx", "pdf"])
def test_an_export_has_the_questions_the_numbered_quotes_and_how_it_was_made(kari, service, form):
    conversation = begin(kari, "Hva er terskelen på <b>Åsen</b> & *omegn*?")
    ask(kari, "Hva er grensen for underleverandører?", conversation)
    file = exported(kari, conversation, form)
    assert file.headers["content-type"] == export.MEDIA_TYPES[form]
    assert f'filename="hva-er-terskelen-pa-b-asen-b-omegn.{form}"' in file.headers["content-disposition"]
    text = said(file.content, form)
    for part in (
        "Hva er terskelen på <b>Åsen</b> & *omegn*?",
        "Svarene er laget av en maskin (KI)",
        "Spørsmål 1", "Spørsmål 2",
        "Svar for 22. november 2026",
        "[1] Anskaffelsesforskriften del I", "[2]",
        "«Er den anslåtte verdien under 500 000 kroner ekskl. mva.",
        "Indeks: tiny", "ordrett fra kildene",
        "Innslagspunktet var 100 000 kroner",
        "https://lovdata.no/forskrift/2016-08-12-974/§5-1",
        "Eksportert", "SHA-256",
    ):  # fmt: skip
        assert part in text, part


def test_every_form_is_marked_as_made_by_a_machine_where_programs_look(kari):
    conversation = begin(kari)
    document = docx.Document(io.BytesIO(exported(kari, conversation, "docx").content))
    assert "ai-generated" in document.core_properties.keywords
    assert document.core_properties.language == "nb-NO"
    reader = PdfReader(io.BytesIO(exported(kari, conversation, "pdf").content))
    assert "ai-generated" in reader.metadata["/Keywords"]
    assert reader.trailer["/Root"]["/Lang"] == "nb-NO"
    assert "keywords: ai-generated" in exported(kari, conversation, "md").text
    assert exported(kari, conversation, "json").json()["ai_generated"] is True


def test_the_json_export_has_the_answers_as_they_were_given(kari):
    first = ask(kari)
    content = exported(kari, first.headers["x-conversation-id"], "json").json()
    assert content["turns"][0]["answer"] == first.json()
    assert len(content["turns"][0]["sha256"]) == 64


def test_an_export_of_all_that_is_mine(kari):
    answer = ask(kari)
    kari.post(f"{V1}/feedback", json={"answer": answer.json()["id"], "verdict": "up"})
    content = json.loads(kari.get(f"{V1}/me/export").content)
    assert content["threads"][0]["turns"][0]["answer"] == answer.json()
    assert content["feedback"][0]["verdict"] == "up"


def test_an_unknown_form_is_refused(kari):
    assert exported(kari, begin(kari), "exe").status_code == 422


@given(st.text(min_size=1, max_size=80))
@settings(max_examples=40, deadline=None)
def test_any_title_and_question_can_be_exported(title):
    at = datetime(2026, 11, 22, tzinfo=UTC)
    thread = Thread(Conversation(NOWHERE, "x", title, at, at), ())
    for form in ("md", "docx", "pdf", "json"):
        file = export.conversation(thread, form, at)
        assert file.content
        assert file.name.isascii()
