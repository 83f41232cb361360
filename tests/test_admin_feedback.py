"""The admin pages over feedback: what administrators see, what they put down, and the cases they make."""

import json
import re
from dataclasses import replace

import pytest
import yaml
from admindesk import Desk, settings_in
from fastapi.testclient import TestClient
from test_conversations import KARI, OLA, Clock, answer, begin
from tiny import TinyAssistant

from assistant import phrases, server
from assistant.admin.feedbackpage import SHOWN
from assistant.admin.feedbackwords import NB, NN
from assistant.conversations import open_store
from assistant.conversations.recording import Recorder
from assistant.conversations.values import Reason, Triage, Verdict, feedback_mark
from assistant.texts import STATUS
from assistant.types import AnswerStatus
from evals.cases import load_cases

NUMBER = "02013299997"
COMPLAINT = "Beløpet er gammelt <b>. Ring meg på 22 33 44 55."
MARK = feedback_mark(KARI, "svar-1")
PAGE = f"/tilbakemeldinger/{MARK}"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    """Feedback from Kari and Ola, who both had answers, and from Ola on an answer that is not stored."""
    from assistant.settings import Settings

    opened = open_store(Settings(var=tmp_path / "var"), clock)
    begin(opened, question="Hva er terskelen for kari@x.no sine kaktuser?")
    opened.feedback.give(KARI, "svar-1", Verdict.DOWN, [Reason.WRONG, Reason.WRONG_SOURCE], COMPLAINT)
    clock.move(hours=1)
    begin(opened, OLA, id="svar-2")
    opened.feedback.give(OLA, "svar-2", Verdict.UP)
    clock.move(hours=1)
    opened.feedback.give(OLA, "ulagret", Verdict.DOWN, [Reason.OTHER], "Helt borti natta")
    yield opened
    opened.close()


def opened_desk(tmp_path, small_index, store, **changed):
    settings = settings_in(tmp_path / "tjeneste", small_index).model_copy(update=changed)
    made = Desk(settings, feedback=store.feedback)
    assert made.sign_in().status_code == 303
    return made


@pytest.fixture
def desk(tmp_path, small_index, store):
    return opened_desk(tmp_path, small_index, store)


@pytest.fixture
def keeping(tmp_path, small_index, store):
    """The page where cases may be kept."""
    return opened_desk(tmp_path, small_index, store, feedback_cases="keep")


def items(page):
    """The questions in the list, in its order."""
    return re.findall(r'<li><a href="/admin/tilbakemeldinger/[^"]+">([^<]*)</a>', page.text)


