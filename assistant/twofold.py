"""The parts of a question that asks two things («Må jeg kunngjøre, og hvor mange må jeg spørre?»).

Each part is to have its own point in the answer. A question is parted only where a new interrogative clause
begins; what stands before the first one (the officer's situation) belongs to both parts.
"""

from __future__ import annotations

import re

_ASKS = (
    r"hva|hvem|hvor|når|hvilke[nt]?|hvordan|hvorfor|kva|kven|kor|kva for|korleis|kvifor|how|who|what|when|"
    r"where|which|why"
)
_WHETHER = (
    r"(?:kan|må|skal|bør|er|har|gjelder|gjeld|får|trenger|treng|can|must|should|do|does|is|are)"
    r"\s+(?:\w+\s+){0,3}?(?:vi|jeg|eg|de|den|det|dere|me|han|hun|leverandøren|firmaet|we|they|it|i)\b"
)
_SEAM = re.compile(
    rf"(?:,\s+|\s+)(?:og|samt|and)\s+(?=(?:også\s+)?(?:(?:{_ASKS})\b|{_WHETHER}))|\?\s+(?=\S[^?]*\?)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(rf"\b(?:{_ASKS})\b|^\W*(?:{_WHETHER})|[.!:]\s+(?:{_WHETHER})", re.IGNORECASE)
SHORTEST = 2
"""Words that a part has at least."""


def parts(question: str) -> tuple[str, ...]:
    """The two questions that `question` holds, in their order; empty when it is one."""
    for seam in _SEAM.finditer(question):
        first, second = question[: seam.start()].strip(), question[seam.end() :].strip()
        whole = min(len(first.split()), len(second.split())) >= SHORTEST
        if whole and _CLAUSE.search(first) and not _SEAM.search(second):
            return f"{first.rstrip('?')}?", f"{second[:1].upper()}{second[1:].rstrip('?')}?"
    return ()
