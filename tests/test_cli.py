"""The command line: what it prints, what it refuses, and how it ends."""

import io
import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from tiny import ROW, RULES, TinyAssistant

from assistant import cli, confidence, loader, terminal
from assistant.errors import InputError
from assistant.types import Answer

LIMIT = "Hva er beløpsgrensen for prøvekjøp?"
ANSWERED = "Hva er terskelen for varer?"
REFUSED = "Hvordan steker jeg vafler?"
THRESHOLD = "Hva er beløpsgrensen for at anskaffelsesloven gjelder?"
SLOW = ("torch", "transformers", "sentence_transformers", "gradio", "chromadb", "langchain", "bm25s", "rich")


@pytest.fixture
def run(capsys):
    """Run a command; its exit code, standard output and standard error."""

    def command(*arguments):
        code = cli.main(arguments)
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


@pytest.fixture
def answering(monkeypatch):
    """The command line with the tiny assistant behind it, which answers the same whatever the weights are."""
    monkeypatch.setattr("assistant.assistant.Assistant.open", lambda settings: TinyAssistant(settings))


@pytest.fixture
def searching(monkeypatch, small):
    """The command line with the small assistant behind it, which really searches."""
    monkeypatch.setattr("assistant.assistant.Assistant.open", lambda settings: small)


@pytest.fixture
def fresh(monkeypatch, tmp_path, small_settings):
    """An empty `var`, the short documents, and hashing vectors in place of the model."""
    from assistant.embedding import HashingEmbedder

    monkeypatch.setenv("ASSISTANT_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("ASSISTANT_CORPUS", str(small_settings.corpus))
    monkeypatch.setattr("assistant.models.ensure", lambda settings, report: tmp_path)
    monkeypatch.setattr("assistant.embedding.OnnxEmbedder.open", lambda folder, threads: HashingEmbedder())
    return tmp_path / "var"


# --- Help and wrong use ----------------------------------------------------------------------------


def test_without_a_command_the_help_is_shown(run):
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out.startswith("Bruk: assistant [VALG] KOMMANDO")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["akk"], "Ukjent kommando «akk». Mente du 'ask'?"),
        (["xyz"], "Ukjent kommando «xyz»."),
        (["ask", "--onn", "x"], "Ukjent valg: --onn."),
        (["ask"], "Skriv enten et spørsmål eller --batch FIL."),
        (["ask", "hva?", "--batch", "x"], "Skriv enten et spørsmål eller --batch FIL."),
        (["ask", "--batch", "x"], "--batch og --out hører sammen."),
        (
            ["ask", "--batch", "x", "--out", "y", "--on", "2026-05-01"],
            'Skriv datoen på linjene i filen, som "on".',
        ),
        (["ask", "x", "--on"], "--on trenger en verdi."),
        (["ask", "x", "--on", "i går"], "--on: «i går» er ingen dato; skriv 2026-11-22 eller 22.11.2026."),
        (["ask", "x", "--json=ja"], "--json tar ingen verdi."),
        (["search"], "SPØRSMÅL mangler."),
        (["serve", "nå"], "Uventet argument: nå."),
    ],
)
def test_wrong_use_is_told_in_norwegian_and_ends_with_2(run, arguments, message):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"Feil: {message} Se `assistant")


def test_an_unknown_setting_stops_every_command(run, monkeypatch):
    monkeypatch.setenv("ASSISTANT_KORPUS", "x")
    for arguments in (["ask", "hva?"], ["index"], ["corpus", "list"], ["serve"]):
        code, out, err = run(*arguments)
        assert (code, out) == (1, "")
        assert err == "Feil: Ukjent innstilling: ASSISTANT_KORPUS. Se docs/settings.md for dem som finnes.\n"


def test_an_error_is_one_line_even_when_its_message_is_not():
    assert terminal.one_line(InputError("To\nlinjer.", "Gjør\tdette.")) == "To linjer. Gjør dette."


# --- ask -------------------------------------------------------------------------------------------


