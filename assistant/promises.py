"""What the API promises in its OpenAPI description: the bodies it takes, and how every endpoint can fail.

FastAPI describes what goes well. What goes wrong is always a problem detail, and that is added here, so that
the description says neither less nor more than the service does.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, TypeAdapter

from assistant import problems, texts

VERSION = "1"
"""Version of the contract under /api/v1."""
_REFERENCE = "#/components/schemas/{model}"
_GUARDED = (401, 403, 429, 503)
"""What any endpoint under /api may answer before it has begun."""
_WITH_BODY = (400, 413, 415, 422)
_WAITING = (429, 503)
"""Answers that say when to come back."""
_OPEN = {"/healthz": (), "/readyz": (503,)}
_RETRY = {"description": "Sekunder til det er verdt å prøve igjen", "schema": {"type": "integer"}}


class WrongField(BaseModel):
    """One field of a request, and what is wrong with it."""

    model_config = ConfigDict(extra="forbid")

    field: str
    detail: str


class ProblemDetail(BaseModel):
    """What goes wrong, as RFC 9457 has it."""

    model_config = ConfigDict(extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    errors: list[WrongField] = []


def body(model: type[BaseModel]) -> dict[str, Any]:
    """What the description says of an endpoint that reads a `model` from JSON."""
    schema = model.model_json_schema(ref_template=_REFERENCE)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def also(*media: str) -> dict[int | str, dict[str, Any]]:
    """The types of content, beside JSON, in which an endpoint answers."""
    return {200: {"content": {each: {"schema": {"type": "string"}} for each in media}}}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description of the endpoints of `app`."""
    described = deepcopy(get_openapi(title=texts.PRODUCT, version=VERSION, routes=app.routes))
    schemas = described.setdefault("components", {}).setdefault("schemas", {})
    problem = TypeAdapter(ProblemDetail).json_schema(ref_template=_REFERENCE)
    schemas.update(problem.pop("$defs"), ProblemDetail=problem)
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schemas.update(content["schema"].pop("$defs", {}))
            operation["responses"].pop("422", None)  # FastAPI's own form, which nobody is sent
            for status in _failures(path, method, operation):
                operation["responses"][str(status)] = _failure(status)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    return described


def _failures(path: str, method: str, operation: dict[str, Any]) -> Iterator[int]:
    """The statuses with which an endpoint may fail; a fault of ours is none of them."""
    if path in _OPEN:
        yield from _OPEN[path]
        return
    yield from _GUARDED
    if "requestBody" in operation:
        yield from _WITH_BODY
    elif any(each["in"] == "query" for each in operation.get("parameters", ())):
        yield 422
    if "{id}" in path or path.endswith("/ask"):
        yield 404
    if "{id}" in path and method == "delete":
        yield 409


def _failure(status: int) -> dict[str, Any]:
    reference = {"$ref": _REFERENCE.format(model="ProblemDetail")}
    told: dict[str, Any] = {
        "description": texts.PROBLEM_TITLE[status],
        "content": {problems.MEDIA_TYPE: {"schema": reference}},
    }
    return {**told, "headers": {"Retry-After": _RETRY}} if status in _WAITING else told
