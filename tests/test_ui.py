import os
import re
from datetime import date

import pytest
from tiny import TODAY, TinyAssistant

from assistant import exchanges, startpage, ui, wording
from assistant.errors import InputError
from assistant.exchanges import Exchange
from assistant.types import AnswerStatus, Progress, SourceKind

EARLIER, LATEST, PANEL, PROBLEM, FIELD, SEND, STOP, MEMORY = range(8)


@pytest.fixture
def assistant():
    return TinyAssistant()


@pytest.fixture
def chat(assistant):
    return ui.Chat(assistant, "nb")


def ask(chat, text, exchanges=(), day=""):
    return list(chat.ask(text, day, exchanges))


def kept(update, place):
    """Whether an update leaves a part of the page as it was."""
    return isinstance(update[place], dict) and set(update[place]) <= {"__type__"}


def test_nothing_is_sent_to_gradio_about_its_use():
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"


def test_a_question_is_drawn_at_once_and_then_its_answer(chat):
    first, *_, last = ask(chat, "Hva er terskelen?")
    assert 'data-state="running"' in first[LATEST]
    assert "Søker i kildene …" in first[LATEST]
    assert first[FIELD]["value"] == ""
    assert 'data-state="done"' in last[LATEST]
    assert 'id="kilde-1-2"' in last[PANEL]


def test_sentences_are_drawn_one_by_one(chat):
    updates = ask(chat, "Hva er terskelen?")
    seen = [update[LATEST].count("<li>") for update in updates]
    assert seen == sorted(seen)
    assert {0, 1, 2} <= set(seen)


def test_the_step_is_named_while_the_answer_is_made(chat):
    said = [update[LATEST] for update in ask(chat, "Hva er terskelen?")]
    assert any("Kontrollerer sitatene …" in page for page in said)


def test_stop_stands_where_ask_stood_while_it_runs(chat):
    first, *_, last = ask(chat, "Hva er terskelen?")
    assert (first[SEND]["visible"], first[STOP]["visible"]) == (False, True)
    assert (last[SEND]["visible"], last[STOP]["visible"]) == (True, False)


def test_the_panel_is_only_drawn_again_when_its_sources_change(chat):
    updates = ask(chat, "Hva er terskelen?")
    drawn = [not kept(update, PANEL) for update in updates]
    assert drawn.count(True) < len(updates)
    assert drawn[-1]


def test_the_html_is_one_line_that_markdown_leaves_alone(chat):
    for update in ask(chat, "Hva er terskelen?"):
        for place in (EARLIER, LATEST, PANEL):
            assert kept(update, place) or "\n" not in update[place]


def test_a_follow_up_carries_what_was_said_before(chat, assistant):
    memory = ask(chat, "Hva er terskelen?")[-1][MEMORY]
    second = ask(chat, "Og underleverandører?", memory)
    assert [turn.question for turn in assistant.asked[1].history] == ["Hva er terskelen?"]
    assert assistant.asked[1].history[0].answer == "Tabellen viser beløpsgrensene [1]."
    assert 'id="svar-1"' in second[0][EARLIER]
    assert 'id="svar-2"' in second[0][LATEST]


def test_only_the_last_turns_are_carried_and_only_those_with_an_answer(assistant):
    answer = assistant.ask(assistant.question("Hva er terskelen?"))
    turns = tuple(Exchange(n, f"Nummer {n}", TODAY, answer=answer) for n in range(10))
    turns = (*turns, Exchange(10, "Stoppet", TODAY, stopped=True))
    assert [turn.question for turn in exchanges.history(turns)] == [f"Nummer {n}" for n in range(4, 10)]


@pytest.mark.parametrize("text", ["", "   \n"])
def test_an_empty_field_is_told_apart_and_changes_nothing_else(chat, text):
    (update,) = ask(chat, text)
    assert update[PROBLEM] == '<p class="problem" role="alert">Skriv et spørsmål først.</p>'
    assert all(kept(update, place) for place in range(8) if place != PROBLEM)


def test_a_question_that_cannot_be_taken_keeps_the_readers_words(chat):
    (update,) = ask(chat, "x" * 3000)
    assert "Spørsmålet er på 3000 tegn. Kort det ned." in update[PROBLEM]
    assert kept(update, FIELD)


def test_a_second_question_while_one_runs_changes_nothing(chat, assistant):
    running = (Exchange(1, "Hei", TODAY),)
    (update,) = ask(chat, "Enda et?", running)
    assert all(kept(update, place) for place in range(8))
    assert assistant.asked == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("krasj", "Noe gikk galt hos oss, og svaret ble ikke ferdig. Prøv en gang til."),
        ("modellfeil", "Modellen er borte. Kjør `assistant index`."),
    ],
)
def test_an_accident_ends_in_words_for_the_reader(chat, text, said):
    last = ask(chat, text)[-1]
    assert said in last[LATEST]
    assert "hemmelig" not in last[LATEST]
    assert last[SEND]["visible"]


