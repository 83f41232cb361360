"""Word files, web pages, plain text, and the facts that stand beside a file."""

import zipfile
from datetime import UTC, date, datetime

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from assistant import chunking, documents
from assistant.documents import docx as word
from assistant.documents import html, text
from assistant.documents.pieces import Kind
from assistant.documents.unreadable import Unreadable
from assistant.errors import CorpusError
from assistant.types import Rank, SourceType

LI, P, H, R = Kind.ITEM, Kind.PARAGRAPH, Kind.HEADING, Kind.ROW


def pieces(extract):
    """The pieces as (kind, level, text)."""
    return [(p.kind, p.level, p.text) for p in extract.pieces]


@pytest.fixture
def routine(tmp_path):
    """A Word file with a title, headings, lists, a table with a merged cell, and a tracked change."""
    file = docx.Document()
    file.add_heading("Rutine for varemottak", 0)
    file.add_heading("Formål", 1)
    paragraph = file.add_paragraph("Rutinen gjelder alle ")
    for tag, said in (("w:ins", "lagre."), ("w:del", "skoler.")):
        change, run, letters = OxmlElement(tag), OxmlElement("w:r"), OxmlElement("w:t")
        letters.text = said
        run.append(letters)
        change.append(run)
        paragraph._element.append(change)
    for label in ("Kontroller pakkseddelen.", "Meld avvik innen fem dager."):
        file.add_paragraph(label, style="List Number")
    file.add_paragraph("Bilder tas av skader.", style="List Bullet")
    file.add_heading("Frister", 2)
    table = file.add_table(3, 3)
    for row, cells in zip(
        table.rows, (("Vare", "Frist", "Ansvar"), ("Mat", "1 dag", "kjøkken"), ("Bord", "", "")), strict=True
    ):
        for cell, said in zip(row.cells, cells, strict=True):
            cell.text = said
    table.cell(2, 1).merge(table.cell(2, 2)).text = "5 dager"
    file.core_properties.modified = datetime(2026, 5, 28, 12, tzinfo=UTC)
    file.save(tmp_path / "rutine.docx")
    return tmp_path / "rutine.docx"


def test_a_word_file_is_read_as_it_looks(routine):
    extract = word.read(routine)
    assert extract.title == "Rutine for varemottak"
    assert pieces(extract) == [
        (H, 1, "Formål"),
        (P, 0, "Rutinen gjelder alle lagre."),
        (LI, 0, "1. Kontroller pakkseddelen."),
        (LI, 0, "2. Meld avvik innen fem dager."),
        (LI, 0, "- Bilder tas av skader."),
        (H, 2, "Frister"),
        (Kind.HEADER, 0, "| Vare | Frist | Ansvar |"),
        (R, 0, "| Mat | 1 dag | kjøkken |"),
        (R, 0, "| Bord | 5 dager |  |"),
    ]


def test_headings_that_word_numbers_keep_their_numbers(tmp_path):
    file = docx.Document()
    numbering = file.part.numbering_part.element
    abstract = OxmlElement("w:abstractNum")
    abstract.set(qn("w:abstractNumId"), "99")
    for level, (form, shown) in enumerate([("decimal", "%1."), ("decimal", "%1.%2"), ("lowerLetter", "%3)")]):
        lvl = OxmlElement("w:lvl")
        lvl.set(qn("w:ilvl"), str(level))
        for tag, value in (("w:start", "1"), ("w:numFmt", form), ("w:lvlText", shown)):
            child = OxmlElement(tag)
            child.set(qn("w:val"), value)
            lvl.append(child)
        abstract.append(lvl)
    numbering.insert(0, abstract)
    number = OxmlElement("w:num")
    number.set(qn("w:numId"), "99")
    link = OxmlElement("w:abstractNumId")
    link.set(qn("w:val"), "99")
    number.append(link)
    numbering.append(number)
    for said, style, level in (
        ("Formål", "Heading 1", 0), ("Roller", "Heading 1", 0), ("Leder", "Heading 2", 1),
        ("første", None, 2), ("andre", None, 2), ("Innkjøper", "Heading 2", 1), ("ny første", None, 2),
    ):  # fmt: skip
        properties = file.add_paragraph(said, style=style)._element.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_numId().val = 99
        properties.get_or_add_ilvl().val = level
    file.save(tmp_path / "a.docx")
    assert [p.text for p in word.read(tmp_path / "a.docx").pieces] == [
        "1. Formål", "2. Roller", "2.1 Leder", "a) første", "b) andre", "2.2 Innkjøper", "a) ny første",
    ]  # fmt: skip


def bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 160_000_000)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: p.write_bytes(b"PK\x03\x04 halv"), "Filen er skadet"),
        (lambda p: p.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 gammel"), "gamle formatet"),
        (bomb, "Filen blir 160 MB"),
        (lambda p: docx.Document().save(p), "Dokumentet har ingen tekst"),
    ],
)
def test_a_word_file_that_cannot_be_read_is_told(tmp_path, make, reason):
    make(tmp_path / "x.docx")
    with pytest.raises(CorpusError, match=reason) as caught:
        documents.load(tmp_path / "x.docx")
    assert caught.value.remedy


PAGE = """<!doctype html><html><head><title>Fylket – Om innkjøp</title>
<meta property="article:modified_time" content="2026-05-04T10:00">
<meta property="og:site_name" content="Fjellfylket">
<link rel="canonical" href="https://fjellfylket.no/innkjop"><script>stjel()</script></head><body>
<header>Logg inn</header><nav>Meny</nav><div class="cookie-banner">Vi bruker kapsler</div><main>
<h1>Om innkjøp</h1><p>Fylket kjøper for <b>to milliarder</b><br>kroner i året, og vil ha flere tilbud fra
små bedrifter i hele fylket, særlig innen mat, møbler og transport.</p>
<h2>Slik leverer du</h2><ol>
<li>Les kravene<ul><li>også de om lønn</li></ul></li><li><p>Send tilbudet.</p></li></ol>
<table><caption>Frister</caption><tr><th>Type<th>Dager</tr><tr><td>Mat<td>10</tr></table>
<dl><dt>DPS</dt><dd>dynamisk innkjøpsordning</dd></dl>Løs tekst <div>i en boks</div>
<p hidden>Skjult</p><p onclick="x()">&lt;script&gt;vist som tekst&lt;/script&gt;</p></main>
<aside>Les også</aside><footer>Kontakt</footer></body></html>"""


