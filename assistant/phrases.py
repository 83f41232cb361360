"""Our own words around the quotes of an answer: refusals, notices and marks, in nb, nn and en.

Nothing here is a claim about the law: those come from the sources alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from assistant.types import Rank, SourceKind

_MONTHS = "januar februar mars april mai juni juli august september oktober november desember".split()
_MONTHS_EN = "January February March April May June July August September October November December".split()

NO_EVIDENCE: Mapping[str, str] = {
    "nb": "Det finner jeg ikke i kildene. Prøv med andre ord, eller se om et av avsnittene nedenfor er i "
    "nærheten. "
    "Gjelder det en konkret sak, bør du spørre innkjøpsavdelingen eller juristene i fylkeskommunen.",
    "nn": "Det finn eg ikkje i kjeldene. Prøv med andre ord, eller sjå om eit av avsnitta nedanfor er i "
    "nærleiken. "
    "Gjeld det ei konkret sak, bør du spørje innkjøpsavdelinga eller juristane i fylkeskommunen.",
    "en": "I cannot find that in the sources. Try other words, or see whether one of the sections below is "
    "close. "
    "For a concrete case, ask the county council's procurement or legal staff.",
}
OUT_OF_SCOPE: Mapping[str, str] = {
    "nb": "Det ligger utenfor det jeg kan svare på. Jeg svarer på spørsmål om offentlige anskaffelser i "
    "fylkeskommuner: regelverk, strategi, seriøsitet, klima og kontraktsoppfølging.",
    "nn": "Det ligg utanfor det eg kan svare på. Eg svarer på spørsmål om offentlege innkjøp i "
    "fylkeskommunar: regelverk, strategi, seriøsitet, klima og kontraktsoppfølging.",
    "en": "That is outside what I can answer. I answer questions about public procurement in Norwegian "
    "county "
    "councils: rules, strategy, serious working life, climate and contract management.",
}
REDIRECTED: Mapping[str, str] = {
    "nb": "Det kan jeg ikke hjelpe med. Dette sier kildene om regelen:",
    "nn": "Det kan eg ikkje hjelpe med. Dette seier kjeldene om regelen:",
    "en": "I cannot help with that. This is what the sources say about the rule:",
}
REDIRECTED_ASKED: Mapping[str, str] = {
    "nb": "Det finner jeg ikke svar på i kildene. Dette sier de om regelen:",
    "nn": "Det finn eg ikkje svar på i kjeldene. Dette seier dei om regelen:",
    "en": "I cannot find the answer in the sources. This is what they say about the rule:",
}
"""The same for who asks whether something is allowed, which is an honest question."""
_ENDED: Mapping[str, str] = {
    "nb": "«{title}» gjaldt til og med {day}. Det som er sitert derfra, er ikke gjeldende {now}.",
    "nn": "«{title}» galdt til og med {day}. Det som er sitert derifrå, er ikkje gjeldande {now}.",
    "en": "“{title}” applied until {day}. What is quoted from it is not in force {now}.",
}
_ENDED_SECTION: Mapping[str, str] = {
    "nb": "Avsnittet «{title}» beskriver regler som gjaldt til og med {day}.",
    "nn": "Avsnittet «{title}» gjeld reglar som galdt til og med {day}.",
    "en": "The section “{title}” describes rules that applied until {day}.",
}
_ON: Mapping[str, str] = {
    "nb": "Svaret gjelder for {day}.",
    "nn": "Svaret gjeld for {day}.",
    "en": "The answer is for {day}.",
}
_PROPOSAL: Mapping[str, str] = {
    "nb": "«{title}» bygger på et forslag og er ikke vedtatt regel.",
    "nn": "«{title}» byggjer på eit framlegg og er ikkje vedteken regel.",
    "en": "“{title}” rests on a proposal and is not an adopted rule.",
}
_OWN_POLICY: Mapping[str, str] = {
    "nb": "«{title}» er fylkeskommunens egen policy. Den går ikke foran lov og forskrift.",
    "nn": "«{title}» er fylkeskommunen sin eigen policy. Han går ikkje framfor lov og forskrift.",
    "en": "“{title}” is the county's own policy. It does not override act or regulation.",
}
LANGUAGE: Mapping[str, str] = {
    "nb": "",
    "nn": "",
    "en": "The quotes are in Norwegian, as they stand in the sources.",
}
WRITING: Mapping[str, str] = {
    "nb": "Språkmodellen skriver, og hver setning kontrolleres mot kildene …",
    "nn": "Språkmodellen skriv, og kvar setning blir kontrollert mot kjeldene …",
    "en": "The language model is writing, and each sentence is checked against the sources …",
}
MODEL_DOWN: Mapping[str, str] = {
    "nb": "Språkmodellen svarte ikke, så svaret er satt sammen av ordrette setninger fra kildene.",
    "nn": "Språkmodellen svarte ikkje, så svaret er sett saman av ordrette setningar frå kjeldene.",
    "en": "The language model did not respond, so the answer is made of verbatim sentences from the sources.",
}
MODEL_STOPPED: Mapping[str, str] = {
    "nb": "Språkmodellen ble ikke ferdig. Resten av svaret er ordrette setninger fra kildene.",
    "nn": "Språkmodellen vart ikkje ferdig. Resten av svaret er ordrette setningar frå kjeldene.",
    "en": "The language model did not finish. The rest of the answer is verbatim sentences from the sources.",
}
MODEL_UNSUPPORTED: Mapping[str, str] = {
    "nb": "Det språkmodellen skrev, hadde ikke dekning i kildene. Svaret er derfor ordrette setninger.",
    "nn": "Det språkmodellen skreiv, hadde ikkje dekning i kjeldene. Svaret er difor ordrette setningar.",
    "en": "The sources did not carry what the language model wrote, so the answer is verbatim sentences.",
}
VERBATIM: Mapping[str, str] = {
    "nb": "Ordrett fra kildene:",
    "nn": "Ordrett frå kjeldene:",
    "en": "Verbatim from the sources:",
}
_LOWER_RANK: Mapping[Rank, Mapping[str, str]] = {
    Rank.KOFA: {"nb": "Ifølge KOFA:", "nn": "Ifølgje KOFA:", "en": "According to KOFA:"},
    Rank.GUIDANCE: {
        "nb": "Ifølge veiledning, ikke lov eller forskrift:",
        "nn": "Ifølgje rettleiing, ikkje lov eller forskrift:",
        "en": "According to guidance, not act or regulation:",
    },
    Rank.OWN_POLICY: {
        "nb": "Ifølge fylkeskommunens egen policy, ikke lov eller forskrift:",
        "nn": "Ifølgje fylkeskommunen sin eigen policy, ikkje lov eller forskrift:",
        "en": "According to the county's own policy, not act or regulation:",
    },
    Rank.PROPOSAL: {
        "nb": "Ifølge et forslag som ikke er vedtatt:",
        "nn": "Ifølgje eit framlegg som ikkje er vedteke:",
        "en": "According to a proposal that is not adopted:",
    },
}
_KIND: Mapping[SourceKind, Mapping[str, str]] = {
    SourceKind.LAW: {"nb": "lov og forskrift", "nn": "lov og forskrift", "en": "acts and regulations"},
    SourceKind.KOFA: {"nb": "KOFA", "nn": "KOFA", "en": "decisions of KOFA"},
    SourceKind.GUIDANCE: {"nb": "veiledning", "nn": "rettleiing", "en": "guidance"},
    SourceKind.OWN: {
        "nb": "egen strategi og modell",
        "nn": "eigen strategi og modell",
        "en": "the county's own strategy and model",
    },
}
_OR: Mapping[str, str] = {"nb": "eller", "nn": "eller", "en": "or"}
_ONLY: Mapping[str, str] = {
    "nb": "Du ba om svar bare fra {kinds}. Andre kilder er ikke tatt med, og kan si mer.",
    "nn": "Du bad om svar berre frå {kinds}. Andre kjelder er ikkje tekne med, og kan seie meir.",
    "en": "You asked for an answer from {kinds} only. Other sources are left out, and may say more.",
}
_ONLY_NONE: Mapping[str, str] = {
    "nb": "Du ba om svar bare fra {kinds}, og slike kilder finnes ikke her.",
    "nn": "Du bad om svar berre frå {kinds}, og slike kjelder finst ikkje her.",
    "en": "You asked for an answer from {kinds} only, and there are no such sources here.",
}
_TODAY: Mapping[str, str] = {"nb": "i dag", "nn": "i dag", "en": "today"}


def day(value: date, language: str) -> str:
    """A date as people write it: «1. juli 2026», “1 July 2026”."""
    if language == "en":
        return f"{value.day} {_MONTHS_EN[value.month - 1]} {value.year}"
    return f"{value.day}. {_MONTHS[value.month - 1]} {value.year}"


def ended(title: str, last: date, on: date, today: date, language: str) -> str:
    """The notice that a source had ended on the day of the answer."""
    now = _TODAY[language] if on == today else day(on, language)
    return _ENDED[language].format(title=title, day=day(last, language), now=now)


def ended_section(title: str, last: date, language: str) -> str:
    """The notice that one section tells of rules that had ended."""
    return _ENDED_SECTION[language].format(title=title, day=day(last, language))


def for_day(on: date, language: str) -> str:
    """The notice that the answer is for another day than today."""
    return _ON[language].format(day=day(on, language))


def proposal(title: str, language: str) -> str:
    """The notice that a cited section rests on a proposal."""
    return _PROPOSAL[language].format(title=title)


def own_policy(title: str, language: str) -> str:
    """The notice that the answer leans on a county's own policy alone."""
    return _OWN_POLICY[language].format(title=title)


def lower_rank(rank: Rank, language: str) -> str:
    """The words before a «must» that only a source below act and regulation says; empty for law."""
    return _LOWER_RANK[rank][language] if rank in _LOWER_RANK else ""


_UNANSWERED: Mapping[str, str] = {
    "nb": "Kildene svarer ikke på denne delen av spørsmålet: «{part}»",
    "nn": "Kjeldene svarar ikkje på denne delen av spørsmålet: «{part}»",
    "en": "The sources do not answer this part of the question: “{part}”",
}


def unanswered(part: str, tongue: str) -> str:
    """That one part of a question has no answer in the sources."""
    return _UNANSWERED[tongue].format(part=part)


def kinds(only: Sequence[SourceKind], language: str) -> str:
    """The kinds of source in words: «lov og forskrift eller veiledning»."""
    return f" {_OR[language]} ".join(_KIND[kind][language] for kind in only)


def answered_only(only: Sequence[SourceKind], language: str, *, held: bool = True) -> str:
    """The notice that only some kinds of source were to answer; `held` when there are sources of them."""
    return (_ONLY if held else _ONLY_NONE)[language].format(kinds=kinds(only, language))
