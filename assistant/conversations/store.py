"""Conversations and their turns, each seen by its owner alone.

Every function takes the owner first and finds nothing that belongs to another: an id that is not the
owner's is an id that does not exist.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, or_, select, update

from assistant import personal, texts
from assistant.conversations import journal, rows
from assistant.conversations.database import Database
from assistant.conversations.feedback import FeedbackBook
from assistant.conversations.schema import CONVERSATIONS, FEEDBACK, TURNS
from assistant.conversations.values import Conversation, OwnData, Removal, StoredTurn, Tally, Thread
from assistant.errors import EnvironmentProblem
from assistant.settings import Settings
from assistant.types import Answer, Turn

PAGE = 50
"""Conversations in a list, unless more or fewer are asked for."""
_ESCAPE = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


def new_id() -> str:
    """The id of a new conversation: 128 random bits, never taken for a national id number."""
    return personal.unmistaken(lambda: secrets.token_hex(16))


class Conversations:
    """The store of one installation; safe to use from many threads, processes and machines at once."""

    def __init__(self, database: Database, retention_days: int, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._days = retention_days
        self._clock = clock
        self.feedback = FeedbackBook(database, clock, keeps=self.keeps)

    @classmethod
    def open(cls, settings: Settings, clock: Callable[[], datetime]) -> Conversations:
        """The store that the settings point to, with its tables up to date.

        Raises:
            SettingsError: the address of the database cannot be used.
            EnvironmentProblem: the database cannot be opened, or a newer version has made it.
        """
        url = settings.database_url.get_secret_value()
        return cls(Database.open(url, settings.conversations_file), settings.retention_days, clock)

    @property
    def keeps(self) -> bool:
        """Whether anything is stored at all."""
        return self._days > 0

    @property
    def retention_days(self) -> int:
        """Days a conversation is kept after it was last used."""
        return self._days

    # --- One conversation --------------------------------------------------------------------

    def start(self, owner: str, question: str) -> Conversation:
        """A new conversation, named after its first question.

        Raises:
            InputError: the question holds a national id number.
        """
        personal.refuse("question", (question,))
        at, id = self._clock(), new_id()
        row = rows.conversation_values(id, owner, question, at)
        self._database.write(lambda connection: connection.execute(insert(CONVERSATIONS).values(row)))
        return Conversation(id, owner, row["title"], at, at)

    def append(
        self, owner: str, conversation: str, answer: Answer, *, opens: bool = False, replaces: str = ""
    ) -> StoredTurn | None:
        """The answer as the last turn; the turn that is there already when its id has been stored before.

        None when the owner has no such conversation (any more). With `opens`, an id that nobody has is
        a conversation that begins here. `replaces` is the id of a last turn that gives way to the answer;
        in a conversation that is held, nothing gives way.

        Raises:
            InputError: the question holds a national id number.
        """
        personal.refuse("question", (answer.question, answer.id))
        at = self._clock()

        def work(connection: Connection) -> StoredTurn | None:
            mine = _mine(owner, conversation)
            if opens and not connection.execute(select(CONVERSATIONS.c.id).where(mine[0])).first():
                opened = rows.conversation_values(conversation, owner, answer.question, at)
                connection.execute(insert(CONVERSATIONS).values(opened))
            if connection.execute(select(CONVERSATIONS.c.id).where(*mine).with_for_update()).first() is None:
                return None
            if stored := _stored(connection, conversation, answer.id):
                return stored
            if replaces:
                _give_way(connection, conversation, rows.key(replaces), answer.question, at)
            last = select(func.max(TURNS.c.number)).where(TURNS.c.conversation == conversation)
            number = (connection.execute(last).scalar() or 0) + 1
            row = rows.turn_values(conversation, number, answer, at)
            connection.execute(insert(TURNS).values(row))
            connection.execute(update(CONVERSATIONS).where(*mine).values(updated=at))
            journal.note_answer(connection, at, answer)
            return StoredTurn(row["id"], number, row["question"], answer.on, answer, at, row["sha256"])

        return self._database.write(work)

    def thread(self, owner: str, conversation: str) -> Thread | None:
        """A conversation with its turns; None when the owner has no such conversation."""
        return self._database.read(lambda connection: _thread(connection, owner, conversation))

    def so_far(
        self, owner: str, conversation: str, turn_id: str = "", limit: int = 10
    ) -> tuple[tuple[Turn, ...], StoredTurn | None] | None:
        """The last turns as a follow-up leans on them, and the turn with the id when there is one already.

        None when the owner has no such conversation.
        """
        query = select(TURNS.c.question, TURNS.c.answer).where(TURNS.c.conversation == conversation)
        query = query.order_by(TURNS.c.number.desc()).limit(limit)

        def work(connection: Connection) -> tuple[tuple[Turn, ...], StoredTurn | None] | None:
            mine = select(CONVERSATIONS.c.id).where(*_mine(owner, conversation))
            if connection.execute(mine).first() is None:
                return None
            last = connection.execute(query).all()
            turns = tuple(Turn(row.question, rows.text_of(row.answer)) for row in reversed(last))
            return turns, _stored(connection, conversation, turn_id) if turn_id else None

        return self._database.read(work)

    def turn(self, owner: str, turn_id: str) -> tuple[str, StoredTurn] | None:
        """The owner's latest turn with the id, and before it the id of its conversation."""
        query = (
            select(TURNS)
            .join(CONVERSATIONS, CONVERSATIONS.c.id == TURNS.c.conversation)
            .where(CONVERSATIONS.c.owner == owner, TURNS.c.id == rows.key(turn_id))
            .order_by(TURNS.c.created.desc())
        )
        row = self._database.read(lambda connection: connection.execute(query).first())
        return (row.conversation, rows.turn(row)) if row else None

    def rename(self, owner: str, conversation: str, title: str) -> Conversation | None:
        """The conversation under its new title; None when the owner has no such conversation.

        Raises:
            InputError: the title holds a national id number.
        """
        personal.refuse("text", (title,))
        flat = rows.flat(title)[:200]

        def work(connection: Connection) -> Conversation | None:
            changed = update(CONVERSATIONS).where(*_mine(owner, conversation))
            connection.execute(changed.values(title=flat, sought=rows.sought(flat)))
            found = _thread(connection, owner, conversation)
            return found.conversation if found else None

        return self._database.write(work)

    def delete(self, owner: str, conversation: str) -> Removal:
        """Delete a conversation with its turns and feedback, unless it is held."""
        at = self._clock()

        def work(connection: Connection) -> Removal:
            mine = _mine(owner, conversation)
            row = connection.execute(select(CONVERSATIONS).where(*mine).with_for_update()).first()
            if row is None or row.held:
                return Removal.MISSING if row is None else Removal.HELD
            connection.execute(delete(CONVERSATIONS).where(*mine))
            journal.note(connection, at, "delete", 1)
            return Removal.DELETED

        outcome = self._database.write(work)
        self._database.tidy()
        return outcome

    # --- All of a person's ---------------------------------------------------------------------

    def list(
        self, owner: str, words: str = "", limit: int = PAGE, offset: int = 0
    ) -> tuple[Conversation, ...]:
        """The owner's conversations, last used first; with `words`, those whose text holds them."""
        return self._listed(CONVERSATIONS.c.owner == owner, *_holding(words), limit=limit, offset=offset)

    def everything(self, owner: str) -> OwnData:
        """All that is kept of the owner, for a request for access."""

        def work(connection: Connection) -> tuple[Thread, ...]:
            query = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.owner == owner)
            ids = connection.execute(query.order_by(CONVERSATIONS.c.created)).scalars().all()
            return tuple(filter(None, (_thread(connection, owner, each) for each in ids)))

        threads = self._database.read(work)
        return OwnData(owner, threads, self.feedback.of(owner))

    def forget(self, owner: str) -> Tally:
        """Delete all that is kept of the owner, except what is held."""
        at = self._clock()

        def work(connection: Connection) -> Tally:
            mine = CONVERSATIONS.c.owner == owner
            feedback = _count(connection, FEEDBACK.c.owner == owner)
            tally = _remove(connection, mine)
            free = or_(FEEDBACK.c.conversation.is_(None), FEEDBACK.c.conversation.not_in(_held()))
            connection.execute(delete(FEEDBACK).where(FEEDBACK.c.owner == owner, free))
            left = _count(connection, FEEDBACK.c.owner == owner)
            journal.note(connection, at, "forget", tally.conversations)
            return Tally(tally.conversations, feedback - left, tally.held)

        tally = self._database.write(work)
        self._database.tidy()
        return tally

    # --- For whoever runs the service ------------------------------------------------------------

    def hold(self, conversation: str, held: bool = True) -> bool:
        """Keep a conversation for a case, or let it go again; False when there is no such conversation."""
        at = self._clock()

        def work(connection: Connection) -> bool:
            changed = update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation).values(held=held)
            found = connection.execute(changed).rowcount > 0
            journal.note(connection, at, "hold" if held else "release", int(found))
            return found

        return self._database.write(work)

    def find(self, conversation: str) -> Thread | None:
        """A conversation whoever owns it, for a request for access to a document."""
        query = select(CONVERSATIONS.c.owner).where(CONVERSATIONS.c.id == conversation)

        def work(connection: Connection) -> Thread | None:
            owner = connection.execute(query).scalar()
            return _thread(connection, owner, conversation) if owner is not None else None

        return self._database.read(work)

    def survey(
        self, owner: str = "", since: datetime | None = None, until: datetime | None = None
    ) -> tuple[Conversation, ...]:
        """Conversations by owner and by when they were last used, without a word of what they say."""
        wanted: list[ColumnElement[bool]] = [CONVERSATIONS.c.owner == owner] if owner else []
        wanted += [CONVERSATIONS.c.updated >= since] if since else []
        wanted += [CONVERSATIONS.c.updated < until] if until else []
        return self._listed(*wanted, limit=100_000)

    def purge(self, days: int | None = None) -> Tally:
        """Delete what was last used longer ago than the settings (or `days`) allow, except what is held."""
        at = self._clock()
        before = at - timedelta(days=self._days if days is None else days)

        def work(connection: Connection) -> Tally:
            feedback = _count(connection)
            tally = _remove(connection, CONVERSATIONS.c.updated <= before)
            loose = delete(FEEDBACK).where(FEEDBACK.c.conversation.is_(None), FEEDBACK.c.created <= before)
            connection.execute(loose)
            journal.note(connection, at, "purge", tally.conversations)
            return Tally(tally.conversations, feedback - _count(connection), tally.held)

        tally = self._database.write(work)
        self._database.tidy()
        return tally

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _listed(self, *wanted: ColumnElement[bool], limit: int, offset: int = 0) -> tuple[Conversation, ...]:
        counted = select(func.count()).where(TURNS.c.conversation == CONVERSATIONS.c.id).scalar_subquery()
        query = select(CONVERSATIONS, counted.label("turns")).where(*wanted)
        query = query.order_by(CONVERSATIONS.c.updated.desc(), CONVERSATIONS.c.id)
        found = self._database.read(
            lambda connection: connection.execute(query.limit(limit).offset(offset)).all()
        )
        return tuple(rows.conversation(row, row.turns) for row in found)