def test_an_answer_is_printed_with_numbered_sources(run, answering):
    code, out, err = run("ask", ANSWERED)
    assert (code, err) == (0, "")
    assert out.startswith("SVAR FRA KILDENE\n")
    assert "– EØS-terskel, varer og tjenester · 2,5 mill. kr · Kunngjøring i TED og del III [1]\n" in out
    assert f"[1] {RULES.title}, «Terskelverdiene som gjelder for fylkeskommunen nå» (Forskrift, " in out
    assert "    https://lovdata.no/forskrift/2016-08-12-974/§5-1\n" in out
    assert "Spør videre:\n– Hva må vi sjekke under 500 000 kroner?\n" in out


def test_a_refusal_is_printed_with_what_lies_nearest(run, answering):
    code, out, _ = run("ask", REFUSED)
    assert code == 0
    assert out.startswith("FANT IKKE SVAR I KILDENE\n")
    assert "Dette ligger nærmest i kildene:\n– " in out
    assert "[1]" not in out


def test_a_missing_fact_is_asked_for_with_its_choices(run, answering):
    _, out, _ = run("ask", "Når må vi dele opp?")
    assert "– Bygg og anlegg: Når må vi dele opp en bygge- og anleggskontrakt?" in out


def test_the_words_of_a_question_need_no_quotes(run, answering):
    assert run("ask", *ANSWERED.split()) == run("ask", ANSWERED)


@pytest.mark.parametrize("day", ["2026-05-01", "1.5.2026"])
def test_a_question_is_asked_for_the_day_given(run, answering, day):
    code, out, _ = run("ask", ANSWERED, "--on", day, "--json")
    assert (code, json.loads(out)["on"]) == (0, "2026-05-01")


def test_json_is_the_whole_answer(run, answering):
    code, out, _ = run("ask", ANSWERED, "--json")
    answer = json.loads(out)
    assert code == 0
    assert set(answer) == {field.name for field in fields(Answer)}
    assert (answer["status"], answer["on"], answer["question"]) == ("answered", "2026-11-22", ANSWERED)
    assert answer["sentences"][1]["text"] == answer["citations"][0]["quotes"][1] == ROW
    assert all(quote in c["text"] for c in answer["citations"] for quote in [c["quote"], *c["quotes"]])


@pytest.mark.parametrize("question", ["", "   ", "\0\u200b"])
def test_an_empty_question_is_refused(run, searching, question):
    assert run("ask", question) == (1, "", "Feil: Spørsmålet er tomt. Skriv hva du lurer på.\n")


def test_a_question_of_ten_thousand_characters_is_refused(run, searching):
    code, _, err = run("ask", "a" * 10_000)
    assert code == 1
    assert "10000 tegn" in err


def test_control_characters_and_lone_surrogates_are_taken_out(run, searching):
    code, out, _ = run("ask", "Hva er\0 beløps\udcffgrensen for prøvekjøp?", "--json")
    assert (code, json.loads(out)["question"]) == (0, LIMIT)


def test_a_missing_index_says_which_command_mends_it(run, fresh, monkeypatch):
    monkeypatch.setattr("assistant.models.find", lambda settings: fresh)
    code, out, err = run("ask", LIMIT)
    assert (code, out) == (1, "")
    assert err == f"Feil: Det finnes ingen indeks i {fresh / 'index'}. Kjør `assistant index`.\n"


# --- ask --batch -----------------------------------------------------------------------------------


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_batch_answers_every_line_in_order(run, answering, tmp_path):
    asked = [
        {"id": "a", "question": ANSWERED},
        {"id": "b", "question": REFUSED, "on": "2026-05-01"},
        {"id": 3, "question": "og for bygg?", "history": [{"question": ANSWERED}]},
    ]
    source, target = tmp_path / "inn.jsonl", tmp_path / "ut.jsonl"
    source.write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    code, out, _ = run("ask", "--batch", str(source), "--out", str(target))
    answers = lines(target)
    assert (code, out) == (0, f"3 svar og 0 feil skrevet til {target}\n")
    assert [a["id"] for a in answers] == ["a", "b", "3"]
    assert [a["on"] for a in answers] == ["2026-11-22", "2026-05-01", "2026-11-22"]


