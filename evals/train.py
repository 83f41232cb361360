"""Learns the weights of ranking, confidence and sentence selection from the dev questions alone.

`python -m evals.train` asks the published build about every dev case, computes the same features that the
product computes, fits three small linear models and writes `assistant/data/ranking.json` and
`assistant/data/selection.json`. Ranking and selection: softmax over the candidates of a question (ListNet,
Cao et al. 2007) with L2. Confidence: logistic regression on answerable cases against refusals. Cases of the
test split are never read. The same build and cases give the same weights.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from assistant import chunking, confidence, dialogue, extracting, models, retrieval, selection
from assistant.assistant import Assistant
from assistant.embedding import OnnxEmbedder
from assistant.index import Index
from assistant.settings import Settings
from assistant.types import Question, Retrieval, Turn
from evals import heldout
from evals.cases import DAY, Case, load_cases, plain

DATA = Path(__file__).parent.parent / "assistant" / "data"
Floats = NDArray[np.float64]
DEV_COUNTS = 8.0
"""How many questions of the corpus a dev case counts for, as it is asked as officers ask (folds on dev)."""
HALF_COUNTS = 2.0
"""The same for a dev case that is asked of a build where half the documents have no question keys."""
POSITIVE = ("body", "heading", "keys", "document", "grams", "coverage", "key_coverage")
"""Features that must not count against a passage: an explanation «fewer words, better» helps nobody."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The candidates of one question: their features, and which of them are right."""

    features: Floats
    right: NDArray[np.bool_]


def questions(assistant: Assistant, cases: Sequence[Case]) -> Iterator[tuple[Case, Question]]:
    """The dev cases as questions; earlier turns count by what was asked."""
    for case in cases:
        turns = tuple(Turn(past.question, past.answer) for past in case.history)
        if case.split == "dev" and case.question.strip():
            yield case, assistant.question(case.question, on=case.on, history=turns, id=case.id)


def asked_of(
    builds: Sequence[Assistant], cases: Sequence[Case]
) -> Iterator[tuple[Case, Question, Assistant]]:
    """The dev cases as questions to each of the builds."""
    for assistant in builds:
        for case, question in questions(assistant, cases):
            yield case, question, assistant


def softmax_weights(
    choices: Sequence[Choice], names: Sequence[str], l2: float, positive: Sequence[str] = ()
) -> dict[str, float]:
    """The weights that make the right candidates most probable, on the scale of the raw features."""
    usable = [c for c in choices if c.right.any() and not c.right.all()]
    spread = np.concatenate([c.features for c in usable]).std(axis=0) + 1e-9

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, gradient = 0.0, np.zeros_like(weights)
        for choice in usable:
            scaled = choice.features / spread
            scores = scaled @ weights
            odds = np.exp(scores - scores.max())
            wanted = np.where(choice.right, odds, 0)
            total -= float(np.log(wanted.sum() / odds.sum()))
            gradient += scaled.T @ (odds / odds.sum() - wanted / wanted.sum())
        n = len(usable)
        return total / n + l2 * float(weights @ weights), gradient / n + 2 * l2 * weights

    bounds = [(0, None) if name in positive else (None, None) for name in names]
    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", bounds=bounds).x / spread
    return {name: round(float(value), 4) for name, value in zip(names, found, strict=True)}


def logistic_weights(
    features: Floats, right: NDArray[np.bool_], counts: Floats, names: Sequence[str], l2: float
) -> tuple[dict[str, float], float]:
    """Weights and bias of the probability that the hits carry an answer; both classes weigh the same.

    `counts` says how much each row counts within its class.
    """
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    scaled = (features - middle) / spread
    share = counts * np.where(right, 0.5 / (counts @ right), 0.5 / (counts @ ~right))

    def loss(weights: Floats) -> tuple[float, Floats]:
        z = scaled @ weights[1:] + weights[0]
        p = 1 / (1 + np.exp(-z))
        value = -share @ np.where(right, np.log(p + 1e-12), np.log(1 - p + 1e-12))
        error = share * (p - right)
        gradient = np.concatenate(([error.sum()], scaled.T @ error + 2 * l2 * weights[1:]))
        return float(value + l2 * weights[1:] @ weights[1:]), gradient

    found = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B").x
    raw = found[1:] / spread
    bias = float(found[0] - raw @ middle)
    return {n: round(float(v), 4) for n, v in zip(names, raw, strict=True)}, round(bias, 4)


