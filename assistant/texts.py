"""Every Norwegian sentence that a person sees outside an answer's quotes, in bokmål and nynorsk.

Constants and small tables only. A name with `_NN` is the nynorsk of the name without; `*_IN` finds
the table by language (`nb`, `nn`).
"""

from __future__ import annotations

from assistant.types import AnswerStatus, Rank, SourceKind, SourceType

# --- The product ---------------------------------------------------------------------------------

PRODUCT = "Anskaffelsesassistenten"
MONTHS = (
    "januar", "februar", "mars", "april", "mai", "juni",
    "juli", "august", "september", "oktober", "november", "desember",
)  # fmt: skip
TABLE = "Tabell"

# --- Outcomes and kinds of source ----------------------------------------------------------------

STATUS: dict[AnswerStatus, str] = {
    AnswerStatus.ANSWERED: "Svar fra kildene",
    AnswerStatus.PARTIAL: "Delvis svar",
    AnswerStatus.NO_EVIDENCE: "Fant ikke svar i kildene",
    AnswerStatus.OUT_OF_SCOPE: "Utenfor fagområdet",
    AnswerStatus.NEEDS_FACT: "Trenger en opplysning",
    AnswerStatus.MODEL_UNAVAILABLE: "Språkmodellen svarte ikke",
}
STATUS_NN: dict[AnswerStatus, str] = {
    AnswerStatus.ANSWERED: "Svar frå kjeldene",
    AnswerStatus.PARTIAL: "Delvis svar",
    AnswerStatus.NO_EVIDENCE: "Fann ikkje svar i kjeldene",
    AnswerStatus.OUT_OF_SCOPE: "Utanfor fagområdet",
    AnswerStatus.NEEDS_FACT: "Treng ei opplysning",
    AnswerStatus.MODEL_UNAVAILABLE: "Språkmodellen svarte ikkje",
}
STATUS_IN = {"nb": STATUS, "nn": STATUS_NN}

RANK: dict[Rank, str] = {
    Rank.ACT: "Lov",
    Rank.REGULATION: "Forskrift",
    Rank.KOFA: "KOFA-avgjørelse",
    Rank.GUIDANCE: "Veiledning",
    Rank.OWN_POLICY: "Egen policy",
    Rank.PROPOSAL: "Forslag, ikke vedtatt",
}
RANK_NN: dict[Rank, str] = {
    Rank.ACT: "Lov",
    Rank.REGULATION: "Forskrift",
    Rank.KOFA: "KOFA-avgjerd",
    Rank.GUIDANCE: "Rettleiing",
    Rank.OWN_POLICY: "Eigen policy",
    Rank.PROPOSAL: "Forslag, ikkje vedteke",
}
RANK_IN = {"nb": RANK, "nn": RANK_NN}

SOURCE_TYPE: dict[SourceType, str] = {
    SourceType.REGULATION: "Regelverk",
    SourceType.GUIDANCE: "Veiledning",
    SourceType.STRATEGY: "Strategi",
    SourceType.MODEL: "Modell",
}
SOURCE_TYPE_NN: dict[SourceType, str] = {**SOURCE_TYPE, SourceType.GUIDANCE: "Rettleiing"}
SOURCE_TYPE_IN = {"nb": SOURCE_TYPE, "nn": SOURCE_TYPE_NN}

SOURCE_KIND: dict[SourceKind, str] = {
    SourceKind.LAW: "Lov og forskrift",
    SourceKind.KOFA: "KOFA",
    SourceKind.GUIDANCE: "Veiledning",
    SourceKind.OWN: "Egen strategi og modell",
}
SOURCE_KIND_NN: dict[SourceKind, str] = {
    **SOURCE_KIND,
    SourceKind.GUIDANCE: "Rettleiing",
    SourceKind.OWN: "Eigen strategi og modell",
}
SOURCE_KIND_IN = {"nb": SOURCE_KIND, "nn": SOURCE_KIND_NN}

# --- The chat page -------------------------------------------------------------------------------

