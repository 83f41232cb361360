"""What is asked on the chat page is stored for the browser that asked, and can be read by it alone."""

import pytest

from assistant.conversations import open_store
from assistant.conversations.recording import Recorder
from assistant.settings import Settings

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    store = open_store(Settings(var=tmp_path_factory.mktemp("var")))
    yield Recorder(store)
    store.close()


def listed(seen):
    return seen.page.evaluate("fetch('/api/v1/conversations').then(answer => answer.json())")


def test_a_chat_is_one_conversation_of_the_browser_and_a_new_chat_another(visit, recorder):
    seen = visit().chat().ask("Hva er terskelen?").ask("Hvor mange underleverandører?")
    assert "lagres i 365 dager" in seen.text("#personvern")
    (conversation,) = listed(seen)
    assert (conversation["title"], conversation["turns"]) == ("Hva er terskelen?", 2)
    seen.page.click("#ny")
    seen.page.wait_for_selector(".welcome")
    seen.ask("Hva er været?")
    assert [each["title"] for each in listed(seen)] == ["Hva er været?", "Hva er terskelen?"]
    assert len(recorder.store.survey()) == 2
    assert seen.page.evaluate("document.cookie") == ""
    (cookie,) = seen.page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("anskaffelse", True, "Lax")


def test_another_browser_sees_nothing_of_it(chromium, base_url, visit, recorder):
    visit().chat().ask("Hva er terskelen?")
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{base_url}/api/v1/conversations")
    assert page.inner_text("body").strip().endswith("[]")
    context.close()


def test_a_conversation_deleted_meanwhile_does_not_stop_the_chat(visit, recorder):
    seen = visit().chat().ask("Hva er terskelen?")
    for each in listed(seen):
        seen.page.evaluate(
            "id => fetch(`/api/v1/conversations/${id}`, {method: 'DELETE', "
            "headers: {'X-Requested-With': 'anskaffelsesassistenten'}})",
            each["id"],
        )
    seen.ask("Hvor mange underleverandører?")
    assert listed(seen) == []
    assert seen.complaints == []
