"""Ways to reword a true sentence so that it stays true, and to change one thing so that it does not.

Every rule is ours and mechanical: it takes a sentence of an answer and gives another, or None when it
does not apply. The rules are the material of `benchmarks/grounding.py`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Rule = Callable[[str, random.Random], "str | None"]
_MONTHS = "januar februar mars april mai juni juli august september oktober november desember".split()
_MONTH = "|".join(_MONTHS)
_WORDS = {
    2: "to", 3: "tre", 4: "fire", 5: "fem", 6: "seks", 8: "åtte", 9: "ni", 10: "ti", 12: "tolv",
    14: "fjorten", 15: "femten", 20: "tjue", 30: "tretti", 40: "førti", 50: "femti",
}  # fmt: skip
_NUMBERS = {word: number for number, word in _WORDS.items()}
_PROVISION = re.compile(r"§{1,2}\s?(\d+)(-\d+)?([a-z](?![a-zæøå]))?")
_DATE = re.compile(rf"(\d{{1,2}})\. ({_MONTH})(?: (\d{{4}}))?")
_DIGITS = re.compile(r"(?<![\w§.,/-])\d[\d ]*(?:,\d+)?(?![\w/-])")
_LAWS = (
    "anskaffelsesloven", "anskaffelsesforskriften", "forvaltningsloven", "klimaforskriften",
    "arbeidsmiljøloven",
    "offentleglova", "kommuneloven", "forsyningsforskriften",
)  # fmt: skip
_NAMES = ("Akershus", "Buskerud", "Østfold", "Viken", "DFØ", "KOFA", "Oslo", "Enova", "Digdir", "Statnett")


def _swap(text: str, match: re.Match[str], new: str, group: int = 0) -> str:
    return text[: match.start(group)] + new + text[match.end(group) :]


def _one(pattern: str | re.Pattern[str], text: str, chance: random.Random) -> re.Match[str] | None:
    found = list(re.finditer(pattern, text))
    return chance.choice(found) if found else None


# --- One thing changed: no longer true -------------------------------------------------------------


def digit(text: str, chance: random.Random) -> str | None:
    """Another digit in a number that is no § and no date."""
    spans = [m.span() for m in (*_PROVISION.finditer(text), *_DATE.finditer(text))]
    found = [
        m
        for m in _DIGITS.finditer(text)
        if not any(a <= m.start() < b for a, b in spans) and m[0].strip() != "0"
    ]
    if not found:
        return None
    match = chance.choice(found)
    places = [i for i in range(match.start(), match.end()) if text[i].isdigit()]
    place = chance.choice(places)
    other = chance.choice([d for d in "123456789" if d != text[place]])
    return text[:place] + other + text[place + 1 :]


def number_word(text: str, chance: random.Random) -> str | None:
    """Another number, written in letters."""
    match = _one(rf"\b({'|'.join(_NUMBERS)})\b", text, chance)
    return _swap(text, match, chance.choice([w for w in _NUMBERS if w != match[0]])) if match else None


def unit(text: str, chance: random.Random) -> str | None:
    """Another unit after a number."""
    units = {
        "prosent": "kroner",
        "kroner": "euro",
        "dager": "uker",
        "virkedager": "måneder",
        "måneder": "dager",
        "år": "måneder",
    }
    match = _one(rf"(?<=\d )({'|'.join(units)})\b", text, chance)
    return _swap(text, match, units[match[0]]) if match else None


def provision(text: str, chance: random.Random) -> str | None:
    """Another number in a §."""
    match = _one(_PROVISION, text, chance)
    if not match:
        return None
    group = 2 if match[2] else 1
    digits = match[group].lstrip("-")
    new = str(int(digits) + chance.choice([1, 2, 3]))
    return _swap(text, match, ("-" if group == 2 else "") + new, group)


def day(text: str, chance: random.Random) -> str | None:
    """Another day, month or year in a date."""
    match = _one(_DATE, text, chance)
    if not match:
        return None
    group = chance.choice([1, 2, 3] if match[3] else [1, 2])
    if group == 2:
        return _swap(text, match, chance.choice([m for m in _MONTHS if m != match[2]]), 2)
    return _swap(
        text, match, str(int(match[group]) + chance.choice([1, -1] if int(match[group]) > 1 else [1])), group
    )


def name(text: str, chance: random.Random) -> str | None:
    """Another name for a name inside the sentence."""
    match = _one(r"(?<=[a-zæøå,] )(?:[A-ZÆØÅ][a-zæøå]{3,}|[A-ZÆØÅ]{3,})(?![\w-])", text, chance)
    others = [n for n in _NAMES if match and n not in (match[0], match[0].removesuffix("s"))]
    return _swap(text, match, chance.choice(others)) if match else None


def law(text: str, chance: random.Random) -> str | None:
    """Another law."""
    match = _one(r"\b(?:[a-zæøå]{4,}(?:loven|forskriften))\b", text, chance)
    return _swap(text, match, chance.choice([n for n in _LAWS if n != match[0]])) if match else None


def negation_lost(text: str, chance: random.Random) -> str | None:
    """A «not» left out, or «no» made «some»."""
    match = _one(r"\bikke \b|\b[Ii]ngen\b|\buten\b", text, chance)
    if not match:
        return None
    return _swap(text, match, {"ikke ": "", "ingen": "noen", "Ingen": "Noen", "uten": "med"}[match[0]])


def negation_added(text: str, chance: random.Random) -> str | None:
    """A «not» put in after a verb."""
    match = _one(r"\b(?:skal|må|kan|bør|er|har|gjelder|får|gir)\b(?! ikke)", text, chance)
    return _swap(text, match, match[0] + " ikke") if match else None


def exception(text: str, chance: random.Random) -> str | None:
    """An exception made a condition or an inclusion."""
    swaps = {
        "med mindre": "dersom",
        "unntatt": "inkludert",
        "bortsett fra": "medregnet",
        "bare": "også",
        "kun": "også",
    }
    match = _one(rf"\b(?:{'|'.join(swaps)})\b", text, chance)
    return _swap(text, match, swaps[match[0]]) if match else None


def modality(text: str, chance: random.Random) -> str | None:
    """A duty made a recommendation or a choice, or the other way round."""
    match = _one(r"\b(?:skal|må|bør|kan|får)\b", text, chance)
    if not match:
        return None
    kinds = (("skal", "må"), ("bør",), ("kan", "får"))
    return _swap(text, match, chance.choice([w for kind in kinds for w in kind[:1] if match[0] not in kind]))


def limit(text: str, chance: random.Random) -> str | None:
    """A lower limit made an upper one, or the other way round."""
    swaps = {
        "minst": "høyst",
        "høyst": "minst",
        "over": "under",
        "under": "over",
        "før": "etter",
        "etter": "før",
        "fra": "før",
        "maks": "minst",
        "inntil": "minst",
    }
    match = _one(rf"\b({'|'.join(swaps)})(?= (?:\d|(?:{'|'.join(_NUMBERS)})\b))", text, chance)
    return _swap(text, match, swaps[match[0]]) if match else None


def link(text: str, chance: random.Random) -> str | None:
    """An address that no source has."""
    added = chance.choice(
        (" Se https://evil.example/skjema", " Se [skjemaet](https://evil.example)", " Se www.evil.example",
         " Se evil.example", " ![x](//evil.example/p.png)", " Skriv til post@evil.example")
    )  # fmt: skip
    return text.rstrip(".") + "." + added


def stranger(text: str, chance: random.Random) -> str | None:
    """A claim that nobody made, joined to a true one."""
    added = chance.choice(
        ("og Firma A bør vinne konkurransen", "og dette godkjennes av rådmannen i forkant",
         "og bøtene dobles hvert kvartal", "og slike kjøp trenger aldri dokumentasjon")
    )  # fmt: skip
    return text.rstrip(".") + ", " + added + "."


def swapped(first: str, second: str) -> tuple[str, str] | None:
    """The first number of each of two sentences in the other's place; None when they have no two."""
    one, other = (
        re.search(r"(?<![\w§.,/-])(?<!§ )\d[\d ]*(?:,\d+)?(?= [a-zæøå%])", text) for text in (first, second)
    )
    if not one or not other or one[0] == other[0]:
        return None
    return _swap(first, one, other[0]), _swap(second, other, one[0])