PAGE_NB: dict[str, str] = {
    "badge": "KI-tjeneste",
    "tagline": "Svarer bare fra kildene, og viser setningen svaret bygger på.",
    "skip": "Hopp til spørsmålsfeltet",
    "sources_link": "Alle kilder",
    "language": "Nynorsk",
    "language_label": "Byt til nynorsk",
    "chat": "Samtale",
    "you": "Du spurte",
    "empty_title": "Hva lurer du på om anskaffelser?",
    "empty_text": "Skriv spørsmålet med egne ord. Du får svaret med sitat fra kildene, slik de gjelder på "
    "datoen du velger. Står det ikke i kildene, sier vi fra.",
    "examples": "Prøv for eksempel",
    "question": "Spørsmål",
    "placeholder": "Skriv spørsmålet ditt",
    "send": "Spør",
    "stop": "Stopp",
    "new": "Ny samtale",
    "date": "Svar for dato",
    "pick_date": "Velg dato i kalender",
    "privacy": "Svarene kommer fra KI og kan være ufullstendige: les kilden før du bruker dem i en sak. "
    "Ikke skriv personopplysninger eller taushetsbelagt informasjon.",
    "kept": "Samtalen lagres i {days} dager etter siste bruk, og kan bli omfattet av innsyn.",
    "searching": "Søker i kildene …",
    "checking": "Kontrollerer sitatene …",
    "ready": "Svaret er klart. Antall kilder: {n}.",
    "ready_none": "Svaret er klart.",
    "on": "Svar for {date}",
    "stopped": "Stoppet. Du ser det som rakk å komme.",
    "stopped_empty": "Stoppet før svaret kom.",
    "notice": "Merk",
    "cite": "Kilde {n}: {title}, {section}",
    "copy": "Kopier svar med kilder",
    "copied": "Kopiert",
    "copy_failed": "Kunne ikke kopiere. Merk teksten og kopier den selv.",
    "open_sources": "Vis kildene",
    "choices": "Velg det som passer",
    "follow_ups": "Spør videre",
    "suggestions": "Dette ligger nærmest i kildene",
    "sources": "Kilder",
    "sources_empty": "Her ser du avsnittene svaret bygger på, med de siterte setningene merket.",
    "sources_none": "Dette svaret bygger ikke på noen kilde.",
    "sources_for": "Kilder til «{question}»",
    "whole": "Vis hele avsnittet",
    "publisher": "Utgiver",
    "valid": "Gjelder",
    "was_valid": "Gjaldt",
    "checked": "Kontrollert",
    "page": "Side",
    "official": "Offisiell side",
    "official_label": "Offisiell side for kilde {n} (ny fane)",
    "viewer": "Åpne i kilden",
    "viewer_label": "Åpne kilde {n} i dokumentet (ny fane)",
    "back": "Tilbake til svaret",
    "in_force": "Gjelder",
    "ended": "Opphørt",
    "ended_on": "Opphørt {date}",
    "future": "Gjelder ikke ennå",
    "future_from": "Gjelder først fra {date}",
    "from": "fra {date}",
    "until": "til {date}",
    "span": "{start} til {end}",
    "bad_date": "Datoen «{value}» kan ikke leses. Skriv den som 22.11.2026.",
    "empty_question": "Skriv et spørsmål først.",
    "noscript": "Siden trenger JavaScript. Kildene kan leses uten, på adressen /kilder.",
    "failed": "Noe gikk galt hos oss, og svaret ble ikke ferdig. Prøv en gang til.",
    "error": "Feil",
    "lost": "Mistet kontakten med tjenesten. Prøver igjen …",
    "busy": "Mange spør akkurat nå. Prøv igjen om litt.",
    "trouble": "Noe gikk galt. Last siden på nytt hvis det ikke går over.",
    "limited": "Begrenset søk",
    "copy_header": "Spørsmål: {question}",
    "copy_on": "Svar for {date}",
    "copy_sources": "Kilder",
    "copy_checked": "kontrollert {date}",
    "copy_footer": "Laget av Anskaffelsesassistenten (KI). Kontroller kildene før bruk.",
}
PAGE_NN: dict[str, str] = {
    "badge": "KI-teneste",
    "tagline": "Svarer berre frå kjeldene, og viser setninga svaret byggjer på.",
    "skip": "Hopp til spørsmålsfeltet",
    "sources_link": "Alle kjelder",
    "language": "Bokmål",
    "language_label": "Bytt til bokmål",
    "chat": "Samtale",
    "you": "Du spurde",
    "empty_title": "Kva lurer du på om innkjøp?",
    "empty_text": "Skriv spørsmålet med eigne ord. Du får svaret med sitat frå kjeldene, slik dei gjeld på "
    "datoen du vel. Står det ikkje i kjeldene, seier vi frå.",
    "examples": "Prøv til dømes",
    "question": "Spørsmål",
    "placeholder": "Skriv spørsmålet ditt",
    "send": "Spør",
    "stop": "Stopp",
    "new": "Ny samtale",
    "date": "Svar for dato",
    "pick_date": "Vel dato i kalender",
    "privacy": "Svara kjem frå KI og kan vere ufullstendige: les kjelda før du bruker dei i ei sak. "
    "Ikkje skriv personopplysningar eller teiepliktig informasjon.",
    "kept": "Samtalen blir lagra i {days} dagar etter siste bruk, og kan bli omfatta av innsyn.",
    "searching": "Søkjer i kjeldene …",
    "checking": "Kontrollerer sitata …",
    "ready": "Svaret er klart. Talet på kjelder: {n}.",
    "ready_none": "Svaret er klart.",
    "on": "Svar for {date}",
    "stopped": "Stoppa. Du ser det som rakk å kome.",
    "stopped_empty": "Stoppa før svaret kom.",
    "notice": "Merk",
    "cite": "Kjelde {n}: {title}, {section}",
    "copy": "Kopier svar med kjelder",
    "copied": "Kopiert",
    "copy_failed": "Kunne ikkje kopiere. Merk teksten og kopier han sjølv.",
    "open_sources": "Vis kjeldene",
    "choices": "Vel det som passar",
    "follow_ups": "Spør vidare",
    "suggestions": "Dette ligg nærmast i kjeldene",
    "sources": "Kjelder",
    "sources_empty": "Her ser du avsnitta svaret byggjer på, med dei siterte setningane merkte.",
    "sources_none": "Dette svaret byggjer ikkje på noka kjelde.",
    "sources_for": "Kjelder til «{question}»",
    "whole": "Vis heile avsnittet",
    "publisher": "Utgjevar",
    "valid": "Gjeld",
    "was_valid": "Galdt",
    "checked": "Kontrollert",
    "page": "Side",
    "official": "Offisiell side",
    "official_label": "Offisiell side for kjelde {n} (ny fane)",
    "viewer": "Opne i kjelda",
    "viewer_label": "Opne kjelde {n} i dokumentet (ny fane)",
    "back": "Tilbake til svaret",
    "in_force": "Gjeld",
    "ended": "Oppheva",
    "ended_on": "Oppheva {date}",
    "future": "Gjeld ikkje enno",
    "future_from": "Gjeld først frå {date}",
    "from": "frå {date}",
    "until": "til {date}",
    "span": "{start} til {end}",
    "bad_date": "Datoen «{value}» kan ikkje lesast. Skriv han som 22.11.2026.",
    "empty_question": "Skriv eit spørsmål først.",
    "noscript": "Sida treng JavaScript. Kjeldene kan lesast utan, på adressa /kilder.",
    "failed": "Noko gjekk gale hos oss, og svaret vart ikkje ferdig. Prøv ein gong til.",
    "error": "Feil",
    "lost": "Mista kontakten med tenesta. Prøver igjen …",
    "busy": "Mange spør akkurat no. Prøv igjen om litt.",
    "trouble": "Noko gjekk gale. Last sida på nytt om det ikkje går over.",
    "limited": "Avgrensa søk",
    "copy_header": "Spørsmål: {question}",
    "copy_on": "Svar for {date}",
    "copy_sources": "Kjelder",
    "copy_checked": "kontrollert {date}",
    "copy_footer": "Laga av Anskaffelsesassistenten (KI). Kontroller kjeldene før bruk.",
}
PAGE_IN = {"nb": PAGE_NB, "nn": PAGE_NN}

