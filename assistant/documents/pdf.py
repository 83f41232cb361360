"""PDF files through pypdf: their pages as runs of text, their outline and their facts.

This runs only in the reading process (`child.py`), which has limits and can be killed. Every refusal is an
`Unreadable` with a Norwegian reason.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pypdf import PageObject, PdfReader, overwrite_configuration
from pypdf.errors import LimitReachedError, PyPdfError
from pypdf.generic import ContentStream, DictionaryObject, IndirectObject, PdfObject, StreamObject
from pypdf.generic._font import Font  # pypdf is pinned: the widths of letters have no public door

from assistant.documents import pdfruns, pdfstructure
from assistant.documents.pdflayout import Entry, Page
from assistant.documents.pieces import Extract
from assistant.documents.unreadable import Unreadable

MAX_PAGES = 1500
MAX_REPEATS = 20
"""Times one page may be listed; a page listed more often is a trap and no document."""
MAX_CHARACTERS = 8_000_000
MAX_ENTRIES = 2000
MAX_FAILED = 5
"""Pages that fail from the first one on before the file is given up."""
_BOLD = re.compile(r"bold|black|heavy|semibold|demi|halvfet", re.IGNORECASE)
_SPLIT = "Del dokumentet i flere filer."
_SAVE_AGAIN = "Åpne filen og lagre den som PDF på nytt."


def read(path: Path) -> Extract:
    """The text of the PDF in `path`, page by page, with its outline and facts.

    Raises:
        Unreadable: the file is damaged, locked, too large, or has no text at all.
    """
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    _limit()
    with path.open("rb") as handle:
        if b"%PDF-" not in handle.read(1024):
            raise Unreadable(
                "Filen er ikke en PDF, selv om den heter det.", "Sjekk at riktig fil er lagt inn."
            )
        handle.seek(0)
        try:
            return _read(PdfReader(handle, strict=False))
        except LimitReachedError as error:
            raise Unreadable("Filen er over en grense for lesing.", _SAVE_AGAIN) from error
        except RecursionError as error:
            raise Unreadable(
                "Filen viser til seg selv i ring, eller er bygd for dypt.", _SAVE_AGAIN
            ) from error
        except (PyPdfError, AttributeError, KeyError, IndexError, TypeError, ValueError, OSError) as error:
            raise Unreadable("Filen er skadet eller avkortet.", _SAVE_AGAIN) from error


def _limit() -> None:
    """The limits inside pypdf, tighter than its own; the process has others around them."""
    mega = 1_000_000
    overwrite_configuration(
        zlib_maximum_output_length=20 * mega,
        lzw_maximum_output_length=20 * mega,
        run_length_maximum_output_length=20 * mega,
        array_based_stream_maximum_output_length=20 * mega,
        maximum_declared_stream_length=25 * mega,
        stream_decoding_work_maximum_length=40 * mega,
        stream_parsing_work_maximum_count=200_000,
        page_tree_maximum_entries=5000,
        xform_maximum_invocations_per_extraction=pdfruns.MAX_FORMS,
        outline_maximum_entries=MAX_ENTRIES,
        outline_maximum_depth=20,
        jbig2dec_binary=None,
        disable_legacy_handling=True,
    )


def _read(reader: PdfReader) -> Extract:
    if reader.is_encrypted:
        _unlock(reader)
    _refuse_repeats(reader)
    count = len(reader.pages)
    if count > MAX_PAGES:
        raise Unreadable(f"Filen har {count} sider; grensen er {MAX_PAGES}.", _SPLIT)
    if not count:
        raise Unreadable("Filen har ingen sider.", _SAVE_AGAIN)
    faces = _Faces()
    pages: list[Page] = []
    letters = 0
    for number, page in enumerate(reader.pages, 1):
        pages.append(_page(reader, page, number, faces))
        if number == MAX_FAILED and all(read.failed for read in pages):
            break
        letters += sum(len(run.text) for run in pages[-1].marks.runs)
        if letters > MAX_CHARACTERS:
            raise Unreadable(f"Filen har mer enn {MAX_CHARACTERS} tegn.", _SPLIT)
    return pdfstructure.extract(pages, _outline(reader), _title(reader), _author(reader), _dated(reader))


def _unlock(reader: PdfReader) -> None:
    try:
        opened = reader.decrypt("")
    except Exception as error:  # whatever goes wrong here, the file is locked to us
        raise Unreadable(
            "Filen er kryptert på en måte som ikke støttes.", "Lagre den uten passord."
        ) from error
    if not opened:
        raise Unreadable("Filen er beskyttet med passord.", "Lagre den uten passord.")


def _refuse_repeats(reader: PdfReader) -> None:
    """Stop at a page tree that lists the same page again and again, or goes in a ring."""
    root = reader.trailer["/Root"]
    if not isinstance(root, DictionaryObject):
        raise Unreadable("Filen mangler innholdsfortegnelsen over sidene.", _SAVE_AGAIN)
    seen: dict[tuple[int, int], int] = {}
    waiting: list[Any] = [root.raw_get("/Pages")]
    visited = 0
    while waiting:
        node = waiting.pop()
        visited += 1
        if isinstance(node, IndirectObject):
            key = (node.idnum, node.generation)
            seen[key] = seen.get(key, 0) + 1
            if seen[key] > MAX_REPEATS:
                raise Unreadable(f"Samme side er ført opp mer enn {MAX_REPEATS} ganger.", _SAVE_AGAIN)
        if visited > 20_000:
            raise Unreadable("Sidetreet er for stort.", _SPLIT)
        node = node.get_object()
        kids = node.get("/Kids") if isinstance(node, DictionaryObject) else None
        kids = kids.get_object() if kids is not None else None
        waiting += kids if isinstance(kids, list) else []


class _Faces:
    """The fonts of a file, each read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], pdfruns.Face | None] = {}

    def of(self, resources: DictionaryObject) -> Callable[[str], pdfruns.Face | None]:
        """The fonts that the names of these resources stand for."""
        fonts = _dictionary(resources.get("/Font"))

        @cache
        def face(name: str) -> pdfruns.Face | None:
            if fonts is None or name not in fonts:
                return None
            raw = fonts.raw_get(name)
            key = (raw.idnum, raw.generation) if isinstance(raw, IndirectObject) else None
            if key is not None and key in self._known:
                return self._known[key]
            made = _face(_dictionary(raw))
            if key is not None:
                self._known[key] = made
            return made

        return face


