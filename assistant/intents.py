"""What kind of answer a question wants, and whether a sentence is of that kind.

Pure patterns over bokmål, nynorsk and English question words. A question may want several kinds.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Intent(StrEnum):
    """The kinds of answers that a sentence can be recognised as."""

    AMOUNT = "amount"
    SHARE = "share"
    DEADLINE = "deadline"
    COUNT = "count"
    DATE = "date"
    YES_NO = "yes_no"
    WHO = "who"
    DEFINITION = "definition"
    LIST = "list"
    CONTENTS = "contents"
    HOW_TO = "how_to"
    WHY = "why"
    COMPARISON = "comparison"
    EXCEPTION = "exception"


_QUESTION = {
    Intent.AMOUNT: (
        r"beløp|terskel|grens[ea]n?\b|hva koster|kva kostar|kost(er|ar)\b|hvor mye|kor mykje|hvor dyr|"
        r"verdi\b|\bsum\b|gebyr|how much|threshold|limit|\bcost|\bfee"
    ),
    Intent.SHARE: (
        r"prosent|\b(andel|andelen|prosentandel)|%|\bdel av\b|vekt(e|es|en|a|ing)?\b|hvor stor|kor stor|"
        r"per ?cent|share|weigh"
    ),
    Intent.DEADLINE: (
        r"frist|hvor (lang|lenge|gammel|ofte|raskt|tidlig)|kor (lang|lenge|gammal|ofte)|dager|\bvare\b|"
        r"varighet|how (long|old|often|soon)|deadline|time limit|days"
    ),
    Intent.COUNT: r"hvor mange|kor mange|antall|antal\b|how many|number of",
    Intent.DATE: r"\bnår\b|hvilken dato|kva dato|dato\b|hvilket år|\bwhen\b|date\b",
    Intent.WHO: (
        r"\bhvem\b|\bkven\b|\bhvilke[nt]? (virksomhet|etat|organ|myndighet|leverandør)|\bwho(m|se)?\b"
    ),
    Intent.DEFINITION: (
        r"(hva|kva) er (?!(den |de |det )?\w*(frist|straff|grens|terskel|krav|gebyr|beløp|verdi|regel|"
        r"reglane|reglene|andel|minste|høyeste|høgaste|største|lengste))|"
        r"hva (betyr|menes|vil det si|regnes|innebærer)|kva (betyr|vert rekna|vil det seie|inneber)|"
        r"forskjell|skilnad|what (is|are|does .* mean|counts)|definer|betydning"
    ),
    Intent.LIST: (
        r"\bhvilke\b|\bkva (krav|for|slags|reglar|område|tiltak|typar|dokument)|"
        r"\b(hva|kva) (må|skal|bør|kan)\b|liste|"
        r"oversikt|alle krav|hva slags|which|what (requirements|must|should|kinds|documents)|checklist|"
        r"list\b"
    ),
    Intent.CONTENTS: (
        r"\b(hva|kva|what)\b.*\b(stå|inneholde|innehalde|svare på|være med|vere med|ha med|ta med|bør med|"
        r"skal med|må med|kreve|contain|include|cover)\b|\b(hvilke|kva for) (krav|opplysninger|opplysningar|"
        r"punkter|punkt|vilkår|dokumenter|dokument|unntak|grunner|kriterier|tiltak|biler|kjøretøy|områder|områda|områdar)\b"
    ),
    Intent.HOW_TO: (
        r"\bhvordan\b|\bkorleis\b|gå(r)? (jeg|vi|eg) frem|fram(gangsmåte|gangsmåten)|slik gjør|\bhow (do|"
        r"can|should|to|is|are)\b"
    ),
    Intent.WHY: r"\bhvorfor\b|\bkvifor\b|\bwhy\b|begrunn",
    Intent.COMPARISON: (
        r"forskjell|skilnad|sammenlign|samanlikn|versus|\bvs\b|i stedet for|framfor|heller enn|difference|"
        r"compare|instead"
    ),
    Intent.EXCEPTION: r"unntak|unnta|untatt|slippe|uten å|fravik|exception|exempt|without",
}
_YES_NO = re.compile(
    r"^(og |men |så |hei[,!]? |da )?(kan|må|skal|er|har|gjelder|gjeld|får|bør|holder|held|trenger|treng|"
    r"finnes|finst|"
    r"regnes|teller|krever|krev|omfatter|vil|is|are|can|must|do|does|may|should|has|have|will|need)\b",
    re.IGNORECASE,
)
_PATTERNS = {intent: re.compile(pattern, re.IGNORECASE) for intent, pattern in _QUESTION.items()}

_MONTHS = "januar|februar|mars|april|mai|juni|juli|august|september|oktober|november|desember"
_ANSWER = {
    Intent.AMOUNT: r"\d[\d\s.,]*\s?(kr\b|kroner|mill|mrd|millioner|milliarder)|\bkr\s?\d|gebyr",
    Intent.SHARE: r"\d\s?(prosent|%)|prosent|halv(parten|e)|vekte",
    Intent.DEADLINE: (
        r"\b(\d+|en|ett|to|tre|fire|fem|seks|ti|femten|tretti)\s(virke|arbeids|kalender)?(dag|dager|uke|"
        r"uker|måned|måneder|år)\b|frist"
    ),
    Intent.COUNT: r"\b(\d+|én|en|ett|to|tre|fire|fem|seks|sju|åtte|ni|ti|tolv|tjue)\b",
    Intent.DATE: rf"\d{{1,2}}\.\s?({_MONTHS})|\b({_MONTHS})\s\d{{4}}|\b(19|20)\d\d\b",
    Intent.WHO: (
        r"ansvar|departement|oppdragsgiver|leverandør|tilsynet|fylkes(ting|råd|kommun)|DFØ|KOFA|"
        r"klagenemnd|entreprenør|koordinator"
    ),
    Intent.DEFINITION: r"\b(er|betyr|menes|vil si|regnes|omfatter|handler om|innebærer)\b",
    Intent.YES_NO: r"^(ja|nei)\b|\b(kan|må|skal|ikke|forbudt|lov|tillatt|plikt|krav|gjelder|adgang)\b",
    Intent.HOW_TO: (
        r"^(be|skriv|sett|spør|krev|bruk|start|lag|send|ta|velg|avklar|beskriv|sjekk|oppgi|vurder|del|"
        r"regn)\b|\b(slik|først|deretter|trinn|steg)\b"
    ),
    Intent.WHY: r"\b(fordi|derfor|grunn|formål|hensikt|slik at|for å)\b",
    Intent.EXCEPTION: r"unntak|unntatt|gjelder ikke|ikke omfattet|utenfor|fravik|likevel|med mindre",
}
_ANSWERS = {intent: re.compile(pattern, re.IGNORECASE) for intent, pattern in _ANSWER.items()}


MARKED = frozenset(
    {
        Intent.AMOUNT,
        Intent.SHARE,
        Intent.DEADLINE,
        Intent.COUNT,
        Intent.DATE,
        Intent.YES_NO,
        Intent.WHO,
        Intent.EXCEPTION,
        Intent.WHY,
        Intent.DEFINITION,
        Intent.HOW_TO,
    }
)
"""The kinds whose answers can be told by their form."""


@lru_cache(maxsize=256)
def wanted(question: str) -> frozenset[Intent]:
    """The kinds of answer that `question` asks for; may be empty."""
    found = {intent for intent, pattern in _PATTERNS.items() if pattern.search(question)}
    if _YES_NO.search(question.strip()):
        found.add(Intent.YES_NO)
    return frozenset(found)


@lru_cache(maxsize=65536)
def fits(intent: Intent, sentence: str) -> bool:
    """Whether `sentence` looks like an answer of the kind `intent`."""
    pattern = _ANSWERS.get(intent)
    return bool(pattern and pattern.search(sentence))


_EVASION = re.compile(
    r"\b(slipp\w*|unngå|unngår|omgå\w*|lure|lurer|skjul\w*|gjemme|tilbakedater\w*|i etterkant|i hemmelighet|"
    r"uten at (noen|de andre|det synes|revisor)|utan at (nokon|dei andre)|uten å si|utan å seie|så (vi|jeg|"
    r"hver|eg|me|han|hun|de) "
    r"(slipper|slepp|havner|hamnar|kommer|vinner|får)|"
    r"(slik|sånn) at (bare |berre |kun )?(vår|vårt|den|det|de|dei|han|hun|vi|me|et|eit) (\w+ ){0,3}"
    r"(vinner|vinn|slipper|slepp)|(holde|havne|komme|ligge) (oss )?(like )?under|"
    r"rundt (reglene|kravet|regelen)|"
    r"slepp\w*|avoid|get around|bypass|circumvent|hide|so that (only|they|he|we)|backdat\w*|"
    r"stay (just )?below|triks|smutthull|loophole)\b",
    re.IGNORECASE,
)


def evades(question: str) -> bool:
    """Whether `question` is worded as a search for a way round a rule, rather than whether it is allowed."""
    return bool(_EVASION.search(question)) and Intent.YES_NO not in wanted(question)
