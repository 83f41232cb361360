"""The check of a corpus: every finding with file, line, severity and remedy."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from assistant import documents, provisions
from assistant.documents import questions
from assistant.documents.check import check

FILES = Path(__file__).resolve().parent / "files"
CORPUS = FILES.parent.parent / "corpus"
TODAY = date(2026, 11, 22)


@pytest.fixture
def corpus(tmp_path):
    """A folder with the one document that breaks no rule."""
    shutil.copy(FILES / "documents" / "gyldig.md", tmp_path / "reglement.md")
    (tmp_path / "questions").mkdir()
    return tmp_path


def keys(corpus: Path, text: str) -> list[tuple[int, str]]:
    """Line and message of each finding when the questions to the document are `text`."""
    (corpus / "questions" / "innkjopsreglement.yaml").write_text(text, encoding="utf-8")
    found = check(corpus, TODAY)
    assert all(f.severity == "feil" and f.remedy and f.path.suffix == ".yaml" for f in found)
    return [(f.line, f.message) for f in found]


def test_the_shipped_corpus_has_no_errors():
    assert [str(f) for f in check(CORPUS, TODAY) if f.severity == "feil"] == []


def test_every_shipped_section_has_questions_that_lead_to_it():
    """The words of the law are found by their § and through the sections that restate them."""
    read = [documents.load(path) for path in documents.files(CORPUS)]
    sections = {s.id for d in read if not provisions.instrument_of(d.source) for s in d.sections}
    asked = {
        f"{path.stem}#{key.slug}"
        for path in (CORPUS / "questions").glob("*.yaml")
        for key in questions.read(path)[0]
    }
    assert sections - asked == set()


def test_a_good_corpus_has_no_findings(corpus):
    assert check(corpus, TODAY) == []


def test_a_folder_that_is_missing_or_empty_is_an_error(tmp_path):
    assert [f.message for f in check(tmp_path / "borte", TODAY)] == ["Mappen finnes ikke."]
    assert [f.message for f in check(tmp_path, TODAY)] == ["Mappen har ingen dokumenter."]


def test_every_broken_file_is_found_and_the_good_one_is_still_read():
    found = check(FILES / "documents", TODAY)
    broken = {"latin1", "tom", "uten-hode", "ukjent-nokkel", "to-kildelinjer", "datoer-i-feil-rekkefolge"}
    assert {f.path.stem for f in found} == broken | {"samme-overskrift"}
    assert {f.severity for f in found} == {"feil"}


def test_all_that_is_wrong_with_a_file_is_listed_in_reading_order(corpus):
    text = (corpus / "reglement.md").read_text(encoding="utf-8")
    (corpus / "reglement.md").write_text(
        text.replace("type: strategi", "type: tull").replace("*Gjelder: 2026-12-01–…*", "*Gjelder: snart*"),
        "utf-8",
    )
    found = check(corpus, TODAY)
    assert [(f.line, f.message) for f in found] == [
        (4, "Nøkkelen «type» har en ugyldig verdi: 'tull'."),
        (32, "Perioden «snart» kan ikke leses."),
    ]
    assert str(found[0]).startswith(f"{corpus / 'reglement.md'}:4: feil: ")


def test_two_documents_cannot_have_the_same_id(corpus):
    shutil.copy(corpus / "reglement.md", corpus / "kopi.md")
    (finding,) = check(corpus, TODAY)
    assert (finding.path.name, finding.severity) == ("reglement.md", "feil")
    assert "innkjopsreglement" in finding.message


@pytest.mark.parametrize(
    ("today", "messages"),
    [
        (date(2027, 11, 1), []),
        (date(2027, 11, 2), ["Dokumentet ble sist kontrollert 2026-11-01, for mer enn ett år siden."]),
        (date(2026, 10, 31), ["kontrollert (2026-11-01) er fram i tid."]),
    ],
)
def test_a_document_nobody_has_read_for_a_year_is_a_warning(corpus, today, messages):
    found = check(corpus, today)
    assert [f.message for f in found] == messages
    assert {f.severity for f in found} <= {"advarsel"}


def test_a_link_without_encryption_or_a_source_without_a_law_is_a_warning_at_its_line(corpus):
    text = (corpus / "reglement.md").read_text(encoding="utf-8")
    line = "[Reglementet § 7](https://example.org/reglement/7)"
    assert line in text
    (corpus / "reglement.md").write_text(text.replace(line, "[§ 7](http://example.org/7)"), encoding="utf-8")
    found = [f for f in check(corpus, TODAY) if f.line == 31]
    assert [(f.severity, f.message) for f in found] == [
        ("advarsel", "Kilden «§ 7» sier ikke hvilken lov den gjelder."),
        ("advarsel", "Lenken «§ 7» bruker http."),
    ]


def test_a_file_nobody_reads_is_a_warning(corpus):
    (corpus / "notat.odt").touch()
    (finding,) = check(corpus, TODAY)
    assert (finding.severity, finding.message) == ("advarsel", "Filtypen «.odt» leses ikke.")


def test_questions_to_sections_that_exist_are_fine(corpus):
    assert (
        keys(corpus, 'fullmakter:\n  - "Hvem kan signere?"\nfullmakt-ved-sykdom:\n  - "Sjefen er sjuk?"\n')
        == []
    )


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('fullmakt:\n  - "Hvem?"\n', 2, "Dokumentet har ikke avsnittet «fullmakt»."),
        ("fullmakter: []\n", 1, "«fullmakter» har 0 spørsmål."),
        (
            "fullmakter:\n" + "".join(f'  - "Nr. {n}?"\n' for n in range(101)),
            1,
            "«fullmakter» har 101 spørsmål.",
        ),
        ('fullmakter:\n  - "Hvem?"\n  - ""\n', 3, "Et spørsmål under «fullmakter» er tomt eller ikke tekst."),
        ("fullmakter:\n  - 2026\n", 2, "Et spørsmål under «fullmakter» er tomt eller ikke tekst."),
        (
            'fullmakter:\n  - answer: "Rådmannen"\n',
            2,
            "En oppføring under «fullmakter» er verken et spørsmål eller et svar med spørsmål.",
        ),
        (
            'fullmakter:\n  - answer: "Kongen kan"\n    questions: ["Hvem?"]\n',
            3,
            "Ingen setning i «fullmakter» begynner med «Kongen kan».",
        ),
        ("fullmakter: Hvem?\n", 1, "«fullmakter» har ikke en liste med spørsmål."),
        ('fullmakter:\n  - "A?"\nfullmakter:\n  - "B?"\n', 3, "Avsnittet «fullmakter» står to ganger."),
        ('fullmakter:\n  - "A\n', 3, "Filen kan ikke leses: tegn eller innrykk som ikke er gyldig YAML."),
        ("- fullmakter\n", 1, "Filen er ikke avsnitt med spørsmål."),
        ("", 1, "Filen er tom."),
    ],
)
def test_questions_in_another_form_are_errors_at_their_line(corpus, text, line, message):
    assert keys(corpus, text) == [(line, message)]


def test_the_same_question_can_lead_to_one_place_only(corpus):
    text = 'fullmakter:\n  - "Hvem kan  signere?"\nfullmakt-ved-sykdom:\n  - "hvem kan signere?"\n'
    assert keys(corpus, text) == [
        (4, "Spørsmålet «hvem kan signere?» står også i innkjopsreglement.yaml, linje 2.")
    ]


def test_questions_to_a_document_that_is_not_there_are_an_error(corpus):
    (corpus / "questions" / "borte.yaml").write_text('a:\n  - "B?"\n', encoding="utf-8")
    (finding,) = check(corpus, TODAY)
    assert (finding.severity, finding.message) == ("feil", "Ingen lesbart dokument har id-en «borte».")


def test_what_is_missing_from_a_file_and_facts_without_a_file_are_warnings(tmp_path):
    (tmp_path / "strategi").mkdir()
    (tmp_path / "strategi" / "plan.txt").write_text("Vi skal kjøpe brukt.", encoding="utf-8")
    (tmp_path / "strategi" / "borte.toml").write_text('tittel = "Borte"', encoding="utf-8")
    (tmp_path / "strategi" / "feil.txt").write_text("Tekst.", encoding="utf-8")
    (tmp_path / "strategi" / "feil.toml").write_text("tittel = ", encoding="utf-8")
    found = {(f.path.name, f.severity): f.message for f in check(tmp_path, date(2026, 11, 22))}
    assert (
        found["plan.txt", "advarsel"] == "Det er ikke oppgitt utgiver eller kilde_url; skriv det i plan.toml."
    )
    assert found["borte.toml", "advarsel"] == "Ingen fil heter «borte» her."
    assert "feil.toml kan ikke leses" in found["feil.txt", "feil"]
