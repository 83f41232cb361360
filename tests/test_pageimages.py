"""The pages of a PDF source as they look, with the quoted sentence boxed, and the text for every reader."""

import io
import os
import re
from urllib.parse import quote

import making
import pytest
from conftest import TODAY
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from assistant import viewer
from assistant.assistant import Assistant
from assistant.digests import file_sha256
from assistant.documents import pageimage, sandbox
from assistant.embedding import HashingEmbedder
from assistant.index import Index
from assistant.ingest import ingest, reading_cache
from assistant.pageimages import PageImages
from assistant.settings import Settings


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A corpus with one PDF and one text, its assistant, and what is true of the PDF."""
    folder = tmp_path_factory.mktemp("bilder")
    (folder / "corpus").mkdir()
    made = making.running(folder / "corpus" / "reglement.pdf")
    (folder / "corpus" / "notat.txt").write_text("Fristen er ti dager.", encoding="utf-8")
    settings = Settings(var=folder / "var", corpus=folder / "corpus", vectors="exact")
    ingest(settings.corpus, settings.index_root, HashingEmbedder())
    index = Index.open(settings.index_root)
    return Assistant(settings, index, HashingEmbedder(), clock=lambda: TODAY), made


@pytest.fixture(scope="module")
def client(opened):
    app = FastAPI()
    app.include_router(viewer.router(opened[0]))
    return TestClient(app)


def yellow(png):
    """The rows of pixels with the marking colour, as (first, last), and the size of the image."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    pixels = image.load()
    rows = [
        y for y in range(image.height)
        if sum(pixels[x, y][2] < 215 < pixels[x, y][0] for x in range(0, image.width, 3)) > 20
    ]  # fmt: skip
    return (rows[0], rows[-1]) if rows else None, image.size


def test_a_quote_opens_on_its_page_with_the_sentence_boxed_and_the_text_marked(client, opened):
    page, said = opened[1].sentences[200]
    html = client.get(f"/kilder/reglement?sitat={quote(said)}").text
    (source,) = re.findall(r'<img src="([^"]+)"', html)
    assert source.startswith(f"/kilder/reglement/side/{page}?sitat=")
    assert re.search(rf"<mark[^>]*>{re.escape(said)}</mark>", html)
    assert f'alt="Side {page} slik den ser ut i dokumentet' in html
    given = client.get(source.replace("&amp;", "&"))
    assert (given.status_code, given.headers["content-type"]) == (200, "image/png")
    rows, (width, height) = yellow(given.content)
    assert rows is not None
    assert rows[1] - rows[0] < 0.06 * height
    assert max(width, height) <= pageimage.SIDE + 1
    bare, _ = yellow(client.get(f"/kilder/reglement/side/{page}").content)
    assert bare is None


def test_a_page_is_shown_when_it_is_asked_for(client):
    html = client.get("/kilder/reglement?side=2").text
    assert '<img src="/kilder/reglement/side/2?"' in html
    assert 'href="/kilder/reglement?lang=nb&amp;side=1"' in html
    assert "<img" not in client.get("/kilder/reglement").text


@pytest.mark.parametrize("path", ["reglement/side/99", "reglement/side/0", "notat/side/1", "borte/side/1"])
def test_a_page_that_is_not_there_is_not_found(client, path):
    assert client.get(f"/kilder/{path}").status_code == 404


def test_a_source_without_pages_or_without_its_file_shows_its_text_alone(client, opened):
    assert "<img" not in client.get("/kilder/notat?side=1").text
    assert not PageImages(reading_cache(opened[0].settings.index_root)).has("../../etc/passwd")


def test_a_drawn_page_is_kept_and_a_process_that_fails_gives_no_image(opened, monkeypatch):
    assistant, _ = opened
    original = assistant.document("reglement").original
    images = PageImages(reading_cache(assistant.settings.index_root))
    first = images.png(original, 1)
    monkeypatch.setattr(sandbox, "run", lambda *_, **__: {"reason": "Lesingen tok for lang tid."})
    assert images.png(original, 1) is first
    assert images.png(original, 2) is None


def test_the_original_is_kept_while_a_build_shows_it_and_forgotten_after(tmp_path):
    (tmp_path / "corpus").mkdir()
    note, path = tmp_path / "corpus" / "notat.txt", tmp_path / "corpus" / "plan.pdf"
    making.plain(path)
    root, held = tmp_path / "index", file_sha256(path) + ".pdf"

    def build(said):
        note.write_text(said, encoding="utf-8")
        for kept in reading_cache(root).glob("*"):
            os.utime(kept, (1, 1))
        ingest(tmp_path / "corpus", root, HashingEmbedder())
        return (reading_cache(root) / held).exists()

    assert build("Fristen er en dag.")
    assert Index.open(root).documents["plan"].original == held
    assert Index.open(root).documents["notat"].original == ""
    path.unlink()
    assert [build(f"Fristen er {n} dager.") for n in ("to", "tre", "fire", "fem", "seks")][::4] == [
        True,
        False,
    ]


def test_a_quote_is_found_over_line_ends_hyphens_and_page_turns():
    letters = pageimage.folded("Leverandøren skal doku-\nmentere opphavet til varene innen ti dager.")
    assert pageimage.places(letters, "Leverandøren skal dokumentere opphavet") == [(0, 35)]
    turned = "varene innen ti dager. Så følger neste side, som ikke er her"
    assert pageimage.places(letters, turned) == [(38, 56)]
    assert pageimage.places(letters, "I dag skal leverandøren dokumentere opphavet") == []
    assert pageimage.places(letters, "Noe helt annet enn det som står") == []


def test_the_boxes_of_letters_become_one_for_each_line():
    letters = [(0, 10, 5, 20), (6, 10, 11, 20), (12, 12, 15, 18), (0, -5, 5, 5)]
    assert pageimage.lines(letters) == [(0, 10, 15, 20), (0, -5, 5, 5)]
