"""Words of nynorsk, Swedish and Danish with the bokmål form that the sources use: our own lists.

Function words matter as much as terms: a word that the corpus does not know counts as one it does not answer,
and the embedding model, which has seen far more bokmål, places a question by all of its words.
"""

from __future__ import annotations

NYNORSK = {
    "ikkje": "ikke", "frå": "fra", "kva": "hva", "kven": "hvem", "korleis": "hvordan", "kvifor": "hvorfor",
    "kor": "hvor", "kvar": "hver", "tilbod": "tilbud", "tilboda": "tilbudene", "tilbodet": "tilbudet",
    "anskaffing": "anskaffelse", "anskaffinga": "anskaffelsen", "anskaffingar": "anskaffelser",
    "anskaffingane": "anskaffelsene", "verksemd": "virksomhet", "verksemder": "virksomheter",
    "kunngjering": "kunngjøring", "kunngjere": "kunngjøre", "kunngjer": "kunngjør", "gjer": "gjør",
    "gjeld": "gjelder", "galdt": "gjaldt", "seier": "sier", "nokre": "noen", "vere": "være", "vert": "blir",
    "gjere": "gjøre", "krev": "krever", "krevje": "kreve", "køyretøy": "kjøretøy", "køyre": "kjøre",
    "leigje": "leie", "løyve": "tillatelse", "lov": "lov", "lågaste": "laveste", "høgare": "høyere",
    "høgast": "høyest", "høgaste": "høyeste", "meir": "mer", "fleire": "flere", "berre": "bare",
    "eigen": "egen", "eigne": "egne", "eigedom": "eiendom", "arbeidstakarar": "arbeidstakere",
    "leverandørar": "leverandører", "leverandørane": "leverandørene",
    "underleverandørar": "underleverandører", "lærlingar": "lærlinger", "lærlingane": "lærlingene",
    "tenester": "tjenester", "teneste": "tjeneste", "tenesta": "tjenesten", "pensjon": "pensjon",
    "vilkår": "vilkår", "løn": "lønn", "løns": "lønns", "lønsvilkår": "lønnsvilkår",
    "miljøkrav": "miljøkrav", "utslepp": "utslipp", "utsleppsfri": "utslippsfri",
    "utsleppsfrie": "utslippsfrie", "nullutslepp": "nullutslipp", "byggjeplass": "byggeplass",
    "byggjeplassar": "byggeplasser", "byggje": "bygge", "reinhald": "renhold",
    "klagefristen": "klagefristen", "grunngje": "begrunne", "grunngjeving": "begrunnelse",
    "grunngi": "begrunne", "vurdere": "vurdere", "avlyse": "avlyse", "avlysing": "avlysning",
    "endring": "endring", "endringar": "endringer", "avtalar": "avtaler", "rammeavtalar": "rammeavtaler",
    "kontraktar": "kontrakter", "kommunar": "kommuner", "fylkeskommunar": "fylkeskommuner",
    "skular": "skoler", "skule": "skole", "skulane": "skolene", "skulen": "skolen",
    "innkjøparar": "innkjøpere", "reglar": "regler", "reglane": "reglene", "grensa": "grensen",
    "verdiar": "verdier", "terskelverdiar": "terskelverdier", "fristar": "frister", "bruke": "bruke",
    "brukte": "brukte", "møblar": "møbler", "bilar": "biler", "bussar": "busser", "varer": "varer",
    "sørgje": "sørge", "følgje": "følge", "følgjer": "følger", "oppfølging": "oppfølging",
    "tryggleik": "sikkerhet", "straum": "strøm", "pengar": "penger", "tilsett": "ansatt",
    "tilsette": "ansatte", "innleige": "innleie", "innleigd": "innleid", "leiger": "leier",
    "oppdragsgjevar": "oppdragsgiver", "oppdragsgjevaren": "oppdragsgiveren", "byggherren": "byggherren",
    "samarbeide": "samarbeide", "gjennomføre": "gjennomføre", "delkontraktar": "delkontrakter",
    "fråsegn": "uttalelse", "sekundær": "sekundær",
}  # fmt: skip

