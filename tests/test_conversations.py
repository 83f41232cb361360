"""Conversations are kept for their owner, for as long as they should, on SQLite and PostgreSQL alike."""

import logging
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from databases import database_url, postgres  # noqa: F401 - fixtures
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect, text
from tiny import TinyAssistant

from assistant.conversations import open_store
from assistant.conversations.database import Database, _config
from assistant.conversations.schema import METADATA
from assistant.conversations.values import Reason, Removal, Tally, Triage, Verdict, fingerprint
from assistant.errors import EnvironmentProblem, InputError, SettingsError
from assistant.settings import Settings

BEGAN = datetime(2026, 11, 22, 12, tzinfo=UTC)
KARI, OLA = "user:kari", "user:ola"
NUMBER = "01817012300"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self):
        self.at = BEGAN

    def __call__(self):
        return self.at

    def move(self, **by):
        self.at += timedelta(**by)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def options(tmp_path, database_url):  # noqa: F811
    return Settings(var=tmp_path, database_url=database_url)


@pytest.fixture
def store(options, clock):
    opened = open_store(options, clock)
    yield opened
    opened.close()


def answer(question="Hva er terskelen?", id="svar-1"):
    assistant = TinyAssistant()
    return assistant.ask(assistant.question(question, id=id))


def begin(store, owner=KARI, question="Hva er terskelen?", id="svar-1"):
    made = store.start(owner, question)
    store.append(owner, made.id, answer(question, id))
    return made.id


def test_a_conversation_comes_back_as_it_was(store, clock):
    made = store.start(KARI, "Hva er terskelen?")
    clock.move(minutes=1)
    given = answer()
    stored = store.append(KARI, made.id, given)
    thread = store.thread(KARI, made.id)
    assert thread.turns == (stored,)
    assert stored.answer == given
    assert (stored.number, stored.on, stored.created) == (1, date(2026, 11, 22), clock.at)
    assert (thread.conversation.title, thread.conversation.turns) == ("Hva er terskelen?", 1)
    assert (thread.conversation.created, thread.conversation.updated) == (BEGAN, clock.at)
    assert thread.history[0].answer == given.text


def test_ids_are_128_random_bits(store):
    ids = {store.start(KARI, "Hei?").id for _ in range(50)}
    assert len(ids) == 50
    assert all(len(each) == 32 and int(each, 16) for each in ids)


def test_what_is_stored_is_still_there_after_a_restart(store, options, clock):
    conversation = begin(store)
    store.close()
    again = open_store(options, clock)
    assert again.thread(KARI, conversation).turns[0].answer.question == "Hva er terskelen?"
    again.close()


def test_a_question_sent_again_is_stored_once_and_gets_the_first_answer(store):
    made = store.start(KARI, "Hva er terskelen?")
    first = store.append(KARI, made.id, answer())
    again = store.append(KARI, made.id, replace(answer(), text="Noe annet"))
    assert again == first
    assert len(store.thread(KARI, made.id).turns) == 1
    assert store.turn(KARI, "svar-1") == (made.id, first)


def test_many_who_write_at_once_lose_nothing_and_number_the_turns_in_order(store):
    made = store.start(KARI, "Hva er terskelen?")
    failures = []

    def write(start):
        try:
            for number in range(start, start + 5):
                store.append(KARI, made.id, answer(id=f"svar-{number}"))
                store.append(KARI, made.id, answer(id=f"svar-{number}"))
        except Exception as error:  # noqa: BLE001 - a thread has nobody else to tell
            failures.append(error)

    threads = [threading.Thread(target=write, args=(10 * n,)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    turns = store.thread(KARI, made.id).turns
    assert failures == []
    assert [turn.number for turn in turns] == list(range(1, 21))
    assert len({turn.id for turn in turns}) == 20


def test_a_list_has_the_last_used_first_and_pages(store, clock):
    ids = []
    for number in range(3):
        clock.move(minutes=1)
        ids.append(begin(store, question=f"Spørsmål {number}?", id=f"svar-{number}"))
    clock.move(minutes=1)
    store.append(KARI, ids[0], answer(id="ny"))
    listed = store.list(KARI)
    assert [each.id for each in listed] == [ids[0], ids[2], ids[1]]
    assert [each.turns for each in listed] == [2, 1, 1]
    assert [each.id for each in store.list(KARI, limit=1, offset=1)] == [ids[2]]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("terskel", 1),
        ("TERSKEL", 1),
        ("ØRE", 1),
        ("øre og", 1),
        ("100%", 1),
        ("100_", 0),
        ("%", 1),
        ("\\", 0),
        ("'; DROP", 0),
    ],
)
def test_a_search_finds_words_in_titles_and_turns_whatever_their_case(store, words, found):
    begin(store, question="Hva er terskelen for å kjøpe øre og 100% ull?")
    begin(store, OLA, question="Hva er terskelen?", id="svar-2")
    begin(store, question="Noe helt annet")
    assert len(store.list(KARI, words)) == found


