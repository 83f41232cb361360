import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.testclient import TestClient

from assistant.errors import SettingsError
from assistant.shield import MAX_BODY, Shield, ancestors


def service():
    app = FastAPI()

    @app.get("/")
    def chat():
        return HTMLResponse("<p>chat</p>")

    @app.get("/side")
    def page():
        return HTMLResponse("<p>side</p>")

    @app.get("/embed")
    def embed():
        return HTMLResponse("<p>ramme</p>")

    @app.get("/widget.js")
    def script():
        return Response("x", media_type="text/javascript")

    @app.get("/data")
    def data():
        return JSONResponse({}, headers={"Access-Control-Allow-Origin": "*", "Access-Control-Max-Age": "9"})

    @app.get("/assets/x.js")
    def asset():
        return Response("x", media_type="text/javascript")

    @app.post("/echo")
    async def echo(request: Request):
        return {"length": len(await request.body())}

    return app


def client(*sites):
    return TestClient(Shield(service(), {"/": str.upper}, sites))


@pytest.mark.parametrize("path", ["/", "/side", "/data", "/finnes-ikke", "/assets/x.js"])
def test_every_response_has_the_security_headers(path):
    headers = client().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]


def test_a_refused_request_has_them_too():
    answer = client().post("/echo", content=b"x" * (MAX_BODY + 1))
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_our_own_pages_allow_nothing_inline_and_nothing_foreign():
    policy = client().get("/side").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert "form-action 'none'" in policy


def test_no_page_allows_inline_script_or_eval():
    for path in ("/", "/side", "/data"):
        policy = client().get(path).headers["content-security-policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert "unsafe" not in rules.get("script-src", "")


def test_no_cors_header_leaves_the_service():
    answer = client().get("/data", headers={"origin": "https://evil.example"})
    assert [name for name in answer.headers if name.startswith("access-control")] == []


def test_answers_are_not_stored_and_hashed_files_are():
    assert client().get("/data").headers["cache-control"] == "no-store"
    assert "immutable" in client().get("/assets/x.js").headers["cache-control"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_web_site_cannot_ask_in_the_readers_name(site):
    answer = client().post("/echo", content=b"x", headers={"sec-fetch-site": site})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}])
def test_our_own_pages_and_programs_may_ask(headers):
    assert client().post("/echo", content=b"xyz", headers=headers).json() == {"length": 3}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://testserver"}, 200),
        ({"origin": "HTTP://TESTSERVER"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://testserver.evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, 403),
        # A proxy may have changed the host: what the browser itself says of the site counts.
        ({"origin": "https://ki.fylke.no", "sec-fetch-site": "same-origin"}, 200),
    ],
)
def test_an_older_browser_is_known_by_the_origin_it_names(headers, status):
    assert client().post("/echo", content=b"x", headers=headers).status_code == status


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT"])
def test_a_change_needs_what_no_foreign_page_can_send_unasked(method):
    asking = client()
    refused = asking.request(method, "/api/v1/me")
    assert refused.status_code == 403
    assert "X-Requested-With: anskaffelsesassistenten" in refused.json()["detail"]
    assert (
        asking.request(method, "/api/v1/me", headers={"x-requested-with": "XMLHttpRequest"}).status_code
        == 403
    )
    for headers in ({"x-requested-with": "anskaffelsesassistenten"}, {"content-type": "application/json"}):
        assert asking.request(method, "/api/v1/me", headers=headers).status_code == 404


def test_a_body_over_the_limit_is_refused_by_its_declared_length():
    answer = client().post("/echo", content=b"x" * (MAX_BODY + 1))
    assert answer.status_code == 413
    assert answer.json()["detail"] == "Innholdet er større enn 256 kB."


def test_a_body_over_the_limit_is_refused_when_it_comes_in_pieces():
    pieces = (b"x" * 1000 for _ in range(MAX_BODY // 1000 + 2))
    assert client().post("/echo", content=pieces).status_code == 413


def test_a_body_at_the_limit_is_taken():
    assert client().post("/echo", content=b"x" * MAX_BODY).json() == {"length": MAX_BODY}


@pytest.mark.parametrize("length", ["-1", "x", "99999999999999999999", "1٣"])
def test_a_length_that_is_no_length_is_refused(length):
    answer = client().post("/echo", content=b"", headers={b"content-length": length.encode()})
    assert answer.status_code == 413


def test_only_the_chat_page_is_rewritten_and_its_length_follows():
    answer = client().get("/")
    assert answer.text == "<P>CHAT</P>"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert client().get("/side").text == "<p>side</p>"


def test_the_sites_in_the_settings_may_frame_the_widgets_page_and_no_other():
    framing = client("https://intranett.fylke.no", "https://x.fylke.no:8443")
    headers = framing.get("/embed").headers
    allowed = "frame-ancestors https://intranett.fylke.no https://x.fylke.no:8443"
    assert headers["content-security-policy"].endswith(allowed)
    assert "x-frame-options" not in headers
    for path in ("/", "/side", "/data", "/embed/x", "/embedx"):
        assert framing.get(path).headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in framing.get(path).headers["content-security-policy"]


def test_the_form_of_the_widgets_page_may_be_sent_to_us_and_nowhere_else():
    policy = client().get("/embed").headers["content-security-policy"]
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy


def test_every_site_may_read_the_widgets_script_and_nothing_else():
    for path, open_to in (
        ("/widget.js", "*"),
        ("/widget-0af.js", "*"),
        ("/widget/x.js", None),
        ("/data", None),
    ):
        assert client().get(path).headers.get("access-control-allow-origin") == open_to


def test_sites_are_read_from_the_setting():
    assert ancestors("https://a.no  https://*.b.no 'self'") == ("https://a.no", "https://*.b.no", "'self'")
    assert ancestors("") == ()


@pytest.mark.parametrize(
    "value", ["*", "a.no", "https://a.no/side", "https://a.no;script-src", "javascript:x", "null"]
)
def test_what_is_not_the_address_of_a_site_stops_the_start(value):
    with pytest.raises(SettingsError, match="ASSISTANT_FRAME_ANCESTORS"):
        ancestors(value)


def test_web_sockets_are_closed():
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), client().websocket_connect("/"):
        pass
