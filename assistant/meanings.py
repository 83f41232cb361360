"""Which words say the same, which say the opposite, and which say nothing of their own.

Pure. The lists are ours; everything is compared as stems.
"""

from __future__ import annotations

from collections.abc import Iterable

from assistant import language

HALF = 5
"""Letters from which a word says something as part of a compound."""
ENDING = 3
"""Letters that an ending may have beyond those that the stemmer takes."""
_OPPOSITES = (
    ("godta", "avvise"), ("godkjenne", "avslå"), ("øke", "redusere"), ("øke", "minke"), ("heve", "senke"),
    ("åpen", "lukket"), ("høyere", "lavere"), ("høyeste", "laveste"), ("høy", "lav"), ("større", "mindre"),
    ("flere", "færre"), ("lengre", "kortere"), ("lovlig", "ulovlig"), ("tillatt", "forbudt"),
    ("forby", "tillate"), ("gyldig", "ugyldig"), ("frivillig", "obligatorisk"), ("inkludert", "ekskludert"),
    ("inkl", "ekskl"), ("med", "uten"), ("før", "etter"), ("over", "under"), ("offentlig", "privat"),
    ("vedtatt", "foreslått"), ("gjeldende", "opphevet"), ("trer", "opphører"), ("vinne", "tape"),
    ("tidligere", "senere"), ("nasjonal", "internasjonal"), ("statlig", "kommunal"), ("kjøper", "selger"),
)  # fmt: skip
_SAME = (
    "anskaffelse anskaffelsen anskaffelser innkjøp innkjøpet kjøp kjøpet", "kontrakt avtale",
    "leverandør leverandører leverandørane tilbyder tilbydere tilbyderne", "bruke benytte anvende",
    "regel regelen regler reglene bestemmelse bestemmelsene", "opplysning opplysninger informasjon",
    "utføre utføres gjennomføre gjennomføres", "følge følges overholde overholdes etterleve",
    "fulgt overholdt", "firma foretak selskap", "sende sendes oversende oversendes", "begrunne grunngi",
    "beløp sum",
    "fastsette bestemme", "fastsatt bestemt", "omfatte omfattes dekke dekkes", "foreta gjøre",
    "kreve krever forlange forlanger", "sørge sikre", "straks umiddelbart", "behøve trenge",
    "vilkår vilkårene betingelse betingelser betingelsene", "melde varsle", "velge utpeke",
    "oppdragsgiver oppdragsgiveren oppdragsgivar oppdragsgivaren oppdragsgjevar oppdragsgjevaren",
)  # fmt: skip
ACTORS = frozenset(
    map(language.stem, ("oppdragsgiver", "oppdragsgiveren", "oppdragsgivar", "fylkeskommunen"))
)
"""Whom the sources call «du» and «dere»."""
FRAMES = frozenset(
    language.stem(word)
    for word in (
        "følger innebærer betyr inneholder sier står går fram fremgår kilde kilden kjelda avsnittet svaret"
    ).split()
)
"""Words that say where a rule stands."""
SOURCES = frozenset(
    stem
    for word in "lov loven forskrift forskriften regel regelen reglene bestemmelsen kravet".split()
    for stem in (word, language.stem(word))
)
"""What a source calls itself; the heading may stand in its place."""
_PREFIXES = frozenset("u an av be for fore fra gjen inn mis mot om opp over på sam til under ut ved".split())
"""What makes another word of a word, and no compound: «forskrift» is no kind of «skrift»."""
GENERAL = (
    ACTORS
    | FRAMES
    | frozenset(
        language.stem(word)
        for word in (
            "altså derfor dermed dessuten videre imidlertid likevel samtidig både enten hverken dersom mens "
            "siden gjelder gjeld omfatter tilfelle tilfeller regel reglene spørsmålet dvs jf bl eks nr kr "
            "kroner prosent slik slike følgende blant annet også òg"
        ).split()
    )
)
"""Words that may stand in any sentence about the sources, though no line has them."""
_TURNED = {
    pair
    for a, b in _OPPOSITES
    for pair in ((language.stem(a), language.stem(b)), (language.stem(b), language.stem(a)))
}
_NONE: frozenset[int] = frozenset()
_GROUP: dict[str, set[int]] = {}
for _at, _words in enumerate(_SAME):
    for _word in _words.split():
        _GROUP.setdefault(language.stem(_word), set()).add(_at)


def opposite(one: str, other: str) -> bool:
    """Whether two words turn each other round."""
    return (one, other) in _TURNED or one == "u" + other or other == "u" + one


def same(one: str, other: str) -> bool:
    """Whether two words say the same."""
    return one == other or bool(_GROUP.get(one, _NONE) & _GROUP.get(other, _NONE))


def forms(one: str, other: str) -> bool:
    """Whether two stems are two forms of one word: one is the other with an ending."""
    short, long = sorted((one, other), key=len)
    return len(short) >= 4 and long.startswith(short) and len(long) - len(short) <= ENDING


def part(key: str, known: Iterable[str]) -> bool:
    """Whether a compound holds a known word that is half of it, or is half of one."""
    return any(_half(key, other) for other in known if other[0] not in "#@§/")


def _half(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(short) < HALF or short not in long or 2 * len(short) < len(long) or len(long) - len(short) == 1:
        return False
    return not (long.endswith(short) and long.removesuffix(short) in _PREFIXES)
