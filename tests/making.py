"""Documents made for the tests and the measurements, with what a good reader finds in each.

Everything is set line by line here, so that the page of every sentence is known; nothing is random that is
not seeded. `pdfs(folder)` and `hostile(folder)` write the files and return what is true of them.
"""

from __future__ import annotations

import io
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

PLACES = (
    "Alta Bergen Drammen Elverum Florø Gjøvik Hamar Kirkenes Lillehammer Mosjøen Narvik Røros Tromsø".split()
)
THINGS = (
    "utslippsfrie varebiler;brukte kontorstoler;fossilfrie byggeplasser;digitale tavler;elektriske ferger;"
    "resirkulerte møbler;økologiske måltider;lærlingplasser;ladepunkter;gjenbrukte skolepulter"
).split(";")
FILLER = (
    "Leverandøren skal dokumentere hvordan kravet er oppfylt. "
    "Oppdragsgiver følger opp avtalen hvert kvartal. "
    "Kravet gjelder også for underleverandører i alle ledd. "
    "Behovet skal vurderes før konkurransen kunngjøres. "
    "Avvik meldes skriftlig til kontrakteieren. "
    "Erfaringene deles med de andre virksomhetene i fylket."
)


@dataclass
class Made:
    """A file and what is true of it: sentences in reading order with their pages, and what is only noise."""

    path: Path
    sentences: list[tuple[int, str]] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)
    rows: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)