def test_a_long_first_question_makes_a_short_title(store):
    made = store.start(KARI, "Hvordan skal vi   gå fram\n" + "når leverandøren er sen " * 20)
    assert len(made.title) <= 80
    assert made.title.startswith("Hvordan skal vi gå fram når")
    assert made.title.endswith(" …")


def test_a_conversation_gets_a_new_name(store):
    conversation = begin(store)
    assert store.rename(KARI, conversation, " Buss\0og  bane ").title == "Buss og bane"
    assert store.list(KARI, "bane")[0].id == conversation


def test_what_is_deleted_is_gone_with_its_feedback(store):
    conversation = begin(store)
    store.feedback.give(KARI, "svar-1", Verdict.DOWN, [Reason.WRONG])
    assert store.delete(KARI, conversation) is Removal.DELETED
    assert store.delete(KARI, conversation) is Removal.MISSING
    assert store.thread(KARI, conversation) is None
    assert store.feedback.all() == ()


def test_what_is_deleted_is_not_left_in_the_file(tmp_path, clock):
    store = open_store(Settings(var=tmp_path), clock)
    conversation = begin(store, question="Hva er terskelen for ugjenkallelige kaktuser?")
    files = [path for path in tmp_path.iterdir() if path.name.startswith("conversations.db")]
    assert any(b"ugjenkallelige" in path.read_bytes() for path in files)
    store.delete(KARI, conversation)
    assert not any(b"ugjenkallelige" in path.read_bytes() for path in files if path.exists())
    store.close()


def test_a_held_conversation_outlives_deletion_retention_and_the_users_wish_to_be_forgotten(store, clock):
    conversation = begin(store)
    store.feedback.give(KARI, "svar-1", Verdict.DOWN)
    assert store.hold(conversation)
    clock.move(days=4000)
    assert store.delete(KARI, conversation) is Removal.HELD
    assert store.purge() == Tally(held=1)
    assert store.forget(KARI) == Tally(held=1)
    assert store.thread(KARI, conversation).conversation.held
    assert len(store.feedback.of(KARI)) == 1
    assert store.hold(conversation, held=False)
    assert store.purge() == Tally(conversations=1, feedback=1)
    assert not store.hold(conversation)


def test_retention_counts_from_the_last_use_and_can_run_again(store, clock):
    old, used = begin(store), begin(store, id="svar-2")
    clock.move(days=364)
    store.append(KARI, used, answer(id="svar-3"))
    assert store.purge() == Tally()
    clock.move(days=1)
    assert store.purge() == Tally(conversations=1)
    assert store.purge() == Tally()
    assert store.thread(KARI, old) is None
    assert store.thread(KARI, used) is not None
    assert store.purge(days=0) == Tally(conversations=1)


def test_feedback_on_what_was_never_stored_is_forgotten_too(store, clock):
    store.feedback.give(KARI, "ukjent", Verdict.UP)
    clock.move(days=365)
    assert store.purge() == Tally(feedback=1)


