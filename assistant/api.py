"""HTTP for programs: questions as JSON or as a stream of events, the sources, and health.

The values are served as they are: the JSON of an answer is the `Answer` of `types`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError
from starlette.concurrency import run_in_threadpool

from assistant import closing, drawing, identity, problems, promises, texts
from assistant.errors import AssistantError
from assistant.problems import Problem
from assistant.types import (
    Answer,
    Citation,
    Document,
    Event,
    Progress,
    Question,
    Retrieval,
    Sentence,
    Source,
    SourceKind,
    Turn,
    last_answer,
)

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.conversations.recording import Recorder, Seat

log = logging.getLogger(__name__)

HEARTBEAT = 10.0
"""Seconds of silence after which a stream sends a comment, so that a lost reader is noticed."""

CONVERSATION = "X-Conversation-Id"
"""Header of an answer that is stored: the conversation it belongs to."""

_ANSWER = TypeAdapter(Answer)
_SOURCES = TypeAdapter(tuple[Source, ...])
_DOCUMENT = TypeAdapter(Document)
_EVENTS: dict[type, tuple[str, TypeAdapter[Any]]] = {
    Progress: ("progress", TypeAdapter(Progress)),
    Citation: ("citation", TypeAdapter(Citation)),
    Sentence: ("sentence", TypeAdapter(Sentence)),
    Answer: ("answer", _ANSWER),
}


def _unicode(text: str) -> str:
    """The text, when it can be written down: JSON can smuggle in half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("string_unicode", "not Unicode") from None
    return text


Body = TypeVar("Body", bound=BaseModel)
Text = Annotated[str, AfterValidator(_unicode)]


class AskedTurn(BaseModel):
    """One earlier question, and the answer that was given."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[Text, Field(max_length=20_000)]
    answer: Annotated[Text, Field(max_length=20_000)] = ""


class Drawn(BaseModel):
    """How a stream is drawn for the widget: the language around the quotes, and the exchange's number."""

    model_config = ConfigDict(extra="forbid")

    language: Literal["nb", "nn"] = "nb"
    number: Annotated[int, Field(ge=1, le=100_000)] = 1


class Asked(BaseModel):
    """The body of `POST /api/v1/ask`."""

    model_config = ConfigDict(extra="forbid")

    question: Text
    on: Annotated[str | None, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] = None
    history: Annotated[list[AskedTurn], Field(max_length=50)] = []
    id: Annotated[Text, Field(max_length=200)] = ""
    types: Annotated[list[SourceKind], Field(max_length=4)] = []
    """The kinds of source to answer from; all when none is named."""
    draw: Drawn | None = None
    """Stream the exchange as elements to show, instead of its parts."""
    conversation: Annotated[str, Field(pattern=r"^(new|[0-9a-f]{32})?$")] = ""
    """`new`, or the id of the asker's own conversation; empty for an answer that is not to be stored."""


def router(assistant: Assistant, recorder: Recorder | None = None) -> APIRouter:
    """The endpoints that answer from `assistant`, and store answers with `recorder`."""
    routes = APIRouter(tags=["api"])

    @routes.post(
        "/api/v1/ask",
        summary="Still et spørsmål",
        response_model=Answer,
        openapi_extra=promises.body(Asked),
        responses=promises.also("text/event-stream"),
    )
    async def ask(request: Request) -> Response:
        asked = await read(request, Asked)
        placed = await run_in_threadpool(place, recorder, request, asked) if recorder else None
        question = await run_in_threadpool(ready, assistant, asked, placed.history if placed else ())
        events = assistant.stream(question)
        if recorder and placed:
            events = recorder.follow(placed, events)
        named = {CONVERSATION: placed.conversation} if placed and placed.conversation else {}
        if "text/event-stream" in request.headers.get("accept", ""):
            headers = {"X-Accel-Buffering": "no", **named}
            body = stream(events, request, _pen(asked, question))
            return StreamingResponse(body, media_type="text/event-stream", headers=headers)
        answer = await run_in_threadpool(last_answer, events)
        return _json(_ANSWER.dump_json(answer), named)

    @routes.get("/api/v1/sources", summary="Alle kilder", response_model=tuple[Source, ...])
    async def sources() -> Response:
        return _json(_SOURCES.dump_json(assistant.sources()))

    @routes.get("/api/v1/sources/{id}", summary="En kilde med avsnittene sine", response_model=Document)
    async def source(id: str) -> Response:
        document = assistant.document(id)
        if document is None:
            raise Problem(404, texts.PROBLEM["no_source"].format(id=problems.clean(id)[:200]))
        return _json(_DOCUMENT.dump_json(document))

    @routes.get("/healthz", summary="Lever tjenesten?")
    async def healthz() -> Response:
        return JSONResponse({"status": "ok"})

    @routes.get("/readyz", summary="Kan tjenesten svare?")
    async def readyz() -> Response:
        vectors = {"engine": assistant.vectors.name, "problem": assistant.vectors.problem}
        return JSONResponse(
            {
                "status": "closed" if closing.message(assistant.settings) else "ready",
                "build": assistant.build,
                "limited": assistant.limited,
                "vectors": vectors,
            }
        )

    return routes