class Setter:
    """Sets text line by line and writes down on which page each sentence begins."""

    def __init__(
        self, path: Path, *, columns: int = 1, size: float = 10, font: str = "Helvetica", bold: str = "",
        page: tuple[float, float] = A4, running: Callable[[Canvas, int], None] | None = None,
        divide: Callable[[str], int] | None = None, top: float = 70, bottom: float = 70,
        rowwise: bool = False,
    ) -> None:  # fmt: skip
        self.made = Made(path)
        self.canvas = Canvas(str(path), pagesize=page, invariant=1)
        self.canvas.setTitle("")
        self.width, self.height = page
        self.columns, self.size, self.font, self.bold = columns, size, font, bold or f"{font}-Bold"
        self.running, self.divide = running, divide
        self.top, self.bottom = top, bottom
        self.number, self.column = 1, 0
        self.y = self.height - top
        self._start = self.y
        self.rowwise = rowwise
        self._waiting: list[tuple[float, float, str, float, str]] = []
        self._begin()

    def _put(self, x: float, y: float, text: str, font: str, size: float) -> None:
        """Text at a place; set row by row over all columns at the end of the page when so asked."""
        self._waiting.append((x, y, font, size, text))
        if not self.rowwise:
            self._flush()

    def _flush(self) -> None:
        for x, y, font, size, text in sorted(self._waiting, key=lambda w: (-w[1], w[0])):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, y, text)
        self._waiting.clear()

    @property
    def left(self) -> float:
        """The left edge of the column."""
        return 60 + self.column * (self._span + 22)

    @property
    def _span(self) -> float:
        return (self.width - 120 - 22 * (self.columns - 1)) / self.columns

    def _begin(self) -> None:
        if self.running:
            self.running(self.canvas, self.number)

    def new_page(self) -> None:
        """Go on at the top of a new page."""
        self._flush()
        self.canvas.showPage()
        self.number, self.column = self.number + 1, 0
        self.y = self._start = self.height - self.top
        self._begin()

    def _room(self, need: float) -> None:
        if self.y - need >= self.bottom:
            return
        if self.column + 1 < self.columns:
            self.column, self.y = self.column + 1, self._start
        else:
            self.new_page()

    def heading(self, text: str, size: float = 15, *, across: bool = False, mark: str = "") -> None:
        """A heading; `across` stands above all columns, `mark` makes a bookmark of that level."""
        self.y -= size * 0.9
        self._room(size * 3)
        self._put(self.left, self.y - size, text, self.bold, size)
        if mark:
            self.canvas.bookmarkPage(text)
            self.canvas.addOutlineEntry(text, text, level=int(mark) - 1)
        self.y -= size * 1.5
        self.made.headings.append((self.number, text))
        if across:
            self._start = self.y

    def paragraph(self, text: str, *, label: str = "", size: float = 0) -> None:
        """A paragraph, or a list item with a label; every sentence of it is written down with its page."""
        size = size or self.size
        indent = 18 if label else 0
        words = [(word, n) for n, sentence in enumerate(sentences(text)) for word in sentence.split()]
        said = sentences(text)
        seen: set[int] = set()
        first = True
        for line in self._broken(words, self._span - indent, size):
            self._room(size * 1.25)
            self.y -= size * 1.25
            if first and label:
                self._put(self.left, self.y, label, self.font, size)
            self._put(self.left + indent, self.y, " ".join(word for word, _ in line), self.font, size)
            for _, n in line:
                if n not in seen:
                    seen.add(n)
                    self.made.sentences.append((self.number, said[n]))
            first = False
        self.y -= size * 0.6

    def _broken(
        self, words: list[tuple[str, int]], span: float, size: float
    ) -> Iterator[list[tuple[str, int]]]:
        line: list[tuple[str, int]] = []
        waiting = list(words)
        while waiting:
            word, n = waiting.pop(0)
            wide = pdfmetrics.stringWidth(" ".join([*(w for w, _ in line), word]), self.font, size)
            if wide <= span or not line:
                line.append((word, n))
                continue
            at = self.divide(word) if self.divide else 0
            head = f"{word[:at]}-" if at and word[at - 1 : at] != "-" else word[:at]
            wide = pdfmetrics.stringWidth(" ".join([*(w for w, _ in line), head]), self.font, size)
            if at and wide <= span:
                line.append((head, n))
                waiting.insert(0, (word[at:], n))
            else:
                waiting.insert(0, (word, n))
            yield line
            line = []
        if line:
            yield line

    def table(self, rows: Sequence[Sequence[str]], *, widths: Sequence[float], ruled: bool = True) -> None:
        """A table, its cells broken over lines when they are long."""
        size = self.size
        for row in rows:
            cells = [
                list(self._broken([(w, 0) for w in cell.split()], width - 10, size))
                for cell, width in zip(row, widths, strict=True)
            ]
            tall = max(len(lines) for lines in cells) * size * 1.25 + 6
            self._room(tall)
            x = self.left
            for lines, width in zip(cells, widths, strict=True):
                self.canvas.setFont(self.font, size)
                for n, line in enumerate(lines, 1):
                    self.canvas.drawString(x + 5, self.y - n * size * 1.25, " ".join(w for w, _ in line))
                if ruled:
                    self.canvas.setLineWidth(0.5)
                    self.canvas.rect(x, self.y - tall, width, tall)
                x += width
            self.y -= tall
            self.made.rows.append((self.number, tuple(row)))
        self.y -= size

    def done(self) -> Made:
        """Write the file."""
        self._flush()
        self.canvas.save()
        return self.made


def sentences(text: str) -> list[str]:
    """The sentences of a made text; they end with a full stop and a space."""
    return [f"{s.rstrip('.')}." for s in text.replace(".\n", ". ").split(". ") if s.strip()]


def fact(number: int, chance: random.Random) -> str:
    """A sentence that stands nowhere else."""
    return (
        f"I {chance.choice(PLACES)} skal fylkeskommunen innen {2027 + number % 12} ha "
        f"{100 + number} {chance.choice(THINGS)}."
    )


def filler(number: int, count: int = 3) -> str:
    """Sentences of a common kind, made different by a number."""
    common = sentences(FILLER)
    return " ".join(f"{common[(number + n) % len(common)][:-1]} i sak {number}-{n}." for n in range(count))


