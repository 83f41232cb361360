"""NorQuAD as a corpus and as questions: passages of about 700 characters, and the one that answers each.

NorQuAD (Ivanova et al., NoDaLiDa 2023; CC0) has Norwegian news and Wikipedia texts with questions whose
answer is a span of the text. The two evaluation files are the test corpus. The annotation files lend their
other texts as a separate corpus to learn weights on; no text is in both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant import language

TEST_FILES = (
    "evaluation_all_validation_dataset_flattened.json",
    "evaluation_all_test_dataset_flattened.json",
)
OTHER_FILES = (
    "annotation_news_answers_1.json",
    "annotation_news_answers_2.json",
    "annotation_wikipedia_answers_1.json",
    "annotation_wikipedia_answers_2.json",
)
SIZE = 700
"""Most characters in a passage; only a longer sentence is a passage of its own."""
SHORTEST = 200
"""A last piece shorter than this belongs to the passage before it."""
LEARNED_ON = 140
"""Most texts to learn on: twice as many change nothing and take twice the time."""


REMEDY = (
    "NorQuAD er fritt (CC0) og ligger ikke i dette prosjektet. Hent filene fra "
    "https://github.com/ltgoslo/NorQuAD, og kjør med --data MAPPE eller NORQUAD=MAPPE."
)


class NoData(Exception):
    """The data set is not where it was looked for; the message says where to get it, in Norwegian."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the data set: its title, and its passages in order."""

    id: str
    title: str
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the text it was asked about, and the passage that answers it."""

    question: str
    text_id: str
    passage_id: str


@dataclass(frozen=True, slots=True)
class Collection:
    """Texts that are searched together, and questions with their answer in them."""

    texts: tuple[Text, ...]
    questions: tuple[Asked, ...]

    @property
    def passages(self) -> list[tuple[str, str]]:
        """(id, title and text) of every passage: what every system in the comparison is given."""
        return [
            (passage_id(text.id, n), f"{text.title}\n{passage}")
            for text in self.texts
            for n, passage in enumerate(text.passages)
        ]


def load(folder: Path, sample: int | None = None) -> tuple[Collection, Collection]:
    """The collection to learn on and the one to test on; `sample` keeps at most that many texts of each.

    Raises:
        NoData: a file is missing or is not NorQuAD.
    """
    test = list(_read(folder, TEST_FILES))
    used = {context for context, _, _ in test}
    other = [row for row in _read(folder, OTHER_FILES) if row[0] not in used]
    learned_on, tested = thin(collect(other, "l"), LEARNED_ON), collect(test, "t")
    return (thin(learned_on, sample), thin(tested, sample)) if sample else (learned_on, tested)


def _read(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """(text, question, span of the answer) of every question in the files."""
    for name in names:
        try:
            content = json.loads((folder / name).read_text(encoding="utf-8"))
            for paragraph in (p for entry in content["data"] for p in entry["paragraphs"]):
                for qa in paragraph["qas"]:
                    answer = qa["answers"][0]
                    span = (answer["answer_start"], answer["answer_start"] + len(answer["text"]))
                    yield paragraph["context"], qa["question"].strip(), span
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise NoData(
                f"Finner ikke NorQuAD: {folder / name} kan ikke leses ({type(error).__name__}). {REMEDY}"
            ) from error


def collect(rows: Iterable[tuple[str, str, tuple[int, int]]], prefix: str) -> Collection:
    """The texts of `rows`, each once and in order, and their questions, each once."""
    texts: dict[str, tuple[Text, list[tuple[int, int]]]] = {}
    questions: dict[tuple[str, str], Asked] = {}
    for context, question, span in rows:
        if context not in texts:
            title, cuts = cut(context)
            spans = tuple(_tidy(context[a:b]) for a, b in cuts)
            texts[context] = (Text(f"{prefix}{len(texts)}", title, spans), cuts)
        text, cuts = texts[context]
        right = passage_id(text.id, holder(cuts, span))
        questions.setdefault((text.id, question), Asked(question, text.id, right))
    return Collection(tuple(text for text, _ in texts.values()), tuple(questions.values()))


def thin(collection: Collection, keep: int) -> Collection:
    """At most `keep` of the texts, spread over all of them, with their questions."""
    every = max(1, -(-len(collection.texts) // keep))
    texts = collection.texts[::every]
    kept = {text.id for text in texts}
    return Collection(texts, tuple(asked for asked in collection.questions if asked.text_id in kept))


def passage_id(text_id: str, number: int) -> str:
    """The id of a passage: of its text, and its place there as a letter."""
    return f"{text_id}#del-{letters(number)}"


def letters(number: int) -> str:
    """A name for the place of a passage that no search takes for a word: a, b, … z, aa, …"""
    head = letters(number // 26 - 1) if number >= 26 else ""
    return head + "abcdefghijklmnopqrstuvwxyz"[number % 26]


def cut(context: str) -> tuple[str, list[tuple[int, int]]]:
    """The title of a text (its first line), and the spans of its passages, cut between sentences.

    Whole paragraphs where they fit, else whole sentences.
    """
    title = context.partition("\n")[0]
    cuts: list[tuple[int, int]] = []
    for start, end in _pieces(context, len(title)):
        if cuts and end - cuts[-1][0] <= SIZE:
            cuts[-1] = (cuts[-1][0], end)
        else:
            cuts.append((start, end))
    if len(cuts) > 1 and cuts[-1][1] - cuts[-1][0] < SHORTEST:
        cuts[-2:] = [(cuts[-2][0], cuts[-1][1])]
    return title.strip(), cuts or [(0, len(context))]


def _pieces(context: str, start: int) -> Iterator[tuple[int, int]]:
    """The paragraphs (lines) after `start`; the sentences of those that are too long."""
    for line in re.finditer(r"[^\n]*\S[^\n]*", context[start:]):
        a, b = start + line.start(), start + line.end()
        if b - a <= SIZE:
            yield a, b
        else:
            yield from ((a + x, a + y) for x, y in language.sentence_spans(context[a:b]))


def holder(cuts: Sequence[tuple[int, int]], span: tuple[int, int]) -> int:
    """Which of the passages holds most of the answer; the first for an answer in the title."""
    return max(range(len(cuts)), key=lambda n: min(cuts[n][1], span[1]) - max(cuts[n][0], span[0]))


def _tidy(passage: str) -> str:
    """A passage as paragraphs, without the characters that a corpus document may not hold."""
    lines = [language.squeeze(language.clean(line)) for line in passage.split("\n")]
    return "\n\n".join(line for line in lines if line)


def write_corpus(texts: Sequence[Text], folder: Path) -> None:
    """Make `folder` hold the texts as Markdown documents of the product: one section for each passage."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("*.md"):
        left.unlink()
    for text in texts:
        address = f"https://github.com/ltgoslo/NorQuAD#{text.id}"
        head = [
            "---", f"id: {text.id}", f"tittel: {json.dumps(text.title, ensure_ascii=False)}",
            "type: veiledning", "utgiver: NorQuAD", f"kilde_url: {address}", "kontrollert: 2026-07-01",
            "tema: [NorQuAD]", "sammendrag: Tekst fra NorQuAD.", "---", "", f"# {text.title}",
        ]  # fmt: skip
        body = [
            f"\n## Del {letters(n)}\n*Kilde: [NorQuAD]({address})*\n\n{_escaped(passage)}"
            for n, passage in enumerate(text.passages)
        ]
        (folder / f"{text.id}.md").write_text("\n".join([*head, *body]) + "\n", encoding="utf-8")


def _escaped(passage: str) -> str:
    """The passage with no line that Markdown takes for a heading, a fence or a table."""
    return re.sub(r"^(?=#|```|~~~|\|)", r"\\", passage, flags=re.MULTILINE)
