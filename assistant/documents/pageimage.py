"""One page of a PDF as an image with quotes boxed: the process that draws it, and ends.

Started as `python -m assistant.documents.pageimage <file> <page> <image> <quotes as JSON>`, under the same
limits as the readers. Writes how many quotes were found on the page.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.documents import child

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfTextPage

SIDE = 1500
"""Pixels of the longer side of the image."""
SCALE = 2.0
PIECE = 14
"""Letters of a quote that must stand together to be looked for; the rest of it may be on another page."""
NEAR = 600
"""Letters between two parts of a quote, at most."""
MAX_LETTERS = 60_000
Box = tuple[float, float, float, float]


def places(letters: str, quote: str) -> list[tuple[int, int]]:
    """Where a quote stands among the letters of a page, as (first, last + 1), in as few parts as can be.

    It has to begin on the page; what stands between its parts, as a footer, is passed over, and an end
    on the next page is left out.
    """
    wanted = folded(quote)
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(wanted):
        piece = wanted[at : at + PIECE]
        after = found[-1][1] if found else 0
        start = letters.find(piece, after, after + NEAR if found else None)
        if start < 0 and not found:
            return []
        if start < 0 or (found and len(piece) < PIECE):
            at += 1
            continue
        end = start
        while end < len(letters) and at < len(wanted) and letters[end] == wanted[at]:
            end, at = end + 1, at + 1
        found.append((start, end))
    return found


def folded(text: str) -> str:
    """The letters and digits of a text, without what a page and a quote may differ in."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def lines(boxes: Sequence[Box]) -> list[Box]:
    """The boxes of letters joined to one for each line."""
    joined: list[Box] = []
    for left, low, right, top in boxes:
        if joined:
            a, b, c, d = joined[-1]
            if min(d, top) - max(b, low) > 0.3 * min(d - b, top - low) and left > a - 1 and left - c < 30:
                joined[-1] = (a, min(b, low), max(c, right), max(d, top))
                continue
        joined.append((left, low, right, top))
    return joined


def main(path: str, number: int, target: str, quotes: Sequence[str]) -> None:
    """Draw page `number` (from 1) to the PNG `target`."""
    child.limit()
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        if not 1 <= number <= len(document):
            json.dump({"reason": "Siden finnes ikke."}, sys.stdout)
            return
        page = document[number - 1]
        bitmap = page.render(scale=min(SCALE, SIDE / max(page.get_size())))
        convert = bitmap.get_posconv(page)
        text = page.get_textpage()
        letters, owner = _letters(text)
        found = 0
        boxes: list[Box] = []
        for quote in quotes:
            spans = places(letters, quote)
            found += bool(spans)
            for start, end in spans:
                for left, low, right, top in lines([text.get_charbox(owner[n]) for n in range(start, end)]):
                    (x0, y0), (x1, y1) = convert.to_bitmap(left, low), convert.to_bitmap(right, top)
                    boxes.append((min(x0, x1) - 3, min(y0, y1) - 3, max(x0, x1) + 3, max(y0, y1) + 3))
        _save(bitmap.to_pil(), boxes, target)
    json.dump({"found": found}, sys.stdout)


def _letters(text: PdfTextPage) -> tuple[str, list[int]]:
    """The letters of a page, and for each of them the number of the character it comes from."""
    from pypdfium2 import raw

    letters: list[str] = []
    owner: list[int] = []
    for index in range(min(text.count_chars(), MAX_LETTERS)):
        for letter in folded(chr(raw.FPDFText_GetUnicode(text, index))):
            letters.append(letter)
            owner.append(index)
    return "".join(letters), owner


def _save(image: Image, boxes: Sequence[Box], target: str) -> None:
    from PIL import Image as images
    from PIL import ImageDraw

    marked = images.new("RGBA", image.size)
    pen = ImageDraw.Draw(marked)
    for box in boxes:
        pen.rectangle(box, fill=(255, 213, 0, 70), outline=(178, 84, 0, 255), width=2)
    images.alpha_composite(image.convert("RGBA"), marked).convert("RGB").quantize(96).save(target, "PNG")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4]))
