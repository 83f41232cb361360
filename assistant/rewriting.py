"""A follow-up made to stand alone by a language model, checked, with the rules of `dialogue` as fallback."""

from __future__ import annotations

import logging
import re

from assistant import language, particulars, prompting
from assistant.llm import Caller, ModelTrouble
from assistant.types import Question

log = logging.getLogger(__name__)

LONGEST = 300
"""Characters of a question that stands alone."""
TOKENS = 90
KNOWN = 0.8
"""Share of the words of a rewritten question that must have been said in the thread."""


class Rewriter:
    """Asks a model to complete a follow-up from the questions before it."""

    def __init__(self, caller: Caller, seconds: float) -> None:
        self._caller = caller
        self._seconds = seconds

    def rewrite(self, question: Question, fallback: str) -> str:
        """The question as it can be searched for; `fallback` when the model fails or makes something up."""
        prompt = prompting.rewriting(question.text, question.history)
        try:
            pieces = self._caller.stream(prompt, self._seconds, TOKENS)
            text = "".join(piece.text for piece in pieces)
        except ModelTrouble as trouble:
            log.info("a follow-up was completed by the rules: %s", trouble.reason)
            return fallback
        written = language.squeeze(language.clean(text)).strip('«»"')
        if faithful(written, question):
            return written
        log.info("a follow-up was completed by the rules: the model added or lost something")
        return fallback


def faithful(written: str, question: Question) -> bool:
    """Whether a rewritten one says what the thread says: no new fact or name, and none of its own lost."""
    if not written or len(written) > LONGEST or re.search(r"\w://|www\.|[<>\[\]{}]", written):
        return False
    thread = particulars.read(" ".join([*(turn.question for turn in question.history), question.text]))
    own, made = particulars.read(question.text), particulars.read(written)
    said = {key for mark in thread.marks for key in particulars.closure(mark.key)}
    if any((mark.fact or mark.name) and mark.key not in said for mark in made.marks):
        return False
    if any(mark.fact and mark.key not in made.keys for mark in own.marks):
        return False
    if not own.turns <= made.turns:
        return False
    return bool(made.marks) and language.overlap(made.keys, said) >= KNOWN
