"""Ways to change one thing in a true sentence so that it is no longer true.

Every rule is ours and mechanical: it takes a sentence of an answer and gives another, or None when it
does not apply. The rules are half of the material of `benchmarks/grounding.py`; the other half is
`benchmarks/rewordings.py`. What is changed by what stands elsewhere in the passage is in
`benchmarks/borrowings.py`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from itertools import combinations

from assistant import particulars

Rule = Callable[[str, random.Random], "str | None"]
MONTHS = "januar februar mars april mai juni juli august september oktober november desember".split()
MONTH = "|".join(MONTHS)
WORDS = {
    2: "to", 3: "tre", 4: "fire", 5: "fem", 6: "seks", 8: "åtte", 9: "ni", 10: "ti", 12: "tolv",
    14: "fjorten", 15: "femten", 20: "tjue", 30: "tretti", 40: "førti", 50: "femti",
}  # fmt: skip
NUMBERS = {word: number for number, word in WORDS.items()}
_PROVISION = re.compile(r"§{1,2}\s?(\d+)(-\d+)?([a-z](?![a-zæøå]))?")
DATE = re.compile(rf"(\d{{1,2}})\. ({MONTH})(?: (\d{{4}}))?")
_DIGITS = re.compile(r"(?<![\w§.,/-])\d[\d ]*(?:,\d+)?(?![\w/-])")
_LAWS = (
    "anskaffelsesloven", "anskaffelsesforskriften", "forvaltningsloven", "klimaforskriften",
    "arbeidsmiljøloven",
    "offentleglova", "kommuneloven", "forsyningsforskriften",
)  # fmt: skip
_NAMES = ("Akershus", "Buskerud", "Østfold", "Viken", "DFØ", "KOFA", "Oslo", "Enova", "Digdir", "Statnett")


def swap(text: str, match: re.Match[str], new: str, group: int = 0) -> str:
    """`text` with something else in the place of a match."""
    return text[: match.start(group)] + new + text[match.end(group) :]


def one(pattern: str | re.Pattern[str], text: str, chance: random.Random) -> re.Match[str] | None:
    """One of the places where a pattern is found."""
    found = list(re.finditer(pattern, text))
    return chance.choice(found) if found else None


def free(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """The matches that are no part of a date, unless the pattern is that of a date."""
    dates = [] if pattern is DATE else [m.span() for m in DATE.finditer(text)]
    return [m for m in pattern.finditer(text) if not any(a <= m.start() < b for a, b in dates)]


def digit(text: str, chance: random.Random) -> str | None:
    """Another digit in a number that is no § and no date."""
    provisions = [m.span() for m in _PROVISION.finditer(text)]
    found = [
        m
        for m in free(_DIGITS, text)
        if not any(a <= m.start() < b for a, b in provisions) and m[0].strip() != "0"
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
    match = one(rf"\b({'|'.join(NUMBERS)})\b", text, chance)
    return swap(text, match, chance.choice([w for w in NUMBERS if w != match[0]])) if match else None


_UNITS = {
    "prosent": ("kroner", "prosentpoeng"), "%": ("prosentpoeng",), "kroner": ("euro", "millioner kroner"),
    "millioner": ("milliarder", "tusen"), "timer": ("dager",), "dager": ("uker", "måneder", "virkedager"),
    "virkedager": ("måneder", "dager", "uker"), "uker": ("dager", "måneder"),
    "måneder": ("dager", "uker", "år"), "år": ("måneder", "uker"), "meter": ("kilometer",),
    "tonn": ("kilo",), "ledd": ("år",), "poeng": ("prosent",),
}  # fmt: skip


def unit(text: str, chance: random.Random) -> str | None:
    """Another unit after a number."""
    match = one(rf"(?:\d|\b(?:{'|'.join(NUMBERS)}))\s({'|'.join(_UNITS)})(?!\w)", text, chance)
    return swap(text, match, chance.choice(_UNITS[match[1]]), 1) if match else None


def provision(text: str, chance: random.Random) -> str | None:
    """Another number in a §."""
    match = one(_PROVISION, text, chance)
    if not match:
        return None
    group = 2 if match[2] else 1
    digits = match[group].lstrip("-")
    new = str(int(digits) + chance.choice([1, 2, 3]))
    return swap(text, match, ("-" if group == 2 else "") + new, group)


def day(text: str, chance: random.Random) -> str | None:
    """Another day, month or year in a date."""
    match = one(DATE, text, chance)
    if not match:
        return None
    group = chance.choice([1, 2, 3] if match[3] else [1, 2])
    if group == 2:
        return swap(text, match, chance.choice([m for m in MONTHS if m != match[2]]), 2)
    return swap(
        text, match, str(int(match[group]) + chance.choice([1, -1] if int(match[group]) > 1 else [1])), group
    )


def name(text: str, chance: random.Random) -> str | None:
    """Another name for a name inside the sentence."""
    match = one(r"(?<=[a-zæøå,] )(?:[A-ZÆØÅ][a-zæøå]{3,}|[A-ZÆØÅ]{3,})(?![\w-])", text, chance)
    others = [n for n in _NAMES if match and n not in (match[0], match[0].removesuffix("s"))]
    return swap(text, match, chance.choice(others)) if match else None


def law(text: str, chance: random.Random) -> str | None:
    """Another law."""
    match = one(r"\b(?:[a-zæøå]{4,}(?:loven|forskriften))\b", text, chance)
    return swap(text, match, chance.choice([n for n in _LAWS if n != match[0]])) if match else None


def negation_lost(text: str, chance: random.Random) -> str | None:
    """A «not» left out, or «no» made «some»."""
    match = one(r"\bikke \b|\b[Ii]ngen\b|\buten\b", text, chance)
    if not match:
        return None
    return swap(text, match, {"ikke ": "", "ingen": "noen", "Ingen": "Noen", "uten": "med"}[match[0]])


def negation_added(text: str, chance: random.Random) -> str | None:
    """A «not» put in after a verb."""
    match = one(r"\b(?:skal|må|kan|bør|er|har|gjelder|får|gir)\b(?! ikke)", text, chance)
    return swap(text, match, match[0] + " ikke") if match else None


def exception(text: str, chance: random.Random) -> str | None:
    """An exception made a condition or an inclusion."""
    swaps = {
        "med mindre": "dersom",
        "unntatt": "inkludert",
        "bortsett fra": "medregnet",
        "bare": "også",
        "kun": "også",
    }
    match = one(rf"\b(?:{'|'.join(swaps)})\b", text, chance)
    return swap(text, match, swaps[match[0]]) if match else None


def modality(text: str, chance: random.Random) -> str | None:
    """A duty made a recommendation or a choice, or the other way round."""
    match = one(r"\b(?:skal|må|bør|kan|får)\b", text, chance)
    if not match:
        return None
    kinds = (("skal", "må"), ("bør",), ("kan", "får"))
    return swap(text, match, chance.choice([w for kind in kinds for w in kind[:1] if match[0] not in kind]))


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
    match = one(rf"\b({'|'.join(swaps)})(?= (?:\d|(?:{'|'.join(NUMBERS)})\b))", text, chance)
    return swap(text, match, swaps[match[0]]) if match else None


def _swapped_word(text: str, swaps: Mapping[str, str], chance: random.Random, after: str = "") -> str | None:
    """One of the words of `swaps` as the other one, with its capital when it has one."""
    words = "|".join(sorted(swaps, key=len, reverse=True))
    match = one(rf"\b({words}){after}(?!\w)", text, chance) or one(
        rf"^({words}){after}(?!\w)", text[:1].lower() + text[1:], chance
    )
    if not match:
        return None
    new = swaps[match[1]]
    return swap(text, match, new if match.start() or text[0].islower() else new[0].upper() + new[1:], 1)


def direction(text: str, chance: random.Random) -> str | None:
    """Before made after, over under, more less, where no number stands beside it."""
    swaps = {
        "før": "etter", "etter": "før", "over": "under", "under": "over", "minst": "høyst", "høyst": "minst",
        "mer": "mindre", "mindre": "mer", "innen": "etter", "inntil": "etter", "tidligst": "senest",
        "senest": "tidligst", "høyere": "lavere", "lavere": "høyere", "flere": "færre", "større": "mindre",
        "lengre": "kortere", "høyest": "lavest", "lavest": "høyest", "laveste": "høyeste",
        "økes": "reduseres", "øker": "reduserer", "redusere": "øke", "reduserer": "øker",
    }  # fmt: skip
    return _swapped_word(text, swaps, chance, rf"(?! (?:\d|(?:{'|'.join(NUMBERS)})\b))")


def whole(text: str, chance: random.Random) -> str | None:
    """All made some, and some all."""
    swaps = {
        "alle": "noen", "noen": "alle", "alltid": "ofte", "hver": "noen", "hvert": "noe", "begge": "en av",
        "samtlige": "enkelte", "enkelte": "alle", "hele": "deler av",
    }  # fmt: skip
    return _swapped_word(text, swaps, chance)


def either(text: str, chance: random.Random) -> str | None:
    """Both made either, and either both."""
    return _swapped_word(
        text,
        {"og": "eller", "eller": "og"},
        chance,
        r"(?! (?:med|mer|mindre|over|under|lignende|[a-zæøå]+re)\b|/)",
    )


def even_if(text: str, chance: random.Random) -> str | None:
    """A condition made to make no difference."""
    return _swapped_word(text, dict.fromkeys(("når", "hvis", "dersom", "så lenge"), "selv om"), chance)


CONDITION = "når|hvis|dersom|så lenge|med mindre|unntatt"


def condition_lost(text: str, _: random.Random) -> str | None:
    """A condition or an exception left out, so that the rest is said without it."""
    first = re.match(r"(?:Når|Hvis|Dersom) [^,:;]+, (skal|må|kan|bør|får|er|gjelder) (\w+) (.+)$", text)
    if first:
        return f"{first[2].capitalize()} {first[1]} {first[3]}"
    last = re.match(rf"([^:;]{{30,}}?),? (?:{CONDITION}) [^,:;]{{10,}}\.$", text)
    alone = last and not re.search(
        r"\b(?:og|eller|både|bare|særlig|ellers|først|også|hva|hvem|hvor|er|blir)$", last[1]
    )
    return f"{last[1]}." if last and alone else None


_SIBLINGS = (
    "varer tjenester", "vare tjeneste", "varene tjenestene", "statlig kommunal", "statlige kommunale",
    "oppdragsgiver leverandør", "oppdragsgiveren leverandøren", "oppdragsgivere leverandører",
    "kjøper selger", "offentlig privat", "offentlige private", "nasjonale internasjonale",
    "skriftlig muntlig", "skriftlige muntlige", "underleverandører leverandører",
    "underleverandør leverandør", "fylket staten",
    "fylkeskommunen kommunen", "kommuner fylkeskommuner", "tilbud klage", "tilbudet klagen", "bygg renhold",
    "tildelingskriterier kvalifikasjonskrav", "tildelingskriterium kontraktsvilkår", "ansatte lærlinger",
    "arbeidstakere arbeidsgivere", "økonomiske miljømessige", "direkte indirekte", "første siste",
    "eldste nyeste", "godta avvise", "tillatt forbudt", "lovlig ulovlig", "gyldig ugyldig", "åpen lukket",
    "kjøretøy bygninger", "bøker møbler", "elektroniske fysiske", "kontrakten konkurransen",
    "kontrakter konkurranser", "loven forskriften", "årlig månedlig", "starter slutter", "begynner opphører",
)  # fmt: skip


def sibling(text: str, chance: random.Random) -> str | None:
    """A word made its sibling or its opposite: goods and services, buyer and seller."""
    swaps: dict[str, str] = {}
    for a, b in (pair.split() for pair in _SIBLINGS):
        swaps.setdefault(a, b)
        swaps.setdefault(b, a)
    return _swapped_word(text, swaps, chance)


NUMBER = re.compile(r"(?<![\w§.,/()-])(?<!§ )\d[\d ]*(?:,\d+)?(?![\w/.)-])")


def numbers_traded(text: str, chance: random.Random) -> str | None:
    """Two numbers of the sentence in each other's place, unless they stand in one row."""
    found = free(NUMBER, text)
    pairs = [
        (a, b)
        for a, b in combinations(found, 2)
        if particulars.read(a[0]).keys != particulars.read(b[0]).keys and _tells(text[a.end() : b.start()])
    ]
    if not pairs:
        return None
    a, b = chance.choice(pairs)
    return _traded(text, a.span(), b.span())


