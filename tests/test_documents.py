"""Documents behind one door: what is read, what is kept verbatim, and what is refused."""

import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import documents
from assistant.documents import markdown, ranks
from assistant.errors import CorpusError
from assistant.types import Rank, Reference, SourceType

FILES = Path(__file__).resolve().parent / "files" / "documents"
CORPUS = Path(__file__).resolve().parent.parent / "corpus"
HEAD = """---
id: prove
tittel: Prøve
type: {type}
utgiver: Prøvetilsynet
gyldig_fra: 2020-01-01
kilde_url: https://example.org/
kontrollert: 2026-11-01
tema: [prøve]
sammendrag: En prøve.
---
# Prøve

"""
ACT = "[Anskaffelsesloven § 4](https://lovdata.no/lov/2016-06-17-73/§4)"
REGULATION = "[Anskaffelsesforskriften](https://lovdata.no/dokument/SF/forskrift/2016-08-12-974)"
ADVICE = "[DFØ](https://anskaffelser.no/)"
OFFICIAL = "https://www.regjeringen.no/no/dokumenter"


def one(body: str, kind: str = "veiledning"):
    """The only section of a document with `body` below its title."""
    reading = markdown.parse(HEAD.format(type=kind) + body)
    assert reading.problems == ()
    (section,) = reading.document.sections
    return section


def problems(body: str) -> list[tuple[int, str]]:
    """Line (counted from the first line of `body`) and message of each problem in `body`."""
    before = HEAD.count("\n")
    found = markdown.parse(HEAD.format(type="veiledning") + body).problems
    assert all(problem.remedy for problem in found)
    return [(problem.line - before, problem.message) for problem in found]


def test_the_head_becomes_the_source():
    source = documents.load(FILES / "gyldig.md").source
    assert (source.id, source.title) == ("innkjopsreglement", "Innkjøpsreglement for Storfylket")
    assert source.type is SourceType.STRATEGY
    assert source.publisher == "Storfylket fylkeskommune"
    assert (source.adopted, source.valid_from, source.valid_to) == (
        date(2026, 9, 15),
        date(2026, 10, 1),
        None,
    )
    assert source.checked == date(2026, 11, 1)
    assert source.topics == ("reglement", "fullmakter")
    assert source.summary == "Hvem som kan kjøpe hva."


def test_the_text_before_the_first_section_is_the_intro():
    assert documents.load(FILES / "gyldig.md").intro == "Reglementet gjelder alle virksomheter."


def test_headings_nest_and_give_each_section_its_address():
    sections = documents.load(FILES / "gyldig.md").sections
    assert [s.headings for s in sections] == [
        ("Tre leverandører skal spørres",),
        ("Fullmakter",),
        ("Fullmakter", "Fullmakt ved sykdom"),
        ("Fullmakter", "Fullmakt fram til nyttår"),
    ]
    assert sections[0].id == "innkjopsreglement#tre-leverandorer-skal-sporres"
    assert sections[3].id == "innkjopsreglement#fullmakt-fram-til-nyttar"


def test_the_text_is_verbatim_without_the_meta_lines_and_a_heading_in_a_code_block_is_text():
    text = documents.load(FILES / "gyldig.md").sections[0].text
    assert text == (
        "Under 500 000 kroner skal minst tre leverandører spørres.\n\n"
        "| Beløp | Tilbud |\n|---|---|\n| under 100 000 kr | ett |\n\n"
        "```text\n## Dette er en mal og ingen overskrift\n```"
    )


def test_a_short_title_is_completed_by_the_law_it_follows_whatever_the_address_looks_like():
    titles = [r.title for r in documents.load(FILES / "gyldig.md").sections[0].references]
    assert titles == ["Reglementet § 4", "Anskaffelsesforskriften § 1-1", "Anskaffelsesforskriften § 5-1"]


def test_a_short_title_is_not_completed_by_another_law():
    section = one(f"## A\n*Kilde: {ACT}; [§ 2](https://lovdata.no/lov/2018-06-15-38/§2)*\n\nTekst.\n")
    assert [r.title for r in section.references] == ["Anskaffelsesloven § 4", "§ 2"]


