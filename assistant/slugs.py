"""Headings as stable ids: the part after `#` in a section's id and in its address."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "é": "e"})


def slugify(heading: str) -> str:
    """`heading` as an id of a-z, 0-9 and single hyphens; empty when it has no such character."""
    letters = unicodedata.normalize("NFC", heading).lower().translate(_LETTERS)
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