def test_after_an_accident_the_next_question_is_answered(chat):
    memory = ask(chat, "krasj")[-1][MEMORY]
    assert 'data-state="done"' in ask(chat, "Hva er terskelen?", memory)[-1][LATEST]


def test_stop_keeps_what_had_come(chat):
    *_, halfway, _, _ = ask(chat, "Hva er terskelen?")
    update = chat.stop(halfway[MEMORY])
    assert 'data-state="stopped"' in update[LATEST]
    assert "beløpsgrensene" in update[LATEST]
    assert update[MEMORY][-1].stopped
    assert update[SEND]["visible"]


def test_stop_after_the_answer_came_changes_nothing_in_it(chat):
    memory = ask(chat, "Hva er terskelen?")[-1][MEMORY]
    assert chat.stop(memory)[MEMORY] == memory


def test_a_new_conversation_forgets_the_old(chat):
    update = chat.start_over()
    assert update[MEMORY] == ()
    assert update[EARLIER] == ""
    assert "Hva lurer du på om anskaffelser?" in update[LATEST]
    assert "Her ser du avsnittene" in update[PANEL]
    assert chat.stop(()) == update


def test_the_chosen_day_reaches_the_assistant(chat, assistant):
    ask(chat, "Hva er terskelen?", day="2023-02-01")
    assert assistant.asked[0].on == date(2023, 2, 1)


def test_a_day_that_cannot_be_read_is_told_and_nothing_is_asked(chat, assistant):
    (update,) = ask(chat, "Hva er terskelen?", day="snart")
    assert "Datoen «snart» kan ikke leses." in update[PROBLEM]
    assert assistant.asked == []


@pytest.mark.parametrize("value", ["2023-02-01", "01.02.2023", "1.2.2023", " 1. 2. 2023 "])
def test_a_day_is_read_as_iso_and_as_norwegians_write_it(value):
    assert wording.read_date(value, "nb") == date(2023, 2, 1)


@pytest.mark.parametrize("value", ["", "  ", wording.today().isoformat()])
def test_no_day_or_today_leaves_the_choice_to_the_question(value):
    assert wording.read_date(value, "nb") is None


@pytest.mark.parametrize("value", ["31.02.2023", "2023-13-01", "20230201", "2023-W05-3", "١.٢.٢٠٢٣", "<b>"])
def test_what_is_no_day_is_refused(value):
    with pytest.raises(InputError):
        wording.read_date(value, "nb")


def test_an_answer_ends_the_named_step(assistant):
    answer = assistant.ask(assistant.question("Hva er været?"))
    begun = exchanges.advance(Exchange(1, "Hei", TODAY), Progress("Søker …"), "nb")
    assert begun.progress == "Søker …"
    ended = exchanges.advance(begun, answer, "nb")
    assert (ended.progress, ended.state) == ("", "done")
    assert ended.answer.status is AnswerStatus.NO_EVIDENCE


def test_a_listener_is_told_the_outcome_once_the_answer_is_whole(chat):
    last = ask(chat, "Hva er terskelen?")[-1]
    assert '<span id="melding" hidden>Svaret er klart. Antall kilder: 2.</span>' in last[LATEST]


def test_limited_search_is_told_at_the_top_of_the_page(assistant):
    limited = TinyAssistant(limited="Ordsøk uten <vektorer>.")
    page = startpage.header("nb", "/nn/", limited=limited.limited)
    assert "Begrenset søk" in page
    assert "&lt;vektorer&gt;" in page
    assert "Begrenset søk" not in startpage.header("nb", "/nn/", limited=assistant.limited)


def test_the_header_says_that_this_is_ai_and_leads_to_the_sources_and_the_other_language():
    page = startpage.header("nb", "/nn/")
    assert "KI-tjeneste" in page
    assert 'href="/kilder?lang=nb"' in page
    assert '<a href="/nn/" lang="nn"' in page


def test_no_font_or_other_file_of_the_theme_is_elsewhere():
    theme = ui.theme()
    assert theme._stylesheets == []
    assert set(re.findall(r"url\([\"']?(\w+)", theme._get_theme_css())) <= {"data"}


# --- Asking again, and changing the question ----------------------------------------------------------