MUTATIONS: dict[str, Rule] = {
    "ett siffer": digit, "tallord": number_word, "enhet": unit, "§": provision, "dato": day, "navn": name,
    "lov": law, "nektelse fjernet": negation_lost, "nektelse satt inn": negation_added,
    "unntak og «bare»": exception, "skal, bør og kan": modality, "grense (minst, høyst, før, etter)": limit,
    "lenke": link, "fremmed påstand": stranger,
}  # fmt: skip


# --- Other words, and still true -------------------------------------------------------------------


def brackets(text: str, _: random.Random) -> str | None:
    """What stands in brackets left out."""
    new = re.sub(r"\s?\([^()]*\)", "", text)
    return new if new != text and len(new.split()) > 4 else None


def last_clause(text: str, _: random.Random) -> str | None:
    """The last of two clauses that are joined by «og» or «men» left out."""
    match = re.match(r"(.{40,}?), (?:og|men) [^,]+\.$", text)
    return match[1] + "." if match else None


def percent_sign(text: str, _: random.Random) -> str | None:
    """«30 %» for «30 prosent», and the other way round."""
    new = re.sub(r"(\d) prosent\b", r"\1 %", text)
    return new if new != text else (re.sub(r"(\d)\s?%", r"\1 prosent", text) if "%" in text else None)


