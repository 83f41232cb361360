"""`/openapi.json`, and a page of ours that lists the endpoints: no script or style from elsewhere."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, JSONResponse

from assistant import pages, promises, texts
from assistant.markup import escape


def router(app: FastAPI) -> APIRouter:
    """The description of the endpoints of `app`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/openapi.json")
    async def description() -> JSONResponse:
        return JSONResponse(promises.describe(app))

    @routes.get("/docs")
    async def listing() -> HTMLResponse:
        return HTMLResponse(page(promises.describe(app)))

    return routes


def page(described: dict[str, Any]) -> str:
    """The endpoints as a table."""
    rows = "".join(
        f"<tr><td><code>{escape(method.upper())}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('summary', ''))}</td></tr>"
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    )
    heads = "".join(f"<th>{escape(head)}</th>" for head in texts.DOCS_HEADS)
    body = (
        f"<h1>{escape(texts.DOCS_TITLE)}</h1>"
        f'<p class="ingress">{escape(texts.DOCS_LEAD)} <a href="/openapi.json">OpenAPI</a>.</p>'
        f'<div class="table" tabindex="0" role="region" aria-label="{escape(texts.DOCS_TITLE)}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<h2>{escape(texts.DOCS_EXAMPLE)}</h2><pre tabindex="0"><code>{escape(_example())}</code></pre>'
    )
    return pages.page(texts.DOCS_TITLE, body)


def _example() -> str:
    return (
        "curl -s http://127.0.0.1:7860/api/v1/ask \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        '  -d \'{"question": "' + texts.EXAMPLES[0] + '", "on": "2026-11-22"}\''
    )
