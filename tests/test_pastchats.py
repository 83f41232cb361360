"""What stands around the conversation, and how an old conversation is drawn again."""

import json
import re
from dataclasses import replace
from html import unescape

import pytest
from test_conversations import KARI, OLA, Clock, begin
from tiny import TODAY, TinyAssistant

from assistant import export, pastchats, texts, ui
from assistant.conversations import open_store
from assistant.conversations.recording import Recorder
from assistant.conversations.values import Reason, Verdict
from assistant.errors import EnvironmentProblem
from assistant.exchanges import Exchange, reopened
from assistant.server import STATIC
from assistant.settings import Settings

EARLIER, LATEST, PANEL, PROBLEM, FIELD, SEND, STOP, MEMORY = range(8)


@pytest.fixture
def recorder(tmp_path):
    store = open_store(Settings(var=tmp_path), Clock())
    yield Recorder(store)
    store.close()


class Visit:
    """What Gradio hands over with an event: the request, with its visitor."""

    def __init__(self, owner):
        self.request = self
        self.state = type("State", (), {"visitor": type("Visitor", (), {"owner": owner})()})()


def two_turns(recorder, owner=KARI):
    """A conversation of two questions, asked on the page; its id and the ids of the answers."""
    chat = ui.Chat(TinyAssistant(), "nb", recorder)
    memory = ()
    for question in ("Hva er terskelen?", "Hvor mange underleverandører?"):
        *_, last = chat.ask(question, "", memory, "", Visit(owner))
        memory = last[MEMORY]
    return memory[0].conversation, [each.answer.id for each in memory]


def test_an_exchange_carries_what_the_scripts_must_know_of_it():
    answer = TinyAssistant().ask(TinyAssistant().question("Hva er terskelen?", id='<"1">'))
    begun = Exchange(1, "Hva er terskelen?", TODAY)
    assert pastchats.turn(begun, "nb").startswith('<div class="turn"><article')
    whole = pastchats.turn(replace(begun, answer=answer, conversation="abc", verdict="up"), "nb")
    assert 'data-answer="&lt;&quot;1&quot;&gt;" data-conversation="abc" data-verdict="up"' in whole


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_all_eight_reasons_and_every_form_of_export_are_offered(language):
    page = pastchats.around(language, kept=True)
    assert re.findall(r'name="reason" value="(\w+)"', page) == [reason.value for reason in Reason]
    assert all(text in page for text in texts.REASON_IN[language].values())
    assert set(re.findall(r'data-format="(\w+)"', page)) == set(export.FORMS) - {"json"}


def test_without_a_store_there_is_neither_a_drawer_nor_feedback():
    page = pastchats.around("nb", kept=False)
    assert "historikk" not in page
    assert "tommel" not in page
    assert 'id="snarveier"' in page
    assert "Ny samtale" not in page
    assert "data-past" not in pastchats.buttons("nb", kept=False)


def test_the_scripts_find_every_word_they_write():
    page = pastchats.around("nn", kept=True)
    words = json.loads(unescape(re.search(r'data-words="([^"]*)"', page)[1]))
    used = set()
    for name in ("chat/words", "chat/past", "chat/judging", "embed/feedback"):
        script = (STATIC / f"{name}.js").read_text("utf-8")
        used |= set(re.findall(r'\bwords\.([a-z_]{3,})|filled\((?:more \? )?"([a-z_]+)"', script))
    assert {word for pair in used for word in pair if word} <= set(words)


def test_an_old_conversation_is_drawn_as_it_was_left(recorder):
    id, answers = two_turns(recorder)
    recorder.judge(KARI, answers[0], Verdict.DOWN, (Reason.WRONG,), "")
    update = ui.Chat(TinyAssistant(), "nb", recorder).open(id, Visit(KARI))
    assert 'id="svar-1"' in update[EARLIER]
    assert f'data-answer="{answers[0]}" data-conversation="{id}" data-verdict="down"' in update[EARLIER]
    assert 'id="svar-2"' in update[LATEST]
    assert "Åpnet samtalen «Hva er terskelen?»." in update[LATEST]
    assert 'id="kilde-2-1"' in update[PANEL]
    assert "value" not in update[FIELD]
    assert update[SEND]["visible"]


def test_the_next_question_goes_on_with_the_old_conversation_and_leans_on_it(recorder):
    id, answers = two_turns(recorder)
    assistant = TinyAssistant()
    chat = ui.Chat(assistant, "nb", recorder)
    memory = chat.open(id, Visit(KARI))[MEMORY]
    *_, last = chat.ask("Hva er været?", "", memory, "", Visit(KARI))
    asked = [turn.question for turn in assistant.asked[0].history]
    assert asked == ["Hva er terskelen?", "Hvor mange underleverandører?"]
    assert last[MEMORY][-1].number == 3
    assert [turn.id for turn in recorder.store.thread(KARI, id).turns][:2] == answers
    assert len(recorder.store.thread(KARI, id).turns) == 3