def _tells(text: str) -> bool:
    """Whether a word of content stands in `text`, units apart."""
    units = {"mill", "kr", *_UNITS}
    return any(not (mark.fact or mark.surface in units) for mark in particulars.read(text).marks)


def _traded(text: str, first: tuple[int, int], second: tuple[int, int]) -> str:
    one, other = text[slice(*first)].rstrip(), text[slice(*second)].rstrip()
    middle = text[first[0] + len(one) : second[0]]
    return text[: first[0]] + other + middle + one + text[second[0] + len(other) :]


def actors_traded(text: str, chance: random.Random) -> str | None:
    """Who does it and whom it is done to, in each other's place."""
    match = one(
        r"\b(?!(?:det|den|dere|dette|disse)\b)([a-zæøå]{4,}) (?:skal|må|kan|bør|får) (?:ikke )?"
        r"[a-zæøå]+ ([a-zæøå]{5,})\b",
        text[:1].lower() + text[1:],
        chance,
    )
    if not match or match[1] == match[2]:
        return None
    new = _traded(match.string, match.span(1), match.span(2))
    return text[0] + new[1:] if match.start(1) else new[0].upper() + new[1:]


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
    a, b = (
        re.search(r"(?<![\w§.,/-])(?<!§ )\d[\d ]*(?:,\d+)?(?= [a-zæøå%])", text) for text in (first, second)
    )
    if not a or not b or a[0] == b[0]:
        return None
    return swap(first, a, b[0]), swap(second, b, a[0])


