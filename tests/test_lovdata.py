"""Laws and regulations from Lovdata: one section a §, ledd and entries kept apart, the right dates."""

import json
from datetime import date
from pathlib import Path

import pytest
from conftest import ROOT

from assistant import chunking, documents
from assistant.documents import lovdata, lovdatamarkup, lovdatatext, overlay
from assistant.errors import CorpusError
from assistant.types import Block, Rank

XML = Path(__file__).resolve().parent / "files" / "lovdata" / "prove.xml"
SHIPPED = ROOT / "corpus" / "lovdata"
FORM = {
    "id": "FOR-2020-02-03-45",
    "title": "Forskrift om prøvekjøp (prøveforskriften)",
    "short_title": "Prøveforskriften",
    "department": "Prøvedepartementet",
    "legal_area": "Anskaffelser > Kjøp",
    "date_in_force": "2020-03-01",
    "archive_last_modified": "2026-05-05T01:32:00Z",
    "lovdata_refid": "forskrift/2020-02-03-45",
    "sections": [
        {
            "section_id": "p1",
            "provision_ref": "§ 1-1",
            "heading": "Hva forskriften gjelder",
            "path": ["Del I. Alminnelige bestemmelser", "Kapittel 1. Virkeområde"],
            "text": "(1) Forskriften gjelder forstatlige myndigheter,kommuner.(2) Grensen er 500 000 kroner.",
        },
        {
            "section_id": "p3",
            "provision_ref": "§ 3",
            "heading": "Ikrafttredelse",
            "path": [],
            "text": "Gjelder straks.",
        },
    ],
}


@pytest.fixture
def write(tmp_path):
    def made(content=None, sidecar=""):
        path = tmp_path / "prove.json"
        path.write_text(json.dumps(content or FORM), encoding="utf-8")
        if sidecar:
            path.with_suffix(".toml").write_text(sidecar, encoding="utf-8")
        return path

    return made


def section(document, number):
    return next(s for s in document.sections if s.id.endswith(f"#{number}"))


def test_each_paragraph_of_the_law_is_a_section_with_its_chapters_and_address():
    document = documents.load(XML)
    first = document.sections[0]
    assert document.source.id == "for-2020-02-03-45"
    assert [s.id.partition("#")[2] for s in document.sections] == ["1-1", "1-2a", "3"]
    assert first.headings == (
        "Del I. Alminnelige bestemmelser",
        "Kapittel 1. Virkeområde",
        "§ 1-1 Hva forskriften gjelder",
    )
    assert first.rank is Rank.REGULATION
    assert (first.references[0].title, first.references[0].url) == (
        "Prøveforskriften § 1-1",
        "https://lovdata.no/forskrift/2020-02-03-45/§1-1",
    )
    assert document.sections[2].headings == ("§ 3 Ikrafttredelse",)


def test_ledd_are_paragraphs_and_entries_keep_their_letters_and_numbers():
    assert documents.load(XML).sections[0].text == (
        "(1) Forskriften gjelder for\n"
        "a) statlige myndigheter\n"
        "b) organer som\n"
        "  1. er finansiert av det offentlige, eller\n"
        "  2. er styrt av det offentlige.\n"
        "\n"
        "(2) Beløpsgrensen er 500 000 kroner, jf. anskaffelsesloven § 2."
    )


def test_change_history_dates_the_wording_and_is_not_text():
    document = documents.load(XML)
    assert section(document, "1-1").valid_from == date(2024, 1, 1)
    assert section(document, "1-2a").valid_from == date(2020, 3, 1)
    assert not any("Endret ved" in s.text for s in document.sections)


def test_footnote_marks_are_neither_text_nor_heading():
    document = documents.load(XML)
    assert document.sections[0].headings[0].endswith("bestemmelser")
    assert section(document, "1-1").text.endswith("§ 2.")


def test_every_ledd_and_entry_can_be_quoted_alone():
    passages = chunking.split(documents.load(XML))
    units = chunking.units(passages[0])
    assert [(u.block, u.lead) for u in units] == [
        (Block.PARAGRAPH, None), (Block.ITEM, 0), (Block.ITEM, 0), (Block.ITEM, 0), (Block.ITEM, 0),
        (Block.PARAGRAPH, None),
    ]  # fmt: skip
    assert len(chunking.units(passages[1])) == 2