def test_dates_come_from_the_section_then_its_parent_then_the_document():
    own, parent, child, other = documents.load(FILES / "gyldig.md").sections
    assert (own.valid_from, own.valid_to) == (date(2026, 10, 1), None)
    assert (parent.valid_from, parent.valid_to) == (date(2026, 12, 1), None)
    assert (child.valid_from, child.valid_to) == (date(2026, 12, 1), None)
    assert (other.valid_from, other.valid_to) == (date(2026, 10, 1), date(2026, 12, 31))


def test_a_section_below_another_inherits_its_source_line_unless_it_has_its_own():
    _, parent, child, other = documents.load(FILES / "gyldig.md").sections
    assert child.references == parent.references
    assert [r.title for r in other.references] == ["Anskaffelsesloven § 4"]


def test_a_period_line_can_open_both_ends_of_the_documents_own_dates():
    section = one(f"## A\n*Kilde: {ADVICE}*\n*Gjelder: …–…*\n\nTekst.\n")
    assert (section.valid_from, section.valid_to) == (None, None)


def test_a_heading_with_only_sections_below_it_is_no_section_of_its_own():
    section = one(f"## A\n*Kilde: {ADVICE}*\n\n### B\n\nTekst.\n")
    assert section.headings == ("A", "B")


def test_windows_line_ends_a_byte_order_mark_and_split_letters_make_no_difference(tmp_path):
    text = (FILES / "gyldig.md").read_text(encoding="utf-8")
    path = tmp_path / "windows.md"
    path.write_bytes(unicodedata.normalize("NFD", text).replace("\n", "\r\n").encode("utf-8-sig"))
    assert documents.load(path) == documents.load(FILES / "gyldig.md")


def test_hard_spaces_are_kept_also_at_the_ends():
    section = one(f"## A\n*Kilde: {ADVICE}*\n\n\u00a0500\u00a0000 kroner\u00a0\n")
    assert section.text == "\u00a0500\u00a0000 kroner\u00a0"


@given(st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="#*`~"), min_size=1))
def test_any_text_of_a_section_comes_back_as_it_was(text):
    composed = unicodedata.normalize("NFC", text)
    assert one(f"## A\n*Kilde: {ADVICE}*\n\n{text}\n").text == composed


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("latin1.md", 3, "Filen er ikke UTF-8."),
        ("tom.md", 1, "Filen er tom."),
        ("uten-hode.md", 1, "Dokumentet mangler hode."),
        ("ukjent-nokkel.md", 10, "Ukjent nøkkel «forfatter» i hodet."),
        ("to-kildelinjer.md", 15, "«Et avsnitt» har en kildelinje til, eller på feil plass."),
        ("datoer-i-feil-rekkefolge.md", 11, "gyldig_til (2026-06-30) er før gyldig_fra (2026-07-01)."),
        ("samme-overskrift.md", 18, "Overskriften «Frister, og språk!» gir samme adresse som linje 13."),
    ],
)
def test_a_broken_file_is_refused_with_its_line_and_a_remedy(name, line, message):
    with pytest.raises(CorpusError) as caught:
        documents.load(FILES / name)
    assert caught.value.message == f"{FILES / name}, linje {line}: {message}"
    assert caught.value.remedy


def test_a_file_that_is_not_there_is_a_corpus_error(tmp_path):
    with pytest.raises(CorpusError, match="Filen kan ikke leses"):
        documents.load(tmp_path / "borte.md")


