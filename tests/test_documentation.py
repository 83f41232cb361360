import json

from fastapi import FastAPI
from fastapi.testclient import TestClient
from tiny import TinyAssistant

from assistant import api, documentation


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
