"""Whatever is sent to a documented endpoint, the answer is one that the description promises.

The requests are made from the description by schemathesis: what fits it, and what only nearly does. They
go to the whole service, shield and limits and all, over a real store and the short documents.
"""

import re
from urllib.parse import quote

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as promised

from assistant import promises, server
from assistant.conversations import open_store
from assistant.conversations.recording import Recorder
from assistant.problems import MEDIA_TYPE

EXAMPLES = 12
MEANT = {"X-Requested-With": "anskaffelsesassistenten"}
CHECKS = [
    checks.not_a_server_error,
    promised.status_code_conformance,
    promised.content_type_conformance,
    promised.response_headers_conformance,
    promised.response_schema_conformance,
]
DOCUMENTED = {
    ("POST", "/api/v1/ask"),
    ("GET", "/api/v1/sources"),
    ("GET", "/api/v1/sources/{id}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/api/v1/conversations"),
    ("GET", "/api/v1/conversations/{id}"),
    ("PATCH", "/api/v1/conversations/{id}"),
    ("DELETE", "/api/v1/conversations/{id}"),
    ("GET", "/api/v1/conversations/{id}/export"),
    ("GET", "/api/v1/me/export"),
    ("DELETE", "/api/v1/me"),
    ("POST", "/api/v1/feedback"),
}
NARROW = {
    "max_examples": EXAMPLES,
    "deadline": None,
    "database": None,
    "derandomize": True,
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@pytest.fixture(scope="module")
def app(small, tmp_path_factory):
    store = open_store(small.settings.model_copy(update={"var": tmp_path_factory.mktemp("kontrakt")}))
    yield server.build_app(small, Recorder(store))
    store.close()


@pytest.fixture(scope="module")
def client(app):
    with TestClient(app, raise_server_exceptions=False, headers=MEANT) as opened:
        yield opened


@pytest.fixture(scope="module")
def conversation(client):
    """One that the client owns, so that reading, renaming and exporting have something to find."""
    asked = client.post(
        "/api/v1/ask", json={"question": "Hva gjelder under terskelen?", "conversation": "new"}
    )
    return asked.headers["x-conversation-id"]


@pytest.fixture(scope="module")
def described(app):
    return schemathesis.openapi.from_dict(promises.describe(app))


def send(client, case, known):
    """The response to a case; one id in two is that of a conversation that exists."""
    if "id" in (case.path_parameters or {}) and len(str(case.path_parameters["id"])) % 2:
        case.path_parameters = {"id": known}
    sent = case.as_transport_kwargs(base_url="http://testserver")
    body = {"content": sent["data"]} if isinstance(sent.get("data"), bytes) else {"data": sent.get("data")}
    kept = {name: sent[name] for name in ("json", "params", "headers") if sent.get(name) is not None}
    return client.request(sent["method"], sent["url"], **kept, **body)


NARROWED = {
    pair for pair in DOCUMENTED if pair[0] in {"POST", "PATCH"} or pair[1].endswith(("ns", "/export"))
}
NARROWED -= {("GET", "/api/v1/me/export")}
"""What takes a body or parameters with bounds, so that something can be sent that does not fit."""


@pytest.mark.parametrize(("method", "path"), sorted(DOCUMENTED))
def test_what_fits_the_description_is_answered_as_it_promises(described, client, conversation, method, path):
    answers_as_promised(described[path][method], GenerationMode.POSITIVE, client, conversation)


@pytest.mark.parametrize(("method", "path"), sorted(NARROWED))
def test_what_does_not_fit_is_refused_as_it_promises(described, client, conversation, method, path):
    answers_as_promised(described[path][method], GenerationMode.NEGATIVE, client, conversation)


def answers_as_promised(operation, mode, client, conversation):
    @given(operation.as_strategy(generation_mode=mode))
    @settings(**NARROW)
    def holds(case):
        response = send(client, case, conversation)
        case.validate_response(schemathesis.Response.from_any(response), checks=CHECKS)

    holds()


def test_the_documented_endpoints_are_the_whole_list(app):
    paths = promises.describe(app)["paths"]
    assert {(method.upper(), path) for path, each in paths.items() for method in each} == DOCUMENTED


OURS = re.compile(
    r"/(?:nb/?|nn/?)?|/api/v1/.+|/healthz|/readyz|/metrics|/docs|/openapi\.json|/kilder(?:/.+)?|/svar/.+|/embed"
    r"|/widget(?:-\{digest\})?\.js|/web"
)


def test_no_route_is_served_beyond_the_list(app):
    """What Gradio brings is behind the stop between its routes and ours, which `test_server` tries."""
    stop = next(n for n, route in enumerate(app.router.routes) if type(route).__name__ == "_Nowhere")
    paths = {getattr(route, "path", "") for route in flat(app.router.routes[:stop])}
    assert len(paths) > len(DOCUMENTED)
    assert {path for path in paths if not OURS.fullmatch(path)} == set()


def flat(routes):
    """The routes, with those of included routers in place of them."""
    for route in routes:
        inner = getattr(getattr(route, "original_router", None), "routes", None)
        yield from flat(inner) if inner is not None else [route]


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]),
    path=st.text(st.sampled_from("/abcdefgkiln%.~_-0æ\u200b{}"), max_size=40),
    query=st.text(max_size=30),
    body=st.binary(max_size=60),
)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
def test_no_address_and_no_method_is_a_fault_of_ours(client, method, path, query, body):
    address = f"/{quote(path, safe='/%~{}')}?{quote(query, errors='replace')}"
    response = client.request(method, address, content=body, follow_redirects=False)
    assert response.status_code < 500


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("POST", "/api/v1/ask", {"content": b"\xff", "headers": {"content-type": "application/json"}}, 400),
        ("POST", "/api/v1/ask", {"content": b"{}", "headers": {"content-type": "text/plain"}}, 415),
        ("POST", "/api/v1/ask", {"json": {"question": "x" * 300_000}}, 413),
        ("POST", "/api/v1/ask", {"json": {"question": "Hva?", "conversation": "0" * 32}}, 404),
        ("POST", "/api/v1/feedback", {"json": {"answer": "x", "verdict": "kanskje"}}, 422),
        ("GET", "/api/v1/conversations", {"params": {"limit": "mange"}}, 422),
        ("DELETE", "/api/v1/me", {"headers": {"X-Requested-With": "noe annet"}}, 403),
        ("PUT", "/api/v1/me", {}, 405),
        ("GET", "/api/v2/ask", {}, 404),
    ],
)
def test_every_error_of_the_api_is_a_problem_detail(client, method, path, sent, status):
    response = client.request(method, path, **sent)
    assert response.status_code == status
    assert response.headers["content-type"] == MEDIA_TYPE
    promises.ProblemDetail.model_validate_json(response.content)