# --- Personal data in what people write ----------------------------------------------------------

PERSONAL_MASK = "[fødselsnummer fjernet]"
PERSONAL_REMOVED: dict[str, str] = {
    "email": "[e-postadresse fjernet]",
    "phone": "[telefonnummer fjernet]",
    "account": "[kontonummer fjernet]",
}
PERSONAL_NB: dict[str, str] = {
    "question": "Spørsmålet inneholder et tall som ser ut som et fødselsnummer, D-nummer eller hjelpenummer. "
    "Det er verken lagret eller sendt videre.",
    "history": "Noe du har skrevet tidligere i samtalen, ser ut som et fødselsnummer, D-nummer eller "
    "hjelpenummer. Det er verken lagret eller sendt videre.",
    "text": "Teksten inneholder et tall som ser ut som et fødselsnummer, D-nummer eller hjelpenummer. "
    "Den er ikke lagret.",
    "remedy": "Ta bort nummeret og prøv igjen. Skriv heller «den ansatte» eller «leverandøren».",
    "notice": "Spørsmålet ditt ser ut til å inneholde {found}. Svaret trenger det ikke: unngå "
    "personopplysninger neste gang, eller slett samtalen.",
    "email": "en e-postadresse",
    "phone": "et telefonnummer",
    "account": "et kontonummer",
    "and": "og",
}
PERSONAL_NN: dict[str, str] = {
    "question": "Spørsmålet inneheld eit tal som ser ut som eit fødselsnummer, D-nummer eller hjelpenummer. "
    "Det er verken lagra eller sendt vidare.",
    "history": "Noko du har skrive tidlegare i samtalen, ser ut som eit fødselsnummer, D-nummer eller "
    "hjelpenummer. Det er verken lagra eller sendt vidare.",
    "text": "Teksten inneheld eit tal som ser ut som eit fødselsnummer, D-nummer eller hjelpenummer. "
    "Han er ikkje lagra.",
    "remedy": "Ta bort nummeret og prøv igjen. Skriv heller «den tilsette» eller «leverandøren».",
    "notice": "Spørsmålet ditt ser ut til å innehalde {found}. Svaret treng det ikkje: unngå "
    "personopplysningar neste gong, eller slett samtalen.",
    "email": "ei e-postadresse",
    "phone": "eit telefonnummer",
    "account": "eit kontonummer",
    "and": "og",
}
PERSONAL_EN: dict[str, str] = {
    "question": "The question holds what looks like a Norwegian national identity number. "
    "It has been neither stored nor passed on.",
    "history": "Something you wrote earlier looks like a Norwegian national identity number. "
    "It has been neither stored nor passed on.",
    "text": "The text holds what looks like a Norwegian national identity number. It has not been stored.",
    "remedy": "Remove the number and try again. Write “the employee” or “the supplier” instead.",
    "notice": "Your question seems to hold {found}. The answer does not need it: leave personal data out "
    "next time, or delete the conversation.",
    "email": "an e-mail address",
    "phone": "a telephone number",
    "account": "a bank account number",
    "and": "and",
}
PERSONAL_IN = {"nb": PERSONAL_NB, "nn": PERSONAL_NN, "en": PERSONAL_EN}

