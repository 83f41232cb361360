"""What the widget and its page say, in bokmål and nynorsk, beyond the words it shares with the chat page."""

from __future__ import annotations

WIDGET_NB: dict[str, str] = {
    "title": "Spør om anskaffelser",
    "close": "Lukk",
    "new": "Ny samtale",
    "whole_page": "Åpne i egen fane",
    "options": "Valg for svaret",
    "log": "Samtale",
    "welcome": "Hva lurer du på om anskaffelser?",
    "promise": "Du snakker med en maskin. Den svarer med sitat fra kildene, slik de gjelder på datoen du "
    "velger. Står det ikke der, sier den fra.",
    "machine": "Maskinen kan velge feil setning eller overse noe. Les kilden før du bruker svaret i en sak.",
    "machine_llm": "En språkmodell formulerer svaret, og hver setning blir kontrollert mot kilden den "
    "viser til. Les kilden før du bruker svaret i en sak.",
    "knows": "Svarer fra {n} kilder, sist kontrollert {date}:",
    "knows_link": "Se alle kildene",
    "innsyn": "Ikke skriv personopplysninger eller taushetsbelagt informasjon. Noen kan kreve innsyn i det "
    "du spør om.",
    "kept_here": "Spørsmålene lagres ikke hos oss. Samtalen ligger i denne fanen til du lukker den eller "
    "velger «Ny samtale».",
    "kept_feedback": "Gir du tilbakemelding, lagres den med spørsmålet og svaret i {n} dager.",
    "date_hint": "dd.mm.åååå",
    "searching": "Søker i kildene …",
    "reading": "Leser {n} avsnitt …",
    "checking": "Kontrollerer sitatene …",
    "sources": "Kilder ({n})",
    "cited": "Sitert i svaret",
    "only_read": "Lest, men ikke sitert",
    "quote": "Sitat fra kilde {n}",
    "close_quote": "Lukk sitatet",
    "retry": "Prøv igjen",
    "lost": "Mistet kontakten med tjenesten. Spørsmålet står her fortsatt.",
    "busy": "Mange spør akkurat nå. Prøv igjen om {n} sekunder.",
    "good": "Nyttig svar",
    "bad": "Noe er galt med svaret",
    "bad_title": "Hva er galt?",
    "bad_text": "Fortell gjerne mer",
    "send_feedback": "Send",
    "cancel": "Avbryt",
    "thanks": "Takk for tilbakemeldingen.",
    "feedback_failed": "Tilbakemeldingen kom ikke fram. Prøv igjen.",
    "pick_reason": "Velg minst én grunn, eller skriv noe.",
    "greeting": "Spør om anskaffelser",
    "noscript": "Siden virker uten JavaScript også: du får ett svar om gangen.",
}
WIDGET_NN: dict[str, str] = {
    "title": "Spør om innkjøp",
    "close": "Lukk",
    "new": "Ny samtale",
    "whole_page": "Opne i eiga fane",
    "options": "Val for svaret",
    "log": "Samtale",
    "welcome": "Kva lurer du på om innkjøp?",
    "promise": "Du snakkar med ei maskin. Ho svarer med sitat frå kjeldene, slik dei gjeld på datoen du vel. "
    "Står det ikkje der, seier ho frå.",
    "machine": "Maskina kan velje feil setning eller oversjå noko. Les kjelda før du bruker svaret i ei sak.",
    "machine_llm": "Ein språkmodell formulerer svaret, og kvar setning blir kontrollert mot kjelda ho "
    "viser til. Les kjelda før du bruker svaret i ei sak.",
    "knows": "Svarer frå {n} kjelder, sist kontrollerte {date}:",
    "knows_link": "Sjå alle kjeldene",
    "innsyn": "Ikkje skriv personopplysningar eller teiepliktig informasjon. Nokon kan krevje innsyn i det "
    "du spør om.",
    "kept_here": "Spørsmåla blir ikkje lagra hos oss. Samtalen ligg i denne fana til du lukkar ho eller vel "
    "«Ny samtale».",
    "kept_feedback": "Gir du tilbakemelding, blir ho lagra med spørsmålet og svaret i {n} dagar.",
    "date_hint": "dd.mm.åååå",
    "searching": "Søkjer i kjeldene …",
    "reading": "Les {n} avsnitt …",
    "checking": "Kontrollerer sitata …",
    "sources": "Kjelder ({n})",
    "cited": "Sitert i svaret",
    "only_read": "Lese, men ikkje sitert",
    "quote": "Sitat frå kjelde {n}",
    "close_quote": "Lukk sitatet",
    "retry": "Prøv igjen",
    "lost": "Mista kontakten med tenesta. Spørsmålet står her framleis.",
    "busy": "Mange spør akkurat no. Prøv igjen om {n} sekund.",
    "good": "Nyttig svar",
    "bad": "Noko er gale med svaret",
    "bad_title": "Kva er gale?",
    "bad_text": "Fortel gjerne meir",
    "send_feedback": "Send",
    "cancel": "Avbryt",
    "thanks": "Takk for tilbakemeldinga.",
    "feedback_failed": "Tilbakemeldinga kom ikkje fram. Prøv igjen.",
    "pick_reason": "Vel minst éin grunn, eller skriv noko.",
    "greeting": "Spør om innkjøp",
    "noscript": "Sida verkar utan JavaScript òg: du får eitt svar om gongen.",
}
WIDGET_IN = {"nb": WIDGET_NB, "nn": WIDGET_NN}

SNIPPET_NOTE = "Lim dette inn på siden, og legg {origin} i sidens CSP (script-src og frame-src):"


def widget_words(language: str) -> dict[str, str]:
    """The widget's words in the language; bokmål when it has none."""
    return WIDGET_IN.get(language, WIDGET_NB)