def place(recorder: Recorder, request: Request, asked: Asked) -> Seat:
    """Where the answer belongs, among the conversations of who asks.

    Raises:
        Problem: the conversation is not hers, or the question names one and brings a history too.
    """
    if asked.conversation and asked.history:
        detail = texts.FIELD["with_conversation"]
        raise Problem(422, texts.PROBLEM["fields"], [{"field": "history", "detail": detail}])
    placed = recorder.seat(identity.of(request.scope).owner, asked.conversation, asked.id)
    if placed is None:
        raise Problem(404, texts.PROBLEM["no_conversation"])
    if placed.conversation:
        identity.remember(request)
    return placed


async def read(request: Request, model: type[Body]) -> Body:
    """The body of a request, checked.

    Raises:
        Problem: it is not JSON, or not of the right shape.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Problem(415, texts.PROBLEM["content_type"])
    try:
        content = json.loads((await request.body()).decode("utf-8"))
    except UnicodeDecodeError:
        raise Problem(400, texts.PROBLEM["not_utf8"]) from None
    except json.JSONDecodeError as error:
        where = f"linje {error.lineno}, tegn {error.colno}"
        raise Problem(400, texts.PROBLEM["not_json"].format(reason=where)) from None
    except (RecursionError, ValueError):
        raise Problem(400, texts.PROBLEM["not_json"].format(reason=texts.PROBLEM["too_deep"])) from None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise Problem(422, texts.PROBLEM["fields"], _field_errors(error)) from None


def _field_errors(error: ValidationError) -> list[dict[str, str]]:
    """Each wrong field with what is wrong with it; never with what was sent."""
    found = []
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        field = ".".join(str(part) for part in each["loc"]) or "$"
        kind = "date" if field == "on" else each["type"]
        found.append(
            {"field": problems.clean(field)[:100], "detail": texts.FIELD.get(kind, texts.FIELD["other"])}
        )
    return found[:20]


def ready(assistant: Assistant, asked: Asked, history: Sequence[Turn] = ()) -> Question:
    """The question as the assistant takes it.

    Raises:
        Problem: the question or its date cannot be used.
    """
    try:
        on = date.fromisoformat(asked.on) if asked.on else None
    except ValueError:
        raise Problem(
            422, texts.PROBLEM["fields"], [{"field": "on", "detail": texts.FIELD["date"]}]
        ) from None
    turns = [*history, *(Turn(turn.question, turn.answer) for turn in asked.history)]
    try:
        return assistant.question(asked.question, on=on, history=turns, id=asked.id, only=asked.types)
    except AssistantError as error:
        raise problems.of(error) from None


def _pen(asked: Asked, question: Question) -> drawing.Pen | None:
    if asked.draw is None:
        return None
    return drawing.Pen(drawing.begin(question, asked.draw.number, asked.draw.language))


async def stream(
    events: Iterator[Event], request: Request, pen: drawing.Pen | None = None
) -> AsyncIterator[str]:
    """The events in server-sent form; ends early, and stops the work, when the reader is gone.

    With a `pen` they are the exchange drawn again for each event.
    """
    done = object()
    step: asyncio.Task[Any] | None = None
    try:
        while not await request.is_disconnected():
            step = step or asyncio.create_task(run_in_threadpool(next, events, done))
            finished, _ = await asyncio.wait({step}, timeout=HEARTBEAT)
            if not finished:
                yield ": venter\n\n"
                continue
            event, step = step.result(), None
            if event is done:
                return
            yield pen.frame(event) if pen else frame(event)
    except AssistantError as error:
        log.warning("stream failed: %s", error)
        yield pen.failure(str(error)) if pen else _error(problems.of(error))
    except Exception:
        log.exception("stream failed")
        yield pen.failure("") if pen else _error(Problem(500, texts.PROBLEM["internal"]))
    finally:
        _close(events, step)


def _close(events: Iterator[Event], step: asyncio.Task[Any] | None) -> None:
    """Let the step that runs in a thread end, then stop the generator behind the events."""

    def close(*_: object) -> None:
        getattr(events, "close", lambda: None)()

    if step is None or step.done():
        close()
    else:
        step.add_done_callback(lambda ended: ended.exception())
        step.add_done_callback(close)


def frame(event: Event) -> str:
    """One event of the stream as it goes over the wire."""
    if isinstance(event, Retrieval):
        return _frame("retrieval", json.dumps(outline(event), ensure_ascii=False))
    name, adapter = _EVENTS[Answer if isinstance(event, Answer) else type(event)]
    return _frame(name, adapter.dump_json(event).decode())


def outline(found: Retrieval) -> dict[str, Any]:
    """What a search found, without the passages themselves: those that are used come as citations."""
    return {
        "query": found.query,
        "on": found.on.isoformat(),
        "build": found.build,
        "confidence": found.confidence,
        "limited": found.limited,
        "hits": [
            {
                "passage_id": hit.passage.id,
                "section_id": hit.passage.section_id,
                "title": hit.passage.source.title,
                "section": hit.passage.heading,
                "score": hit.score,
                "vector_rank": hit.vector_rank,
                "lexical_rank": hit.lexical_rank,
            }
            for hit in found.hits
        ],
        "rejected": [{"passage_id": each.hit.passage.id, "reason": each.reason} for each in found.rejected],
    }


def _error(problem: Problem) -> str:
    return _frame("error", json.dumps(problem.body, ensure_ascii=False))


def _frame(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"


def _json(content: bytes, headers: Mapping[str, str] | None = None) -> Response:
    return Response(content, media_type="application/json", headers=headers)
