"""The commands over what is kept: retention, access, deletion, holding, and feedback as cases."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from test_conversations import KARI, OLA, Clock, begin

from assistant import cli
from assistant.conversations import open_store
from assistant.conversations.values import Reason, Verdict
from assistant.settings import Settings
from evals.cases import load_cases


@pytest.fixture
def run(capfd, monkeypatch, tmp_path):
    """Run a command over the store in a folder of its own; exit code, standard output and error."""
    monkeypatch.setenv("ASSISTANT_VAR", str(tmp_path))
    capfd.readouterr()

    def command(*arguments):
        code = cli.main(arguments)
        told = capfd.readouterr()
        return code, told.out, told.err

    return command


@pytest.fixture
def kept(tmp_path):
    """A conversation of Kari's and one of Ola's, with feedback."""
    store = open_store(Settings(var=tmp_path), Clock())
    ids = begin(store, question="Hva er terskelen for kaktuser?"), begin(store, OLA, id="svar-2")
    store.feedback.give(
        KARI, "svar-1", Verdict.DOWN, [Reason.WRONG, Reason.LACKS_SOURCES], "Beløpet er gammelt."
    )
    store.feedback.give(OLA, "svar-2", Verdict.UP)
    store.feedback.give(OLA, "ulagret", Verdict.DOWN, [Reason.OTHER])
    store.close()
    return ids


def test_a_list_shows_owners_and_days_and_nothing_that_was_written(run, kept):
    code, out, _ = run("conversations", "list")
    assert code == 0
    assert all(each in out for each in kept)
    assert "user:kari" in out
    assert "kaktus" not in out
    assert "2 samtaler." in out


@pytest.mark.parametrize(
    ("options", "number"),
    [
        (["--user", "Kari"], 1), (["--user", "per"], 0), (["--since", "2026-11-22"], 2),
        (["--since", "23.11.2026"], 0),
        (["--until", "2026-11-22"], 2), (["--until", "2026-11-21"], 0),
    ],
)  # fmt: skip
def test_a_list_can_be_of_one_user_and_of_some_days(run, kept, options, number):
    assert f"{number} samtaler." in run("conversations", "list", *options)[1]


def test_all_of_a_users_data_is_exported_for_a_request_for_access(run, kept, tmp_path):
    target = tmp_path / "innsyn.json"
    assert run("conversations", "export", "--user", "KARI", "--out", str(target))[0] == 0
    content = json.loads(target.read_text("utf-8"))
    assert content["owner"] == KARI
    assert content["threads"][0]["turns"][0]["question"] == "Hva er terskelen for kaktuser?"
    assert content["feedback"][0]["text"] == "Beløpet er gammelt."
    assert "ola" not in json.dumps(content)
    assert target.stat().st_mode & 0o077 == 0


def test_one_conversation_is_exported_in_any_form(run, kept, tmp_path):
    assert "# Hva er terskelen for kaktuser?" in run("conversations", "export", kept[0], "--format", "md")[1]
    target = tmp_path / "samtale.pdf"
    assert run("conversations", "export", kept[0], "--format", "pdf", "--out", str(target))[0] == 0
    assert target.read_bytes().startswith(b"%PDF")


def test_a_user_is_forgotten(run, kept):
    assert "Slettet 1 samtaler og 1 tilbakemeldinger" in run("conversations", "delete", "--user", "kari")[1]
    assert "1 samtaler." in run("conversations", "list")[1]


def test_a_held_conversation_is_deleted_first_when_it_is_let_go(run, kept):
    assert run("conversations", "hold", kept[0])[:2] == (0, f"{kept[0]} holdes.\n")
    code, _, err = run("conversations", "delete", kept[0])
    assert code == 1
    assert "hold --off" in err
    assert run("conversations", "hold", "--off", kept[0])[0] == 0
    assert run("conversations", "delete", kept[0])[0] == 0


def test_what_is_old_is_deleted_by_the_settings_or_by_the_days_given(run, kept):
    days = (datetime.now(UTC) - datetime(2026, 11, 22, tzinfo=UTC)) // timedelta(days=1)
    assert "Slettet 0 samtaler" in run("conversations", "purge", "--days", str(max(days, 0) + 3000))[1]
    assert "Slettet 2 samtaler" in run("conversations", "purge", "--days", "0")[1]


@pytest.mark.parametrize("command", [["export", "0" * 32], ["delete", "0" * 32], ["hold", "0" * 32]])
def test_an_id_that_does_not_exist_is_told(run, kept, command):
    code, _, err = run("conversations", *command)
    assert code == 1
    assert "Det finnes ingen samtale" in err


@pytest.mark.parametrize(
    "command",
    [["export"], ["delete"], ["delete", "--user", "a", "--owner", "b"], ["list", "--since", "i går"]],
)
def test_a_command_that_does_not_say_whose_is_refused(run, command):
    assert run("conversations", *command)[0] == 2


def test_a_form_that_does_not_exist_is_refused(run, kept):
    assert run("conversations", "export", kept[0], "--format", "exe")[0] == 2


def test_feedback_is_counted_by_reason(run, kept):
    _, out, _ = run("feedback", "list")
    assert re.search(r"down\s+.*Svaret er feil\s+.*1", out)
    assert "3 tilbakemeldinger." in out


def test_what_people_complain_of_becomes_cases_for_a_person_to_finish(run, kept, tmp_path):
    folder = tmp_path / "questions"
    folder.mkdir()
    target = folder / "tilbakemeldinger.yaml"
    code, _, err = run("feedback", "export", "--out", str(target))
    assert code == 0
    assert "1 saker; 1 uten lagret svar" in err
    (case,) = load_cases(folder)
    assert case.question == "Hva er terskelen for kaktuser?"
    assert case.status == ("answered",)
    assert any(
        section.endswith("kjop-under-500-000-kroner-er-utenfor-anskaffelsesregelverket")
        for section in case.golden
    )
    assert "Svaret er feil; Det mangler kilder; Beløpet er gammelt." in case.note
    (row,) = yaml.safe_load(target.read_text("utf-8"))
    assert row["facts"] == []


def test_what_has_been_exported_is_not_exported_again_unless_all_is_asked_for(run, kept):
    run("feedback", "export")
    assert "0 saker" in run("feedback", "export")[2]
    assert "1 saker" in run("feedback", "export", "--all")[2]


def test_a_database_that_cannot_be_opened_is_one_line(run, tmp_path):
    (tmp_path / "conversations.db").write_bytes(b"dette er ingen database, men noe helt annet " * 40)
    code, _, err = run("conversations", "list")
    assert code == 1
    assert len(err.strip().splitlines()) == 1
    assert "Samtalene kan ikke leses" in err


# --- Copies ----------------------------------------------------------------------------------------


@pytest.fixture
def copied(run, kept, tmp_path):
    """A copy that is taken while the store is open and has been written to since it was last tidied."""
    store = open_store(Settings(var=tmp_path), Clock())
    begin(store, id="svar-3", question="Hva er fristen?")
    copy = tmp_path / "kopi.db"
    assert run("conversations", "backup", str(copy)) == (0, f"Skrev {copy} med 3 samtaler.\n", "")
    store.close()
    return copy


def test_a_copy_taken_while_the_service_runs_brings_everything_back(run, copied, tmp_path):
    before = run("conversations", "export", "--owner", KARI)
    assert "terskelen for kaktuser" in before[1]
    assert "Hva er fristen?" in before[1]
    assert run("conversations", "delete", "--owner", KARI)[0] == 0
    assert "terskelen for kaktuser" not in run("conversations", "export", "--owner", KARI)[1]
    assert run("conversations", "restore", str(copied)) == (
        0,
        f"La tilbake 3 samtaler fra {copied}.\n",
        "",
    )
    assert run("conversations", "export", "--owner", KARI) == before
    store = open_store(Settings(var=tmp_path), Clock())
    begin(store, id="svar-4")
    assert len(store.survey()) == 4
    store.close()


def test_a_copy_is_for_its_owner_alone_and_holds_nothing_that_was_deleted(run, kept, tmp_path):
    assert run("conversations", "delete", "--owner", KARI)[0] == 0
    copy = tmp_path / "kopi.db"
    assert run("conversations", "backup", str(copy))[0] == 0
    assert copy.stat().st_mode & 0o777 == 0o600
    assert b"kaktus" not in copy.read_bytes()


def test_a_copy_overwrites_nothing(run, copied):
    before = copied.read_bytes()
    code, _, err = run("conversations", "backup", str(copied))
    assert (code, "finnes fra før" in err) == (1, True)
    assert copied.read_bytes() == before


@pytest.mark.parametrize("harm", ["cut", "other", "gone"])
def test_a_copy_that_is_damaged_changes_nothing(run, copied, harm):
    before = run("conversations", "list")
    whole = copied.read_bytes()
    if harm == "gone":
        copied.unlink()
    else:
        copied.write_bytes(whole[: len(whole) // 2] if harm == "cut" else b"ikke en database")
    code, _, err = run("conversations", "restore", str(copied))
    assert (code, "kan ikke brukes" in err) == (1, True)
    assert run("conversations", "list") == before


def test_without_conversations_there_is_nothing_to_copy(run, tmp_path):
    code, _, err = run("conversations", "backup", str(tmp_path / "kopi.db"))
    assert (code, "Ingen samtaler" in err) == (1, True)
    assert not (tmp_path / "kopi.db").exists()


def test_who_has_a_postgresql_is_told_what_to_use(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ASSISTANT_DATABASE_URL", "postgresql://test@127.0.0.1/finnes-ikke")
    for command in ("backup", "restore"):
        code, _, err = run("conversations", command, str(tmp_path / "kopi.db"))
        assert (code, "pg_dump" in err) == (1, True)
