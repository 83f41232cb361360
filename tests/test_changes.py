"""Versions of one document, and what differs between two builds."""

from dataclasses import replace
from datetime import date

import pytest
from tiny import SMALL, cite

from assistant.answering import citation
from assistant.changes import Change, Standing, between, standing
from assistant.documents import versions
from assistant.errors import CorpusError
from assistant.types import Document, Rank, Section, Source, SourceType

SOURCE = Source("rutine", "Rutine", SourceType.GUIDANCE, "Fylket", "https://example.org/", date(2026, 11, 1))
OLD, NEW = date(2024, 1, 1), date(2026, 7, 1)


def edition(begins, **texts):
    sections = tuple(
        Section(f"rutine#{slug}", (slug,), text, Rank.GUIDANCE, valid_from=begins)
        for slug, text in texts.items()
    )
    return Document(replace(SOURCE, valid_from=begins), sections)


def test_a_new_version_is_in_force_and_the_old_one_keeps_its_days():
    merged = versions.merge([edition(NEW, frist="Ti dager."), edition(OLD, frist="Sju dager.", borte="Før.")])
    found = {s.id: (s.text, s.valid_from, s.valid_to) for s in merged.sections}
    last = date(2026, 6, 30)
    assert found == {
        "rutine#frist": ("Ti dager.", NEW, None),
        "rutine#frist@2026-06-30": ("Sju dager.", OLD, last),
        "rutine#borte@2026-06-30": ("Før.", OLD, last),
    }
    assert merged.source.valid_from == OLD


def test_what_both_versions_say_is_one_section_with_a_longer_life():
    merged = versions.merge([edition(OLD, krav="Likt."), edition(NEW, krav="Likt.")])
    assert [(s.id, s.valid_from, s.valid_to) for s in merged.sections] == [("rutine#krav", OLD, None)]


def test_three_versions_follow_each_other():
    merged = versions.merge([edition(date(y, 1, 1), frist=f"Fra {y}.") for y in (2022, 2020, 2021)])
    assert {s.id: s.valid_to for s in merged.sections} == {
        "rutine#frist": None,
        "rutine#frist@2021-12-31": date(2021, 12, 31),
        "rutine#frist@2020-12-31": date(2020, 12, 31),
    }


@pytest.mark.parametrize("begins", [OLD, None])
def test_documents_that_share_an_id_without_being_versions_are_refused(begins):
    with pytest.raises(CorpusError, match="ikke er ulike utgaver"):
        versions.merge([edition(OLD, a="1"), edition(begins, a="2")])


def test_one_document_is_itself():
    only = edition(None, a="1")
    assert versions.merge([only]) is only


def test_changes_tell_what_came_went_and_changed_and_who_relied_on_it():
    before = edition(OLD, likt="Likt.", tekst="Før.", borte="Borte.", dato="Dato.")
    after = edition(OLD, likt="Likt.", tekst="Nå.", dato="Dato.", ny="Ny.")
    moved = tuple(replace(s, valid_to=NEW) if s.heading == "dato" else s for s in after.sections)
    found = between(
        {"rutine": before}, {"rutine": replace(after, sections=moved)}, {"rutine#tekst": ["sak-2", "sak-1"]}
    )
    assert [(c.heading, c.change, c.relied) for c in found] == [
        ("tekst", Change.TEXT, ("sak-1", "sak-2")),
        ("dato", Change.DATES, ()),
        ("ny", Change.ADDED, ()),
        ("borte", Change.REMOVED, ()),
    ]


# --- How what an answer cited stands today ------------------------------------------------------------

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("text", "valid_to", "expected"),
    [
        ("Fristen er sju dager.", None, Standing.STANDS),
        ("Ingress. Fristen er sju dager.", None, Standing.STANDS),
        ("Fristen er ti dager.", None, Standing.CHANGED),
        ("Fristen er sju dager.", date(2026, 11, 29), Standing.ENDED),
        ("Fristen er sju dager.", TODAY, Standing.STANDS),
    ],
)
def test_a_citation_stands_when_its_text_is_there_and_still_applies(text, valid_to, expected):
    cited = cite(1, SMALL, "Fristen er sju dager.")
    section = Section("rutine#frist", ("frist",), text, Rank.GUIDANCE, valid_to=valid_to)
    cited = replace(cited, text="Fristen er sju dager.", valid_to=None)
    assert standing(cited, Document(SOURCE, (section,)), TODAY) is expected


def test_what_had_ended_when_it_was_cited_stands_as_it_did():
    ended = date(2023, 12, 31)
    cited = replace(cite(1, SMALL, "x"), text="x", valid_to=ended)
    document = Document(SOURCE, (Section("rutine#x", ("x",), "x", Rank.OWN_POLICY, valid_to=ended),))
    assert standing(cited, document, TODAY) is Standing.STANDS


def test_a_source_that_is_gone_has_changed():
    assert standing(cite(1, SMALL, "x"), None, TODAY) is Standing.CHANGED


@pytest.mark.model
def test_every_passage_of_the_build_in_use_stands(built):
    for passage in built.index.passages:
        if passage.in_force(TODAY) or (passage.valid_to and passage.valid_to < TODAY):
            cited = citation(passage, 1, (passage.text,), TODAY)
            assert standing(cited, built.document(passage.source.id), TODAY) is Standing.STANDS, passage.id