def log_of(desk):
    lines = (desk.settings.var / "admin" / "audit.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_list_has_the_newest_first_and_says_nothing_of_whose_it_is(desk):
    page = desk.get("/tilbakemeldinger")
    assert items(page) == [
        NB["fb_gone"], "Hva er terskelen?", "Hva er terskelen for kari@x.no sine kaktuser?",
    ]  # fmt: skip
    assert "3 tilbakemeldinger" in page.text
    assert KARI not in page.text
    assert OLA not in page.text


@pytest.mark.parametrize(
    ("chosen", "number"),
    [
        ("status=ny", 3), ("status=behandlet", 0), ("status=alle", 3), ("status=finnesikke", 3),
        ("tommel=down", 2), ("tommel=up", 1), ("grunn=feil", 1), ("grunn=feil_kilde", 1),
        ("grunn=misforstod", 0), ("tommel=up&grunn=feil", 0), ("grunn=%25&tommel=%27", 3), ("fra=2", 1),
        ("fra=²", 3),
    ],
)  # fmt: skip
def test_the_list_is_narrowed_by_state_thumb_and_reason(desk, chosen, number):
    assert len(items(desk.get(f"/tilbakemeldinger?{chosen}"))) == number


def test_what_is_handled_leaves_the_list_and_is_found_among_the_handled(desk):
    desk.post(PAGE, gjor="lagre", status="rettet", merknad="")
    assert len(items(desk.get("/tilbakemeldinger"))) == 2
    assert len(items(desk.get("/tilbakemeldinger?status=behandlet"))) == 1


def test_a_rule_that_was_shown_to_who_would_get_round_it_is_called_that(desk, store):
    asked = "Hva er terskelen?"
    shown = replace(answer(asked, "svar-3"), status=AnswerStatus.OUT_OF_SCOPE)
    assert shown.redirected
    store.append(KARI, store.start(KARI, asked).id, shown)
    store.feedback.give(KARI, "svar-3", Verdict.DOWN)
    page = desk.get(f"/tilbakemeldinger/{feedback_mark(KARI, 'svar-3')}")
    assert phrases.REDIRECTED["nb"].rstrip(":") in page.text
    assert STATUS[AnswerStatus.OUT_OF_SCOPE] not in page.text


def test_a_long_list_has_pages_that_keep_the_filter(desk, store):
    for number in range(SHOWN):
        store.feedback.give(OLA, f"flere-{number}", Verdict.DOWN)
    page = desk.get("/tilbakemeldinger?tommel=down")
    assert len(items(page)) == SHOWN
    way = re.search(rf'href="/admin(/tilbakemeldinger\?[^"]+)">{NB["feedback_older"]}', page.text)[1]
    older = desk.get(way.replace("&amp;", "&"))
    assert len(items(older)) == 2
    assert NB["feedback_newer"] in older.text


def test_one_piece_shows_question_answer_sources_build_reasons_and_words(desk, store):
    page = desk.get(PAGE).text
    turn = store.feedback.find(MARK).turn
    assert "kari@x.no sine kaktuser?" in page
    assert all(each.section_id in page for each in turn.answer.citations)
    assert f"<code>{turn.answer.build}</code>" in page
    assert "Svaret er feil, Kilden er feil eller utdatert" in page
    assert "Beløpet er gammelt &lt;b&gt;." in page
    assert KARI not in page


def test_an_answer_that_is_not_stored_is_told_and_gives_no_case(desk):
    path = f"/tilbakemeldinger/{feedback_mark(OLA, 'ulagret')}"
    page = desk.get(path).text
    assert NB["fb_gone"] in page
    assert NB["case_download"] not in page
    assert desk.post(path, gjor="last_ned").status_code == 303


def test_state_and_note_are_put_down_and_outlive_the_readers_new_word(desk, store):
    answer = desk.post(PAGE, gjor="lagre", status="under_arbeid", merknad="Sett på <saken>.\r\nRing Per.")
    assert answer.headers["location"] == f"/admin{PAGE}?lang=nb&sagt=triage_saved"
    found = store.feedback.find(MARK)
    assert (found.triage, found.note) == (Triage.UNDER_WAY, "Sett på <saken>.\nRing Per.")
    assert "\nSett på &lt;saken&gt;.\nRing Per.</textarea>" in desk.get(PAGE).text
    store.feedback.give(KARI, "svar-1", Verdict.DOWN)
    again = store.feedback.find(MARK)
    assert (again.triage, again.note) == (Triage.NEW, found.note)


def test_a_note_with_a_national_id_number_is_given_back_and_not_stored(desk, store):
    answer = desk.post(PAGE, gjor="lagre", status="avvist", merknad=f"Hun er {NUMBER}")
    assert answer.status_code == 422
    assert NB["note_personal"] in answer.text
    assert f"Hun er {NUMBER}</textarea>" in answer.text
    found = store.feedback.find(MARK)
    assert (found.triage, found.note) == (Triage.NEW, "")


def test_a_state_that_does_not_exist_changes_nothing(desk, store):
    desk.post(PAGE, gjor="lagre", status="ferdig", merknad="ok")
    assert store.feedback.find(MARK).triage is Triage.NEW


def test_a_form_of_another_session_changes_nothing(desk, store):
    assert desk.post(PAGE, csrf="x", gjor="lagre", status="avvist").status_code == 403
    assert store.feedback.find(MARK).triage is Triage.NEW


def test_one_click_gives_a_case_that_the_evaluation_reads_without_what_points_to_a_person(desk, tmp_path):
    desk.post(PAGE, gjor="lagre", status="under_arbeid", merknad="Se ola@y.no")
    answer = desk.post(PAGE, gjor="last_ned")
    name = re.search(
        r'filename="(tilbakemelding-20261122-\w{8}\.yaml)"', answer.headers["content-disposition"]
    )[1]
    (tmp_path / name).write_bytes(answer.content)
    (case,) = load_cases(tmp_path / name)
    assert case.id == name.removesuffix(".yaml")
    assert case.question == "Hva er terskelen for [e-postadresse fjernet] sine kaktuser?"
    assert any("terskelverdiene" in section for section in case.golden)
    assert "Svaret er feil; Kilden er feil eller utdatert; Beløpet er gammelt <b>." in case.note
    assert "[telefonnummer fjernet]" in case.note
    assert "[e-postadresse fjernet]" in case.note
    (row,) = yaml.safe_load(answer.content)
    assert (row["status"], row["facts"], str(row["on"])) == ("answered", [], "2026-11-22")
    assert answer.text.startswith("# Ikke ferdig.")


def test_cases_are_kept_only_where_the_setting_allows(desk):
    assert NB["case_keep"] not in desk.get(PAGE).text
    desk.post(PAGE, gjor="behold")
    assert not desk.settings.cases_file.exists()


def test_cases_that_are_kept_make_one_file_that_the_evaluation_reads(keeping):
    other = f"/tilbakemeldinger/{feedback_mark(OLA, 'svar-2')}"
    assert keeping.post(PAGE, gjor="behold").headers["location"].endswith("sagt=case_kept")
    assert keeping.post(PAGE, gjor="behold").headers["location"].endswith("sagt=case_known")
    assert keeping.post(other, gjor="behold").headers["location"].endswith("sagt=case_kept")
    first, second = load_cases(keeping.settings.cases_file)
    assert "Tommel ned" in first.note
    assert second.note.startswith("Tommel opp: uten grunn.")
    assert keeping.settings.cases_file.stat().st_mode & 0o077 == 0


def test_the_log_tells_what_was_done_without_a_word_of_what_was_written(keeping):
    keeping.get(PAGE)
    keeping.post(PAGE, gjor="lagre", status="rettet", merknad="Hemmelig merknad")
    keeping.post(PAGE, gjor="last_ned")
    keeping.post(PAGE, gjor="behold")
    done = [entry for entry in log_of(keeping) if entry["what"] != "signed_in"]
    assert [(entry["who"], entry["what"]) for entry in done] == [
        ("kari", "feedback_read"), ("kari", "feedback_sorted"), ("kari", "case_made"), ("kari", "case_kept"),
    ]  # fmt: skip
    assert done[1]["detail"] == f"{MARK[:8]} rettet"
    assert not re.search("kaktus|gammelt|Hemmelig|kari@|svar-1", json.dumps([e["detail"] for e in done]))


def test_a_conversation_that_is_deleted_takes_its_feedback_from_the_page(desk, store):
    (conversation,) = store.list(KARI)
    store.delete(KARI, conversation.id)
    assert len(items(desk.get("/tilbakemeldinger"))) == 2
    for given in (desk.get(PAGE), desk.post(PAGE, gjor="last_ned")):
        assert (given.status_code, given.headers["location"]) == (303, "/admin/tilbakemeldinger?lang=nb")


def test_what_is_old_leaves_the_page_with_the_conversations(desk, store, clock):
    clock.move(days=366)
    store.purge()
    assert NB["feedback_none"] in desk.get("/tilbakemeldinger").text


def test_both_pages_are_in_nynorsk_when_it_is_asked_for(desk):
    listed, one = desk.get("/tilbakemeldinger?lang=nn").text, desk.get(f"{PAGE}?lang=nn").text
    assert NN["feedback_lead"] in listed
    assert "Kjelda er feil eller utdatert" in one
    assert NN["case_lead"] in one


def test_the_service_shows_the_feedback_that_it_keeps(small_index, tmp_path, store, clock):
    settings = settings_in(tmp_path / "tjeneste", small_index)
    assistant = TinyAssistant(settings)
    for recorder, said in ((Recorder(store), NB["feedback_lead"]), (None, NB["feedback_off"])):
        with TestClient(server.build_app(assistant, recorder), follow_redirects=False) as client:
            client.post("/admin/inn", data={"navn": "kari", "passord": "et langt og godt passord"})
            page = client.get("/admin/tilbakemeldinger")
            assert said in page.text
            assert page.headers["cache-control"] == "no-store"
            assert client.get(f"/admin{PAGE}").status_code == (200 if recorder else 303)
