"""What a model wrote, kept in a file, so that the check can be tried on the same texts again in seconds."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.llm import LanguageModel, ModelTrouble, Piece
from assistant.prompting import Prompt

FILE = Path(__file__).resolve().parent / "replies.jsonl"


@dataclass(frozen=True, slots=True)
class Reply:
    """The text for one question, as it came."""

    case: str
    text: str
    finish: str
    """Why the server stopped; empty when it was left before it did."""
    seconds: float
    prompt: str = ""
    """The digest of what the model was sent."""


def digest(prompt: Prompt) -> str:
    """What is sent, in short, without the mark that differs from one request to the next."""
    sent = f"{prompt.system}\n{prompt.user}".replace(prompt.nonce, "")
    return hashlib.sha256(sent.encode()).hexdigest()[:16]


def read(path: Path = FILE) -> dict[str, Reply]:
    """The replies of a file by the id of their question."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {reply.case: reply for reply in (Reply(**json.loads(line)) for line in lines)}


class Recorder:
    """A model that writes down what another one says; `case` is the question that is asked now.

    What it has said to the very same prompt before is not asked for again.
    """

    def __init__(self, model: LanguageModel, path: Path = FILE) -> None:
        self.name, self.case = model.name, ""
        self.fits = 0
        self._model, self._path, self._kept = model, path, read(path)

    def stream(self, prompt: Prompt, limit: int) -> Iterator[Piece]:
        """The other's pieces, kept when they end, also when nobody waited for the end."""
        case, began, text, finish, sent = self.case, time.perf_counter(), "", "", digest(prompt)
        self.fits += 1
        if case in self._kept and self._kept[case].prompt == sent:
            return
        try:
            for piece in self._model.stream(prompt, limit):
                text, finish = text + piece.text, piece.finish or finish
                yield piece
        finally:
            reply = Reply(case, text, finish, round(time.perf_counter() - began, 1), sent)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(reply), ensure_ascii=False) + "\n")


class Player:
    """A model that says again what was kept, word by word."""

    name = "opptak"

    def __init__(self, replies: Mapping[str, Reply], *, marked: bool = False) -> None:
        self.case = ""
        self.stale: set[str] = set()
        """The cases whose prompt is another than the one the reply was written to."""
        self._replies, self._marked = replies, marked

    def stream(self, prompt: Prompt, limit: int) -> Iterator[Piece]:
        """The words of the reply to `case`; `marked` gives every sentence the marker of the first source.

        Raises:
            ModelTrouble: the server was left before it was done.
        """
        del limit
        reply = self._replies[self.case]
        text = reply.text
        if reply.prompt != digest(prompt):
            self.stale.add(self.case)
        if self._marked:
            first = re.search(r"^<kilde \w+ (\d+)>$", prompt.user, re.MULTILINE)
            assert first, "a prompt has a source"
            text = re.sub(r"([^\s.!?:])([.!?:](?=\s|$)|\n|$)", rf"\1 [{first[1]}]\2", text)
        for word in re.findall(r"\S+\s*|\s+", text):
            yield Piece(word)
        if not reply.finish:
            raise ModelTrouble("deadline")
        yield Piece("", reply.finish)
