"""What a follow-up takes from the thread: a question that cannot stand alone is completed by the one before.

Deterministic and cautious: only a question with a sign of dependence (a pronoun, «hva med», hardly any
content words) is completed, so that a new topic is not dragged back to the old one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant import language
from assistant.types import Turn

_OPENING = re.compile(
    r"^\W*(og|men|hva med|kva med|enn|eller|gjelder (det|dette|den|de)|gjeld (det|dette)|what about|"
    r"how about|and|"
    r"hva om|kva om|hvis|i så fall|da|også|same|det samme)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(det|dette|den|denne|de|disse|dei|desse|dem|deira|deres|der|da|slik|slikt|samme|same|that|this|it|"
    r"they|those|these)\b",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"\b(er|finnes|finst|gjelder|gjeld|fins|blir|har) det\b|\bdet (er|finnes|finst|fins|å|som|offentlige|"
    r"går an|lov)\b|"
    r"\bdet (nye|gamle)\b|\bis (it|there)\b|\bare there\b",
    re.IGNORECASE,
)


def depends(question: str) -> bool:
    """Whether `question` cannot be understood without what was asked before it."""
    content = [s for s in language.stems(question) if not s.isdigit()]
    if _OPENING.search(question) and len(content) <= 6:
        return True
    if len(content) <= 1:
        return True
    return len(content) <= 4 and bool(_POINTING.search(_EXPLETIVE.sub(" ", question)))


def resolve(question: str, history: Sequence[Turn]) -> str:
    """`question` as it can be searched for: with the question it leans on, when it leans on one.

    Of a chain of follow-ups the last one that stood alone is taken, and what came after it.
    """
    if not history or not depends(question):
        return question
    chain = [question]
    for turn in reversed(history):
        chain.append(turn.question)
        if not depends(turn.question) or len(chain) == 3:
            break
    return " ".join(reversed(chain))
