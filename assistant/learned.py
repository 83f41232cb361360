"""Matrices that are learned for one embedding model and ship beside the code.

Each file names its model. A build with another model is served without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def read(file: str, model: str) -> Mapping[str, Floats] | None:
    """The matrices by name, in 32 bits; None when there is no such file, or it is of another model.

    `model` is the name of the embedder of a build, which begins with that of its model.
    """
    path = resources.files("assistant").joinpath(file)
    if not path.is_file():
        return None
    with path.open("rb") as opened:
        content = np.load(opened, allow_pickle=False)
        if not model.startswith(str(content["model"])):
            return None
        return {name: content[name].astype(np.float32) for name in content.files if name != "model"}


def write(path: Path, model: str, matrices: Mapping[str, Floats]) -> None:
    """Write what `read` reads, with half precision, which changes no cosine by more than a thousandth."""
    halved = {name: matrix.astype(np.float16) for name, matrix in matrices.items()}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, model=np.array(model), **halved)


def of_length_one(vectors: Floats) -> Floats:
    """Vectors along the last axis, each divided by its length."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
