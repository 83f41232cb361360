"""What a document gets that nobody has written questions to, among others that have them.

    python -m benchmarks.bare [--docs docs/evals.md]

Two builds are made of the corpus, each without the question keys of one half of the documents. The questions
of the evaluation whose right sections are all in documents without keys are asked there, and of the whole
build. The test half alone is counted: the weights are learned on the other.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from assistant import models
from assistant.assistant import Assistant
from assistant.embedding import OnnxEmbedder
from assistant.index import Index
from assistant.settings import Settings
from benchmarks import tables
from evals import asking, heldout, stats
from evals.cases import DAY, Case, load_cases
from evals.metrics import Scored

MEASURES = {
    "recall@1": "rett avsnitt først",
    "recall@5": "rett avsnitt blant fem",
    "fact_recall": "fakta med",
    "direct": "hovedpoeng i første setning",
    "false_refusal": "avvist uten grunn",
}


def run(settings: Settings) -> tuple[list[Scored], list[Scored]]:
    """The questions scored with their documents' keys, and without them."""
    embedder = OnnxEmbedder.open(models.find(settings))
    cases = [case for case in load_cases() if case.split == "test" and case.golden and case.answerable]

    def scored(root: Path, some: Sequence[Case]) -> list[Scored]:
        assistant = Assistant(settings, Index.open(root, embedder.name), embedder, clock=lambda: DAY)
        return asking.rescore(asking.run(assistant, some), some)

    had = with_keys(Index.open(settings.index_root, embedder.name))
    kept: list[Scored] = []
    left: list[Scored] = []
    with tempfile.TemporaryDirectory() as folder:
        for part in (0, 1):
            root = heldout.half(
                settings.corpus, settings.index_root, Path(folder) / str(part), embedder, part
            )
            keyed = with_keys(Index.open(root, embedder.name))
            lost = [c for c in cases if keyed.isdisjoint(c.golden) and not had.isdisjoint(c.golden)]
            kept += scored(settings.index_root, lost)
            left += scored(root, lost)
    return kept, left


def with_keys(opened: Index) -> set[str]:
    """The sections that a question key leads to."""
    return {p.section_id for p, bare in zip(opened.passages, opened.bare, strict=True) if not bare}


def table(kept: Sequence[Scored], left: Sequence[Scored]) -> str:
    """The figures in percent, with 95 % intervals."""

    def figure(scored: Sequence[Scored], measure: str) -> str:
        found = stats.mean([value for each in scored if (value := each.values.get(measure)) is not None])
        if found is None:
            return "–"
        return f"{100 * found.value:.1f} [{100 * found.low:.1f}–{100 * found.high:.1f}]"

    rows = [[said, figure(kept, name), figure(left, name)] for name, said in MEASURES.items()]
    return tables.table([f"prosent, n = {len(kept)}", "med spørsmål", "uten spørsmål"], rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write into the page that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=Path)
    options = parser.parse_args(arguments)
    made = table(*run(Settings.read().model_copy(update={"vectors": "exact"})))
    print(made)
    if options.docs:
        tables.keep("bare", made, options.docs)


if __name__ == "__main__":
    main()
