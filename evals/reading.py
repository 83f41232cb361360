"""Learns how questions that are not answered read (`assistant/reading.py`), from the corpus alone.

    python -m evals.reading

The question keys of all documents against the examples out of scope, and the examples that seek a way round a
rule against both, by the states that the served embedding model has of their tokens. What is left out of the
build on which the confidence is learned (`heldout.py`) is left out here too. Some six minutes on two cores.
Learn the weights that rest on it (`python -m evals.train`) after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant import language, models, reading
from assistant.embedding import OnnxEmbedder
from assistant.learned import write
from assistant.reading import Reader
from assistant.settings import Settings
from evals.adapt import MODEL
from evals.phrase import Put, material

if TYPE_CHECKING:
    from torch import Tensor

HEADS, SIZE, HIDDEN = 12, 96, 64
"""How many heads, how many numbers each takes from the tokens, and to how many all these are brought down."""
DROPOUT = 0.3
EPOCHS, BATCH, RATE, DECAY = 20, 128, 3e-3, 0.02
MIXED = 6
"""Questions of about one length are learned from together; this many tokens, by chance, mix the lengths."""
SEED = 0
Halves = NDArray[np.float16]


def learn(
    states: Sequence[Halves], asked: Sequence[Put], report: Callable[[str], None], epochs: int = EPOCHS
) -> Reader:
    """The reader that tells the questions apart by the standardised `states` of their tokens.

    Those that are not answered weigh as much, all together, as those that are.
    """
    import torch
    from torch.nn import functional

    torch.manual_seed(SEED)
    random = np.random.default_rng(SEED)
    right = torch.tensor([[put.refusable, put.evasive] for put in asked], dtype=torch.float32)
    share = right[:, 0].mean()
    counts = torch.where(right[:, 0] > 0, 0.5 / share, 0.5 / (1 - share))[:, None]
    dim = states[0].shape[1]
    sizes = {"look": (dim, HEADS), "take": (dim, SIZE), "join": (HEADS * SIZE, HIDDEN), "lean": (HIDDEN, 2)}
    layers = {name: torch.nn.Linear(*size) for name, size in sizes.items()}
    parameters = [p for layer in layers.values() for p in layer.parameters()]

    def odds(tokens: Tensor, there: Tensor) -> Tensor:
        tokens = functional.dropout(tokens, DROPOUT)
        weights = layers["look"](tokens).masked_fill(~there[..., None], -1e4).softmax(1)
        taken = torch.einsum("qth,qts->qhs", weights, layers["take"](tokens)).flatten(1)
        joined = layers["join"](functional.dropout(taken.relu(), DROPOUT)).relu()
        return layers["lean"](functional.dropout(joined, DROPOUT))

    lengths = np.array([len(each) for each in states])
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    steps = epochs * -(-len(states) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for epoch in range(epochs):
        order = np.argsort(lengths + random.uniform(0, MIXED, len(states)))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        random.shuffle(batches)
        total = 0.0
        for batch in batches:
            made = odds(*_padded([states[n] for n in batch]))
            losses = functional.binary_cross_entropy_with_logits(made, right[batch], reduction="none")
            loss = (losses * counts[batch]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(batch)
        report(f"runde {epoch + 1} av {epochs}: tap {total / len(states):.3f}")
    matrices = {name: layer.weight.detach().numpy().T for name, layer in layers.items()}
    offsets = {f"{name}_offset": layer.bias.detach().numpy() for name, layer in layers.items()}
    return Reader(**matrices, **offsets)


def _padded(states: Sequence[Halves]) -> tuple[Tensor, Tensor]:
    """States of questions as one block, of shape (questions, tokens, dim), and where there is a token."""
    import torch

    longest = max(map(len, states))
    block = np.zeros((len(states), longest, states[0].shape[1]), np.float32)
    there = np.zeros((len(states), longest), bool)
    for row, each in enumerate(states):
        block[row, : len(each)] = each
        there[row, : len(each)] = True
    return torch.from_numpy(block), torch.from_numpy(there)


def main(report: Callable[[str], None] = print) -> None:
    """Learn from the corpus and write the data file."""
    settings = Settings.read()
    asked = material(settings.corpus)
    embedder = OnnxEmbedder.open(models.find(settings))
    made = embedder.read_queries(language.in_bokmaal(put.question) for put in asked)
    states = {
        text: reading.standardised(each.astype(np.float32)).astype(np.float16) for text, each in made.items()
    }
    report(f"{len(asked)} spørsmål lest")
    reader = learn([states[language.in_bokmaal(put.question).strip()] for put in asked], asked, report)
    matrices = {name: getattr(reader, name) for name in reader.__slots__}
    write(Path(reading.__file__).parent / reading.FILE, MODEL, matrices)


if __name__ == "__main__":
    main()