def learn_ranking(builds: Sequence[Assistant], cases: Sequence[Case]) -> dict[str, float]:
    """The weights of the passage ranking, from the same questions asked of each of the builds."""
    choices: list[Choice] = []
    names: list[str] = []
    for case, question, assistant in asked_of(builds, cases):
        if not case.golden or "answered" not in case.status:
            continue
        passages, features = assistant.retriever.features(
            question, dialogue.resolve(question.text, question.history)
        )
        names = list(features)
        right = np.array([p.section_id in case.golden for p in passages])
        choices.append(Choice(np.stack([features[n] for n in names], axis=1).astype(np.float64), right))
    return softmax_weights(choices, names, 0.01, POSITIVE)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the search said of a question, and what it should come to."""

    found: Retrieval
    answered: bool | None
    """Whether the corpus answers it; None when either is right."""
    evasive: bool | None
    """Whether it seeks a way round a rule; None when that is a matter of taste."""
    count: float
    """How much it counts within its class."""


def judged(
    builds: Sequence[Assistant], cases: Sequence[Case], held_out: Assistant, asked: Sequence[heldout.Asked]
) -> list[Judged]:
    """The dev cases, and questions that the build of `held_out` does not know, as they are searched for."""
    found: list[Judged] = []
    for case, question, assistant in asked_of(builds, cases):
        answered = case.answerable if case.answerable or case.refusable else None
        evasive = case.status[0] == "redirected" if "redirected" not in case.status[1:] else None
        count = DEV_COUNTS if assistant is builds[0] else HALF_COUNTS
        if not case.history:
            found.append(Judged(assistant.search(question), answered, evasive, count))
    for each in asked:
        retrieval = held_out.search(held_out.question(each.text))
        found.append(Judged(retrieval, each.answered, each.evasive, 1.0))
    return found


def learn_confidence(rows: Sequence[Judged]) -> tuple[dict[str, float], float]:
    """The weights and bias of the confidence: what is answered against what is to be refused."""
    return _told_apart([(dict(r.found.signs), r.answered, r.count) for r in rows])


def learn_evasion(
    rows: Sequence[Judged], sure: Callable[[Retrieval], float]
) -> tuple[dict[str, float], float]:
    """The weights and bias of the evasions: what seeks a way round a rule against everything else.

    `sure` tells how sure the search is, which is one of the signs.
    """
    signs = (dict(r.found.evasion.signs) | {"sure": sure(r.found)} if r.found.evasion else {} for r in rows)
    return _told_apart([(s, r.evasive, r.count) for s, r in zip(signs, rows, strict=True)])


def _told_apart(
    rows: Sequence[tuple[dict[str, float], bool | None, float]],
) -> tuple[dict[str, float], float]:
    usable = [(signs, bool(right), count) for signs, right, count in rows if signs and right is not None]
    names = list(usable[0][0])
    table = np.array([[signs[name] for name in names] for signs, _, _ in usable])
    right, counts = np.array([r for _, r, _ in usable]), np.array([c for _, _, c in usable])
    return logistic_weights(table, right, counts, names, 0.001)


def learn_selection(builds: Sequence[Assistant], cases: Sequence[Case]) -> dict[str, float]:
    """The weights of the sentences: the right ones say the main fact, in a section that answers."""
    gathered: list[tuple[list[dict[str, float]], list[bool]]] = []
    for case, question, assistant in asked_of(builds, cases):
        if not case.facts or not case.answerable:
            continue
        found = assistant.search(question)
        query = assistant.retriever.query(found.query)
        rules = assistant.retriever.rules(question, found.query)
        ranked = selection.candidates(assistant.index, query, found, question.text, rules)
        right = [case.opened_by({c.passage.section_id}, _alone(c)) for c in ranked]
        if any(right):
            gathered.append(([dict(c.features) for c in ranked], right))
    names = sorted({name for rows, _ in gathered for row in rows for name in row})
    choices = [
        Choice(np.array([[row.get(n, 0.0) for n in names] for row in rows]), np.array(right))
        for rows, right in gathered
    ]
    return softmax_weights(choices, names, 0.03)


def _alone(candidate: selection.Candidate) -> str:
    """What a reader meets when the answer opens with `candidate`: a list with its first item."""
    items = selection.siblings(candidate) if chunking.opens(candidate.unit, candidate.units) else []
    first = [chunking.reading_text(items[0], candidate.units)] if items else []
    return plain(" ".join([extracting.opening_text(candidate), *first]))


def main(report: Callable[[str], None] = print) -> None:
    """Fit everything from the published build and write the data files."""
    settings = Settings.read().model_copy(update={"vectors": "exact"})
    cases = load_cases()
    write(settings, cases, report)


def write(settings: Settings, cases: Sequence[Case], report: Callable[[str], None]) -> None:
    """Fit the ranking, then what rests on it, and write each as soon as it is known."""
    path = DATA / "ranking.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["confidence"], content["confidence_bias"] = {}, 0.0
    content["evasion"], content["evasion_bias"] = {}, 0.0
    embedder = OnnxEmbedder.open(models.find(settings))

    def opened(root: Path) -> Assistant:
        return Assistant(settings, Index.open(root, embedder.name), embedder, clock=lambda: DAY)

    with tempfile.TemporaryDirectory() as name:
        folder, corpus, published = Path(name), settings.corpus, settings.index_root
        halves = [heldout.half(corpus, published, folder / str(part), embedder, part) for part in (0, 1)]
        builds = [opened(root) for root in (published, *halves)]
        content["rank"] = learn_ranking(builds, cases)
        _save(path, content)
        report(f"ranking: {content['rank']}")
        root, asked = heldout.without(corpus, published, folder, embedder)
        rows = judged(builds, cases, opened(root), asked)
        weights, bias = learn_confidence(rows)
        content["confidence"], content["confidence_bias"] = weights, bias
        report(f"confidence: {weights} {bias}")
        content["evasion"], content["evasion_bias"] = learn_evasion(
            rows, lambda found: confidence.probability(dict(found.signs), weights, bias)
        )
        _save(path, content)
        report(f"evasion: {content['evasion']} {content['evasion_bias']}")
        chosen = learn_selection(builds, cases)
        _save(DATA / "selection.json", chosen)
        report(f"selection: {chosen}")


def _save(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    retrieval.Weights.load.cache_clear()
    selection.weights.cache_clear()


if __name__ == "__main__":
    main()
