"""The façade: questions made ready, events in order, and nothing heavy loaded to answer."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from conftest import FILES, ROOT, TODAY

from assistant import assistant as module
from assistant.assistant import HISTORY, HISTORY_CHARS, Assistant
from assistant.embedding import HashingEmbedder
from assistant.errors import IndexMissing, InputError, ModelError
from assistant.index import Index
from assistant.settings import Settings
from assistant.types import Answer, AnswerStatus, Citation, Progress, Retrieval, Sentence, Turn

LIMIT = "Hva er beløpsgrensen for prøvekjøp?"


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\0", "\u200b\u200b", "\ud800", "\ufeff \u00ad"])
def test_a_question_without_a_word_is_refused(small, text):
    with pytest.raises(InputError, match="Spørsmålet er tomt"):
        small.question(text)


@pytest.mark.parametrize("text", ["?!…", "😀", "§", "-"])
def test_a_question_of_signs_alone_gets_an_honest_no(small, text):
    given = small.ask(small.question(text))
    assert given.status in (AnswerStatus.NO_EVIDENCE, AnswerStatus.OUT_OF_SCOPE)
    assert (given.sentences, given.citations) == ((), ())


def test_a_question_that_is_too_long_is_refused_with_its_length(small):
    longest = small.settings.max_question
    assert len(small.question("a" * longest).text) == longest
    with pytest.raises(InputError, match=rf"{longest + 1} tegn.*Kort det ned"):
        small.question("a" * (longest + 1))


def test_odd_characters_are_cleaned_away_before_the_search(small):
    odd = "  Hva er\0 be\u200bløps\u00adgrensen\ud800 for\u00a0prøve\u202ekjøp?\n"
    assert small.question(odd).text == "Hva er beløpsgrensen for prøvekjøp?"
    assert small.ask(small.question(odd)).text == small.ask(small.question(LIMIT)).text


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE passages; --",
        "<script>alert(1)</script> frist",
        "§" * 500 + " 1",
        "a b " * 400,
        "\\d+(frist",
    ],
)
def test_hostile_text_is_only_a_question(small, text):
    given = small.ask(small.question(text))
    assert given.status in AnswerStatus
    assert all(quote in c.text for c in given.citations for quote in c.quotes)


def test_a_question_is_for_today_unless_it_says_otherwise(small):
    assert small.question(LIMIT).on == TODAY
    assert small.question("Hva var grensen i mai 2025?").on == date(2025, 5, 31)
    assert small.question("Hva var grensen i mai 2025?", on=date(2024, 1, 1)).on == date(2024, 1, 1)


def test_a_follow_up_keeps_the_day_that_the_thread_asked_about(small):
    thread = (Turn("Hva var beløpsgrensen for prøvekjøp i mai 2026?", "100 000"),)
    assert small.question("Og for bygg?", history=thread).on == date(2026, 5, 31)
    assert small.question("Hvilke frister gjelder for prøvekjøp av varer?", history=thread).on == TODAY


def test_a_question_gets_an_id_of_its_own_or_keeps_the_one_it_has(small):
    assert small.question(LIMIT).id != small.question(LIMIT).id
    assert small.question(LIMIT, id="min").id == "min"


def test_a_long_thread_keeps_the_newest_turns_that_there_is_room_for(small):
    thread = [Turn(f"Spørsmål {n}", "a" * (HISTORY_CHARS // 3)) for n in range(5)]
    kept = small.question("Og der?", history=thread).history
    assert [turn.question for turn in kept] == ["Spørsmål 3", "Spørsmål 4"]
    assert small.question("Og der?", history=()).history == ()


def test_only_the_last_turns_are_kept_and_cleaned(small):
    thread = [Turn(f"Spørsmål\0 {n}", "Svar\u200b") for n in range(HISTORY + 5)]
    kept = small.question("Og der?", history=thread).history
    assert len(kept) == HISTORY
    assert kept[-1] == Turn(f"Spørsmål  {HISTORY + 4}", "Svar")


def test_a_follow_up_is_searched_for_with_what_it_leans_on(small):
    thread = (Turn(LIMIT),)
    found = small.search(small.question("Og hva var den før 1. juli 2026?", history=thread))
    assert found.hits[0].passage.id.startswith("provekjopsloven#belopsgrensen-for-provekjop-var")


def test_the_events_come_in_order(small):
    told = list(small.stream(small.question(LIMIT)))
    kinds = [type(event) for event in told]
    assert kinds[:3] == [Progress, Retrieval, Progress]
    assert kinds.count(Retrieval) == kinds.count(Answer) == 1
    assert kinds[-1] is Answer
    assert set(kinds[3:-1]) == {Citation, Sentence}


def test_asking_gives_the_last_event_with_the_time_it_took(small):
    given = small.ask(small.question(LIMIT, id="q"))
    assert given.latency_ms > 0
    *_, last = small.stream(small.question(LIMIT, id="q"))
    assert replace(last, latency_ms=0) == replace(given, latency_ms=0)


def test_a_reader_who_leaves_stops_the_answer(small):
    stream = small.stream(small.question(LIMIT))
    next(stream)
    stream.close()
    assert list(stream) == []


def test_many_can_ask_at_once(small):
    texts = [LIMIT, "Hvor mange ledd underleverandører tillot Storfylket?"] * 6
    alone = {text: small.ask(small.question(text)).text for text in texts}
    with ThreadPoolExecutor(6) as workers:
        together = list(workers.map(lambda text: small.ask(small.question(text)).text, texts))
    assert together == [alone[text] for text in texts]


def test_the_sources_and_their_documents_are_those_of_the_build(small):
    assert [s.id for s in small.sources()] == ["provekjopsloven", "storfylket", "gjennomforing"]
    assert small.document("storfylket").source == small.sources()[1]
    assert small.document("ukjent") is None
    assert small.build == small.index.id
    assert small.limited == ""


def test_without_an_embedder_the_assistant_answers_by_words_and_says_so(small_settings, small_index):
    settings = small_settings.model_copy(update={"vectors": "exact"})
    words = Assistant(settings, small_index, None, clock=lambda: TODAY)
    assert "bare etter ord" in words.limited
    assert words.search(words.question("underleverandører vertikal kjede")).hits


def test_a_broken_chroma_changes_no_answer(small, small_settings, small_index, tmp_path):
    import shutil

    shutil.copytree(small_index.folder.parent, tmp_path / "index")
    store = next((tmp_path / "index").glob("*/chroma"))
    for broken in ("missing", "garbage"):
        shutil.rmtree(store, ignore_errors=True)
        if broken == "garbage":
            store.mkdir()
            (store / "chroma.sqlite3").write_bytes(b"no database" * 999)
        opened = Index.open(tmp_path / "index", HashingEmbedder.name)
        other = Assistant(small_settings, opened, HashingEmbedder(), clock=lambda: TODAY)
        assert other.settings.vectors == "chroma"
        for text in (LIMIT, "Hvor lang frist må vi gi ved kjøp av varer?"):
            asked = small.question(text, id="q")
            assert other.search(asked).hits == small.search(asked).hits
            assert replace(other.ask(asked), latency_ms=0) == replace(small.ask(asked), latency_ms=0)


def test_opening_without_a_model_or_a_build_says_what_to_do(tmp_path):
    settings = Settings(var=tmp_path, corpus=FILES / "corpus")
    with pytest.raises((ModelError, IndexMissing), match="assistant index"):
        Assistant.open(settings)


def test_today_is_a_day_of_this_machine():
    assert isinstance(module.today(), date)


PROGRAM = """
import sys
from datetime import date
from pathlib import Path
import assistant.assistant as module
from assistant.embedding import HashingEmbedder
from assistant.index import Index
from assistant.settings import Settings
var, corpus = map(Path, sys.argv[1:])
settings = Settings(var=var, corpus=corpus)
opened = Index.open(settings.index_root)
ours = module.Assistant(settings, opened, HashingEmbedder(), clock=lambda: date(2026, 11, 22))
answer = ours.ask(ours.question("Hva er beløpsgrensen for prøvekjøp?"))
assert answer.sentences, answer
heavy = ("torch", "transformers", "sentence_transformers", "gradio", "bm25s", "onnx", "pandas")
heavy += ("langchain", "langchain_core", "langchain_openai", "openai")
print([name for name in heavy if name in sys.modules])
"""


def test_an_answer_loads_no_heavy_library(small_settings, small_index):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(small_settings.var), str(small_settings.corpus)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