CASE_TODO = (
    "Ikke ferdig. Les etter navn og annet som peker på personer.",
    "status er utfallet svaret fikk, golden avsnittene det siterte: rett dem, og skriv facts.",
)

# --- What is kept --------------------------------------------------------------------------------

STORE: dict[str, str] = {
    "unreachable": "Samtalene kan ikke leses eller lagres: {reason}.",
    "unreachable_remedy": "Sjekk diskplass og tilgang til mappen, eller at databasen i "
    "ASSISTANT_DATABASE_URL svarer.",
    "newer": "Databasen med samtalene er laget av en nyere versjon av programmet.",
    "newer_remedy": "Oppgrader programmet, eller legg tilbake en sikkerhetskopi av databasen.",
    "damaged": "Databasen med samtalene er skadet.",
    "damaged_remedy": "Stopp tjenesten og legg tilbake en sikkerhetskopi; se docs/operations.md.",
    "url": "ASSISTANT_DATABASE_URL er ikke adressen til en PostgreSQL.",
    "url_remedy": "Skriv den som postgresql://bruker:passord@vert:5432/database, eller fjern den.",
    "not_kept": "Svaret er riktig, men kunne ikke lagres i samtalen.",
    "nothing": "Ingen samtaler er lagret ennå.",
    "nothing_remedy": "Sjekk at ASSISTANT_VAR er mappen som tjenesten bruker.",
    "copy_exists": "Filen {file} finnes fra før.",
    "copy_exists_remedy": "Velg et annet navn.",
    "copy_failed": "Kopien {file} kan ikke brukes: {reason}.",
    "copy_failed_remedy": "Sjekk at filen er en hel kopi av samtalene, og at disken har plass.",
    "postgres_copy": "Samtalene ligger i en PostgreSQL.",
    "postgres_copy_remedy": "Bruk pg_dump og pg_restore; se docs/operations.md.",
}

