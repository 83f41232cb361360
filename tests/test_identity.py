import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from assistant import identity, problems
from assistant.errors import SettingsError
from assistant.identity import Identity, Reception
from assistant.settings import Settings

SECRET = "en-lang-hemmelighet-42"
PROXY = {"proxy_peers": "10.0.0.0/24 ::1", "proxy_secret": SECRET}
NAMED = {"X-Forwarded-User": "kari", "X-Proxy-Secret": SECRET}


def scope(peer="10.0.0.5", headers=(), scheme="http"):
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    client = (peer, 1234) if peer else None
    return {"type": "http", "client": client, "headers": raw, "scheme": scheme, "path": "/", "method": "GET"}


def who(headers=NAMED, peer="10.0.0.5", scheme="http", **settings):
    pairs = headers.items() if isinstance(headers, dict) else headers
    return Identity(Settings(**{**PROXY, **settings})).visitor(scope(peer, pairs, scheme))


def test_a_trusted_proxy_says_who_it_is():
    visitor = who()
    assert (visitor.owner, visitor.named, visitor.session) == ("user:kari", True, "")
    assert who({**NAMED, "X-Forwarded-User": " KARI "}).owner == "user:kari"
    assert who({**NAMED, "X-Forwarded-User": "åse@fylke.no"}).owner == "user:åse@fylke.no"
    assert (
        who({"Remote-User": "ola", "X-Proxy-Secret": SECRET}, proxy_user_header="Remote-User").owner
        == "user:ola"
    )


def test_a_peer_that_is_not_a_proxy_of_ours_is_never_believed():
    for peer in ("10.0.1.5", "127.0.0.1", "", "ikke en adresse"):
        assert not who(peer=peer).named


@pytest.mark.parametrize("peer", ["::1", "::ffff:10.0.0.7"])
def test_a_proxy_is_known_by_either_kind_of_address(peer):
    assert who(peer=peer).named


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-User": "kari"},
        {"X-Forwarded-User": "kari", "X-Proxy-Secret": "feil"},
        {"X-Forwarded-User": "", "X-Proxy-Secret": SECRET},
        {"X-Forwarded-User": "x" * 201, "X-Proxy-Secret": SECRET},
        {"X-Forwarded-User": "a\x01b", "X-Proxy-Secret": SECRET},
        [("X-Forwarded-User", "kari"), ("X-Forwarded-User", "ola"), ("X-Proxy-Secret", SECRET)],
        [("X-Forwarded-User", "kari"), ("X-Proxy-Secret", SECRET), ("X-Proxy-Secret", "feil")],
    ],
)
def test_a_name_without_the_secret_or_said_twice_is_turned_away(headers):
    with pytest.raises(problems.Problem) as refused:
        who(headers)
    assert refused.value.status == 401


def test_without_a_name_there_is_a_session_unless_the_proxy_must_say():
    assert who({}).owner.startswith("session:")
    with pytest.raises(problems.Problem):
        who({}, login="proxy")
    with pytest.raises(problems.Problem):
        who(peer="10.0.1.5", login="proxy")


def test_a_session_is_known_again_by_its_cookie_and_the_owner_does_not_show_it():
    first = who({})
    again = who({"Cookie": f"anskaffelse={first.session}"})
    assert again.owner == first.owner
    assert again.session == ""
    assert len(first.session) == 32
    assert first.session not in first.owner
    assert who({}).owner != first.owner


@pytest.mark.parametrize(
    "cookie", ["anskaffelse=", "anskaffelse=abc", "anskaffelse=' OR 1=1", f"anskaffelse={'G' * 32}"]
)
def test_a_cookie_that_we_have_not_made_gives_a_new_session(cookie):
    assert who({"Cookie": cookie}).session


def test_over_https_the_cookie_is_bound_to_the_host():
    reading = Identity(Settings(**PROXY))
    direct = scope("1.2.3.4", scheme="https")
    cookie = reading.set_cookie(direct, reading.visitor(direct))
    assert cookie.startswith("__Host-anskaffelse=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    behind = scope(headers=[("X-Forwarded-Proto", "https")])
    assert reading.is_secure(behind)
    assert not reading.is_secure(scope("1.2.3.4", headers=[("X-Forwarded-Proto", "https")]))
    assert "Secure" not in reading.set_cookie(scope(), reading.visitor(scope()))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("9.9.9.9", "1.1.1.1", "9.9.9.9"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("10.0.0.5", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.5", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        ("10.0.0.5", "6.6.6.6, 1.1.1.1, 10.0.0.9", "1.1.1.1"),
        ("10.0.0.5", "6.6.6.6, tull", "10.0.0.5"),
        ("::ffff:10.0.0.5", "[2001:db8::1]", "2001:db8::1"),
        ("", "1.1.1.1", ""),
    ],
)
def test_the_address_is_the_peers_unless_a_trusted_proxy_has_seen_another(peer, forwarded, address):
    headers = [("X-Forwarded-For", forwarded)] if forwarded else []
    assert Identity(Settings(**PROXY)).address(scope(peer, headers)) == address


@pytest.fixture
def service():
    def make(**settings):
        app = FastAPI()

        @app.get("/healthz")
        def healthz():
            return "ok"

        @app.post("/lagre")
        def store(request: Request):
            identity.remember(request)
            return identity.of(request.scope).owner

        @app.post("/gradio_api/queue/join")
        @app.get("/hvem")
        def hvem(request: Request):
            return identity.of(request.scope).owner

        return TestClient(Reception(app, Identity(Settings(**settings))))

    return make


def test_the_cookie_is_set_when_something_is_stored_and_not_before(service):
    client = service()
    assert "set-cookie" not in client.get("/hvem").headers
    stored = client.post("/lagre")
    assert "HttpOnly" in stored.headers["set-cookie"]
    assert client.get("/hvem").json() == stored.json()
    assert "set-cookie" not in client.post("/lagre").headers


def test_the_chat_gets_its_cookie_when_it_asks(service):
    assert "set-cookie" in service().post("/gradio_api/queue/join").headers


def test_who_must_be_named_and_is_not_gets_401_everywhere_but_at_the_health_check(service):
    client = service(**PROXY, login="proxy")
    refused = client.get("/api/hvem")
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"
    assert "Logg inn" in refused.json()["title"]
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"PROXY_PEERS": "proxy.fylke.no"}, "ugyldig adresse: proxy.fylke.no"),
        ({"PROXY_PEERS": "10.0.0.5"}, "hører sammen"),
        ({"PROXY_PEERS": "10.0.0.5", "PROXY_SECRET": "kort"}, "minst 16 tegn"),
        ({"PROXY_SECRET": SECRET}, "hører sammen"),
        ({"LOGIN": "proxy"}, "krever en proxy"),
    ],
)
def test_settings_that_would_let_anyone_in_stop_the_start(environment, told):
    with pytest.raises(SettingsError, match=told):
        Settings.read({f"ASSISTANT_{name}": value for name, value in environment.items()})
