"""What is told of a document: what is wrong is said by field, and the facts are those of a sidecar."""

from dataclasses import replace
from datetime import date

import pytest
from tiny import RULES, STRATEGY

from assistant.admin import forms
from assistant.admin.uploads import Upload
from assistant.admin.words import NB
from assistant.documents.sidecar import Sidecar
from assistant.types import SourceType

TODAY = date(2026, 11, 22)
UPLOAD = Upload("a" * 64, ".pdf", "Innkjøps_reglement v2.pdf", 10, "kari", "2026-11-22T10:00:00+01:00")
FILLED = {
    "tittel": "Innkjøpsreglement", "type": "veiledning", "utgiver": "Fylket", "kontrollert": "2026-11-22",
}  # fmt: skip
KNOWN = {source.id: source for source in (RULES, STRATEGY)}


def fill(upload=UPLOAD, own=None, taken=(), strict=True, **fields):
    return forms.filled({**FILLED, **fields}, upload, KNOWN, own or Sidecar(), taken, strict)


def test_a_form_that_is_filled_in_becomes_the_facts_of_a_sidecar():
    filled = fill(
        gyldig_fra="1.7.2026", gyldig_til="2027-12-31", vedtatt="2026-06-15", kilde_url="https://fylke.no/r.pdf",
        sammendrag="Slik kjøper vi inn.",
    )  # fmt: skip
    assert filled.errors == {}
    assert filled.facts == Sidecar(
        id="innkjopsreglement", tittel="Innkjøpsreglement", type=SourceType.GUIDANCE, utgiver="Fylket",
        vedtatt=date(2026, 6, 15), gyldig_fra=date(2026, 7, 1), gyldig_til=date(2027, 12, 31),
        kilde_url="https://fylke.no/r.pdf", kontrollert=TODAY, sammendrag="Slik kjøper vi inn.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"tittel": " \n\u200b "}, {"tittel": "e_missing"}),
        ({"type": "", "utgiver": ""}, {"type": "e_missing", "utgiver": "e_missing"}),
        ({"kontrollert": ""}, {"kontrollert": "e_missing"}),
        ({"type": "<script>"}, {"type": "e_choice"}),
        ({"tittel": "x" * 201}, {"tittel": "e_long"}),
        ({"kilde_url": "javascript:alert(1)"}, {"kilde_url": "e_url"}),
        ({"kilde_url": "https://"}, {"kilde_url": "e_url"}),
        ({"kilde_url": 'https://x.no/"><script>'}, {"kilde_url": "e_url"}),
        ({"gyldig_fra": "i går"}, {"gyldig_fra": "e_date"}),
        ({"gyldig_fra": "31.2.2026"}, {"gyldig_fra": "e_date"}),
        ({"gyldig_fra": "2026-07-01", "gyldig_til": "2026-06-30"}, {"gyldig_til": "e_order"}),
        ({"erstatter": "finnes-ikke"}, {"erstatter": "e_choice"}),
        ({"erstatter": STRATEGY.id}, {"gyldig_fra": "e_from"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_field(fields, errors):
    filled = fill(**fields)
    assert filled.facts is None
    assert filled.errors == errors
    assert all(code in NB and f"f_{name}" in NB for name, code in errors.items())


def test_a_draft_may_lack_what_a_publication_must_have_but_not_be_wrong():
    assert fill(strict=False, tittel="", type="", utgiver="").errors == {}
    assert fill(strict=False, gyldig_fra="snart").errors == {"gyldig_fra": "e_date"}


def test_a_new_version_takes_the_id_of_the_old_one():
    filled = fill(erstatter=STRATEGY.id, gyldig_fra="2024-01-01")
    assert filled.facts.id == STRATEGY.id


def test_a_version_of_what_has_no_first_day_is_refused():
    endless = {STRATEGY.id: replace(STRATEGY, valid_from=None)}
    filled = forms.filled(
        {**FILLED, "erstatter": STRATEGY.id, "gyldig_fra": "2024-01-01"}, UPLOAD, endless, Sidecar(), (), True
    )
    assert filled.errors == {"erstatter": "e_old_from"}


def test_a_document_of_its_own_gets_an_id_that_no_other_has():
    assert fill(tittel=STRATEGY.id).facts.id == f"{STRATEGY.id}-2"
    assert fill(taken=["innkjopsreglement", "innkjopsreglement-2"]).facts.id == "innkjopsreglement-3"
    assert fill(tittel="§§ !!").facts.id == "dokument"


def test_an_id_that_was_given_stays_when_the_title_is_changed():
    own = Sidecar(id="innkjopsreglement")
    assert fill(own=own, tittel="Reglement for innkjøp").facts.id == "innkjopsreglement"


def test_who_no_longer_replaces_a_document_does_not_keep_its_id():
    upload = replace(UPLOAD, replaces=STRATEGY.id)
    assert fill(upload, Sidecar(id=STRATEGY.id)).facts.id == "innkjopsreglement"


def test_the_form_begins_with_what_the_file_says_of_itself_and_else_with_its_name():
    told = replace(STRATEGY, title="Reglement", publisher="Ukjent utgiver", url="")
    values = forms.prefilled(UPLOAD, told, Sidecar(), TODAY)
    assert (values["tittel"], values["utgiver"], values["kontrollert"]) == ("Reglement", "", "2026-11-22")
    named = forms.prefilled(UPLOAD, replace(told, title=UPLOAD.sha256), Sidecar(), TODAY)
    assert named["tittel"] == "Innkjøps reglement v2"
    kept = forms.prefilled(UPLOAD, told, Sidecar(tittel="Mitt", gyldig_fra=TODAY), TODAY)
    assert (kept["tittel"], kept["gyldig_fra"]) == ("Mitt", "2026-11-22")


def test_what_cannot_be_seen_is_taken_out():
    assert forms.clean("a\u202eb\x00c\r\nd\ud800 e\u0301") == "a b c d? é"
