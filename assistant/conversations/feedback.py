"""What readers say of the answers, and how far the work with it has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, literal, select, update

from assistant import language, personal
from assistant.conversations import rows
from assistant.conversations.database import Database
from assistant.conversations.schema import CONVERSATIONS, FEEDBACK, TURNS
from assistant.conversations.values import Feedback, Reason, Sought, Triage, Verdict, feedback_mark

LONGEST = 4000
"""Characters of a comment that are kept."""


class FeedbackBook:
    """The feedback of one installation; one piece for each answer and reader, the last one given."""

    def __init__(self, database: Database, clock: Callable[[], datetime], *, keeps: bool) -> None:
        self._database = database
        self._clock = clock
        self._keeps = keeps

    def give(
        self, owner: str, answer_id: str, verdict: Verdict, reasons: Iterable[Reason] = (), text: str = ""
    ) -> Feedback:
        """Keep what the owner says of an answer, instead of what she may have said of it before.

        Where nothing is to be stored, it is taken and forgotten.

        Raises:
            InputError: the text holds a national id number.
        """
        self.check(answer_id, text)
        at, given = self._clock(), set(reasons)
        ordered = tuple(reason for reason in Reason if reason in given)
        if not self._keeps:
            return Feedback(answer_id, "", verdict, ordered, "", Triage.NEW, at)
        answer_id = rows.key(answer_id)
        values: dict[str, Any] = {
            "verdict": verdict.value,
            "reasons": ",".join(ordered),
            "text": rows.flat(text)[:LONGEST],
            "triage": Triage.NEW.value,
            "created": at,
        }

        def work(connection: Connection) -> Feedback:
            query = select(TURNS.c.conversation).join(
                CONVERSATIONS, CONVERSATIONS.c.id == TURNS.c.conversation
            )
            mine = query.where(CONVERSATIONS.c.owner == owner, TURNS.c.id == answer_id)
            conversation = connection.execute(mine.order_by(TURNS.c.created.desc())).scalar()
            row = {**values, "conversation": conversation}
            changed = connection.execute(update(FEEDBACK).where(_is(owner, answer_id)).values(row))
            if not changed.rowcount:
                connection.execute(insert(FEEDBACK).values(owner=owner, answer=answer_id, **row))
            return _one(connection, owner, answer_id)

        return self._database.write(work)

    def check(self, *parts: str) -> None:
        """Let feedback through when no national id number is in it.

        Raises:
            InputError: there is one.
        """
        personal.refuse("text", parts)

    def of(self, owner: str) -> tuple[Feedback, ...]:
        """All that the owner has said, oldest first."""
        return self._found(FEEDBACK.c.owner == owner)

    def verdicts(self, owner: str, answer_ids: Iterable[str]) -> dict[str, Verdict]:
        """What the owner has said of the answers, by their ids."""
        wanted = FEEDBACK.c.owner == owner, FEEDBACK.c.answer.in_([rows.key(each) for each in answer_ids])
        query = select(FEEDBACK.c.answer, FEEDBACK.c.verdict).where(*wanted)
        found = self._database.read(lambda connection: connection.execute(query).all())
        return {row.answer: Verdict(row.verdict) for row in found}

    def all(self, triage: Triage | None = None) -> tuple[Feedback, ...]:
        """What everybody has said, oldest first; with `triage` only what has come so far."""
        return self._found(*([FEEDBACK.c.triage == triage.value] if triage else []))

    def page(self, sought: Sought, limit: int, offset: int = 0) -> tuple[tuple[Feedback, ...], int]:
        """Some of what is sought, newest first, and how much there is of it in all."""
        wanted = _sought(sought)
        query = select(FEEDBACK).where(*wanted).order_by(FEEDBACK.c.created.desc(), FEEDBACK.c.answer)
        counted = select(func.count()).select_from(FEEDBACK).where(*wanted)

        def work(connection: Connection) -> tuple[tuple[Feedback, ...], int]:
            found = connection.execute(query.limit(limit).offset(offset)).all()
            return tuple(_complete(connection, row) for row in found), connection.execute(
                counted
            ).scalar_one()

        return self._database.read(work)

    def find(self, mark: str) -> Feedback | None:
        """The piece of feedback with the mark."""
        query = select(FEEDBACK.c.owner, FEEDBACK.c.answer)

        def work(connection: Connection) -> Feedback | None:
            keys = ((row.owner, row.answer) for row in connection.execute(query))
            found = next((key for key in keys if feedback_mark(*key) == mark), None)
            return _one(connection, *found) if found else None

        return self._database.read(work)

    def sort(self, owner: str, answer_id: str, triage: Triage, note: str | None = None) -> bool:
        """Put down how far the work with a piece of feedback has come; False when there is none.

        Without a `note` the one that is there is kept.

        Raises:
            InputError: the note holds a national id number.
        """
        values = {"triage": triage.value}
        if note is not None:
            self.check(note)
            values["note"] = language.clean(note).encode("utf-8", "replace").decode().strip()[:LONGEST]
        changed = update(FEEDBACK).where(_is(owner, rows.key(answer_id))).values(values)
        return self._database.write(lambda connection: connection.execute(changed).rowcount > 0)

    def _found(self, *wanted: ColumnElement[bool]) -> tuple[Feedback, ...]:
        query = select(FEEDBACK).where(*wanted).order_by(FEEDBACK.c.created, FEEDBACK.c.answer)

        def work(connection: Connection) -> tuple[Feedback, ...]:
            return tuple(_complete(connection, row) for row in connection.execute(query).all())

        return self._database.read(work)


def _is(owner: str, answer_id: str) -> ColumnElement[bool]:
    return and_(FEEDBACK.c.owner == owner, FEEDBACK.c.answer == answer_id)


def _sought(sought: Sought) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if sought.triage:
        wanted.append(FEEDBACK.c.triage.in_([each.value for each in sought.triage]))
    if sought.verdict:
        wanted.append(FEEDBACK.c.verdict == sought.verdict.value)
    if sought.reason:
        fenced = literal(",").concat(FEEDBACK.c.reasons).concat(",")
        wanted.append(fenced.contains(f",{sought.reason.value},", autoescape=True))
    return wanted


def _one(connection: Connection, owner: str, answer_id: str) -> Feedback:
    return _complete(connection, connection.execute(select(FEEDBACK).where(_is(owner, answer_id))).one())


def _complete(connection: Connection, row: Row[Any]) -> Feedback:
    query = select(TURNS).where(TURNS.c.conversation == row.conversation, TURNS.c.id == row.answer)
    answered = connection.execute(query).first() if row.conversation else None
    return rows.feedback(row, rows.turn(answered) if answered else None)