def test_a_web_page_gives_its_main_content_and_nothing_around_it(tmp_path):
    (tmp_path / "a.html").write_text(PAGE, encoding="utf-8")
    extract = html.read(tmp_path / "a.html")
    assert (extract.title, extract.publisher, extract.dated) == (
        "Om innkjøp",
        "Fjellfylket",
        date(2026, 5, 4),
    )
    assert extract.url == "https://fjellfylket.no/innkjop"
    assert pieces(extract) == [
        (P, 0, "Fylket kjøper for to milliarder kroner i året, og vil ha flere tilbud fra små bedrifter i "
               "hele fylket, særlig innen mat, møbler og transport."),
        (H, 2, "Slik leverer du"),
        (LI, 0, "1. Les kravene"),
        (LI, 0, "- også de om lønn"),
        (LI, 0, "2. Send tilbudet."),
        (P, 0, "Frister"),
        (Kind.HEADER, 0, "| Type | Dager |"),
        (R, 0, "| Mat | 10 |"),
        (LI, 0, "- DPS: dynamisk innkjøpsordning"),
        (P, 0, "Løs tekst"),
        (P, 0, "i en boks"),
        (P, 0, "<script>vist som tekst</script>"),
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252", "utf-8-sig"])
def test_norwegian_letters_survive_the_encodings_that_are_met(tmp_path, encoding):
    (tmp_path / "a.txt").write_bytes("Kjøp på Ås – «ærlig»".encode(encoding))
    assert text.read(tmp_path / "a.txt").pieces[0].text == "Kjøp på Ås – «ærlig»"


def test_a_web_page_without_text_or_with_very_deep_nesting_ends(tmp_path):
    (tmp_path / "tom.html").write_text("<html><body><script>x</script></body></html>", encoding="utf-8")
    (tmp_path / "dyp.html").write_text("<div>" * 100_000 + "tekst", encoding="utf-8")
    with pytest.raises(Unreadable):
        html.read(tmp_path / "tom.html")
    with pytest.raises(CorpusError):
        documents.load(tmp_path / "dyp.html")


def test_plain_text_has_the_headings_a_person_sees(tmp_path):
    (tmp_path / "a.txt").write_text(
        "REGLEMENT\n\nGjelder fra\n1. mai.\n\n1. Formål\n\n- en\n- to\n  går videre\n\n"
        "§ 3 Frist\n\nTi dager.\n\nUnderskrift\n-----------\nFylkesdirektøren\n\nKapittel 2 Roller\n\n"
        "| Rolle | Hvem |\n|---|---|\n| Eier | Leder |\n",
        encoding="utf-8",
    )
    assert pieces(text.read(tmp_path / "a.txt")) == [
        (H, 2, "REGLEMENT"),
        (P, 0, "Gjelder fra 1. mai."),
        (H, 2, "1. Formål"),
        (LI, 0, "- en"),
        (LI, 0, "- to går videre"),
        (H, 3, "§ 3 Frist"),
        (P, 0, "Ti dager."),
        (H, 2, "Underskrift"),
        (P, 0, "Fylkesdirektøren"),
        (H, 2, "Kapittel 2 Roller"),
        (Kind.HEADER, 0, "| Rolle | Hvem |"),
        (R, 0, "| Eier | Leder |"),
    ]


FACTS = """
id = "mottak"
tittel = "Rutine for mottak av varer"
type = "strategi"
utgiver = "Fjellfylket fylkeskommune"
vedtatt = 2026-02-01
gyldig_fra = 2026-03-01
gyldig_til = 2028-12-31
kilde_url = "https://fjellfylket.no/rutine"
kontrollert = 2026-11-01
tema = ["mottak"]
"""


def test_the_facts_beside_a_file_become_its_source(routine):
    routine.with_suffix(".toml").write_text(FACTS, encoding="utf-8")
    document = documents.load(routine)
    source = document.source
    assert (source.id, source.title, source.type) == (
        "mottak",
        "Rutine for mottak av varer",
        SourceType.STRATEGY,
    )
    assert (source.adopted, source.valid_from, source.valid_to) == (
        date(2026, 2, 1), date(2026, 3, 1), date(2028, 12, 31),
    )  # fmt: skip
    assert (source.checked, source.topics, document.warnings) == (date(2026, 11, 1), ("mottak",), ())
    section = document.sections[1]
    assert (section.id, section.headings) == ("mottak#frister", ("Formål", "Frister"))
    assert (section.rank, section.valid_to) == (Rank.OWN_POLICY, date(2028, 12, 31))


def test_without_facts_the_file_tells_what_it_can_and_the_rest_is_asked_for(routine):
    document = documents.load(routine)
    assert (document.source.id, document.source.type) == ("rutine", SourceType.GUIDANCE)
    assert document.source.publisher == "Ukjent utgiver"
    assert document.source.checked == date(2026, 5, 28)
    assert document.warnings == (
        "Det er ikke oppgitt utgiver, kilde_url eller type; skriv det i rutine.toml.",
    )


def test_the_folder_tells_the_type(tmp_path):
    (tmp_path / "strategi").mkdir()
    (tmp_path / "strategi" / "plan.txt").write_text("Vi skal kjøpe brukt.", encoding="utf-8")
    assert documents.load(tmp_path / "strategi" / "plan.txt").source.type is SourceType.STRATEGY


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ("forfatter = 'x'", "ukjent nøkkel «forfatter»"),
        ("type = 'råd'", "nøkkelen «type» har en ugyldig verdi"),
        ("tittel = ", "kan ikke leses"),
        ("kilde_url = 'javascript:x'", "«kilde_url» har en ugyldig verdi"),
    ],
)
def test_facts_that_break_the_rules_are_refused(tmp_path, facts, reason):
    (tmp_path / "a.txt").write_text("Tekst.", encoding="utf-8")
    (tmp_path / "a.toml").write_text(facts, encoding="utf-8")
    with pytest.raises(CorpusError, match=reason):
        documents.load(tmp_path / "a.txt")


def test_markdown_without_a_head_is_read_when_its_facts_stand_beside_it(tmp_path):
    (tmp_path / "notat.md").write_text(
        "# Notat\n\n## Frist\n\nTi *dager*.\n\n## Frist\n\nTo.\n", encoding="utf-8"
    )
    with pytest.raises(CorpusError, match="mangler hode"):
        documents.load(tmp_path / "notat.md")
    (tmp_path / "notat.toml").write_text('utgiver = "Fylket"', encoding="utf-8")
    document = documents.load(tmp_path / "notat.md")
    assert (document.source.title, [s.id for s in document.sections]) == (
        "Notat", ["notat#frist", "notat#frist-2"],
    )  # fmt: skip


def test_a_paragraph_that_is_too_long_is_cut_between_sentences(tmp_path):
    said = " ".join(f"Dette er setning nummer {n} i en tekst uten avsnitt." for n in range(200))
    (tmp_path / "lang.txt").write_text(said, encoding="utf-8")
    passages = chunking.split(documents.load(tmp_path / "lang.txt"))
    assert len(passages) > 3
    assert all(len(p.text) <= chunking.MAX_CHARS and p.text.endswith(".") for p in passages)
    assert " ".join(p.text for p in passages) == said


def test_a_line_that_looks_like_markup_stays_text(tmp_path):
    (tmp_path / "a.txt").write_text("> 30 prosent skal være klimakrav.", encoding="utf-8")
    (section,) = documents.load(tmp_path / "a.txt").sections
    assert section.text == "\\> 30 prosent skal være klimakrav."