BAD = [
    (b"{ikke json", None, "ikke gyldig JSON"),
    (b'\xff{"id": "x", "question": "hva?"}', None, "ikke gyldig JSON"),
    (b'["liste"]', None, "linjen"),
    (b'{"id": "x"}', "x", "question"),
    (b'{"id": "x", "question": ""}', "x", "tomt"),
    (b'{"id": 7, "question": 8.5, "on": "aldri"}', "7", "on"),
    (b'{"id": "x", "question": "hva?", "history": "nei"}', "x", "history"),
    (b'{"id": "\\ud800", "question": ""}', "?", "tomt"),
    (b"[" * 100_000, None, "nøstet"),
]


@pytest.mark.parametrize(("line", "name", "reason"), BAD, ids=range(len(BAD)))
def test_a_bad_line_gives_an_error_in_its_place_and_loses_no_other(
    run, answering, tmp_path, line, name, reason
):
    good = json.dumps({"id": "god", "question": ANSWERED}).encode()
    source, target = tmp_path / "inn.jsonl", tmp_path / "ut.jsonl"
    source.write_bytes(b"\n".join([good, line, b"", good]))
    code, _, _ = run("ask", "--batch", str(source), "--out", str(target))
    first, bad, last = lines(target)
    assert code == 0
    assert first["status"] == last["status"] == "answered"
    assert (bad["id"], bad["line"]) == (name, 2)
    assert reason in bad["error"]["message"]


@pytest.mark.parametrize(
    ("word", "told"), [("krasj", "RuntimeError: hemmelig detalj"), ("modellfeil", "Modellen er borte.")]
)
def test_a_fault_in_one_answer_does_not_take_the_others(run, answering, tmp_path, word, told):
    source, target = tmp_path / "inn.jsonl", tmp_path / "ut.jsonl"
    asked = [{"id": "syk", "question": word}, {"id": "frisk", "question": ANSWERED}]
    source.write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    run("ask", "--batch", str(source), "--out", str(target))
    sick, well = lines(target)
    assert told in sick["error"]["message"]
    assert well["status"] == "answered"


def test_fields_that_nothing_uses_are_named(run, answering, tmp_path):
    source = tmp_path / "inn.jsonl"
    source.write_text(json.dumps({"id": "a", "question": ANSWERED, "onn": "2026-01-01"}), encoding="utf-8")
    _, _, err = run("ask", "--batch", str(source), "--out", str(tmp_path / "ut.jsonl"))
    assert "Disse feltene brukes ikke: onn." in err


def test_a_batch_without_one_answer_ends_with_1(run, answering, tmp_path):
    source = tmp_path / "inn.jsonl"
    source.write_text("dette er ikke JSONL\n", encoding="utf-8")
    code, out, _ = run("ask", "--batch", str(source), "--out", str(tmp_path / "ut.jsonl"))
    assert (code, out.split(" skrevet")[0]) == (1, "0 svar og 1 feil")


