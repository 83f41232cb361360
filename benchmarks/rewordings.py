"""Ways to reword a true sentence so that it stays true.

Every rule is ours and mechanical: it takes a sentence of an answer and gives another, or None when it
does not apply. The rules are half of the material of `benchmarks/grounding.py`; the other half is
`benchmarks/mutations.py`.
"""

from __future__ import annotations

import random
import re

from benchmarks.mutations import CONDITION, MONTH, MONTHS, NUMBERS, WORDS, Rule, one, swap


def brackets(text: str, _: random.Random) -> str | None:
    """What stands in brackets left out."""
    new = re.sub(r"\s?\([^()]*\)", "", text)
    return new if new != text and len(new.split()) > 4 else None


def last_clause(text: str, _: random.Random) -> str | None:
    """The last of two clauses that are joined by «og» or «men» left out, when it is no condition."""
    match = re.match(r"(.{40,}?), (?:og|men) ([^,]+)\.$", text)
    return match[1] + "." if match and not re.search(rf"\b(?:{CONDITION})\b", match[2]) else None


def percent_sign(text: str, _: random.Random) -> str | None:
    """«30 %» for «30 prosent», and the other way round."""
    new = re.sub(r"(\d) prosent\b", r"\1 %", text)
    return new if new != text else (re.sub(r"(\d)\s?%", r"\1 prosent", text) if "%" in text else None)


def in_letters(text: str, chance: random.Random) -> str | None:
    """«tretti» for «30», or «2» for «to»."""
    match = one(
        rf"(?<![\d.,§/-])(?<!§ )({'|'.join(map(str, WORDS))})(?= (?:prosent|dager|ledd|år|måneder|timer))",
        text,
        chance,
    )
    if match:
        return swap(text, match, WORDS[int(match[0])])
    match = one(rf"\b({'|'.join(NUMBERS)})(?= (?:prosent|dager|ledd|år|måneder|timer))", text, chance)
    return swap(text, match, str(NUMBERS[match[0]])) if match else None


def millions(text: str, _: random.Random) -> str | None:
    """«1 300 000» for «1,3 millioner», or «0,5 millioner» for «500 000»."""
    match = re.search(r"(?<![\d,])(\d+)(?:,(\d{1,2}))? mill(?:ioner|\.)", text)
    if match:
        whole = int(match[1]) * 10**6 + int((match[2] or "0").ljust(2, "0")) * 10**4
        return swap(text, match, f"{whole:,}".replace(",", " "))
    match = re.search(r"(?<!\d )\b(\d)00 000\b", text)
    return swap(text, match, f"0,{match[1]} millioner") if match else None


def numeric_date(text: str, _: random.Random) -> str | None:
    """«01.07.2026» for «1. juli 2026»."""
    match = re.search(rf"(\d{{1,2}})\. ({MONTH}) (\d{{4}})", text)
    return (
        swap(text, match, f"{int(match[1]):02}.{MONTHS.index(match[2]) + 1:02}.{match[3]}") if match else None
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


SAME = {
    "kjøp": "innkjøp", "anskaffelsen": "innkjøpet", "anskaffelser": "innkjøp",
    "dersom": "hvis", "hvis": "dersom",
    "benytte": "bruke", "benyttes": "brukes", "bruke": "benytte", "brukes": "benyttes", "kontrakt": "avtale",
    "kontrakten": "avtalen", "kontrakter": "avtaler", "avtalen": "kontrakten", "må": "skal", "kun": "bare",
    "reglene": "bestemmelsene", "bestemmelsene": "reglene", "bare": "kun", "krever": "forlanger",
    "utføre": "gjennomføre", "utføres": "gjennomføres", "sende": "oversende", "sendes": "oversendes",
    "beløp": "sum", "opplysninger": "informasjon", "begrunne": "grunngi", "firma": "foretak",
    "straks": "umiddelbart", "følge": "overholde", "fastsatt": "bestemt", "foreta": "gjøre",
    "trenger": "behøver", "melde": "varsle", "omfattes": "dekkes", "vilkårene": "betingelsene",
    "vilkår": "betingelser",
    "tilbydere": "leverandører", "tilbyderne": "leverandørene", "sikre": "sørge for", "velge": "plukke ut",
    "dokumentere": "vise", "avslutte": "gjøre slutt på", "tillate": "godta", "viktig": "vesentlig",
}  # fmt: skip
"""Words that mean the same to an officer; a word changed to its like is no change (`borrowings.word`)."""


def synonym(text: str, chance: random.Random) -> str | None:
    """One word as another that means the same."""
    match = one(rf"\b(?:{'|'.join(SAME)})(?!\w)", text, chance)
    return swap(text, match, SAME[match[0]]) if match else None


REWORDINGS: dict[str, Rule] = {
    "parentes utelatt": brackets, "siste ledd utelatt": last_clause, "«%» og «prosent»": percent_sign,
    "tall med bokstaver": in_letters, "1,3 millioner og 1 300 000": millions, "01.07.2026": numeric_date,
    "betingelsen sist": when_last, "«Det følger av kilden at …»": framed,
    "«oppdragsgiver» for «du»": actor, "nynorske former": nynorsk, "et ord med samme mening": synonym,
}  # fmt: skip