def test_the_normalised_form_gives_the_same_kind_of_document(write):
    document = documents.load(write(sidecar='skiller = ["for|statlige"]'))
    assert document.source.title == "Prøveforskriften"
    assert document.source.topics == ("Anskaffelser", "Kjøp")
    assert document.source.checked == date(2026, 5, 5)
    assert document.sections[0].text == (
        "(1) Forskriften gjelder for\n- statlige myndigheter,\n- kommuner.\n\n(2) Grensen er 500 000 kroner."
    )
    assert "NLOD 2.0" in document.intro


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Krav:a til c,som bor.", ["Krav:a til c,", "- som bor."]),
        ("som nevnt i § 3tilstrekkelig lading", ["som nevnt i § 3", "- tilstrekkelig lading"]),
        ("etter bokstav cikke er mulig", ["etter bokstav c", "- ikke er mulig"]),
        ("etter § 30-2a gjelder", ["etter § 30-2a gjelder"]),
        ("Se www.anskaffelser.no/skjema.", ["Se www.anskaffelser.no/skjema."]),
        ("jf. kr 1,3 mill. i nr. 765/2008", ["jf. kr 1,3 mill. i nr. 765/2008"]),
        ("Skal:velge.Dette gjelder.", ["Skal:", "- velge.", "Dette gjelder."]),
        ("Med dette menes:Olje: lett.Gass: tung.", ["Med dette menes:", "- Olje: lett.", "- Gass: tung."]),
        (
            "(1) Første.(2) Andre, jf. (EU) nr. 1 (5) der.",
            ["(1) Første.", "(2) Andre, jf. (EU) nr. 1 (5) der."],
        ),
        ("Ett ledd.\nEtt til.", ["Ett ledd.", "Ett til."]),
    ],
)
def test_entries_that_ran_together_are_parted_where_the_text_itself_tells(text, expected):
    assert list(lovdatatext.blocks(text)) == expected


def test_nothing_but_the_seams_is_added_to_the_words_of_the_law():
    for path in sorted(SHIPPED.glob("*.json")):
        rows = {
            r["provision_ref"].removeprefix("§ "): r["text"] for r in json.loads(path.read_text())["sections"]
        }
        for part in documents.load(path).sections:
            number = part.references[0].title.rpartition("§ ")[2]
            kept = "".join(part.text.replace("\n- ", "").split())
            assert kept == "".join(rows[number].split()), part.id


def test_words_that_ran_together_are_parted_by_the_sidecar_alone():
    assert list(lovdatatext.blocks("til foranskaffelser", ["for|anskaffelser"])) == [
        "til for",
        "- anskaffelser",
    ]
    assert list(lovdatatext.blocks("foranskaffelsene", ["for|anskaffelser"])) == ["foranskaffelsene"]


def test_the_shipped_laws_tell_what_ended_with_the_reform():
    foa, act = (
        documents.load(SHIPPED / "for-2016-08-12-974.json"),
        documents.load(SHIPPED / "lov-2016-06-17-73.json"),
    )
    ended = {s.id.partition("#")[2] for s in foa.sections if s.valid_to == date(2026, 6, 30)}
    assert ended == {"7-2", "7-9", "8-12a", "8-13", "19-3", "19-5", "1-1", "18-1"}
    assert section(act, "2").valid_to == date(2026, 6, 30)
    assert section(act, "4").valid_to is None
    wages = documents.load(SHIPPED / "for-2008-02-08-112.json")
    assert {s.valid_to for s in wages.sections} == {date(2026, 6, 30)}


def test_a_provision_takes_the_dates_of_its_sidecar(write):
    sidecar = '[[bestemmelse]]\nnr = ["3"]\ngyldig_fra = 2021-01-01\ngyldig_til = 2026-06-30\n'
    document = documents.load(write(sidecar=sidecar))
    assert (section(document, "3").valid_from, section(document, "3").valid_to) == (
        date(2021, 1, 1),
        date(2026, 6, 30),
    )
    assert section(document, "1-1").valid_to is None


@pytest.mark.parametrize(
    ("sidecar", "message"),
    [
        ('[[bestemmelse]]\nnr = ["9"]\ngyldig_til = 2026-06-30', "har ikke § 9"),
        ("ukjent = 1", "ukjent"),
        ('skiller = ["utenstrek"]', "skiller"),
        ("[[bestemmelse]", "kan ikke leses"),
        ('[[bestemmelse]]\nnr = ["3"]\ngyldig_fra = 2027-01-01\ngyldig_til = 2026-01-01', "gyldig_fra"),
    ],
)
def test_a_sidecar_that_is_wrong_is_told_with_the_reason(write, sidecar, message):
    with pytest.raises(CorpusError, match=message):
        documents.load(write(sidecar=sidecar))


@pytest.mark.parametrize("content", ["[]", "{}", '{"sections": 1}', "ikke json"])
def test_a_file_of_another_form_is_refused(tmp_path, content):
    path = tmp_path / "annet.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError):
        documents.load(path)


def test_markup_of_another_form_is_refused(tmp_path):
    path = tmp_path / "annet.xml"
    for content in ("<rss/>", "<a>" * 300, "<dl class='data-document-key-info'></dl>"):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(CorpusError):
            documents.load(path)


def test_entities_are_never_fetched_or_expanded_from_outside():
    hostile = (
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><main class="documentBody"><h1>&e;</h1></main>'
    )
    assert "root:" not in lovdatamarkup.words(lovdatamarkup.parse(hostile))


def test_the_ids_are_those_of_the_law_and_do_not_follow_the_file():
    assert lovdata.source_id("lov/2016-06-17-73") == "lov-2016-06-17-73"
    assert lovdata.source_id("forskrift/2016-08-12-974") == "for-2016-08-12-974"
    with pytest.raises(ValueError, match="ukjent"):
        lovdata.source_id("dom/1")


def test_without_a_sidecar_nothing_is_overridden(tmp_path):
    assert overlay.read(tmp_path / "ingen.json") == overlay.Overlay()