def test_a_user_gets_all_that_is_hers_and_can_have_it_deleted(store):
    mine, other = begin(store), begin(store, OLA, id="svar-2")
    store.feedback.give(KARI, "svar-1", Verdict.DOWN, [Reason.LACKS], "Mangler fristen")
    store.feedback.give(KARI, "ulagret", Verdict.UP)
    data = store.everything(KARI)
    assert [thread.conversation.id for thread in data.threads] == [mine]
    assert {each.answer_id for each in data.feedback} == {"svar-1", "ulagret"}
    assert store.forget(KARI) == Tally(conversations=1, feedback=2)
    assert store.everything(KARI) == replace(data, threads=(), feedback=())
    assert store.thread(OLA, other) is not None


def test_feedback_is_kept_with_the_answer_and_the_last_word_counts(store):
    begin(store)
    store.feedback.give(KARI, "svar-1", Verdict.UP)
    reasons = [Reason.OTHER, Reason.WRONG, Reason.WRONG]
    given = store.feedback.give(KARI, "svar-1", Verdict.DOWN, reasons, "Feil\x00 frist")
    assert store.feedback.all() == (given,)
    assert (given.reasons, given.text) == ((Reason.WRONG, Reason.OTHER), "Feil frist")
    assert given.turn.answer.citations
    assert store.feedback.sort(KARI, "svar-1", Triage.FIXED)
    assert store.feedback.all(Triage.NEW) == ()
    assert not store.feedback.sort(OLA, "svar-1", Triage.FIXED)


def test_feedback_on_anothers_answer_shows_nothing_of_it(store):
    begin(store)
    assert store.feedback.give(OLA, "svar-1", Verdict.DOWN).turn is None


def test_nothing_is_stored_where_nothing_is_to_be(tmp_path, clock):
    store = open_store(Settings(var=tmp_path, retention_days=0), clock)
    assert not store.keeps
    store.feedback.give(KARI, "svar-1", Verdict.DOWN, [Reason.WRONG], "Hemmelig")
    assert store.feedback.all() == ()
    store.close()


def test_a_national_id_number_is_in_no_row_and_no_file(store, tmp_path):
    from test_personal import numbers

    (number, *_) = numbers("018170123", (0,))
    conversation = begin(store)
    attempts = [
        lambda: store.start(KARI, f"Hva med {number}?"),
        lambda: store.append(KARI, conversation, replace(answer(id="x"), question=f"Hva med {number}?")),
        lambda: store.append(KARI, conversation, replace(answer(), id=number)),
        lambda: store.rename(KARI, conversation, f"Sak {number[:6]} {number[6:]}"),
        lambda: store.feedback.give(KARI, "svar-1", Verdict.DOWN, text=f"Gjelder {number}"),
        lambda: store.feedback.give(KARI, number, Verdict.DOWN),
    ]
    for attempt in attempts:
        with pytest.raises(InputError) as refused:
            attempt()
        assert number not in str(refused.value)
    assert not any(number.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert all(number not in turn.question for turn in store.thread(KARI, conversation).turns)


def rows(options, table):
    url = options.database_url.get_secret_value().replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url or f"sqlite:///{options.conversations_file}")
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT * FROM {table}")).mappings().all()
    engine.dispose()
    return found


def test_the_log_of_operations_holds_no_words_and_no_names(store, options):
    conversation = begin(store, question="Hva er terskelen for kaktuser?")
    store.delete(KARI, conversation)
    store.purge()
    found = rows(options, "operations")
    assert [row["kind"] for row in found] == ["answer", "delete", "purge"]
    assert found[0]["status"] == "answered"
    assert "terskelverdiene" in found[0]["sections"]
    assert "kaktus" not in repr(found)
    assert "kari" not in repr(found)


def test_an_answer_from_another_version_keeps_its_words(store, options, clock):
    conversation = begin(store)
    url = options.database_url.get_secret_value().replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url or f"sqlite:///{options.conversations_file}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE turns SET answer = :answer"), {"answer": '{"text": "Slik var det."}'})
    engine.dispose()
    old = store.thread(KARI, conversation).turns[0].answer
    assert (old.text, old.question, old.citations) == ("Slik var det.", "Hva er terskelen?", ())