SWEDISH = {
    "hur": "hvor", "mycket": "mye", "många": "mange", "måste": "må", "vad": "hva", "vem": "hvem",
    "vilken": "hvilken", "vilket": "hvilket", "vilka": "hvilke", "när": "når", "från": "fra", "är": "er",
    "för": "for", "och": "og", "inte": "ikke", "ska": "skal", "efter": "etter", "någon": "noen",
    "några": "noen", "våra": "våre", "utan": "uten", "också": "også", "gäller": "gjelder",
    "finns": "finnes", "göra": "gjøre", "gör": "gjør", "behöver": "trenger", "kräva": "kreve",
    "kräver": "krever", "upphandling": "anskaffelse", "upphandlingen": "anskaffelsen",
    "upphandlingar": "anskaffelser", "upphandla": "anskaffe", "direktupphandling": "direkteanskaffelse",
    "inköp": "innkjøp", "köpa": "kjøpe", "köper": "kjøper", "köp": "kjøp", "leverantör": "leverandør",
    "leverantören": "leverandøren", "leverantörer": "leverandører", "underleverantör": "underleverandør",
    "underleverantörer": "underleverandører", "anbudsgivare": "leverandør", "anbuden": "tilbudene",
    "annonsera": "kunngjøre", "annonsering": "kunngjøring", "annonseras": "kunngjøres", "avtal": "avtale",
    "avtalet": "avtalen", "ramavtal": "rammeavtale", "belopp": "beløp", "beloppet": "beløpet",
    "tröskelvärde": "terskelverdi", "tröskelvärdet": "terskelverdien", "gräns": "grense",
    "gränsen": "grensen", "klimat": "klima", "miljö": "miljø", "vikta": "vekte", "viktar": "vekter",
    "viktas": "vektes", "väga": "veie", "kriterierna": "kriteriene",
    "tilldelningskriterier": "tildelingskriterier", "överklaga": "klage", "överklagat": "klaget",
    "överklagan": "klage", "vänta": "vente", "skriva": "skrive", "företag": "firma", "företaget": "firmaet",
    "städbolag": "renholdsfirma", "städning": "renhold", "använda": "bruke", "använder": "bruker",
    "tillåtet": "tillatt", "tillåten": "tillatt", "lön": "lønn", "löner": "lønn", "lärling": "lærling",
    "lärlingar": "lærlinger", "byggarbetsplats": "byggeplass", "fordon": "kjøretøy", "utsläpp": "utslipp",
    "undantag": "unntak", "dagar": "dager", "månader": "måneder", "länge": "lenge", "nu": "nå",
    "bestämmer": "bestemmer", "avbryta": "avlyse",
}  # fmt: skip

DANISH = {
    "hvad": "hva", "hvornår": "når", "meget": "mye", "efter": "etter", "gælder": "gjelder",
    "udbud": "anbud", "udbudet": "anbudet", "udbyde": "kunngjøre", "udbydes": "kunngjøres",
    "indkøb": "innkjøp", "indkøbet": "innkjøpet", "købe": "kjøpe", "køber": "kjøper", "køb": "kjøp",
    "aftale": "avtale", "aftalen": "avtalen", "rammeaftale": "rammeavtale", "rammeaftaler": "rammeavtaler",
    "beløb": "beløp", "beløbet": "beløpet", "tærskelværdi": "terskelverdi",
    "tærskelværdien": "terskelverdien", "tærskelværdier": "terskelverdier", "grænse": "grense",
    "grænsen": "grensen", "bekendtgøre": "kunngjøre", "bekendtgørelse": "kunngjøring", "dage": "dager",
    "lærlinge": "lærlinger", "byggeplads": "byggeplass", "byggepladsen": "byggeplassen",
    "køretøj": "kjøretøy", "køretøjer": "kjøretøy", "udledning": "utslipp", "undtagelse": "unntak",
    "undtagelser": "unntak", "rengøring": "renhold", "kræve": "kreve", "kræver": "krever", "bruge": "bruke",
    "bruger": "bruker", "uden": "uten", "noget": "noe", "nogen": "noen", "længe": "lenge", "vægte": "vekte",
    "vægtes": "vektes", "virksomhed": "virksomhet", "vores": "vår",
}  # fmt: skip

TO_BOKMAAL = DANISH | SWEDISH | NYNORSK

ONLY_NYNORSK = {
    "eg": "jeg", "me": "vi", "de": "dere", "dykk": "dere", "dei": "de", "ho": "hun", "sjølv": "selv",
    "då": "da",
    "mykje": "mye", "nokon": "noen", "noko": "noe", "desse": "disse", "sidan": "siden", "gong": "gang",
    "gonger": "ganger", "no": "nå", "vore": "vært", "heile": "hele", "ein": "en", "eit": "et", "eitt": "ett",
    "deira": "deres", "same": "samme", "sleppe": "slippe", "slepp": "slipper", "tek": "tar", "kjem": "kommer",
    "kome": "komme", "fekk": "fikk", "seie": "si", "veit": "vet", "treng": "trenger", "finst": "finnes",
    "høyrer": "hører", "høyre": "høre", "utan": "uten", "saman": "sammen", "anna": "annet",
    "kvarandre": "hverandre", "arbeidstakar": "arbeidstaker",
}  # fmt: skip
"""Words that are read so only in a question in nynorsk: in bokmål some of them mean something else."""
