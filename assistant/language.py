"""Norwegian text as the searches and the verifier see it: sentences, words, stems, n-grams, spelling.

Pure functions over strings. Stemming is Snowball's Norwegian algorithm (PyStemmer); the stop words,
the nynorsk forms and the abbreviations are our own lists.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

import Stemmer

from assistant import wordforms

HARD_SPACES = "\u00a0\u202f\u2007\u2009"
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

# Dots that never end a sentence, and dots that may (then the next word decides by its capital).
_NEVER_FINAL = frozenset(
    "jf nr kr pr ca f.eks eks bl.a kap pkt art dvs prop innst inkl ekskl dr st pst tlf maks min hhv "
    "evt ev jfr vedr iht ift pga mht red utg fvl offl sml s a b c d".split()
)
_MONTHS = "januar februar mars april mai juni juli august september oktober november desember".split()

STOP_WORDS = frozenset(
    """
    alle alt at av begge ble bli blir blitt både da de deg dem den denne der dere deres det dette du eller en
    enn er et ett etter for fra gjelder gjør gjøre ha hadde han hans har hun hva hvem hver hvilke hvilken
    hvilket hvis hvor hvordan hvorfor i ikke inn ja jeg kan kunne man med meg men mer mot må nei noe noen nå
    når og også om opp oss over på sin sine sitt skal skulle slik som så til ut var ved vi vil ville være vår
    vårt våre å mye mange da seg selv samt under mellom hos eget egen ein eit eg ikkje frå kva kven kvar
    korleis kvifor kor nokon noko no me dei dykk vore vert blei ho the of to is are and or in on what how do
    does we can an must when which for be it our have has with by if should many much there this that was were
    who whom why at as from not i you us any
    """.split()
)

_ASCII = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "é": "e", "ö": "o", "ä": "ae"})
_WORD = re.compile(r"§{1,2}\s?\d+[a-z]?(?:-\d+[a-z]?)?|\d+(?:[.,]\d+)*|[^\W\d_]+", re.UNICODE)
_THOUSANDS = re.compile(r"(?<![\d,.])(\d{1,3}(?:[ \u00a0\u202f.]\d{3})+)(?!\d)")
_STEMMER = Stemmer.Stemmer("norwegian")


def clean(text: str) -> str:
    """`text` in composed form (NFC), without control and invisible characters; lone surrogates go too."""
    text = text.encode("utf-8", "ignore").decode("utf-8")
    text = unicodedata.normalize("NFC", text)
    return _CONTROL.sub(" ", _INVISIBLE.sub("", text))


def squeeze(text: str) -> str:
    """`text` with every run of white space, hard spaces included, as one plain space."""
    return re.sub(r"\s+", " ", text).strip()


def plain(markdown: str) -> str:
    """The words of one line of Markdown: no emphasis marks, links as their text."""
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", markdown)
    return re.sub(r"\*\*|__|`|^\s*>\s?", "", text)


def ascii_fold(word: str) -> str:
    """`word` without the Norwegian letters, so that «kjøp» and «kjop» are one."""
    return word.translate(_ASCII)


def words(text: str) -> list[str]:
    """The words of `text` in lower case: letters, numbers and §-references («§7-9», «500000»)."""
    joined = _THOUSANDS.sub(lambda m: re.sub(r"\D", "", m.group()), text)
    return [_one_sign(w) if w[0] == "§" else w for w in _WORD.findall(joined.lower())]


def _one_sign(reference: str) -> str:
    """«§§ 7-9» and «§ 7-9» in one spelling."""
    return "§" + "".join(reference.lstrip("§").split())


_NYNORSK_PARTS = (("anskaffings", "anskaffelses"), ("tilbods", "tilbuds"), ("kunngjerings", "kunngjørings"))


def bokmaal(word: str) -> str:
    """`word` in the spelling the sources use: nynorsk, Swedish and Danish forms as bokmål."""
    for nynorsk, bokmal in _NYNORSK_PARTS:
        word = word.replace(nynorsk, bokmal)
    return wordforms.TO_BOKMAAL.get(word, word)


_LETTERS = re.compile(r"[^\W\d_]+")


def in_bokmaal(text: str) -> str:
    """A question in nynorsk, Swedish or Danish with the words of bokmål where we have them; else as it is.

    For the embedding model, which places it nearer to the bokmål of the sources then. English is left alone.
    """
    tongue = detect_language(text)
    if tongue == "en":
        return text

    def said(match: re.Match[str]) -> str:
        word = match[0].lower()
        found = wordforms.ONLY_NYNORSK.get(word) if tongue == "nn" else None
        found = found or bokmaal(word)
        if found == word:
            return match[0]
        return found.capitalize() if match[0][0].isupper() else found

    return _LETTERS.sub(said, text)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem that inflected forms, nynorsk forms and forms without æøå share."""
    if word[0] == "§" or word[0].isdigit():
        return word
    return ascii_fold(_STEMMER.stemWord(bokmaal(word)))


