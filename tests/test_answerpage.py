"""The page of a stored answer opens for whoever asked, and says whether its sources have changed."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from tiny import DOCUMENTS, TinyAssistant

from assistant import chattexts, server
from assistant.conversations import open_store
from assistant.conversations.recording import Recorder
from assistant.settings import Settings

SAME = "Kildene er uendret."
CHANGED = "Kildene er endret siden svaret ble laget"


@pytest.fixture
def service(tmp_path):
    """A service that keeps what is asked, with a browser for each call."""
    assistant = TinyAssistant(Settings(var=tmp_path))
    store = open_store(assistant.settings)
    app = server.build_app(assistant, Recorder(store))
    yield assistant, lambda: TestClient(app, raise_server_exceptions=False)
    store.close()


def ask(browser, question="Hva er terskelen?", id="svar-7"):
    body = {"question": question, "conversation": "new", "id": id}
    return browser.post("/api/v1/ask", json=body).headers["x-conversation-id"]


def altered(assistant, monkeypatch, change):
    """The documents of another build, each section changed by `change`."""
    sections = {
        each.source.id: replace(each, sections=tuple(map(change, each.sections))) for each in DOCUMENTS
    }
    monkeypatch.setattr(assistant, "document", sections.get)
    monkeypatch.setattr(assistant, "build", "nyere")


def test_the_answer_stands_as_it_was_given_with_its_sources_day_and_build(service):
    _, browser = service
    kari = browser()
    conversation = ask(kari)
    page = kari.get("/svar/svar-7").text
    assert "<h1>Hva er terskelen?</h1>" in page
    assert "beløpsgrensene" in page
    assert 'id="kilde-1-2"' in page
    assert "<dt>Svar for dato</dt><dd>22. november 2026</dd>" in page
    assert "tiny (den samme som nå)" in page
    assert SAME in page
    assert CHANGED not in page
    assert f'href="/nb/#samtale-{conversation}"' in page
    assert 'href="/nb/?q=Hva+er+terskelen%3F"' in page
    assert "laget av KI" in page


def test_a_source_that_says_something_else_now_is_named(service, monkeypatch):
    assistant, browser = service
    kari = browser()
    ask(kari)

    def other(section):
        return replace(section, text="Noe annet.") if "kjop-under" in section.id else section

    altered(assistant, monkeypatch, other)
    page = kari.get("/svar/svar-7").text
    assert CHANGED in page
    assert SAME not in page
    assert page.count("teksten er endret eller tatt bort") == 1
    assert "<li>[2] Anskaffelsesforskriften del I" in page
    assert "tiny (nå nyere)" in page


def test_a_rule_that_has_ended_since_is_named_too(service, monkeypatch):
    assistant, browser = service
    kari = browser()
    ask(kari)
    altered(assistant, monkeypatch, lambda each: replace(each, valid_to=each.valid_from))
    page = kari.get("/svar/svar-7").text
    assert page.count("gjelder ikke lenger") == 2


def test_a_source_that_is_gone_is_named(service, monkeypatch):
    assistant, browser = service
    kari = browser()
    ask(kari)
    monkeypatch.setattr(assistant, "document", lambda _: None)
    assert kari.get("/svar/svar-7").text.count("teksten er endret eller tatt bort") == 2


def test_another_reader_gets_the_same_page_as_for_what_is_not_there(service):
    _, browser = service
    kari, ola = browser(), browser()
    ask(kari)
    ask(ola, id="svar-8")
    for visitor in (ola, browser()):
        theirs, nowhere = visitor.get("/svar/svar-7"), visitor.get("/svar/finnes-ikke")
        assert theirs.status_code == nowhere.status_code == 404
        assert theirs.text == nowhere.text
        assert "terskelen" not in theirs.text
        assert "Bare den som spurte, kan åpne lenken." in theirs.text


def test_the_page_is_gone_when_the_answer_is_and_is_never_kept_by_a_browser(service):
    _, browser = service
    kari = browser()
    conversation = ask(kari)
    shown = kari.get("/svar/svar-7")
    assert shown.headers["cache-control"] == "no-store"
    ours = {"X-Requested-With": "anskaffelsesassistenten"}
    assert kari.delete(f"/api/v1/conversations/{conversation}", headers=ours).status_code == 204
    assert kari.get("/svar/svar-7").status_code == 404


def test_the_page_is_in_nynorsk_when_asked_and_a_refusal_has_no_sources_to_check(service):
    _, browser = service
    kari = browser()
    ask(kari, "Hva er været?")
    page = kari.get("/svar/svar-7?lang=nn").text
    assert '<html lang="nn">' in page
    assert chattexts.CHAT_NN["saved"] in page
    assert chattexts.CHAT_NN["sources_same"] not in page
    assert chattexts.CHAT_NN["sources_changed"] not in page


def test_what_a_question_carries_is_text_on_the_page(service):
    _, browser = service
    kari = browser()
    ask(kari, '<script>alert(1)</script> terskel "')
    page = kari.get("/svar/svar-7").text
    assert "<script>alert" not in page


def test_where_nothing_is_kept_there_are_no_such_pages():
    with TestClient(server.build_app(TinyAssistant())) as opened:
        assert opened.get("/svar/svar-7").status_code == 404
