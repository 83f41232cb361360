"""Learns the adapter between questions and sentences, from the question keys of the published build.

    python -m evals.adapt

The keys are written without a view of the evaluation questions, and their near twins are removed from one
of the sets (`independence.py`), so all of them may be learned from. Each key is to find the sentence it
leads to among all sentences of the build: cross-entropy over scaled cosines, AdamW, one cycle of the rate.
Takes about three minutes on two cores. Learn the weights that rest on it (`python -m evals.train`) after it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant import adapter, index
from assistant.adapter import Adapter
from assistant.index import Index
from assistant.learned import write
from assistant.settings import Settings
from evals import fitting

if TYPE_CHECKING:
    from torch import Tensor

EPOCHS = 30
TEMPERATURE = 0.05
DECAY = 0.1
RATE = 2e-3
SEED = 0
MODEL = "multilingual-e5-small"
Floats = NDArray[np.float32]


def learn(
    questions: Floats,
    sentences: Floats,
    answers: NDArray[np.int64],
    epochs: int,
    report: Callable[[str], None],
) -> Adapter:
    """The adapter that leads each of `questions` to its row of `sentences` (both of shape (n, dim))."""
    import torch
    from torch.nn import functional

    torch.manual_seed(SEED)
    dim = questions.shape[1]
    # Factors instead of the matrices: the second starts at zero, the first spreads what it learns.
    factors = [torch.randn(dim, dim) / (3 * dim) ** 0.5, torch.zeros(dim, dim)]
    factors = [torch.nn.Parameter(f) for f in (*factors, factors[0].flip(0).clone(), torch.zeros(dim, dim))]
    asked, said, right = torch.tensor(questions), torch.tensor(sentences), torch.tensor(answers)

    def loss_of(batch: Tensor) -> Tensor:
        moved = functional.normalize(asked[batch] + asked[batch] @ factors[0] @ factors[1], dim=1)
        among = functional.normalize(said + said @ factors[2] @ factors[3], dim=1)
        return functional.cross_entropy(moved @ among.T / TEMPERATURE, right[batch])

    fitting.descend(factors, loss_of, len(asked), epochs, RATE, DECAY, report)
    with torch.no_grad():
        return Adapter((factors[0] @ factors[1]).numpy(), (factors[2] @ factors[3]).numpy())


def pairs(opened: Index) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """The vectors of the keys that name a sentence, those of all sentences, and which belongs to which."""
    rows = opened.rows
    units = np.flatnonzero(rows.kind == index.UNIT)
    at = {(int(rows.owner[r]), int(rows.unit[r])): n for n, r in enumerate(units)}
    keys = np.flatnonzero((rows.kind == index.KEY) & (rows.unit >= 0))
    answers = np.array([at[int(rows.owner[r]), int(rows.unit[r])] for r in keys], dtype=np.int64)
    return np.array(opened.vectors[keys]), np.array(opened.vectors[units]), answers


def save(learned: Adapter, path: Path) -> None:
    """Write the matrices where `adapter.of_model` finds them."""
    write(path, MODEL, {"question": learned.question, "sentence": learned.sentence})


def main(report: Callable[[str], None] = print) -> None:
    """Learn from the published build and write the data file."""
    opened = Index.open(Settings.read().index_root)
    save(learn(*pairs(opened), EPOCHS, report), Path(adapter.__file__).parent / adapter.FILE)


if __name__ == "__main__":
    main()
