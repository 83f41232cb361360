"""Proposed question keys: kept only when the section carries them, used only when somebody has read them."""

import re

import pytest
from admindesk import settings_in
from conftest import TODAY
from model_server import serving

from assistant import cli, documents, ingest
from assistant.documents import questions
from assistant.documents.check import check
from assistant.embedding import HashingEmbedder
from assistant.expanding import Fault, expand, wanting
from assistant.llm import Caller, Limits, ModelTrouble, Piece

ID = "gjennomforing"
PLAN, FOLLOW = "planlegg-kjopet-i-tre-steg", "leverandoren-skal-folges-opp"
GOOD = "Hvor ofte må vi ha møter med leverandøren? => Oppdragsgiver følger opp leverandøren"


class Model:
    """A model in the process that says the same to every prompt, and remembers them."""

    name = "lokal"

    def __init__(self, *lines):
        self.lines, self.prompts = lines, []

    def stream(self, prompt, limit):
        self.prompts.append(prompt)
        yield Piece("\n".join(self.lines))


@pytest.fixture
def settings(tmp_path, small_index):
    return settings_in(tmp_path, small_index)


@pytest.fixture
def document(settings):
    return documents.load(settings.corpus / "veiledning" / "gjennomforing.md")


def follow_up(document, *lines, known=()):
    """What comes of a model that says `lines` of the section about following up."""
    (section,) = (each for each in wanting(document, ()) if each[0].id.endswith(FOLLOW))
    model = Model(*lines)
    (proposal,) = expand(document, [section], known, Caller(model, Limits()))
    return proposal


def test_a_question_whose_answer_stands_in_the_section_is_kept_with_its_opening(document):
    proposal = follow_up(document, GOOD, "2. «Når skal avvik meldes?» => Avvik meldes skriftlig innen fem")
    assert (proposal.slug, proposal.faults, proposal.trouble) == (FOLLOW, (), "")
    assert proposal.keys == (
        ("Hvor ofte må vi ha møter med leverandøren?", "Oppdragsgiver følger opp leverandøren"),
        ("Når skal avvik meldes?", "Avvik meldes skriftlig innen fem"),
    )


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("Her er forslagene:", Fault.FORM),
        ("Hvor ofte følger vi opp leverandøren?", Fault.FORM),
        ("Hva er det? => Oppdragsgiver følger opp", Fault.FORM),
        ("Hva står på https://x.no om leverandøren? => Oppdragsgiver følger opp", Fault.FORM),
        ("Når skal avvik meldes? => Avvik kan meldes muntlig", Fault.NO_ANSWER),
        ("Når skal avvik meldes? => og meldes skriftlig", Fault.NO_ANSWER),
        ("Må avvik meldes innen 14 dager? => Avvik meldes skriftlig", Fault.ADDED),
        ("Hva sier § 7-9 om avvik? => Avvik meldes skriftlig", Fault.ADDED),
        ("Kan jeg melde avvik til kari@fylke.no? => Avvik meldes skriftlig", Fault.PERSONAL),
        ("Hvor ofte må man ha møter med leverandøren? => Oppdragsgiver følger opp", Fault.REPEATED),
    ],
)
def test_what_the_section_does_not_carry_is_turned_away(document, line, fault):
    proposal = follow_up(document, GOOD, line)
    assert [question for question, _ in proposal.keys] == ["Hvor ofte må vi ha møter med leverandøren?"]
    assert proposal.faults == (fault,)


def test_a_figure_that_the_section_states_may_be_asked_about(document):
    assert follow_up(document, "Er fem dager nok for å melde avvik? => Avvik meldes skriftlig").faults == ()


def test_a_question_that_leads_somewhere_already_is_a_repetition(document):
    proposal = follow_up(document, GOOD, known=["Hvor ofte har vi møter med leverandøren?"])
    assert (proposal.keys, proposal.faults) == ((), (Fault.REPEATED,))


def test_no_more_than_five_are_kept(document):
    asked = [
        f"Hvem passer på {thing} hos leverandøren? => Oppdragsgiver"
        for thing in "biler klær mat støy lys varme is".split()
    ]
    assert len(follow_up(document, *asked).keys) == 5


def test_an_opening_that_two_lines_share_points_at_neither(document):
    section = next(each for each in wanting(document, ()) if each[0].id.endswith(FOLLOW))
    doubled = section[0], [*section[1], "Avvik lukkes av leverandøren."]
    (proposal,) = expand(document, [doubled], (), Caller(Model("Når meldes avvik? => Avvik"), Limits()))
    assert proposal.faults == (Fault.NO_ANSWER,)


def test_the_model_sees_one_section_between_fences_line_by_line(document):
    model = Model("")
    list(expand(document, wanting(document, ()), (), Caller(model, Limits())))
    bodies = [re.search(r"<avsnitt (\w+)>\n(.*)\n</avsnitt \1>", p.user, re.DOTALL)[2] for p in model.prompts]
    assert len(bodies) == len(document.sections)
    assert (
        "Planlegg kjøpet i tre steg\n\nEt prøvekjøp planlegges i tre steg:\nbeskriv behovet\n"
        in bodies[0] + bodies[1]
    )
    assert "https" not in "".join(bodies)


def test_sections_with_keys_and_sections_of_earlier_versions_are_left_alone(document):
    every = {section.id for section, _ in wanting(document, ())}
    assert {f"{ID}#{PLAN}", f"{ID}#{FOLLOW}"} <= every
    assert {section.id for section, _ in wanting(document, {f"{ID}#{PLAN}"})} == every - {f"{ID}#{PLAN}"}