def test_a_format_without_a_reader_is_refused_by_name(tmp_path):
    with pytest.raises(CorpusError, match=r"filtypen «\.odt» kan ikke leses"):
        documents.load(tmp_path / "notat.odt")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("id: prove", "id: Prøve", "Nøkkelen «id» har en ugyldig verdi: 'Prøve'."),
        ("tittel: Prøve\n", "", "Hodet mangler nøkkelen «tittel»."),
        ("type: veiledning", "type: råd", "Nøkkelen «type» har en ugyldig verdi: 'råd'."),
        ("2020-01-01", "2020-13-01", "Nøkkelen «gyldig_fra» har en ugyldig verdi: '2020-13-01'."),
        (
            "kontrollert: 2026-11-01",
            "kontrollert: 2026",
            "Nøkkelen «kontrollert» har en ugyldig verdi: '2026'.",
        ),
        ("https://example.org/", "example.org", "Nøkkelen «kilde_url» har en ugyldig verdi: 'example.org'."),
        ("tema: [prøve]", "tema: []", "Nøkkelen «tema» har en ugyldig verdi: '[]'."),
        ("id: prove\n", "id: prove\nid: to\n", "Hodet kan ikke leses: nøkkelen «id» står to ganger."),
        (
            "tittel: Prøve",
            "tittel: Prøve: to",
            "Hodet kan ikke leses: tegn eller innrykk som ikke er gyldig YAML.",
        ),
    ],
)
def test_a_wrong_head_says_which_key_and_why(before, after, message):
    text = HEAD.format(type="veiledning") + f"## A\n*Kilde: {ADVICE}*\n\nTekst.\n"
    assert before in text
    found = markdown.parse(text.replace(before, after)).problems
    assert [problem.message for problem in found] == [message]
    assert found[0].remedy


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("## A\n\nTekst.\n", 1, "Kildelinjen mangler under «A»."),
        (f"## A\n\n*Kilde: {ADVICE}*\n\nTekst.\n", 1, "Kildelinjen mangler under «A»."),
        ("## A\n*Kilde: egne råd*\n\nTekst.\n", 2, "Kildelinjen har ingen lenke."),
        ("## A\n*Kilde: [DFØ](anskaffelser.no)*\n\nTekst.\n", 2, "Lenken «DFØ» har ikke en hel adresse"),
        (f"## A\n*Kilde: {ADVICE}; [KS] (https://ks.no)*\n\nTekst.\n", 2, "En lenke på kildelinjen er ikke"),
        (f"## A\n*Kilde: {ADVICE}*\n*Gjelder: 2026*\n\nTekst.\n", 3, "Perioden «2026» kan ikke leses."),
        (
            f"## A\n*Kilde: {ADVICE}*\n*Gjelder: 2026-02-30–…*\n\nTekst.\n",
            3,
            "Perioden «2026-02-30–…» har en dato",
        ),
        (
            f"## A\n*Kilde: {ADVICE}*\n*Gjelder: 2026-02-02–2026-02-01*\n\nT.\n",
            3,
            "Perioden «2026-02-02–2026-02-01»",
        ),
        (
            f"## A\n*Kilde: {ADVICE}*\n\nTekst.\n*Gjelder: …–…*\n",
            5,
            "«A» har en Gjelder-linje på feil plass.",
        ),
        (f"## A\n*Kilde: {ADVICE}*\n\n", 1, "Avsnittet «A» er tomt."),
        (f"## §\n*Kilde: {ADVICE}*\n\nTekst.\n", 1, "Overskriften er tom."),
        ("### A\n\nTekst.\n", 1, "«A» står ikke under noe avsnitt."),
        (f"## A\n*Kilde: {ADVICE}*\n\nTekst.\n\n# B\n", 6, "«# B» er en tittel for mye."),
        (f"## A\n*Kilde: {ADVICE}*\n\nTekst.\n\n##B\n", 6, "«##B» er ikke skrevet rett."),
        (f"## A\n*Kilde: {ADVICE}*\n\nTe\x00kst.\n", 4, "Linjen har et usynlig kontrolltegn."),
    ],
)
def test_a_wrong_section_is_found_at_its_line(body, line, message):
    found = problems(body)
    assert any(at == line and text.startswith(message) for at, text in found), found


def test_a_document_without_sections_is_refused():
    assert [message for _, message in problems("Bare tekst.\n")] == ["Dokumentet har ingen avsnitt."]