@lru_cache(maxsize=65536)
def stems(text: str) -> tuple[str, ...]:
    """The stems of the content words of `text`, in order, stop words left out."""
    return tuple(
        stem(w) for w in map(bokmaal, words(text)) if w not in STOP_WORDS and (len(w) > 1 or w.isdigit())
    )


@lru_cache(maxsize=65536)
def _grams(word: str, n: int) -> tuple[str, ...]:
    word = bokmaal(word)
    if word in STOP_WORDS or word[0] == "§" or word[0].isdigit():
        return ()
    folded = ascii_fold(word)
    return tuple(folded[i : i + n] for i in range(max(1, len(folded) - n + 1)))


def char_ngrams(text: str, n: int = 4) -> list[str]:
    """Character n-grams inside the content words of `text` (æøå folded); short words whole."""
    grams: list[str] = []
    for word in words(text):
        grams.extend(_grams(word, n))
    return grams


def _ends_sentence(text: str, dot: int, after: str) -> bool:
    """Whether the mark at `dot` ends a sentence, given the first character of what follows."""
    if text[dot] in "!?":
        return after.isupper() or after in '«"(*–' or after.isdigit()
    before = re.search(r"[\w.]+$", text[:dot])
    word = before.group().lower() if before else ""
    if word in _NEVER_FINAL:
        return False
    if word.isdigit() and len(word) < 3:
        following = text[dot + 1 :].lstrip().split(" ", 1)[0].lower()
        return after.isupper() and following.strip(".,") not in _MONTHS
    return after.isupper() or after in '«"(*§' or after.isdigit()


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """The spans of the sentences of one paragraph; «jf. § 7-9», «nr. 2» and «1. juli» stay whole."""
    start = 0
    for match in re.finditer(r"[.!?](?:\*\*|[»\")\]])*(?=\s)", text):
        rest = text[match.end() :]
        after = rest.lstrip()[:1]
        if not after or not _ends_sentence(text, match.start(), after):
            continue
        if text[start : match.end()].strip():
            yield start, match.end()
        start = match.end() + len(rest) - len(rest.lstrip())
    if text[start:].strip():
        yield start, start + len(text[start:].rstrip())


def sentences(text: str) -> list[str]:
    """The sentences of one paragraph."""
    return [text[a:b] for a, b in sentence_spans(text)]


_NYNORSK = frozenset(
    """
    ikkje kva korleis kvifor kven frå eg ein eit dei me vore nokon noko berre fleire meir gjer gjere skular
    skulane kor kvar tilbod innkjøpa anskaffing anskaffinga anskaffingar verksemd leverandørar krev krevje
    eigen eigne køyretøy reinhald utslepp løyve vert dykk dykkar høgare lågaste kunngjere tenester leigje
    lærlingar
    """.split()
)
_ENGLISH = frozenset(
    """
    the what how does do is are must can which when who we our should of for to and a an be have has there
    from with in on not required requirement procurement contract supplier suppliers threshold
    """.split()
)


def detect_language(text: str) -> str:
    """`nn`, `en` or `nb` (also for anything else), by the function words of `text`."""
    found = [w for w in words(text) if w[0].isalpha()]
    english = sum(w in _ENGLISH for w in found)
    norwegian = sum(w in STOP_WORDS and w not in _ENGLISH for w in found)
    if english >= 2 and english > norwegian:
        return "en"
    return "nn" if any(w in _NYNORSK for w in found) else "nb"


def overlap(needles: Iterable[str], haystack: Iterable[str]) -> float:
    """The share (0–1) of `needles` that occur in `haystack`; 1 when there are none."""
    wanted, present = set(needles), set(haystack)
    return len(wanted & present) / len(wanted) if wanted else 1.0