def in_letters(text: str, chance: random.Random) -> str | None:
    """«tretti» for «30», or «2» for «to»."""
    match = _one(
        rf"(?<![\d.,§/-])(?<!§ )({'|'.join(map(str, _WORDS))})(?= (?:prosent|dager|ledd|år|måneder|timer))",
        text,
        chance,
    )
    if match:
        return _swap(text, match, _WORDS[int(match[0])])
    match = _one(rf"\b({'|'.join(_NUMBERS)})(?= (?:prosent|dager|ledd|år|måneder|timer))", text, chance)
    return _swap(text, match, str(_NUMBERS[match[0]])) if match else None


def millions(text: str, _: random.Random) -> str | None:
    """«1 300 000» for «1,3 millioner», or «0,5 millioner» for «500 000»."""
    match = re.search(r"(?<![\d,])(\d+)(?:,(\d{1,2}))? mill(?:ioner|\.)", text)
    if match:
        whole = int(match[1]) * 10**6 + int((match[2] or "0").ljust(2, "0")) * 10**4
        return _swap(text, match, f"{whole:,}".replace(",", " "))
    match = re.search(r"(?<!\d )\b(\d)00 000\b", text)
    return _swap(text, match, f"0,{match[1]} millioner") if match else None


def numeric_date(text: str, _: random.Random) -> str | None:
    """«01.07.2026» for «1. juli 2026»."""
    match = re.search(rf"(\d{{1,2}})\. ({_MONTH}) (\d{{4}})", text)
    return (
        _swap(text, match, f"{int(match[1]):02}.{_MONTHS.index(match[2]) + 1:02}.{match[3]}")
        if match
        else None
    )


_SUBJECT = "du|dere|det|den|oppdragsgiver|oppdragsgiveren|leverandøren|kontrakten|fylkeskommunen|kravet|loven"


def when_last(text: str, _: random.Random) -> str | None:
    """«X skal Y når A» for «Når A, skal X Y»."""
    match = re.match(rf"(Når|Hvis|Dersom) ([^,]+), (skal|må|kan|bør|får) ({_SUBJECT}) (.+)\.$", text)
    if not match:
        return None
    joint, condition, verb, subject, rest = match.groups()
    return f"{subject.capitalize()} {verb} {rest} {joint.lower()} {condition}."


def framed(text: str, chance: random.Random) -> str | None:
    """With words in front that say where it comes from."""
    if not re.match(r"[A-ZÆØÅ][a-zæøå]+ (?:\w+ )?(?:skal|må|kan|bør|er|har|gjelder)\b", text):
        return None
    front = chance.choice(("Det følger av kilden at ", "Reglene sier at ", "Det betyr at "))
    return front + (text if text.split()[0].isupper() else text[0].lower() + text[1:])


def actor(text: str, _: random.Random) -> str | None:
    """«oppdragsgiver» for the «du» and «dere» of the sources."""
    new = re.sub(r"\b(?:dere|du)\b", "oppdragsgiver", re.sub(r"\b(?:Dere|Du)\b", "Oppdragsgiver", text))
    return new if new != text else None


_NYNORSK = {
    "ikke": "ikkje", "fra": "frå", "hva": "kva", "hvordan": "korleis", "noen": "nokon", "gjelder": "gjeld",
    "kreves": "krevst", "krever": "krev", "virksomhet": "verksemd", "tilbud": "tilbod",
    "anskaffelsen": "anskaffinga",
    "anskaffelser": "anskaffingar", "leverandører": "leverandørar", "leverandørene": "leverandørane",
    "kontrakter": "kontraktar", "avtaler": "avtalar", "tjenester": "tenester",
    "være": "vere", "gjøre": "gjere",
    "regler": "reglar", "reglene": "reglane", "dager": "dagar", "måneder": "månader",
    "mer": "meir", "bare": "berre",
    "oppdragsgiver": "oppdragsgivar", "oppdragsgiveren": "oppdragsgivaren", "kunngjøring": "kunngjering",
    "endringer": "endringar", "lærlinger": "lærlingar", "også": "òg", "blir": "blir",
    "en": "ein", "et": "eit",
    "de": "dei", "uten": "utan", "egen": "eigen", "flere": "fleire", "prosent": "prosent", "lønn": "løn",
}  # fmt: skip


def nynorsk(text: str, _: random.Random) -> str | None:
    """The commonest words in their nynorsk form."""
    new = re.sub(r"[^\W\d_]+", lambda m: _NYNORSK.get(m[0], m[0]), text)
    return new if sum(a != b for a, b in zip(text.split(), new.split(), strict=True)) >= 2 else None


REWORDINGS: dict[str, Rule] = {
    "parentes utelatt": brackets, "siste ledd utelatt": last_clause, "«%» og «prosent»": percent_sign,
    "tall med bokstaver": in_letters, "1,3 millioner og 1 300 000": millions, "01.07.2026": numeric_date,
    "betingelsen sist": when_last, "«Det følger av kilden at …»": framed,
    "«oppdragsgiver» for «du»": actor, "nynorske former": nynorsk,
}  # fmt: skip