REASON: dict[str, str] = {
    "feil": "Svaret er feil",
    "mangler_vesentlig": "Noe vesentlig mangler",
    "feil_kilde": "Kilden er feil eller utdatert",
    "sitat_finnes_ikke": "Sitatet finnes ikke i kilden",
    "misforstod": "Spørsmålet ble misforstått",
    "blander_regelverk": "Svaret blander regelverk",
    "mangler_kilder": "Det mangler kilder",
    "annet": "Annet",
}
REASON_NN: dict[str, str] = {
    "feil": "Svaret er feil",
    "mangler_vesentlig": "Noko vesentleg manglar",
    "feil_kilde": "Kjelda er feil eller utdatert",
    "sitat_finnes_ikke": "Sitatet finst ikkje i kjelda",
    "misforstod": "Spørsmålet vart misforstått",
    "blander_regelverk": "Svaret blandar regelverk",
    "mangler_kilder": "Det manglar kjelder",
    "annet": "Anna",
}
REASON_IN = {"nb": REASON, "nn": REASON_NN}

EXPORT: dict[str, str] = {
    "machine": "Svarene er laget av en maskin (KI) og kan være ufullstendige. Kontroller kildene før bruk.",
    "made": "Eksportert {date} fra Anskaffelsesassistenten, versjon {version}.",
    "begun": "Samtalen begynte {start} og ble sist brukt {end}.",
    "question": "Spørsmål {n}",
    "on": "Svar for {date}",
    "given": "Gitt {date}. Indeks: {build}. Måte: {mode}. Utfall: {status}.",
    "print": "Svarets fingeravtrykk (SHA-256): {sha256}",
    "sources": "Kilder",
    "quote": "«{quote}»",
    "notice": "Merk",
    "page": "side {n}",
    "extractive": "ordrett fra kildene",
    "generative": "formulert av en språkmodell og kontrollert setning for setning",
    "footer": "Laget av KI · side {n}",
}

EXAMPLES: tuple[str, ...] = (
    "Hva er terskelverdien for varer og tjenester nå?",
    "Hvor mange ledd underleverandører kan vi godta i en byggekontrakt?",
    "Når kan klima og miljø erstatte vekting på 30 prosent?",
    "Når må vi dele opp en kontrakt?",
)
EXAMPLES_NN: tuple[str, ...] = (
    "Kva er terskelverdien for varer og tenester no?",
    "Kor mange ledd underleverandørar kan vi godta i ein byggjekontrakt?",
    "Når kan klima- og miljøkrav erstatte vekting på 30 prosent?",
    "Når må vi dele opp ein kontrakt?",
)
EXAMPLES_IN = {"nb": EXAMPLES, "nn": EXAMPLES_NN}