def pdfs(folder: Path) -> dict[str, Made]:
    """Every readable PDF, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    makers = (
        plain, two_columns, rowwise, running, ruled_table, open_table, divided, bookmarked, unmarked,
        unheaded, rules, planted, partly_scanned, owner_locked, turned, notes, embedded, three_columns,
    )  # fmt: skip
    return {maker.__name__: maker(folder / f"{maker.__name__}.pdf") for maker in makers}


def plain(path: Path) -> Made:
    """One column, headings in two sizes, bullets and numbers."""
    page = Setter(path)
    page.heading("Innkjøpsstrategi for Fjellfylket", 22)
    page.heading("Formål")
    page.paragraph(f"Formålet er å kjøpe det som trengs. {filler(1, 4)}")
    page.heading("Virkemidler")
    page.heading("Klima", 12)
    page.paragraph("Disse kravene gjelder når vi kjøper kjøretøy.")
    for label, text in (
        (
            "•",
            "Personbiler skal være utslippsfrie fra 2027 når det finnes modeller som dekker behovet.",
        ),
        ("•", "Varebiler skal være utslippsfrie fra 2028."),
        ("1.", "Behovet vurderes først av virksomheten selv."),
        ("2.", "Deretter vurderes leie og gjenbruk av det som finnes."),
        ("a)", "Gjenbruk går foran nykjøp når kvaliteten er god nok."),
    ):
        page.paragraph(text, label=label)
    page.heading("Seriøsitet", 12)
    page.paragraph(f"Høyst ett ledd underleverandører er tillatt. {filler(9, 5)}")
    return page.done()


def _columns(path: Path, columns: int, count: int, *, rowwise: bool = False) -> Made:
    page = Setter(path, columns=columns, size=9 if columns < 3 else 8, rowwise=rowwise)
    page.heading("Årsmelding for innkjøp i Fjellfylket", 20, across=True)
    chance = random.Random(columns)
    for n in range(count):
        if n % 4 == 0:
            page.heading(f"Satsing på {THINGS[n // 4 % len(THINGS)]}", 12 if columns < 3 else 8.5)
        page.paragraph(f"{fact(n, chance)} {filler(n, 4)}")
    return page.done()


def two_columns(path: Path) -> Made:
    """Two columns below a title that stands across both, over several pages."""
    return _columns(path, 2, 30)


def rowwise(path: Path) -> Made:
    """Two columns whose lines stand in the file row by row across the page, as some programs write them."""
    return _columns(path, 2, 30, rowwise=True)


def three_columns(path: Path) -> Made:
    """Three narrow columns."""
    return _columns(path, 3, 24)


def running(path: Path) -> Made:
    """A header, a footer and page numbers on every page, and paragraphs that run over pages."""

    def furniture(canvas: Canvas, number: int) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(60, 800, "Fjellfylket fylkeskommune – reglement for innkjøp")
        canvas.drawRightString(535, 800, "Vedtatt 12. mars 2026")
        canvas.drawCentredString(297, 40, f"Side {number} av 8")

    page = Setter(path, running=furniture)
    chance = random.Random(3)
    page.heading("Reglement for innkjøp", 20)
    for n in range(48):
        if n % 6 == 0:
            page.heading(f"{n // 6 + 1} Fullmakter i gruppe {chr(65 + n // 6)}", 14)
        page.paragraph(f"{fact(n, chance)} {filler(n, 5)}")
    made = page.done()
    made.noise = ["reglement for innkjøp Vedtatt", "Vedtatt 12. mars 2026", "av 8"]
    return made


TABLE = (
    ("Anskaffelse", "Verdi", "Hvem bestemmer", "Kunngjøring"),
    ("Kontorstoler", "under 500 000 kr", "virksomhetslederen", "nei"),
    ("Skolebusser", "8 mill. kr", "fylkesdirektøren etter råd fra innkjøpsenheten", "TED"),
    ("Renhold", "1,2 mill. kr", "avdelingslederen", "Doffin"),
    ("Byggeplass", "60 mill. kr", "fylkestinget", "TED"),
)


def ruled_table(path: Path) -> Made:
    """A table with lines around each cell, one of them broken over two lines."""
    page = Setter(path)
    page.heading("Fullmakter", 16)
    page.paragraph(f"Tabellen viser hvem som bestemmer. {filler(2, 3)}")
    page.table(TABLE, widths=(110, 100, 160, 90))
    page.paragraph(f"Unntak avgjøres av innkjøpssjefen. {filler(7, 3)}")
    return page.done()


def open_table(path: Path) -> Made:
    """The same table without a single line."""
    page = Setter(path)
    page.heading("Fullmakter", 16)
    page.paragraph(f"Tabellen viser hvem som bestemmer. {filler(2, 3)}")
    page.table([(a, b, c[:19].strip(), d) for a, b, c, d in TABLE], widths=(110, 110, 150, 90), ruled=False)
    page.paragraph(f"Unntak avgjøres av innkjøpssjefen. {filler(7, 3)}")
    return page.done()


LONG = (
    "Anskaffelsesreglementet forutsetter leverandøroppfølging og kontraktsoppfølging i hele avtaleperioden. "
    "Miljøsertifiseringsordninger godtas når kvalitetssikringssystemet er dokumentert av leverandøren. "
    "Innkjøps- og kontraktsenheten svarer for fylkeskommunens rammeavtaler og bestillingsrutiner. "
    "EU-kunngjøringer legges ut i TED-databasen av innkjøpsavdelingen i fylkeskommunen. "
    "E-handel brukes for alle bestillinger under kunngjøringsgrensen i innkjøpssystemet."
)


def divided(path: Path) -> Made:
    """Narrow lines with words divided at their ends, and hyphens that belong."""

    def divide(word: str) -> int:
        if "-" in word.rstrip("-"):
            return word.index("-") + 1
        return len(word) // 2 if len(word) > 9 else 0

    page = Setter(path, divide=divide, page=(330, 842))
    page.heading("Ord som deles", 15)
    for n in range(8):
        page.paragraph(f"{LONG} {filler(n, 2)}")
    return page.done()


def _long(path: Path, pages: int, *, marks: bool, headings: bool = True, font: str = "Helvetica") -> Made:
    def furniture(canvas: Canvas, number: int) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(60, 805, "Langtidsplan for innkjøp")
        canvas.drawRightString(535, 36, str(number))

    page = Setter(path, running=furniture)
    chance = random.Random(pages)
    if headings:
        page.heading("Langtidsplan for innkjøp i Fjellfylket", 22)
    n = chapter = 0
    while page.number <= pages and not (page.number == pages and page.y < 200):
        if headings and n % 40 == 0:
            chapter += 1
            page.heading(f"{chapter} {THINGS[chapter % 10].capitalize()}", 17, mark="1" if marks else "")
        if headings and n % 8 == 0:
            page.heading(
                f"{chapter}.{n // 8 % 5 + 1} Mål for {PLACES[n // 8 % 13]}", 13, mark="2" if marks else ""
            )
        page.paragraph(f"{filler(n, 2)} {fact(n, chance)} {filler(n + 1, 2)}")
        n += 1
    made = page.done()
    made.noise = ["Langtidsplan for innkjøp Leverandøren", "Langtidsplan for innkjøp Oppdragsgiver"]
    return made


def bookmarked(path: Path) -> Made:
    """200 pages with bookmarks in two levels, and a fact of its own in every paragraph."""
    return _long(path, 200, marks=True)


def planted(path: Path) -> Made:
    """200 pages with two facts on each, every other paragraph running over to the next page."""
    page = Setter(path, running=lambda canvas, n: canvas.drawRightString(535, 36, f"Side {n} av 200"))
    chance = random.Random(7)
    for n in range(1, 400):
        if n % 20 == 1:
            page.heading(f"{n // 20 + 1} Plan for {THINGS[n // 20 % 10]} i {PLACES[n // 20 % 13]}", 15)
        page.paragraph(f"{filler(n, 2)} {fact(n, chance)}")
        page.y = min(page.y, 100) if n % 2 else page.y  # the next one begins here and runs over the page
    made = page.done()
    made.noise = ["av 200"]
    return made


def unmarked(path: Path) -> Made:
    """40 pages with headings and no bookmarks."""
    return _long(path, 40, marks=False)


def unheaded(path: Path) -> Made:
    """30 pages of text without a heading."""
    return _long(path, 30, marks=False, headings=False)


def rules(path: Path) -> Made:
    """Chapters and sections as in a regulation, all letters of one size."""
    page = Setter(path, bold="Helvetica")
    page.heading("Forskrift om innkjøp i Fjellfylket", 16)
    for chapter in range(1, 4):
        page.heading(f"Kapittel {chapter}. Regler om {THINGS[chapter]}", 10)
        for section in range(1, 4):
            page.heading(f"§ {chapter}-{section}. Krav til {THINGS[section + 3]}", 10)
            page.paragraph(
                f"Etter denne paragrafen er grensen {chapter}{section}0 000 kroner. {filler(chapter, 3)}"
            )
    return page.done()


def _scan(words: str) -> ImageReader:
    from PIL import Image, ImageDraw

    image = Image.new("L", (600, 850), 255)
    ImageDraw.Draw(image).text((60, 60), words, fill=0)
    held = io.BytesIO()
    image.save(held, "PNG")
    held.seek(0)
    return ImageReader(held)


def partly_scanned(path: Path) -> Made:
    """A page of text, a page that is an image, and a page of text."""
    page = Setter(path)
    page.heading("Protokoll", 16)
    page.paragraph(f"Møtet ble satt klokken ti. {filler(1, 4)}")
    page.new_page()
    page.canvas.drawImage(_scan("vedlegg"), 0, 0, 595, 842)
    page.new_page()
    page.paragraph(f"Møtet ble hevet klokken tolv. {filler(2, 4)}")
    return page.done()


def owner_locked(path: Path) -> Made:
    """Encrypted so that it cannot be changed, but opens without a password."""
    made = plain(path.with_suffix(".open"))
    writer = PdfWriter(clone_from=PdfReader(made.path))
    writer.encrypt("", "eier", algorithm="AES-128")
    writer.write(path)
    made.path.unlink()
    made.path = path
    return made


def turned(path: Path) -> Made:
    """A page drawn upright on paper that is turned, as wide appendices are."""
    made = plain(path.with_suffix(".open"))
    writer = PdfWriter()
    for page in PdfReader(made.path).pages:
        added = writer.add_page(page)
        added.rotate(90)
        added.transfer_rotation_to_content()
        added.rotate(270)
    writer.write(path)
    made.path.unlink()
    made.path = path
    return made


def notes(path: Path) -> Made:
    """Footnotes below the text, with a paragraph that runs over the page around them."""
    page = Setter(path, bottom=130)
    page.heading("Rapport", 16)
    long = " ".join(filler(n, 5) for n in range(60, 66))
    footed: list[int] = []

    def foot() -> None:
        if page.number not in footed:
            footed.append(page.number)
            page.canvas.setFont("Helvetica", 7)
            page.canvas.drawString(
                60, 90, f"{page.number} Se brevet fra Fjellfylket datert {page.number}. mai 2026."
            )

    for n in range(9):
        foot()
        page.paragraph(f"{long} {fact(n, random.Random(n))}")
        foot()
    return page.done()


def embedded(path: Path) -> Made:
    """Letters from an embedded font with two-byte codes."""
    pdfmetrics.registerFont(TTFont("Vera", "Vera.ttf"))
    pdfmetrics.registerFont(TTFont("VeraBd", "VeraBd.ttf"))
    page = Setter(path, font="Vera", bold="VeraBd", page=landscape(A4))
    page.heading("Økonomi og åpenhet", 18)
    page.paragraph(f"Særskilte øremerkede midler går til ærlige leverandører på Ås. {filler(4, 6)}")
    return page.done()


def hostile(folder: Path) -> dict[str, Path]:
    """Every file that cannot, or must not, be read, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = plain(folder / "hel.pdf").path
    raw = whole.read_bytes()
    whole.unlink()
    made = {
        "kryptert": _locked(raw),
        "avkortet": raw[: len(raw) // 3],
        "tom": b"",
        "ikke_pdf": b"<html><body>Ikke funnet</body></html>",
        "side_1000": _listed(1000, b"BT /F1 9 Tf 50 50 Td " + b"(x) Tj 1 0 0 1 5 5 cm " * 4000 + b"ET"),
        "dyp": _raw(b"<< /Type /Catalog /Pages 2 0 R /X " + b"[" * 40_000 + b"]" * 40_000 + b" >>"),
        "sykel": _raw(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"),
        "sidetre_dypt": _chain(400),
        "bombe": _bomb(),
        "tung": _heavy(),
        "for_mange_sider": _many(1600),
        "skjema_i_ring": _forms(),
        "skannet": _scanned(folder),
    }
    paths = {}
    for name, content in made.items():
        paths[name] = folder / f"{name}.pdf"
        paths[name].write_bytes(content)
    return paths


def _locked(raw: bytes) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(raw)))
    writer.encrypt("hemmelig", algorithm="AES-128")
    held = io.BytesIO()
    writer.write(held)
    return held.getvalue()