def test_the_migrations_make_the_tables_of_the_schema(store, options):
    url = options.database_url.get_secret_value().replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url or f"sqlite:///{options.conversations_file}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        assert "alembic_version" in inspect(connection).get_table_names()
    engine.dispose()


def test_feedback_of_the_version_before_keeps_how_far_the_work_had_come(store, options, clock):
    begin(store)
    for owner, answer_id in ((KARI, "svar-1"), (KARI, "to"), (OLA, "tre")):
        store.feedback.give(owner, answer_id, Verdict.DOWN)
    url = options.database_url.get_secret_value().replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url or f"sqlite:///{options.conversations_file}")
    with engine.begin() as connection:
        command.downgrade(_config(connection), "0001")
        assert "note" not in {column["name"] for column in inspect(connection).get_columns("feedback")}
        for step, answer_id in (("eksportert", "to"), ("ferdig", "tre")):
            values = {"step": step, "id": answer_id}
            connection.execute(text("UPDATE feedback SET triage = :step WHERE answer = :id"), values)
    engine.dispose()
    again = open_store(options, clock)
    found = {each.answer_id: (each.triage, each.note) for each in again.feedback.all()}
    again.close()
    assert found == {
        "svar-1": (Triage.NEW, ""), "to": (Triage.UNDER_WAY, ""), "tre": (Triage.FIXED, ""),
    }  # fmt: skip


def test_replicas_that_start_at_once_make_the_tables_once(options, clock):
    opened, failures = [], []

    def start():
        try:
            opened.append(open_store(options, clock))
        except Exception as error:  # noqa: BLE001 - a thread has nobody else to tell
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failures == []
    for each in opened:
        each.close()


def test_a_database_of_a_newer_version_is_left_alone(store, options, clock):
    url = options.database_url.get_secret_value().replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url or f"sqlite:///{options.conversations_file}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(EnvironmentProblem, match="nyere versjon"):
        open_store(options, clock)


def test_the_file_is_durable_and_for_its_owner_alone(tmp_path, clock):
    store = open_store(Settings(var=tmp_path), clock)
    file = tmp_path / "conversations.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def pragmas(connection):
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]

    assert store._database.read(pragmas) == ["wal", 2, 1, 5000, 1]
    store.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "ikke en adresse", "sqlite:///x.db"])
def test_an_address_of_another_database_stops_the_start_without_showing_it(url, tmp_path):
    with pytest.raises(SettingsError, match="ASSISTANT_DATABASE_URL") as refused:
        Database.open(url, tmp_path / "x.db")
    assert url not in str(refused.value)


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path):
    with pytest.raises(EnvironmentProblem, match="ASSISTANT_DATABASE_URL") as refused:
        Database.open("postgresql://bruker:hemmelig@/x?host=/finnes/ikke", tmp_path / "x.db")
    assert "hemmelig" not in str(refused.value)


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "fil").write_text("x", "utf-8")
    with pytest.raises(EnvironmentProblem, match="kan ikke leses eller lagres"):
        Database.open("", tmp_path / "fil" / "x.db")


def test_a_disk_that_takes_no_more_stops_writing_and_not_reading(tmp_path, clock, caplog):
    store = open_store(Settings(var=tmp_path), clock)
    conversation = begin(store, question="Hva er terskelen for kaktuser?")
    store._database.read(lambda connection: connection.exec_driver_sql("PRAGMA query_only=ON"))
    with caplog.at_level(logging.DEBUG), pytest.raises(EnvironmentProblem) as refused:
        store.append(KARI, conversation, answer("Er det hemmelig?", id="svar-2"))
    assert "hemmelig" not in str(refused.value)
    assert "hemmelig" not in caplog.text
    assert len(store.thread(KARI, conversation).turns) == 1
    store.close()


def test_an_operator_sees_when_conversations_were_used_and_finds_one_by_its_id(store, clock):
    first = begin(store)
    clock.move(days=10)
    second = begin(store, OLA, id="svar-2")
    assert {each.id for each in store.survey()} == {first, second}
    assert [each.id for each in store.survey(owner=KARI)] == [first]
    assert [each.id for each in store.survey(since=BEGAN + timedelta(days=1))] == [second]
    assert [each.id for each in store.survey(until=BEGAN + timedelta(days=1))] == [first]
    assert store.find(second).conversation.owner == OLA
    assert store.find("0" * 32) is None