def test_the_last_turn_alone_can_be_asked_again_or_changed(chat):
    memory = ask(chat, "Hva er terskelen?")[-1][MEMORY]
    first, *_, last = ask(chat, "Hvor mange underleverandører?", memory)
    assert "data-retry" not in first[EARLIER]
    assert "data-retry" not in first[LATEST]
    assert last[LATEST].count("data-retry") == last[LATEST].count("data-edit>") == 1


@pytest.mark.parametrize("text", ["krasj", "Hva er været?"])
def test_what_failed_or_was_not_found_can_be_asked_again_too(chat, text):
    assert "Prøv igjen" in ask(chat, text)[-1][LATEST]


def test_asking_again_takes_the_place_of_the_old_turn(chat, assistant):
    memory = ask(chat, "Hva er terskelen?")[-1][MEMORY]
    memory = ask(chat, "Hva er været?", memory)[-1][MEMORY]
    first, *_, last = chat.retry("01.02.2023", memory)
    assert [each.question for each in last[MEMORY]] == ["Hva er terskelen?", "Hva er været?"]
    assert [each.number for each in last[MEMORY]] == [1, 2]
    assert kept(first, FIELD)
    assert last[MEMORY][1].id != memory[1].id
    assert assistant.asked[-1].on == date(2023, 2, 1)
    assert [turn.question for turn in assistant.asked[-1].history] == ["Hva er terskelen?"]


def test_there_is_nothing_to_ask_again_in_an_empty_conversation_or_while_one_runs(chat, assistant):
    for shown in ((), (Exchange(1, "Hei", TODAY),)):
        (update,) = chat.retry("", shown)
        assert all(kept(update, place) for place in range(8))
    assert assistant.asked == []


def test_a_question_that_is_changed_comes_back_to_the_field_and_gives_way_when_sent(chat, assistant):
    memory = ask(chat, "Hva er terskelen?")[-1][MEMORY]
    update = chat.edit(memory)
    assert update[FIELD]["value"] == "Hva er terskelen?"
    assert "Du endrer det siste spørsmålet." in update[PROBLEM]
    assert "data-edited" in update[LATEST]
    assert "beløpsgrensene" in update[LATEST]
    *_, last = ask(chat, "Hvor mange underleverandører?", update[MEMORY])
    assert [each.question for each in last[MEMORY]] == ["Hvor mange underleverandører?"]
    assert "data-edited" not in last[LATEST]
    assert last[PROBLEM] == ""
    assert assistant.asked[-1].history == ()


def test_a_change_that_cannot_be_sent_stays_a_change(chat):
    memory = chat.edit(ask(chat, "Hva er terskelen?")[-1][MEMORY])[MEMORY]
    (update,) = ask(chat, " ", memory)
    assert "Du endrer det siste spørsmålet." in update[PROBLEM]
    assert "Skriv et spørsmål først." in update[PROBLEM]
    assert kept(update, MEMORY)


def test_a_change_can_be_given_up(chat):
    memory = ask(chat, "Hva er terskelen?")[-1][MEMORY]
    update = chat.leave(chat.edit(memory)[MEMORY])
    assert update[MEMORY] == memory
    assert update[FIELD]["value"] == ""
    assert update[PROBLEM] == ""
    assert "Spørsmålet er som før." in update[LATEST]


def test_there_is_nothing_to_change_in_an_empty_conversation_or_while_one_runs(chat):
    running = (Exchange(1, "Hei", TODAY),)
    for update in (chat.edit(()), chat.edit(running), chat.leave(()), chat.leave(running)):
        assert all(kept(update, place) for place in range(8))


# --- What to be answered from -------------------------------------------------------------------------


def test_the_kind_that_is_chosen_reaches_the_assistant_and_can_be_let_go(chat, assistant):
    *_, last = chat.ask("Hva er terskelen?", "", (), "lov")
    assert assistant.asked[-1].only == (SourceKind.LAW,)
    assert "data-all" in last[LATEST]
    *_, last = chat.retry("", last[MEMORY], "")
    assert assistant.asked[-1].only == ()
    assert "data-all" not in last[LATEST]


@pytest.mark.parametrize("value", ["", "alt", "<b>", "lov,kofa"])
def test_what_is_no_kind_of_ours_is_all_of_them(chat, assistant, value):
    list(chat.ask("Hva er terskelen?", "", (), value))
    assert assistant.asked[-1].only == ()


def test_a_follow_up_keeps_the_kind_that_stands_chosen(chat, assistant):
    *_, last = chat.ask("Hva er terskelen?", "", (), "veiledning")
    list(chat.ask("Og for bygg?", "", last[MEMORY], "veiledning"))
    assert [question.only for question in assistant.asked] == [(SourceKind.GUIDANCE,)] * 2