# --- The source pages ----------------------------------------------------------------------------

VIEWER_NB: dict[str, str] = {
    "home": "Til samtalen",
    "all": "Alle kilder",
    "all_lead": "Dokumentene som assistenten svarer fra: hvem som står bak, når de gjelder, og "
    "når innholdet sist ble kontrollert mot den offisielle siden.",
    "contents": "Innhold",
    "skip": "Hopp til innholdet",
    "publisher": "Utgiver",
    "adopted": "Vedtatt",
    "checked": "Kontrollert",
    "official": "Offisiell side",
    "section_source": "Kilde",
    "anchor": "Lenke til avsnittet {section}",
    "not_found_title": "Fant ikke kilden",
    "not_found": "Det finnes ingen kilde med navnet «{id}». Her er dem som finnes:",
    "quote_found": "Sitatet er merket i teksten.",
    "quotes_found": "{n} sitater er merket i teksten.",
    "quote_missing": "Sitatet finnes ikke ordrett i denne utgaven av kilden:",
    "jump": "Gå til sitatet",
    "page": "side {n}",
    "page_image": "Side {n} slik den ser ut i dokumentet, med sitatet i ramme. Samme tekst står under.",
    "page_caption": "Side {n} i dokumentet",
}
VIEWER_NN: dict[str, str] = {
    "home": "Til samtalen",
    "all": "Alle kjelder",
    "all_lead": "Dokumenta som assistenten svarer frå: kven som står bak, når dei gjeld, og "
    "når innhaldet sist vart kontrollert mot den offisielle sida.",
    "contents": "Innhald",
    "skip": "Hopp til innhaldet",
    "publisher": "Utgjevar",
    "adopted": "Vedteke",
    "checked": "Kontrollert",
    "official": "Offisiell side",
    "section_source": "Kjelde",
    "anchor": "Lenkje til avsnittet {section}",
    "not_found_title": "Fann ikkje kjelda",
    "not_found": "Det finst inga kjelde med namnet «{id}». Her er dei som finst:",
    "quote_found": "Sitatet er merkt i teksten.",
    "quotes_found": "{n} sitat er merkte i teksten.",
    "quote_missing": "Sitatet finst ikkje ordrett i denne utgåva av kjelda:",
    "jump": "Gå til sitatet",
    "page": "side {n}",
    "page_image": "Side {n} slik ho ser ut i dokumentet, med sitatet i ramme. Same tekst står under.",
    "page_caption": "Side {n} i dokumentet",
}
VIEWER_IN = {"nb": VIEWER_NB, "nn": VIEWER_NN}

# --- Problems: pages, API and start --------------------------------------------------------------