def inserted(text: str, chance: random.Random) -> str | None:
    """A word that no line has, before a word."""
    match = one(r"(?<=[a-zæøå] )[a-zæøå]{5,}(?![\w-])", text, chance)
    new = chance.choice(("skriftlig", "årlig", "vesentlig", "utenlandsk", "privat", "midlertidig"))
    return swap(text, match, f"{new} {match[0]}") if match and new not in text else None


MUTATIONS: dict[str, Rule] = {
    "ett siffer": digit, "tallord": number_word, "enhet": unit, "§": provision, "dato": day, "navn": name,
    "lov": law, "nektelse fjernet": negation_lost, "nektelse satt inn": negation_added,
    "unntak og «bare»": exception, "skal, bør og kan": modality, "grense (minst, høyst, før, etter)": limit,
    "retning uten tall (før, etter, over, under, mer, mindre)": direction, "alle, hver og noen": whole,
    "og og eller": either, "vilkår gjort til «selv om»": even_if,
    "vilkår eller unntak utelatt": condition_lost,
    "søskenord (varer og tjenester, kjøper og selger)": sibling,
    "to tall i setningen byttet": numbers_traded, "den som gjør og den det gjelder, byttet": actors_traded,
    "lenke": link, "fremmed påstand": stranger, "et fremmed ord satt inn": inserted,
}  # fmt: skip
