import json
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient
from tiny import TinyAssistant

from assistant import api, documentation
from assistant.types import AnswerStatus, Rank


def client():
    app = FastAPI(docs_url=None, openapi_url=None)
    app.include_router(api.router(TinyAssistant()))
    app.include_router(documentation.router(app))
    return TestClient(app)


def test_the_page_lists_every_endpoint_of_the_description():
    described = client().get("/openapi.json").json()
    page = client().get("/docs").text
    assert set(described["paths"]) == {
        "/api/v1/ask", "/api/v1/sources", "/api/v1/sources/{id}", "/healthz", "/readyz",
    }  # fmt: skip
    for path in described["paths"]:
        assert f"<code>{path}</code>" in page


def test_the_page_loads_nothing_from_elsewhere():
    page = client().get("/docs").text
    assert "https://" not in page
    assert "<script" not in page


def test_every_reference_in_the_description_leads_somewhere():
    described = client().get("/openapi.json").json()
    names = {part.split('"')[0] for part in json.dumps(described).split('"#/components/schemas/')[1:]}
    assert names <= set(described["components"]["schemas"])


def test_the_manual_names_every_endpoint_event_and_field():
    manual = (Path(__file__).resolve().parent.parent / "docs" / "api.md").read_text("utf-8")
    described = client().get("/openapi.json").json()
    schemas = described["components"]["schemas"]
    fields = {
        name for kind in ("Answer", "Citation", "Source", "Section") for name in schemas[kind]["properties"]
    }
    asked = described["paths"]["/api/v1/ask"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    events = {name for name, _ in api._EVENTS.values()} | {"retrieval", "error"}
    for name in [*described["paths"], *fields, *asked["properties"], *events, *AnswerStatus, *Rank]:
        assert f"`{name}`" in manual
