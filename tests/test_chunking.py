"""From a document to passages and units: verbatim, whole, and with stable ids."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from conftest import ROOT

from assistant import chunking, documents
from assistant.types import Block, Document, Period, Rank, Section, Source, SourceType

SOURCE = Source("kilde", "Kilde", SourceType.GUIDANCE, "DFØ", "https://example.org", date(2026, 10, 1))
TABLE = """Innledning til tabellen:

| Kjøp | Frist | Merknad |
| --- | --- | --- |
| **Varer** | 15 dager | |
| Bygg | 30 dager | jf. § 7-9 |

Etter tabellen. Neste setning."""
LIST = """Et kjøp har tre steg:

- beskriv behovet
  på én side
- undersøk **markedet**
1. velg prosedyre
a) skriv under

> Sitat fra loven,
> over to linjer.

Slutt."""


def passage(text):
    section = Section("kilde#a", ("A",), text, Rank.GUIDANCE)
    (only,) = chunking.split(Document(SOURCE, (section,)))
    return only


def said(text):
    found = chunking.units(passage(text))
    return [chunking.reading_text(unit, found) for unit in found]


@pytest.fixture(scope="module")
def shipped():
    read = [documents.load(path) for path in documents.files(ROOT / "corpus")]
    return [(document, chunking.split(document)) for document in read]


def test_every_unit_of_the_shipped_corpus_is_a_verbatim_span_in_reading_order(shipped):
    count = 0
    for _, passages in shipped:
        for each in passages:
            found = chunking.units(each)
            assert [u.index for u in found] == list(range(len(found)))
            assert all(a.end <= b.start for a, b in pairwise(found))
            for unit in found:
                assert each.text[unit.start : unit.end] == unit.text
                assert unit.text.strip()
                count += 1
    assert count > 3000


def test_the_units_leave_out_nothing_but_space_and_the_rule_below_a_header(shipped):
    for _, passages in shipped:
        for each in passages:
            left, at = "", 0
            for unit in chunking.units(each):
                left, at = left + each.text[at : unit.start], unit.end
            left += each.text[at:]
            assert not left.strip(" \n|:-"), each.id


def test_every_passage_is_a_verbatim_span_of_its_section_with_an_id_of_its_own(shipped):
    ids = [p.id for _, passages in shipped for p in passages]
    assert len(ids) == len(set(ids))
    for document, passages in shipped:
        sections = {s.id: s for s in document.sections}
        assert [p.section_id for p in passages if p.id.endswith("/0")] == list(sections)
        for each in passages:
            section = sections[each.section_id]
            assert each.text in section.text
            assert (each.rank, each.valid_from, each.valid_to) == (
                section.rank,
                section.valid_from,
                section.valid_to,
            )


def test_a_row_reads_with_the_names_of_its_columns():
    assert said(TABLE) == [
        "Innledning til tabellen:",
        "Kjøp · Frist · Merknad",
        "Varer: Frist: 15 dager",
        "Bygg: Frist: 30 dager; Merknad: jf. § 7-9",
        "Etter tabellen.",
        "Neste setning.",
    ]


def test_rows_point_at_their_header_and_the_header_at_the_sentence_before():
    found = chunking.units(passage(TABLE))
    assert [(u.block, u.lead) for u in found[:4]] == [
        (Block.PARAGRAPH, None),
        (Block.ROW, 0),
        (Block.ROW, 1),
        (Block.ROW, 1),
    ]
    assert [chunking.is_header(u, found) for u in found] == [False, True, False, False, False, False]


def test_each_table_has_a_header_of_its_own():
    found = chunking.units(passage("| A | B |\n|---|---|\n| 1 | 2 |\n\n| C | D |\n|---|---|\n| 3 | 4 |"))
    assert [u.text for u in found if chunking.is_header(u, found)] == ["| A | B |", "| C | D |"]
    assert chunking.reading_text(found[3], found) == "3: D: 4"


def test_items_read_without_bullet_and_point_at_the_sentence_that_opens_the_list():
    assert said(LIST) == [
        "Et kjøp har tre steg:",
        "beskriv behovet på én side",
        "undersøk markedet",
        "velg prosedyre",
        "skriv under",
        "Sitat fra loven, over to linjer.",
        "Slutt.",
    ]
    found = chunking.units(passage(LIST))
    assert [u.lead for u in found] == [None, 0, 0, 0, 0, 0, None]
    assert [u.block for u in found[1:6]] == [Block.ITEM] * 4 + [Block.QUOTE]


def test_a_unit_knows_when_what_it_says_applied():
    first, second = chunking.units(passage("Til og med 30. juni 2026 var grensen lav. Grensen er høy."))
    assert first.period == Period(None, date(2026, 6, 30))
    assert second.period == Period()


def long_text(paragraphs=12):
    return "\n\n".join(
        f"Avsnitt {n} sier jf. § 7-9 noe. " + "Her står en ganske lang setning til. " * 8
        for n in range(paragraphs)
    )


def table(head, *rows):
    text = "\n".join([f"| {head} | Grense |", "|---|---|", *(f"| {day} | {limit} |" for day, limit in rows)])
    return [u.period for u in chunking.units(passage(text))[1:]]


def test_a_row_applies_until_the_next_one_does_whatever_their_order():
    rows = [("mars 2022", "2,2"), ("12. februar 2020", "2,05"), ("21. april 2026", "2,5")]
    assert table("Fastsatt", *rows) == [
        Period(date(2022, 3, 1), date(2026, 4, 20)),
        Period(date(2020, 2, 12), date(2022, 2, 28)),
        Period(date(2026, 4, 21), None),
    ]


def test_a_row_that_begins_with_a_span_of_days_applies_then():
    rows = [("1. mai 2017–31. desember 2023", "ingen"), ("Fra 1. januar 2024", "30 prosent")]
    assert table("Periode", *rows) == [
        Period(date(2017, 5, 1), date(2023, 12, 31)),
        Period(date(2024, 1, 1), None),
    ]


def test_the_days_of_what_happened_bound_nothing():
    assert table("Dato", ("4. november 2022", "Utvalget oppnevnes"), ("2024", "Utredning")) == [Period()] * 2


def test_a_section_that_is_too_long_is_cut_between_blocks():
    text = long_text()
    parts = chunking.split(Document(SOURCE, (Section("kilde#a", ("A",), text, Rank.GUIDANCE),)))
    assert [p.id for p in parts] == [f"kilde#a/{n}" for n in range(len(parts))]
    assert len(parts) > 1
    assert all(len(p.text) <= chunking.MAX_CHARS and p.text in text for p in parts)
    assert all(p.text.startswith("Avsnitt ") and p.text.endswith("setning til.") for p in parts)
    together = [u.text for p in parts for u in chunking.units(p)]
    assert together == [u.text for u in chunking.units(replace(parts[0], text=text))]


def test_a_table_is_not_cut_until_it_is_twice_too_long():
    rows = "\n".join(f"| rad {n} | {'x' * 40} |" for n in range(60))
    text = "Innledning. " * 10 + "\n\n| A | B |\n|---|---|\n" + rows
    parts = chunking.split(Document(SOURCE, (Section("kilde#a", ("A",), text, Rank.GUIDANCE),)))
    assert all(line.startswith("| rad") for p in parts[1:] for line in p.text.splitlines()[2:])
    assert all(len(p.text) < 2 * chunking.MAX_CHARS for p in parts)


def test_ids_do_not_depend_on_the_other_sections():
    a = Section("kilde#a", ("A",), long_text(), Rank.GUIDANCE)
    b = Section("kilde#b", ("B",), "Kort.", Rank.GUIDANCE)
    alone = chunking.split(Document(SOURCE, (b,)))
    assert chunking.split(Document(SOURCE, (a, b)))[-1] == alone[0]
    assert chunking.split(Document(SOURCE, (b, a)))[0] == alone[0]


def test_a_section_without_text_gives_no_passage():
    assert chunking.split(Document(SOURCE, (Section("kilde#a", ("A",), " \n ", Rank.GUIDANCE),))) == []