def _raw(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1, the first being the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
    return bytes(out)


def _stream(content: bytes, facts: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), facts, content)


_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"


def _page(contents: int, parent: int = 2, more: bytes = b"") -> bytes:
    return (
        b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> %b >> >>"
        % (parent, contents, more)
    )


def _listed(times: int, content: bytes) -> bytes:
    kids = b"3 0 R " * times
    packed = zlib.compress(content)
    return _raw(
        _CATALOGUE, b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, times), _page(4),
        _stream(packed, b"/Filter /FlateDecode"),
    )  # fmt: skip


def _chain(depth: int) -> bytes:
    tree = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (n + 3) for n in range(depth)]
    return _raw(_CATALOGUE, *tree, _page(depth + 3), _stream(b"BT /F1 9 Tf (dypt) Tj ET"))


def _bomb() -> bytes:
    """200 MB of spaces in a stream packed twice, a few hundred bytes on disk."""
    packed = zlib.compress(zlib.compress(b" " * 200_000_000, 9), 9)
    stream = _stream(packed, b"/Filter [/FlateDecode /FlateDecode]")
    return _raw(_CATALOGUE, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", _page(4), stream)


def _heavy() -> bytes:
    """Eighty pages of their own that share one stream of very many operators."""
    count = 80
    kids = b"".join(b"%d 0 R " % (n + 4) for n in range(count))
    packed = zlib.compress(b"BT /F1 9 Tf " + b"(x) Tj 1 0 0 1 1 1 Tm " * 24_000 + b"ET")
    pages = [_page(3)] * count
    return _raw(
        _CATALOGUE, b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count),
        _stream(packed, b"/Filter /FlateDecode"), *pages,
    )  # fmt: skip


def _many(count: int) -> bytes:
    kids = b"".join(b"%d 0 R " % (n + 4) for n in range(count))
    return _raw(
        _CATALOGUE, b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count),
        _stream(b"BT /F1 9 Tf 50 700 Td (side) Tj ET"), *[_page(3)] * count,
    )  # fmt: skip


def _forms() -> bytes:
    """Forms that draw each other in a ring, and each twice."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /A 5 0 R /B 6 0 R >> >>"
    return _raw(
        _CATALOGUE, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        _page(4, more=b"/XObject << /A 5 0 R /B 6 0 R >>"), _stream(b"/A Do /B Do"),
        _stream(b"/B Do /B Do /A Do", form), _stream(b"/A Do /A Do /B Do", form),
    )  # fmt: skip


def _scanned(folder: Path) -> bytes:
    path = folder / "skann.tmp"
    canvas = Canvas(str(path), invariant=1)
    for words in ("Protokoll side 1", "Protokoll side 2"):
        canvas.drawImage(_scan(words), 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    raw = path.read_bytes()
    path.unlink()
    return raw
