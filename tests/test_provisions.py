"""Which § a question names, and which sections hold or restate it."""

import shutil
from datetime import date

import pytest
from conftest import ROOT

from assistant import confidence, documents, ingest, provisions
from assistant.embedding import HashingEmbedder
from assistant.index import Index
from assistant.provisions import Provision, Register
from assistant.retrieval import Retriever
from assistant.terms import Terms
from assistant.types import Question, Reference

ACT, REGULATION = "lov/2016-06-17-73", "forskrift/2016-08-12-974"
VEHICLES, COMPLAINTS = "forskrift/2022-12-20-2384", "forskrift/2002-11-15-1288"
TODAY, LAST_YEAR = date(2026, 11, 22), date(2025, 12, 31)


@pytest.fixture(scope="module")
def register():
    corpus = ROOT / "corpus"
    read = [documents.load(path) for path in documents.files(corpus)]
    sections = ((d.source, s) for d in read for s in d.sections)
    return Register(sections, Terms.read(corpus / "terms.toml").instruments)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Hva sier FOA § 19-4?", [(REGULATION, "19-4")]),
        ("LOA § 4", [(ACT, "4")]),
        ("Kva seier anskaffingslova § 5 b?", [(ACT, "5b")]),
        ("anskaffelsesforskriften § 7-9 i 2025", [(REGULATION, "7-9")]),
        ("Hva står i § 4 i loven?", [(ACT, "4")]),
        ("FOA 19-4", [(REGULATION, "19-4")]),
        ("Hva står i paragraf 25-2?", [(REGULATION, "25-2")]),
        ("Hva sier FOA § 8-12 a?", [(REGULATION, "8-12a")]),
        ("klageforskriften § 6", [(COMPLAINTS, "6")]),
        ("kjøretøyforskriften § 3", [(VEHICLES, "3")]),
        ("§§ 5g, 5i og 5p", [(ACT, "5g"), (ACT, "5i"), (ACT, "5p")]),
        ("§§ 3-1 til 3-3 i forskriften", [(REGULATION, "3-1"), (REGULATION, "3-2"), (REGULATION, "3-3")]),
        ("loven §§ 5l–5n", [(ACT, "5l"), (ACT, "5m"), (ACT, "5n")]),
        ("Gjelder FOA § 7-2 eller LOA § 5l?", [(REGULATION, "7-2"), (ACT, "5l")]),
        ("FOA § 99-9", [(REGULATION, "99-9")]),
        ("Hva er terskelen på 500 000 kroner i loven?", []),
        ("Loven gjelder fra 500 000 kroner", []),
        ("Hva sier § 4?", []),
        ("Hvor lang er karensperioden?", []),
    ],
)
def test_a_question_names_exactly_the_provisions_it_says(register, question, expected):
    assert register.named(question).provisions == tuple(Provision(*pair) for pair in expected)


@pytest.mark.parametrize(
    ("question", "bare"),
    [
        ("Hva sier FOA § 19-4?", True),
        ("FOA § 19-4", True),
        ("Hva er ordlyden i loven § 4?", True),
        ("anskaffelsesforskriften § 7-9 i 2025", True),
        ("Må vi begrunne etter FOA § 19-4?", False),
        ("Hva er forskjellen på § 7-9 og § 5b?", False),
        ("Hva sier loven om klima?", False),
    ],
)
def test_asking_for_the_provision_itself_is_told_from_asking_about_something(register, question, bare):
    assert register.named(question).bare is bare


def test_a_law_can_be_named_without_a_provision(register):
    named = register.named("Hva sier klagenemndforskriften om gebyr?")
    assert (named.instruments, named.provisions) == ((COMPLAINTS,), ())


def test_a_link_tells_its_provisions_by_address_and_by_title():
    page = "https://lovdata.no/dokument/NL/lov/2016-06-17-73"
    one = Reference("Anskaffelsesloven § 5b andre ledd", "https://lovdata.no/lov/2016-06-17-73/§5b")
    assert provisions.of_reference(one) == (Provision(ACT, "5b"),)
    several = Reference("Anskaffelsesloven §§ 8–10", page)
    assert [p.number for p in provisions.of_reference(several)] == ["8", "9", "10"]
    assert [p.number for p in provisions.of_reference(Reference("Loven §§ 5e–5g og 5p", page))] == [
        "5e", "5f", "5g", "5p",
    ]  # fmt: skip
    assert provisions.of_reference(Reference("Anskaffelsesloven", page)) == (Provision(ACT, ""),)
    assert provisions.of_reference(Reference("DFØ", "https://anskaffelser.no/§5")) == ()


