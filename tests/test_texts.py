import string

import pytest

from assistant import chattexts, texts, widgettexts
from assistant.types import AnswerStatus, Rank, SourceKind, SourceType

TABLES = {
    "STATUS": (texts.STATUS, texts.STATUS_NN),
    "RANK": (texts.RANK, texts.RANK_NN),
    "SOURCE_TYPE": (texts.SOURCE_TYPE, texts.SOURCE_TYPE_NN),
    "SOURCE_KIND": (texts.SOURCE_KIND, texts.SOURCE_KIND_NN),
    "PAGE": (texts.PAGE_NB, texts.PAGE_NN),
    "VIEWER": (texts.VIEWER_NB, texts.VIEWER_NN),
    "WIDGET": (widgettexts.WIDGET_NB, widgettexts.WIDGET_NN),
    "CHAT": (chattexts.CHAT_NB, chattexts.CHAT_NN),
    "REASON": (texts.REASON, texts.REASON_NN),
    "PERSONAL": (texts.PERSONAL_NB, texts.PERSONAL_NN),
}


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", TABLES)
def test_nynorsk_has_every_text_that_bokmaal_has_with_the_same_places_to_fill(name):
    bokmaal, nynorsk = TABLES[name]
    assert list(bokmaal) == list(nynorsk)
    assert {key: fields(bokmaal[key]) for key in bokmaal} == {key: fields(nynorsk[key]) for key in nynorsk}
    assert all(bokmaal.values())
    assert all(nynorsk.values())


def test_every_outcome_rank_and_type_of_source_has_a_text():
    assert set(texts.STATUS) == set(AnswerStatus)
    assert set(texts.RANK) == set(Rank)
    assert set(texts.SOURCE_TYPE) == set(SourceType)
    assert set(texts.SOURCE_KIND) == set(SourceKind)


def test_nynorsk_texts_have_no_common_bokmaal_words():
    bokmaal = {
        "ikke",
        "fra",
        "hva",
        "noen",
        "kilder",
        "kilden",
        "kildene",
        "jeg",
        "dere",
        "også",
        "være",
        "gjelder",
    }
    wrong = {
        word
        for _, nynorsk in TABLES.values()
        for text in nynorsk.values()
        for word in text.lower().replace(",", " ").replace(".", " ").split()
    } & bokmaal
    assert wrong == set()


def test_there_are_as_many_examples_in_both_languages():
    assert len(texts.EXAMPLES) == len(texts.EXAMPLES_NN)