def test_a_model_that_keeps_failing_is_left_alone(document):
    class Broken(Model):
        def stream(self, prompt, limit):
            self.prompts.append(prompt)
            raise ModelTrouble("http 500")

    sections = wanting(document, ())[:1] * 6
    model = Broken()
    found = list(expand(document, sections, (), Caller(model, Limits())))
    assert [each.trouble for each in found] == ["http 500"] * 3 + ["resting"]
    assert len(model.prompts) == 3


# --- The command ---------------------------------------------------------------------------------


@pytest.fixture
def run(capfd, monkeypatch, settings):
    """Run `corpus expand` with a model server; exit code, standard output and error."""
    monkeypatch.setenv("ASSISTANT_VAR", str(settings.var))
    monkeypatch.setenv("ASSISTANT_CORPUS", str(settings.corpus))

    def command(document, url=""):
        if url:
            monkeypatch.setenv("ASSISTANT_LLM", "openai:prove")
            monkeypatch.setenv("ASSISTANT_LLM_BASE_URL", url)
            monkeypatch.setenv("ASSISTANT_LLM_FIRST_SECONDS", "5")
        capfd.readouterr()
        code = cli.main(["corpus", "expand", document])
        told = capfd.readouterr()
        return code, told.out, told.err

    return command


def clever(messages):
    """Questions for the section about following up; of the others nothing that can be used."""
    if "Avvik meldes" in messages[-1]["content"]:
        return f"{GOOD}\nNår skal avvik meldes? => Avvik meldes skriftlig\nHva koster det? => Det koster"
    return "Det kan jeg ikke."


def test_without_a_model_it_is_told_what_to_set(run, settings):
    code, out, err = run(ID)
    assert (code, out) == (1, "")
    assert "trenger en språkmodell" in err
    assert "ASSISTANT_LLM " in err
    assert not list(settings.corpus.rglob("*.forslag"))


def test_proposals_are_written_for_review_and_used_when_the_file_is_given_its_name(run, settings):
    before = ingest.ingest(settings.corpus, settings.index_root, HashingEmbedder())
    with serving(script=clever) as server:
        code, out, _ = run(ID, server.url)
    assert code == 0
    assert re.search(rf"{FOLLOW}\s+2\s+1 svaret står ikke der", out)
    target = settings.corpus / "questions" / f"{ID}.yaml.forslag"
    assert f"gi filen navnet {ID}.yaml" in out
    assert target.read_text("utf-8").startswith("# Forslag fra en språkmodell, ikke i bruk.\n")

    assert ingest.ingest(settings.corpus, settings.index_root, HashingEmbedder()).build == before.build
    (finding,) = (each for each in check(settings.corpus, TODAY) if each.path == target)
    assert (finding.severity, finding.message) == ("advarsel", "Forslagene til spørsmål er ikke i bruk.")

    final = target.rename(target.with_suffix(""))
    assert final.name == f"{ID}.yaml"
    keys, problems = questions.read(final)
    assert problems == ()
    assert {(key.slug, key.question) for key in keys} == {
        (FOLLOW, "Hvor ofte må vi ha møter med leverandøren?"), (FOLLOW, "Når skal avvik meldes?"),
    }  # fmt: skip
    assert [each for each in check(settings.corpus, TODAY) if each.severity == "feil"] == []
    after = ingest.ingest(settings.corpus, settings.index_root, HashingEmbedder())
    assert after.keys == before.keys + 2


def test_proposals_that_wait_are_not_written_over(run, settings):
    waiting = settings.corpus / "questions" / f"{ID}.yaml.forslag"
    waiting.write_text("halvferdig", "utf-8")
    with serving(script=clever) as server:
        code, _, err = run(ID, server.url)
        assert server.requests == []
    assert (code, waiting.read_text("utf-8")) == (1, "halvferdig")
    assert "fra før" in err


def test_a_published_upload_has_its_questions_beside_it_and_they_are_read(run, settings):
    settings.published.mkdir(parents=True)
    text = (settings.corpus / "veiledning" / "gjennomforing.md").read_text("utf-8")
    (settings.published / "rutine.md").write_text(text.replace(f"id: {ID}", "id: rutine"), "utf-8")
    with serving(script=clever) as server:
        assert run("rutine", server.url)[0] == 0
    target = settings.published / "questions" / "rutine.yaml.forslag"
    target.rename(target.with_suffix(""))
    keys, skipped = ingest.read_keys(settings.corpus, [settings.published])
    assert (len(keys[f"rutine#{FOLLOW}"]), skipped) == (2, [])
    outcome = ingest.ingest(
        settings.corpus, settings.index_root, HashingEmbedder(), also=[settings.published]
    )
    assert outcome.keys == 7


def test_a_document_that_does_not_exist_and_one_that_needs_nothing_are_told(run):
    with serving(script=clever) as server:
        assert "Fant ikke dokumentet «finnesikke»." in run("finnesikke", server.url)[2]
        code, out, _ = run("storfylket", server.url)
        assert server.requests == []
    assert (code, out) == (0, "Alle avsnittene i storfylket har spørsmål.\n")


@pytest.mark.parametrize("fault", ["down", "empty", "html"])
def test_a_model_that_gives_nothing_leaves_no_file(run, settings, fault):
    with serving(fault=fault) as server:
        code, _, err = run(ID, server.url)
    assert code == 1
    assert "ingen brukbare forslag" in err
    assert not list(settings.corpus.rglob("*.forslag"))