def test_the_text_and_its_restatements_know_each_other_by_their_links(register):
    share = Provision(REGULATION, "19-4")
    assert register.primary(share) == ("for-2016-08-12-974#19-4",)
    explained = register.restatements(share)
    assert explained
    assert all(share in register.about(section) for section in explained)
    main = next(s for s in explained if register.about(s)[0] == share)
    assert register.same(main, "for-2016-08-12-974#19-4")
    assert not register.same(main, main)


def test_the_provision_itself_comes_first_only_when_it_is_asked_for_and_in_force(register):
    text = "for-2016-08-12-974#7-9"
    asked = register.named("Hva sier FOA § 7-9?")
    assert register.lift(asked, text, LAST_YEAR) == provisions.ITSELF
    assert register.lift(asked, text, TODAY) < provisions.STANDS_FOR
    about = register.named("Må bilkjøpet følge FOA § 7-9?")
    assert register.lift(about, text, LAST_YEAR) == provisions.FAMILY
    assert register.lift(register.named("Må vi vekte klima?"), text, LAST_YEAR) == 0.0


def test_the_laws_own_restatement_stands_for_a_provision_whose_text_is_not_held(register):
    asked = register.named("Hva sier LOA § 5b?")
    gains = {s: register.lift(asked, s, TODAY) for s in register.restatements(Provision(ACT, "5b"))}
    first = [section for section, gain in gains.items() if gain == provisions.STANDS_FOR]
    assert first
    assert all(
        section.startswith(("anskaffelsesloven#", "ny-anskaffelseslov#", "klimaforskrift-7-9#"))
        for section in first
    )


def test_a_countys_own_policy_never_stands_for_the_law(register):
    asked = register.named("Hva sier FOA § 19-4?")
    policy = [s for s in register.restatements(Provision(REGULATION, "19-4")) if s.startswith("viken-")]
    assert policy
    assert all(register.lift(asked, section, TODAY) == 0.0 for section in policy)


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    """A search in the act, its restatement and one regulation, with vectors that know nothing of meaning."""
    corpus = tmp_path_factory.mktemp("corpus")
    for name in ("lovdata/lov-2016-06-17-73", "lovdata/for-2019-04-01-444"):
        for suffix in (".json", ".toml"):
            shutil.copy(ROOT / "corpus" / f"{name}{suffix}", corpus)
    shutil.copy(ROOT / "corpus" / "regelverk" / "anskaffelsesloven.md", corpus)
    root = tmp_path_factory.mktemp("index")
    ingest.ingest(corpus, root, HashingEmbedder())
    register = Terms.read(ROOT / "corpus" / "terms.toml")
    return Retriever(Index.open(root), HashingEmbedder(), register, "exact")


def sections(found):
    return [hit.passage.section_id for hit in found.hits]


def test_a_provision_that_is_asked_for_leads_and_nothing_stands_beside_its_family(retriever):
    found = retriever.retrieve(Question("Hva sier LOA § 4?", TODAY))
    assert sections(found)[0] == "lov-2016-06-17-73#4"
    assert found.confidence == confidence.CERTAIN
    assert all(Provision(ACT, "4") in retriever.provisions.about(section) for section in sections(found))
    assert any("handler ikke om paragrafen" in r.reason for r in found.rejected)


def test_the_old_wording_leads_on_its_days_and_the_present_rule_after(retriever):
    then = retriever.retrieve(Question("LOA § 2", date(2026, 5, 1)))
    assert sections(then)[0] == "lov-2016-06-17-73#2"
    now = retriever.retrieve(Question("LOA § 2", TODAY))
    assert sections(now)[0].startswith("anskaffelsesloven#")
    assert now.hits[0].passage.in_force(TODAY)


def test_the_same_number_in_another_law_is_not_let_in(retriever):
    found = retriever.retrieve(Question("Hva sier e-fakturaforskriften § 2?", TODAY))
    assert sections(found)[0] == "for-2019-04-01-444#2"
    assert "lov-2016-06-17-73#2" not in sections(found)


def test_a_provision_that_does_not_exist_is_not_answered(retriever):
    found = retriever.retrieve(Question("Hva sier LOA § 99?", TODAY))
    assert (found.hits, found.confidence, found.anchor) == ((), 0.0, None)
    assert found.rejected


def test_an_ordinary_question_gets_the_plain_words_and_not_the_same_law_twice(retriever):
    found = retriever.retrieve(Question("Hvor stort kan gebyret fra KOFA være?", TODAY))
    shown = sections(found)
    assert (
        shown[0] == "anskaffelsesloven#kofa-kan-gi-gebyr-pa-inntil-15-prosent-ved-ulovlig-direkte-anskaffelse"
    )
    assert "lov-2016-06-17-73#12" not in shown
    assert any("samme paragraf" in r.reason for r in found.rejected)