def _dictionary(value: PdfObject | None) -> DictionaryObject | None:
    value = value.get_object() if value is not None else None
    return value if isinstance(value, DictionaryObject) else None


def _face(resource: DictionaryObject | None) -> pdfruns.Face | None:
    if resource is None:
        return None
    try:
        font = Font.from_font_resource(resource)
    except (PyPdfError, AttributeError, KeyError, IndexError, TypeError, ValueError):
        return None
    if not font.interpretable:
        return None
    wide = isinstance(font.encoding, str)
    default = font.character_widths.get("default", 500)

    @cache
    def look(code: bytes) -> tuple[str, float]:
        if isinstance(font.encoding, str):
            raw = said = code.decode(font.encoding, "replace")
        else:
            raw = chr(code[0])
            said = font.encoding.get(code[0], raw)
        text = "".join(str(font.character_map.get(c, c)) for c in said)
        width = font.space_width if raw == font.space_char else font.character_widths.get(raw, default)
        return text, float(width)

    weight = str(font.font_descriptor.weight)
    bold = bool(_BOLD.search(font.name)) or (weight.isdigit() and int(weight) >= 600)
    return pdfruns.Face(wide and font.encoding != "charmap", bold, look)


def _page(reader: PdfReader, page: PageObject, number: int, faces: _Faces) -> Page:
    box = page.cropbox
    left, bottom, width, height = float(box.left), float(box.bottom), float(box.width), float(box.height)
    turned = int(page.rotation) % 360
    bases: dict[int, pdfruns.Matrix] = {
        0: (1, 0, 0, 1, -left, -bottom),
        90: (0, -1, 1, 0, -bottom, left + width),
        180: (-1, 0, 0, -1, left + width, bottom + height),
        270: (0, 1, -1, 0, bottom + height, -left),
    }
    painter = pdfruns.Painter(bases.get(turned, bases[0]))
    if turned in (90, 270):
        width, height = height, width
    resources = _dictionary(page.get("/Resources")) or DictionaryObject()
    contents = page.get("/Contents")
    if contents is not None:
        try:
            names = _names(reader, resources, faces, ())
            painter.draw(_operations(contents.get_object(), reader), names)
        except LimitReachedError:
            return Page(number, width, height, pdfruns.Marks(), pdfstructure.TOO_HEAVY)
        except (PyPdfError, AttributeError, KeyError, IndexError, TypeError, ValueError):
            return Page(number, width, height, pdfruns.Marks(), pdfstructure.BROKEN)
    return Page(number, width, height, painter.marks)


def _operations(stream: PdfObject | None, reader: PdfReader) -> Iterator[pdfruns.Operation]:
    """The operators of a stream, strings as bytes; a broken stream gives what came before the break."""
    yield from ContentStream(stream, reader, "bytes").operations


def _names(
    reader: PdfReader, resources: DictionaryObject, faces: _Faces, above: tuple[int, ...]
) -> pdfruns.Names:
    drawings = _dictionary(resources.get("/XObject"))

    def drawing(name: str) -> pdfruns.Form | str | None:
        found = drawings.get(name) if drawings is not None else None
        found = found.get_object() if found is not None else None
        if not isinstance(found, StreamObject):
            return None
        if found.get("/Subtype") == "/Image":
            return "image"
        if found.get("/Subtype") != "/Form" or id(found) in above:
            return None
        own = _dictionary(found.get("/Resources")) or resources
        numbers = [float(n) for n in found.get("/Matrix", pdfruns.IDENTITY)]
        a, b, c, d, e, f = numbers if len(numbers) == 6 else pdfruns.IDENTITY
        inner = _names(reader, own, faces, (*above, id(found)))
        return pdfruns.Form(_operations(found, reader), (a, b, c, d, e, f), inner)

    return pdfruns.Names(faces.of(resources), drawing)


def _outline(reader: PdfReader) -> tuple[Entry, ...]:
    """The bookmarks with page and level; none when they cannot be read."""
    found: list[Entry] = []

    def walk(entries: list[Any], level: int) -> None:
        for entry in entries:
            if isinstance(entry, list):
                walk(entry, level + 1)
                continue
            number = reader.get_destination_page_number(entry)
            if number is not None and entry.title:
                found.append(Entry(str(entry.title), number + 1, level))

    try:
        walk(list(reader.outline), 1)
    except (PyPdfError, AttributeError, KeyError, IndexError, TypeError, ValueError, RecursionError):
        return ()
    return tuple(found)


def _fact(reader: PdfReader, name: str) -> object:
    try:
        return getattr(reader.metadata, name, None)
    except (PyPdfError, AttributeError, KeyError, TypeError, ValueError):
        return None


def _title(reader: PdfReader) -> str:
    return " ".join(str(_fact(reader, "title") or "").split())[:200]


def _author(reader: PdfReader) -> str:
    return " ".join(str(_fact(reader, "author") or "").split())[:120]


def _dated(reader: PdfReader) -> date | None:
    moment = _fact(reader, "modification_date") or _fact(reader, "creation_date")
    return moment.date() if isinstance(moment, datetime) else None