PROBLEM_TITLE: dict[int, str] = {
    400: "Forespørselen kan ikke leses",
    401: "Logg inn først",
    403: "Forespørselen kommer fra et annet nettsted",
    404: "Finnes ikke",
    405: "Metoden er ikke tillatt her",
    406: "Formatet kan ikke leveres",
    409: "Kan ikke gjøres nå",
    413: "For stor forespørsel",
    415: "Ukjent innholdstype",
    422: "Spørsmålet kan ikke brukes",
    429: "For mange forespørsler",
    500: "Noe gikk galt hos oss",
    503: "Ikke tilgjengelig nå",
}
PROBLEM: dict[str, str] = {
    "closed": "Anskaffelsesassistenten er stengt for øyeblikket. Bruk kildene direkte imens.",
    "not_json": "Innholdet er ikke gyldig JSON: {reason}.",
    "too_deep": "for dypt eller for store tall",
    "not_utf8": "Innholdet er ikke UTF-8.",
    "content_type": "Send spørsmålet med Content-Type: application/json.",
    "too_large": "Innholdet er større enn {limit} kB.",
    "no_route": "Adressen {path} finnes ikke. Se /docs for dem som gjør det.",
    "no_method": "{method} brukes ikke på {path}.",
    "no_source": "Det finnes ingen kilde med id «{id}». Se /api/v1/sources.",
    "internal": "Feilen er logget. Prøv igjen, og si fra til driften hvis den kommer tilbake.",
    "cross_site": "Tjenesten tar bare imot forespørsler fra egne sider og fra programmer uten nettleser.",
    "not_named": "Innloggingen foran tjenesten har ikke sagt hvem du er. Logg inn på nytt, og si fra til "
    "driften hvis det ikke hjelper.",
    "not_meant": "Send {header}: {value}, så vi vet at forespørselen kommer fra en av våre egne sider.",
    "no_conversation": "Du har ingen samtale med denne id-en.",
    "held": "Samtalen er tatt vare på for en sak og kan ikke slettes ennå.",
    "not_kept_here": "Her blir ingen samtaler lagret.",
    "starting": "Tjenesten starter. Prøv igjen om noen sekunder.",
    "fields": "Rett feltene som er listet opp.",
    "too_many": "Du har spurt oftere enn tjenesten tåler. Prøv igjen om {seconds} sekunder.",
    "under_way": "Du har allerede {n} svar i gang. Vent til ett av dem er ferdig.",
    "busy": "Mange spør akkurat nå. Prøv igjen om noen sekunder.",
    "no_form": "Skjemaet kan ikke leses. Gå tilbake, og send det på nytt.",
    "host": "Forespørselen mangler et gyldig vertsnavn.",
}
FIELD: dict[str, str] = {
    "missing": "mangler",
    "extra_forbidden": "er ukjent",
    "string_type": "må være tekst",
    "string_too_long": "er for lang",
    "string_too_short": "er tom",
    "string_unicode": "inneholder tegn som ikke er gyldig Unicode",
    "date": "må være en dato som 2026-11-22",
    "enum": "må være en av verdiene i beskrivelsen",
    "literal_error": "må være en av verdiene i beskrivelsen",
    "list_type": "må være en liste",
    "too_long": "har for mange ledd",
    "model_type": "må være et objekt",
    "dict_type": "må være et objekt",
    "string_pattern_mismatch": "har feil form",
    "with_conversation": "kan ikke sendes sammen med conversation",
    "other": "har feil verdi",
}
PAGE_404 = "Siden finnes ikke"
PAGE_404_TEXT = "Adressen er feil, eller siden er flyttet."
PAGE_500_TEXT = (
    "Feilen er logget. Prøv igjen, og si fra til den som drifter tjenesten hvis den kommer tilbake."
)

START: dict[str, str] = {
    "opening": "Starter Anskaffelsesassistenten …",
    "ready": "Klar på {url}",
    "ready_seconds": "Klar på {url} (etter {seconds:.1f} s)",
    "port_in_use": "Port {port} på {host} er opptatt.",
    "port_in_use_remedy": "Stopp programmet som bruker den, eller velg en annen med ASSISTANT_PORT.",
    "port_denied": "Port {port} på {host} kan ikke brukes: {reason}.",
    "port_denied_remedy": "Velg en annen adresse med ASSISTANT_HOST og ASSISTANT_PORT.",
    "var": "Mappen {path} kan ikke skrives til: {reason}.",
    "var_remedy": "Gi brukeren tilgang til mappen, eller velg en annen med ASSISTANT_VAR.",
    "frame": "ASSISTANT_FRAME_ANCESTORS har en ugyldig adresse: {value}.",
    "frame_remedy": "Skriv adresser som https://intranett.fylke.no, med mellomrom mellom.",
    "failed": "Feil: {message}",
}

# --- The list of endpoints -----------------------------------------------------------------------

DOCS_TITLE = "API"
DOCS_LEAD = "Samme svar som på siden, som JSON eller som en strøm av hendelser. Full beskrivelse:"
DOCS_HEADS = ("Metode", "Adresse", "Hva")
DOCS_EXAMPLE = "Eksempel"