@pytest.mark.parametrize(
    ("title", "url", "rank"),
    [
        ("Anskaffelsesloven § 4", "https://lovdata.no/lov/2016-06-17-73/§4", Rank.ACT),
        ("Anskaffelsesloven § 4", "https://lovdata.no/lov/2016-06-17-73/%C2%A74", Rank.ACT),
        ("Endringslov", "https://lovdata.no/dokument/LTI/lov/2026-03-06-8", Rank.ACT),
        ("Anskaffelsesloven", "https://www.lovdata.no/dokument/NL/lov/2016-06-17-73", Rank.ACT),
        ("Forskrift", "https://lovdata.no/dokument/SF/forskrift/2016-08-12-974", Rank.REGULATION),
        ("Lokal forskrift", "https://lovdata.no/dokument/LF/forskrift/2024-01-01-1", Rank.REGULATION),
        ("Endringsforskrift", "https://lovdata.no/dokument/LTI/forskrift/2026-04-14-617", Rank.REGULATION),
        ("HR-2019-1801-A", "https://lovdata.no/dokument/HRSIV/avgjorelse/hr-2019-1801-a", Rank.GUIDANCE),
        ("Om KOFA", "https://www.klagenemndssekretariatet.no/kofa/om-kofa", Rank.KOFA),
        ("KOFA 2024/639", "https://example.org/2024-639", Rank.KOFA),
        ("FØYEN om KOFA-avgjørelser", "https://foyen.no/kofa", Rank.GUIDANCE),
        ("Prop. 147 L (2024–2025)", f"{OFFICIAL}/x/id1/", Rank.PROPOSAL),
        ("NOU 2024: 9 kap. 5", "https://regjeringen.no/no/dokumenter/nou-2024-9/id2/", Rank.PROPOSAL),
        ("Innst. 38 L (2025–2026)", "https://www.stortinget.no/no/innst/", Rank.PROPOSAL),
        ("Notat", f"{OFFICIAL}/horing-om-utslipp/id3/", Rank.PROPOSAL),
        ("Wikborg Rein om Prop. 147 L", "https://www.wr.no/forslag", Rank.GUIDANCE),
        ("NFDs veileder kap. 30", f"{OFFICIAL}/veileder-offentlige-anskaffelser/id2581234/", Rank.GUIDANCE),
        ("Lovverk", "https://example.org/lov/2016-06-17-73", Rank.GUIDANCE),
    ],
)
def test_a_link_has_the_rank_of_where_it_leads(title, url, rank):
    assert ranks.of_reference(Reference(title, url)) is rank


PROPOSAL = f"[Prop. 147 L]({OFFICIAL}/prop/)"


@pytest.mark.parametrize(
    ("kind", "line", "rank"),
    [
        ("regelverk", f"{ADVICE}; {REGULATION}; {ACT}", Rank.ACT),
        ("regelverk", f"{PROPOSAL}; {REGULATION}", Rank.REGULATION),
        ("regelverk", f"{ADVICE}; {PROPOSAL}", Rank.PROPOSAL),
        ("regelverk", ADVICE, Rank.GUIDANCE),
        ("veiledning", f"{ADVICE}; {ACT}", Rank.GUIDANCE),
        ("veiledning", f"{REGULATION}; {ADVICE}", Rank.REGULATION),
        ("strategi", f"{ADVICE}; {ACT}", Rank.OWN_POLICY),
        ("modell", ADVICE, Rank.OWN_POLICY),
        ("strategi", f"{ACT}; {ADVICE}", Rank.ACT),
    ],
)
def test_own_policy_and_advice_are_never_lifted_by_a_law_they_only_mention(kind, line, rank):
    assert one(f"## A\n*Kilde: {line}*\n\nTekst.\n", kind).rank is rank


def test_files_leaves_out_readmes_questions_and_hidden_files(tmp_path):
    for name in (
        "b/to.md",
        "a/en.md",
        "README.md",
        "a/README.md",
        "questions/en.md",
        ".skjult/x.md",
        "a/data.toml",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [p.relative_to(tmp_path).as_posix() for p in documents.files(tmp_path)] == ["a/en.md", "b/to.md"]


def test_every_shipped_section_can_be_quoted_with_a_source_and_says_when_it_applied():
    read = [documents.load(path) for path in documents.files(CORPUS)]
    sections = [section for document in read for section in document.sections]
    assert len(read) >= 27
    assert len({section.id for section in sections}) == len(sections) >= 431
    assert all(section.references for section in sections)
    assert not [r.title for s in sections for r in s.references if r.title.startswith("§")]
    ended = {s.id: s.valid_to for s in sections if s.id.startswith("klimaforskrift-7-9#slik-lod")}
    assert ended == {
        "klimaforskrift-7-9#slik-lod-plikten-i-7-9-fra-2024-til-sommeren-2026": date(2026, 6, 30)
    }
