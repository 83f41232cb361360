"""HTTP for what is kept: the asker's own conversations, their export and deletion, and feedback.

Everything is found under the visitor alone: the id of another's conversation is answered like an id
that does not exist.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.concurrency import run_in_threadpool

from assistant import export, identity, personal, problems, promises, texts
from assistant.api import Text, read
from assistant.conversations.values import Conversation, OwnData, Reason, Removal, Tally, Thread, Verdict
from assistant.errors import InputError
from assistant.problems import Problem

if TYPE_CHECKING:
    from assistant.conversations.recording import Recorder
    from assistant.conversations.store import Conversations

Value = TypeVar("Value")

_LIST = TypeAdapter(tuple[Conversation, ...])
_CONVERSATION = TypeAdapter(Conversation)
_THREAD = TypeAdapter(Thread)
_OWN = TypeAdapter(OwnData)
_TALLY = TypeAdapter(Tally)
_ID = re.compile(r"[0-9a-f]{32}")
_API = "/api/v1"


class NewTitle(BaseModel):
    """The body of `PATCH /api/v1/conversations/{id}`."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[Text, Field(min_length=1, max_length=200, pattern=r"\S")]


class Judged(BaseModel):
    """The body of `POST /api/v1/feedback`."""

    model_config = ConfigDict(extra="forbid")

    answer: Annotated[Text, Field(min_length=1, max_length=200)]
    verdict: Verdict
    reasons: Annotated[list[Reason], Field(max_length=8)] = []
    text: Annotated[Text, Field(max_length=4000)] = ""


class Received(BaseModel):
    """What became of a piece of feedback."""

    answer: str
    verdict: Verdict
    reasons: list[Reason]
    stored: bool


def router(recorder: Recorder) -> APIRouter:
    """The endpoints over what `recorder` keeps."""
    routes = APIRouter(tags=["samtaler"], prefix=_API)
    _add_reading(routes, recorder.store)
    _add_changing(routes, recorder.store)
    _add_person(routes, recorder.store)
    _add_feedback(routes, recorder)
    return routes


def _add_reading(routes: APIRouter, store: Conversations) -> None:
    @routes.get("/conversations", summary="Dine samtaler", response_model=tuple[Conversation, ...])
    def listing(
        request: Request,
        q: Annotated[str, Query(max_length=200, description="Ord som skal finnes i samtalen")] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> Response:
        personal.refuse("text", (q,))
        words = q.replace("\0", " ")
        return _json(_LIST, store.list(_owner(request), words, limit, offset))

    @routes.get("/conversations/{id}", summary="En samtale med alle svarene", response_model=Thread)
    def one(request: Request, id: str) -> Response:
        return _json(_THREAD, _own(store, request, id))

    @routes.get(
        "/conversations/{id}/export",
        summary="Samtalen som fil",
        response_class=Response,
        responses=promises.also(*export.MEDIA_TYPES.values()),
    )
    def exported(
        request: Request, id: str, format: Annotated[Literal["md", "docx", "pdf", "json"], Query()] = "md"
    ) -> Response:
        file = export.conversation(_own(store, request, id), format)
        headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
        return Response(file.content, media_type=file.media_type, headers=headers)


def _add_changing(routes: APIRouter, store: Conversations) -> None:
    @routes.patch(
        "/conversations/{id}",
        summary="Gi samtalen et nytt navn",
        response_model=Conversation,
        openapi_extra=promises.body(NewTitle),
    )
    async def rename(request: Request, id: str) -> Response:
        named = await read(request, NewTitle)
        found = await run_in_threadpool(store.rename, _owner(request), _known(id), named.title)
        if found is None:
            raise _missing()
        return _json(_CONVERSATION, found)

    @routes.delete("/conversations/{id}", summary="Slett samtalen", status_code=204)
    def delete(request: Request, id: str) -> Response:
        outcome = store.delete(_owner(request), _known(id))
        if outcome is Removal.MISSING:
            raise _missing()
        if outcome is Removal.HELD:
            raise Problem(409, texts.PROBLEM["held"])
        return Response(status_code=204)


def _add_person(routes: APIRouter, store: Conversations) -> None:
    @routes.get("/me/export", summary="Alt som er lagret om deg", response_model=OwnData)
    def mine(request: Request) -> Response:
        content = _OWN.dump_json(store.everything(_owner(request)), indent=2)
        headers = {"Content-Disposition": 'attachment; filename="mine-data.json"'}
        return Response(content, media_type="application/json", headers=headers)

    @routes.delete("/me", summary="Slett alt som er lagret om deg", response_model=Tally)
    def forget(request: Request) -> Response:
        return _json(_TALLY, store.forget(_owner(request)))


def _add_feedback(routes: APIRouter, recorder: Recorder) -> None:
    store = recorder.store

    @routes.post(
        "/feedback", summary="Si hva du synes om et svar", response_model=Received,
        openapi_extra=promises.body(Judged),
    )  # fmt: skip
    async def feedback(request: Request) -> Response:
        judged = await read(request, Judged)
        if store.keeps:
            identity.remember(request)
        try:
            given = await run_in_threadpool(
                recorder.judge,
                _owner(request), judged.answer, judged.verdict, tuple(judged.reasons), judged.text,
            )  # fmt: skip
        except InputError as error:
            raise problems.of(error) from None
        done = Received(
            answer=judged.answer, verdict=given.verdict, reasons=list(given.reasons), stored=store.keeps
        )
        return Response(done.model_dump_json(), media_type="application/json")


def _own(store: Conversations, request: Request, id: str) -> Thread:
    found = store.thread(_owner(request), _known(id))
    if found is None:
        raise _missing()
    return found


def _owner(request: Request) -> str:
    return identity.of(request.scope).owner


def _known(id: str) -> str:
    """The id, when it may be one."""
    if not _ID.fullmatch(id):
        raise _missing()
    return id


def _missing() -> Problem:
    return Problem(404, texts.PROBLEM["no_conversation"])


def _json(adapter: TypeAdapter[Value], value: Value) -> Response:
    return Response(adapter.dump_json(value), media_type="application/json")
