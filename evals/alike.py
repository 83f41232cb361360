"""Learns how alike questions are (`assistant/likeness.py`), from the question keys of the published build.

    python -m evals.alike

Each key is to lie nearer to the others that lead to its sentence than to all other keys and to the examples
out of scope: the logarithm of the softmax mass on the former (neighbourhood components analysis, with
cosines), AdamW, one cycle of the rate, from the principal components of the keys. The keys and examples
that are left out of the build on which the confidence is learned (`heldout.py`) are left out here too, so
that there they are as new as a reader's question. Takes about four minutes on two cores. Learn the weights
that rest on it (`python -m evals.train`) after it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant import index, ingest, likeness
from assistant.index import Index
from assistant.learned import write
from assistant.likeness import Likeness
from assistant.settings import Settings
from evals import fitting, heldout
from evals.adapt import MODEL

if TYPE_CHECKING:
    from torch import Tensor

SIZE = 128
EPOCHS = 10
TEMPERATURE = 0.05
DECAY = 0.01
RATE = 3e-3
SEED = 0
APART = -1e4
"""The score of a pair that does not count: far below any other."""
Floats = NDArray[np.float32]


def learn(
    keys: Floats,
    answers: NDArray[np.int64],
    apart: Floats,
    size: int,
    epochs: int,
    report: Callable[[str], None],
) -> Likeness:
    """The projection to `size` numbers that brings those of `keys` together that share an answer.

    `keys` has shape (n, dim), `answers` tells for each which answer it has, and `apart`, of shape (m, dim),
    shares its answer with none.
    """
    import torch
    from torch.nn import functional

    torch.manual_seed(SEED)
    asked, others, labels = torch.tensor(keys), torch.tensor(apart), torch.tensor(answers)
    middle = asked.mean(0)
    components = torch.linalg.svd(asked - middle, full_matrices=False)[2][:size].T
    matrix = torch.nn.Parameter(components.contiguous().clone())
    offset = torch.nn.Parameter(-(middle @ components))
    everyone = torch.cat([asked, others])

    def loss_of(batch: Tensor) -> Tensor:
        places = functional.normalize(everyone @ matrix + offset, dim=1)
        scores = places[batch] @ places.T / TEMPERATURE
        itself = torch.arange(len(batch))
        scores[itself, batch] = APART
        same = torch.zeros(len(batch), len(everyone), dtype=torch.bool)
        same[:, : len(asked)] = labels[batch][:, None] == labels[None, :]
        same[itself, batch] = False
        mass = torch.logsumexp(scores, 1) - torch.logsumexp(scores.masked_fill(~same, APART), 1)
        return mass[same.any(1)].mean()

    fitting.descend([matrix, offset], loss_of, len(asked), epochs, RATE, DECAY, report)
    with torch.no_grad():
        return Likeness(matrix.numpy(), offset.numpy())


def material(opened: Index, corpus: Path) -> tuple[Floats, NDArray[np.int64], Floats]:
    """The vectors of the keys that name a sentence, which sentence that is, and the vectors of the examples.

    Without those that are left out.
    """
    rows = opened.rows
    known, _ = ingest.read_keys(corpus)
    left = [key.question for listed in known.values() for key in listed if heldout.left_out(key.question)]
    unseen = [ingest.text_hash(opened.manifest["embedder"], text) for text in left]
    hashes = np.load(opened.folder / "hashes.npy", allow_pickle=False)
    keys = np.flatnonzero((rows.kind == index.KEY) & (rows.unit >= 0) & ~np.isin(hashes, unseen))
    answers = opened.first_unit[rows.owner[keys]] + rows.unit[keys]
    examples = np.array(
        [not heldout.left_out(example.question) for example in opened.anchors], dtype=np.bool_
    )
    return (
        np.array(opened.vectors[keys]),
        answers,
        np.array(opened.anchor_vectors)[examples],
    )


def save(learned: Likeness, path: Path) -> None:
    """Write the projection where `likeness.of_model` finds it."""
    write(path, MODEL, {"matrix": learned.matrix, "offset": learned.offset})


def main(report: Callable[[str], None] = print) -> None:
    """Learn from the published build and write the data file."""
    settings = Settings.read()
    opened = Index.open(settings.index_root)
    keys, answers, apart = material(opened, settings.corpus)
    learned = learn(keys, answers, apart, SIZE, EPOCHS, report)
    save(learned, Path(likeness.__file__).parent / likeness.FILE)


if __name__ == "__main__":
    main()
