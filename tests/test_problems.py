import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient

from assistant import problems
from assistant.errors import IndexMissing, InputError
from assistant.problems import Problem


@pytest.fixture
def client():
    app = FastAPI()
    problems.install(app)

    @app.get("/api/krasj")
    @app.get("/krasj")
    def crash():
        raise RuntimeError("hemmelig detalj")

    @app.get("/api/indeks")
    def index():
        raise IndexMissing("var/index")

    @app.get("/api/tomt")
    def empty():
        raise InputError("Spørsmålet er tomt.", "Skriv hva du lurer på.")

    @app.get("/api/tall/{n}")
    def number(n: int):
        return n

    @app.get("/api/nei")
    def no():
        raise HTTPException(403)

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/api/krasj", 500, "Feilen er logget."),
        ("/api/indeks", 503, "Det finnes ingen indeks i var/index. Kjør `assistant index`."),
        ("/api/tomt", 422, "Spørsmålet er tomt. Skriv hva du lurer på."),
        ("/api/tall/x", 422, "Rett feltene som er listet opp."),
        ("/api/finnes-ikke", 404, "Adressen /api/finnes-ikke finnes ikke."),
        ("/api/nei", 403, ""),
    ],
)
def test_programs_get_problem_details_in_norwegian(client, path, status, detail):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["type"] == "about:blank"
    assert answer.json()["detail"].startswith(detail)
    assert "hemmelig" not in answer.text


def test_a_wrong_method_is_told_apart_from_a_wrong_address(client):
    answer = client.post("/api/krasj")
    assert answer.status_code == 405
    assert answer.json()["detail"] == "POST brukes ikke på /api/krasj."
    assert answer.headers["allow"] == "GET"


def test_people_get_a_page(client):
    assert client.get("/krasj").headers["content-type"].startswith("text/html")
    assert "hemmelig" not in client.get("/krasj").text
    assert "Siden finnes ikke" in client.get("/finnes-ikke").text


def test_the_wrong_fields_are_listed_and_only_then():
    assert "errors" not in Problem(404, "Borte.").body
    assert Problem(422, "Feil.", [{"field": "on", "detail": "er feil"}]).body["errors"] == [
        {"field": "on", "detail": "er feil"}
    ]