def count(url: str, file: Path) -> int:
    """How many conversations the database holds.

    Raises:
        EnvironmentProblem: it cannot be read, or is damaged.
    """
    database = Database.attach(url, file)
    query = select(func.count()).select_from(CONVERSATIONS)
    try:
        if not database.is_whole():
            raise EnvironmentProblem(texts.STORE["damaged"], texts.STORE["damaged_remedy"])
        return database.read(lambda connection: connection.execute(query).scalar_one())
    finally:
        database.close()


def _mine(owner: str, conversation: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return CONVERSATIONS.c.id == conversation, CONVERSATIONS.c.owner == owner


def _thread(connection: Connection, owner: str, conversation: str) -> Thread | None:
    row = connection.execute(select(CONVERSATIONS).where(*_mine(owner, conversation))).first()
    if row is None:
        return None
    query = select(TURNS).where(TURNS.c.conversation == conversation).order_by(TURNS.c.number)
    turns = tuple(map(rows.turn, connection.execute(query)))
    return Thread(rows.conversation(row, len(turns)), turns)


def _stored(connection: Connection, conversation: str, turn_id: str) -> StoredTurn | None:
    wanted = TURNS.c.conversation == conversation, TURNS.c.id == rows.key(turn_id)
    row = connection.execute(select(TURNS).where(*wanted)).first()
    return rows.turn(row) if row else None


def _give_way(connection: Connection, conversation: str, turn_id: str, question: str, at: datetime) -> None:
    """Delete the turn when it is the last of a conversation that is not held.

    A title that was made of its question is made of the new one instead: what she took out of the
    question is not to stand there either.
    """
    last = select(TURNS.c.number, TURNS.c.id, TURNS.c.question).where(TURNS.c.conversation == conversation)
    old = connection.execute(last.order_by(TURNS.c.number.desc())).first()
    this = CONVERSATIONS.c.id == conversation
    kept = connection.execute(select(CONVERSATIONS.c.held, CONVERSATIONS.c.title).where(this)).one()
    if old is None or old.id != turn_id or kept.held:
        return
    connection.execute(
        delete(TURNS).where(TURNS.c.conversation == conversation, TURNS.c.number == old.number)
    )
    if old.number == 1 and kept.title == rows.title(old.question):
        title = rows.title(question)
        named = {"title": title, "sought": rows.sought(title)}
        connection.execute(update(CONVERSATIONS).where(this).values(named))
    journal.note(connection, at, "replace", 1)


def _holding(words: str) -> Sequence[ColumnElement[bool]]:
    """Conversations in which every word occurs, in the title or in one of the turns."""
    wanted: list[ColumnElement[bool]] = []
    for word in words.casefold().split()[:20]:
        pattern = f"%{word.translate(_ESCAPE)}%"
        turns = select(TURNS.c.conversation).where(TURNS.c.sought.like(pattern, escape="\\"))
        wanted.append(or_(CONVERSATIONS.c.sought.like(pattern, escape="\\"), CONVERSATIONS.c.id.in_(turns)))
    return wanted


def _held() -> Select[tuple[str]]:
    return select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.held)


def _remove(connection: Connection, wanted: ColumnElement[bool]) -> Tally:
    held = select(func.count()).select_from(CONVERSATIONS).where(wanted, CONVERSATIONS.c.held)
    kept = int(connection.execute(held).scalar_one())
    done = connection.execute(delete(CONVERSATIONS).where(wanted, ~CONVERSATIONS.c.held))
    return Tally(done.rowcount, held=kept)


def _count(connection: Connection, *wanted: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(FEEDBACK).where(*wanted)
    return int(connection.execute(query).scalar_one())
