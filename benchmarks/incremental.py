"""What touching one of many documents costs beside building all of them.

Run `python -m benchmarks.incremental` (1 000 documents of three sections; `--documents N`). The documents
are made here, each with sentences of its own, so that nothing is shared between them. The table gives seconds
of wall time and how many texts were embedded: first build, nothing changed, one document touched.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = """---
id: prove-{n}
tittel: Rutine {n} for {topic}
type: veiledning
utgiver: Prøvefylket
gyldig_fra: 2024-01-01
kilde_url: https://example.org/{n}
kontrollert: 2026-11-22
tema: [{topic}]
sammendrag: Rutine {n}.
---
# Rutine {n}
"""
WORDS = (
    "anskaffelse leverandør kontrakt tilbud frist krav kontroll kjøretøy renhold bygg rammeavtale avrop "
    "klima lærling faktura protokoll evaluering kunngjøring "
    "terskel begrunnelse avvisning vilkår oppfølging varsel"
).split()


def document(n: int, sentences: int, seed: random.Random) -> str:
    """One made-up document of three sections."""
    body = []
    for part in ("Formål", "Framgangsmåte", "Kontroll"):
        body.append(f"\n## {part} i rutine {n}\n*Kilde: [Rutine {n}](https://example.org/{n})*\n")
        for place in range(sentences):
            words = " ".join(seed.sample(WORDS, 9))
            body.append(f"Punkt {place} i rutine {n} sier at {words} skal vurderes samlet.")
    return HEAD.format(n=n, topic=WORDS[n % len(WORDS)]) + "\n".join(body) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--sentences", type=int, default=4, help="in each of the three sections")
    parser.add_argument("--var", type=Path, default=ROOT / "var")
    asked = parser.parse_args()

    from assistant import ingest, models
    from assistant.embedding import OnnxEmbedder
    from assistant.settings import Settings

    embedder = OnnxEmbedder.open(models.find(Settings(var=asked.var)))
    seed = random.Random(1)
    with tempfile.TemporaryDirectory() as place:
        corpus, root = Path(place) / "corpus", Path(place) / "index"
        corpus.mkdir()
        for n in range(asked.documents):
            (corpus / f"{n:05}.md").write_text(document(n, asked.sentences, seed), encoding="utf-8")
        print(f"{asked.documents} dokumenter, {asked.sentences * 3} setninger i hvert")
        first = 0.0
        for step in ("første bygg", "ingen endring", "ett dokument endret"):
            if step.startswith("ett"):
                touched = corpus / f"{asked.documents // 2:05}.md"
                touched.write_text(touched.read_text("utf-8") + "\nEn ny setning er lagt til.\n", "utf-8")
            began = time.perf_counter()
            outcome = ingest.ingest(corpus, root, embedder)
            took = time.perf_counter() - began
            first = first or took
            print(f"{step:22} {took:8.2f} s  {took / first:6.1%}  {outcome.embedded:6} tekster innebygd")


if __name__ == "__main__":
    main()