@pytest.mark.parametrize("id", ["f" * 32, "", "<b>", "x" * 5000])
def test_a_conversation_that_is_not_there_changes_nothing_but_says_so(recorder, id):
    update = ui.Chat(TinyAssistant(), "nn", recorder).open(id, Visit(KARI))
    assert "Fann ikkje samtalen." in update[PROBLEM]
    assert "value" not in update[LATEST]


def test_nobody_opens_anothers_conversation(recorder):
    id, _ = two_turns(recorder)
    chat = ui.Chat(TinyAssistant(), "nb", recorder)
    assert "Fant ikke samtalen." in chat.open(id, Visit(OLA))[PROBLEM]
    assert "Fant ikke samtalen." in chat.open(id, None)[PROBLEM]


def test_a_store_that_fails_is_told_in_words_for_the_reader(recorder, monkeypatch):
    def broken(*_):
        raise EnvironmentProblem("hemmelig sti", "")

    monkeypatch.setattr(recorder.store, "thread", broken)
    told = ui.Chat(TinyAssistant(), "nb", recorder).open("f" * 32, Visit(KARI))[PROBLEM]
    assert "Prøv igjen." in told
    assert "hemmelig" not in told


def test_verdicts_are_found_for_the_owner_alone_and_for_the_answers_asked_about(recorder):
    id = begin(recorder.store)
    feedback = recorder.store.feedback
    feedback.give(KARI, "svar-1", Verdict.UP)
    feedback.give(KARI, "svar-9", Verdict.DOWN)
    feedback.give(OLA, "svar-1", Verdict.DOWN)
    assert feedback.verdicts(KARI, ["svar-1"]) == {"svar-1": Verdict.UP}
    assert feedback.verdicts(KARI, []) == {}
    thread = recorder.store.thread(KARI, id)
    assert [each.verdict for each in reopened(thread, feedback.verdicts(KARI, ["svar-1"]))] == ["up"]


# --- Asking again is not one more turn ----------------------------------------------------------------


def questions(recorder, id, owner=KARI):
    return [turn.question for turn in recorder.store.thread(owner, id).turns]


@pytest.mark.parametrize("wording", ["Hva er terskelen i år?", "Hva er terskelen?"])
def test_a_turn_that_is_replaced_is_stored_once(recorder, wording):
    id, answers = two_turns(recorder)
    chat = ui.Chat(TinyAssistant(), "nb", recorder)
    memory = chat.edit(chat.open(id, Visit(KARI))[MEMORY])[MEMORY]
    *_, last = chat.ask(wording, "", memory, "", Visit(KARI))
    assert questions(recorder, id) == ["Hva er terskelen?", wording]
    turns = recorder.store.thread(KARI, id).turns
    assert [turn.number for turn in turns] == [1, 2]
    assert turns[0].id == answers[0]
    assert turns[1].id == last[MEMORY][-1].id != answers[1]
    assert len(recorder.store.survey()) == 1


def test_the_only_turn_can_be_replaced_and_the_title_follows_it(recorder):
    chat = ui.Chat(TinyAssistant(), "nb", recorder)
    memory = list(chat.ask("Hva er terskelen for Kari Nordmann?", "", (), "", Visit(KARI)))[-1][MEMORY]
    *_, last = chat.ask("Hva er terskelen?", "", chat.edit(memory)[MEMORY], "", Visit(KARI))
    (conversation,) = recorder.store.survey(KARI)
    assert (conversation.title, conversation.turns) == ("Hva er terskelen?", 1)
    assert conversation.id == last[MEMORY][-1].conversation
    assert recorder.store.list(KARI, "Nordmann") == ()


def test_what_failed_on_the_first_try_is_stored_on_the_second(recorder):
    chat = ui.Chat(TinyAssistant(), "nb", recorder)
    memory = list(chat.ask("krasj", "", (), "", Visit(KARI)))[-1][MEMORY]
    assert recorder.store.survey() == ()
    *_, last = chat.ask("Hva er terskelen?", "", memory, "", Visit(KARI))
    assert questions(recorder, last[MEMORY][-1].conversation) == ["Hva er terskelen?"]


def test_an_answer_that_was_stored_although_it_was_stopped_gives_way_too(recorder):
    chat = ui.Chat(TinyAssistant(), "nb", recorder)
    *_, almost, _ = chat.ask("Hva er terskelen?", "", (), "", Visit(KARI))
    stopped = chat.stop(almost[MEMORY])[MEMORY]
    list(chat.retry("", stopped, "", Visit(KARI)))
    (conversation,) = recorder.store.survey(KARI)
    assert conversation.turns == 1