def test_the_fingerprint_is_that_of_the_stored_answer(store, options):
    conversation = begin(store)
    stored = rows(options, "turns")[0]["answer"]
    assert store.thread(KARI, conversation).turns[0].sha256 == fingerprint(stored)


TRIES = st.lists(
    st.tuples(
        st.sampled_from(["kari", "ola"]),
        st.sampled_from("start append rename delete forget read list".split()),
        st.integers(0, 5),
    ),
    max_size=25,
)


@given(TRIES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_two_users_do_neither_sees_or_changes_what_is_the_others(tmp_path_factory, tries):  # noqa: C901 - one case an act
    store = open_store(Settings(var=tmp_path_factory.mktemp("var")), Clock())
    owned = {}
    for number, (owner, act, which) in enumerate(tries):
        ids = list(owned)
        target = ids[which % len(ids)] if ids else "0" * 32
        mine = owned.get(target) == owner
        match act:
            case "start":
                owned[store.start(owner, "Hva er terskelen?").id] = owner
            case "append":
                assert (store.append(owner, target, answer(id=f"svar-{number}")) is not None) == mine
            case "rename":
                assert (store.rename(owner, target, f"Tittel av {owner}") is not None) == mine
            case "delete":
                assert (store.delete(owner, target) is Removal.DELETED) == mine
                if mine:
                    del owned[target]
            case "forget":
                assert store.forget(owner).conversations == sum(each == owner for each in owned.values())
                owned = {id: each for id, each in owned.items() if each != owner}
            case "read":
                assert (store.thread(owner, target) is not None) == mine
            case "list":
                assert {each.id for each in store.list(owner)} == {i for i, o in owned.items() if o == owner}
        for id, each in owned.items():
            title = store.thread(each, id).conversation.title
            assert title in {"Hva er terskelen?", f"Tittel av {each}"}
    store.close()


def test_asking_on_the_command_line_does_not_wait_for_the_database():
    program = (
        "import sys, assistant.conversations, assistant.assistant, assistant.cli;"
        "print([m for m in ('sqlalchemy', 'alembic', 'psycopg') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- A turn that gives way to another ----------------------------------------------------------------


def again(store, id, replaces, question="Hva er terskelen i dag?"):
    new = answer(question, f"etter-{replaces}")
    store.append(KARI, id, new, replaces=replaces)
    return [turn.id for turn in store.thread(KARI, id).turns], new.id


def test_only_the_last_turn_gives_way(store):
    id = begin(store)
    store.append(KARI, id, answer("Og for bygg?", "svar-2"))
    first, second = (turn.id for turn in store.thread(KARI, id).turns)
    turns, third = again(store, id, replaces=second)
    assert turns == [first, third]
    turns, fourth = again(store, id, replaces=first)
    assert turns == [first, third, fourth]


def test_nothing_gives_way_in_a_conversation_that_is_held(store):
    id = begin(store)
    (old,) = (turn.id for turn in store.thread(KARI, id).turns)
    store.hold(id)
    turns, new = again(store, id, replaces=old)
    assert turns == [old, new]


def test_a_title_of_her_own_stays_when_the_first_turn_gives_way(store):
    id = begin(store)
    (old,) = (turn.id for turn in store.thread(KARI, id).turns)
    store.rename(KARI, id, "Terskler")
    again(store, id, replaces=old)
    assert store.thread(KARI, id).conversation.title == "Terskler"


def test_what_was_said_of_a_turn_that_gave_way_is_kept_and_goes_with_the_conversation(store):
    id = begin(store)
    (old,) = (turn.id for turn in store.thread(KARI, id).turns)
    store.feedback.give(KARI, old, Verdict.DOWN, [Reason.WRONG])
    again(store, id, replaces=old)
    (given,) = store.feedback.all()
    assert (given.reasons, given.turn) == ((Reason.WRONG,), None)
    store.delete(KARI, id)
    assert store.feedback.all() == ()