def test_a_batch_that_cannot_be_read_or_written_leaves_nothing_behind(run, answering, tmp_path):
    source = tmp_path / "inn.jsonl"
    code, _, err = run("ask", "--batch", str(source), "--out", str(tmp_path / "ut.jsonl"))
    assert (code, "Kan ikke lese" in err) == (1, True)
    source.write_text("{}", encoding="utf-8")
    code, _, err = run("ask", "--batch", str(source), "--out", str(tmp_path / "ingen" / "ut.jsonl"))
    assert (code, "Kan ikke skrive" in err) == (1, True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["inn.jsonl"]


# --- search ----------------------------------------------------------------------------------------


def test_a_search_lists_the_sections(run, searching):
    code, out, _ = run("search", LIMIT)
    assert code == 0
    assert out.startswith("1. Prøvekjøpsloven – Beløpsgrensen for prøvekjøp er 500 000 kroner")
    assert "   provekjopsloven#belopsgrensen-for-provekjop-er-500-000-kroner\n" in out


def test_an_explained_search_shows_the_reasons_and_what_was_turned_away(run, searching, small):
    code, out, _ = run("search", LIMIT, "--explain")
    assert code == 0
    found = small.search(small.question(LIMIT))
    for name, _ in found.hits[0].features:
        assert name in out
    assert "opphørte 2026-06-30" in out
    sure = f"Sikkerhet {found.confidence:.2f} (svar fra {confidence.ENOUGH:.2f})"
    assert f"{sure} · dato 2026-11-22 · indeks {small.build}" in out


# --- index -----------------------------------------------------------------------------------------


def test_an_index_is_built_once_and_reported(run, fresh):
    code, out, err = run("index")
    assert code == 0
    assert " bygd og tatt i bruk på " in out
    assert "3 dokumenter · 6 avsnitt · 6 utdrag" in out
    assert "Lager vektorer" in err
    code, out, _ = run("index")
    assert (code, " uendret på " in out, "0 nye vektorer" in out) == (0, True, True)


@pytest.fixture
def damaged(tmp_path, small_settings):
    """The short documents and one that cannot be read."""
    import shutil

    corpus = tmp_path / "korpus"
    shutil.copytree(small_settings.corpus, corpus)
    (corpus / "ødelagt.md").write_bytes(b"\xff\xfe")
    return corpus


def test_a_document_that_cannot_be_read_is_skipped_and_named(run, fresh, damaged):
    code, out, _ = run("index", "--corpus", str(damaged))
    assert code == 0
    assert "Hoppet over 1:\n  ødelagt.md: " in out


def test_strict_builds_nothing_when_a_document_cannot_be_read(run, fresh, damaged):
    code, out, err = run("index", "--strict", "--corpus", str(damaged))
    assert (code, out) == (1, "")
    assert "1 dokumenter kan ikke leses: ødelagt.md" in err
    assert not (fresh / "index" / "CURRENT").exists()


def test_rolling_back_takes_the_previous_index_into_use(run, fresh, damaged):
    run("index")
    first = (fresh / "index" / "CURRENT").read_text()
    (damaged / "veiledning" / "gjennomforing.md").unlink()
    run("index", "--corpus", str(damaged))
    assert (fresh / "index" / "CURRENT").read_text() != first
    code, out, _ = run("index", "--rollback")
    assert (code, out.split()[-1]) == (0, first.strip())
    assert (fresh / "index" / "CURRENT").read_text() == first


def test_rolling_back_with_nothing_before_is_an_error(run, fresh):
    code, _, err = run("index", "--rollback")
    assert (code, err.startswith("Feil: Det finnes ingen indeks i ")) == (1, True)


def test_a_folder_that_cannot_be_written_is_told(run, fresh, monkeypatch, tmp_path):
    (tmp_path / "fil").write_text("")
    monkeypatch.setenv("ASSISTANT_VAR", str(tmp_path / "fil"))
    code, _, err = run("index")
    assert (code, "Kan ikke skrive i" in err) == (1, True)


# --- corpus ----------------------------------------------------------------------------------------


def test_the_documents_are_listed(run, fresh):
    code, out, _ = run("corpus", "list")
    assert code == 0
    row = next(line.split() for line in out.splitlines() if line.startswith("storfylket"))
    assert row[:6] == ["storfylket", "strategi", "2021-01-01", "2023-12-31", "2026-10-01", "1"]


def test_a_sound_corpus_passes_the_check(run, fresh, small_settings):
    assert run("corpus", "check") == (0, f"{small_settings.corpus}: 0 feil, 0 advarsler\n", "")


def test_a_corpus_with_an_error_fails_the_check(run, fresh, damaged):
    code, out, _ = run("corpus", "check", "--corpus", str(damaged))
    assert code == 1
    assert "ødelagt.md:1: feil: Filen er ikke UTF-8. Lagre filen på nytt som UTF-8." in out
    assert out.endswith(": 1 feil, 0 advarsler\n")


# --- The rest --------------------------------------------------------------------------------------


def test_doctor_prints_every_check_and_fails_on_an_error(run, monkeypatch):
    monkeypatch.setenv("ASSISTANT_PORT", "mange")
    code, out, _ = run("doctor")
    assert code == 1
    assert "innstillinger" in out
    assert "ASSISTANT_PORT" in out


def test_serve_serves_the_settings_of_the_environment(run, monkeypatch):
    served = []
    monkeypatch.setenv("ASSISTANT_PORT", "7999")
    monkeypatch.setattr("assistant.server.serve", served.append)
    assert run("serve") == (0, "", "")
    assert [settings.port for settings in served] == [7999]


def test_eval_passes_its_arguments_and_its_exit_code_on(run, monkeypatch):
    given = []
    monkeypatch.setattr("evals.run.main", lambda arguments: given.append(arguments) or 1)
    code, _, _ = run("eval", "--set", "first", "--gate")
    assert (code, given) == (1, [["--set", "first", "--gate"]])


def test_help_is_quick_and_loads_nothing_slow():
    program = (
        "import sys; from assistant.cli import main; main(['--help'])\n"
        f"print([m for m in {SLOW} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_output_to_a_reader_that_has_left_ends_quietly():
    program = "import sys; from assistant.cli import main; sys.exit(main(['corpus', 'list']))"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


# --- The real thing --------------------------------------------------------------------------------


@pytest.fixture
def real(built_settings, monkeypatch):
    """The environment of the real model, corpus and index."""
    monkeypatch.setenv("ASSISTANT_VAR", str(built_settings.var))
    monkeypatch.setenv("ASSISTANT_CORPUS", str(built_settings.corpus))


@pytest.mark.model
def test_a_cold_answer_imports_nothing_slow(real):
    program = (
        "import sys; from assistant.cli import main\n"
        f"code = main(['ask', {THRESHOLD!r}, '--on', '2026-11-22'])\n"
        f"print([m for m in {SLOW[:5]} if m in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "500 000" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.model
def test_the_amount_follows_the_day(real, run):
    now = json.loads(run("ask", THRESHOLD, "--on", "2026-11-22", "--json")[1])
    before = json.loads(run("ask", THRESHOLD, "--on", "2026-05-01", "--json")[1])
    assert "500 000" in now["sentences"][0]["text"]
    assert "100 000" in before["sentences"][0]["text"]


@pytest.mark.model
def test_what_no_source_covers_is_refused_without_a_citation(real, run):
    answer = json.loads(run("ask", REFUSED, "--json")[1])
    assert answer["status"] in ("out_of_scope", "no_evidence")
    assert answer["citations"] == []


def test_the_lines_for_another_page_can_be_pasted_as_they_are(run):
    code, out, told = run("widget", "https://ki.fylke.no/", "--lang", "nn")
    assert code == 0
    assert out.rstrip() == loader.snippet("https://ki.fylke.no", "nn").rstrip()
    assert "CSP" in told


@pytest.mark.parametrize(
    "arguments", [["ki.fylke.no"], ['https://x"><script>'], ["https://ki.fylke.no", "--lang", "en"]]
)
def test_lines_for_what_is_no_address_or_language_are_refused(run, arguments):
    code, out, _ = run("widget", *arguments)
    assert (code, out) == (2, "")


def test_a_password_becomes_a_setting_that_lets_its_owner_in(monkeypatch, capsys):
    from assistant.admin import passwords

    monkeypatch.setattr("sys.stdin", io.StringIO("et langt og godt passord\n"))
    assert cli.main(["admin", "password", "kari"]) == 0
    (name, stored), *rest = passwords.administrators(capsys.readouterr().out).items()
    assert (name, rest) == ("kari", [])
    assert passwords.matches("et langt og godt passord", stored)


@pytest.mark.parametrize(("name", "password"), [("kari", "kort"), ("k:ri", "et langt og godt passord")])
def test_a_password_or_name_that_cannot_be_used_is_told(monkeypatch, capsys, name, password):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    assert cli.main(["admin", "password", name]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert password not in told.err.replace("for kort", "")
    assert told.err.startswith("Feil: ")


def test_a_question_and_a_search_can_be_confined_to_some_kinds_of_source(run, searching):
    code, out, _ = run("ask", "Hvordan planlegges et prøvekjøp?", "--type", "veiledning", "--json")
    assert code == 0
    assert {each["type"] for each in json.loads(out)["citations"]} <= {"veiledning"}
    code, out, _ = run(
        "search", "Hva er beløpsgrensen?", "--type", "veiledning", "--type", "egen", "--explain"
    )
    assert code == 0
    assert "er ikke veiledning eller egen" in " ".join(out.split())


def test_an_unknown_kind_of_source_and_kinds_beside_a_file_are_refused(run, tmp_path):
    assert run("ask", "Hva?", "--type", "avis")[0] == 2
    code, _, told = run("ask", "--batch", "a", "--out", "b", "--type", "lov")
    assert code == 2
    assert "types" in told
