"""The 8-bit graph is near the one in 32 bits, and gives a token the same values whatever stands beside it."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, checker, helper, numpy_helper

from assistant.models import graph

ROWS, WIDTH = 12_000, 32


@pytest.fixture(scope="module")
def proto():
    """A table of embeddings, three products of the same input of which one is added back, and a fourth."""
    rng = np.random.default_rng(3)
    constants = {
        "table": (ROWS, WIDTH),
        "q": (WIDTH, WIDTH),
        "k": (WIDTH, 16),
        "v": (WIDTH, WIDTH),
        "o": (WIDTH, 8),
    }
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["x"]),
        helper.make_node("MatMul", ["x", "q"], ["xq"]),
        helper.make_node("MatMul", ["x", "k"], ["xk"]),
        helper.make_node("MatMul", ["x", "v"], ["xv"]),
        helper.make_node("Add", ["xq", "xv"], ["sum"]),
        helper.make_node("MatMul", ["sum", "o"], ["so"]),
        helper.make_node("Concat", ["so", "xk"], ["y"], axis=-1),
    ]
    made = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["rows", "tokens"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", "tokens", 24])],
        [
            numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), name)
            for name, shape in constants.items()
        ],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", graph.OPSET)], ir_version=10)


@pytest.fixture(scope="module")
def sessions(proto, tmp_path_factory):
    """The same graph in 32 and in 8 bits."""
    root = tmp_path_factory.mktemp("graph")
    quantised(proto, root)
    return [onnxruntime.InferenceSession(root / p / "model.onnx") for p in ("fp32", "int8")]


def quantised(proto, root):
    """The folder with the 8-bit form of a copy of `proto`, which saving would change."""
    copy = onnx.ModelProto()
    copy.CopyFrom(proto)
    (root / "fp32").mkdir()
    graph.save(copy, root / "fp32", 1024)
    graph.quantise(root / "fp32", root / "int8")
    return root / "int8"


def run(session, ids):
    return session.run(None, {"ids": np.array(ids, np.int64)})[0]


def test_eight_bits_are_near_thirty_two(sessions):
    ids = np.random.default_rng(4).integers(0, ROWS, (6, 40))
    exact, small = (run(s, ids).ravel() for s in sessions)
    assert exact @ small / np.linalg.norm(exact) / np.linalg.norm(small) > 0.9995


def test_eight_bits_are_not_the_same_as_thirty_two(sessions):
    exact, small = (run(s, [[1, 2, 3]]) for s in sessions)
    assert not np.array_equal(exact, small)


def test_a_token_has_the_same_values_alone_and_in_a_batch(sessions):
    ids = np.random.default_rng(5).integers(0, ROWS, (8, 10))
    together = run(sessions[1], ids)
    alone = np.concatenate([run(sessions[1], row[None]) for row in ids])
    assert np.array_equal(together, alone)


def test_every_product_and_the_large_table_are_in_eight_bits(proto, tmp_path):
    small = onnx.load(quantised(proto, tmp_path) / "model.onnx")
    checker.check_model(small)
    kinds = [node.op_type for node in small.graph.node]
    assert kinds.count("MatMul") == 0
    assert kinds.count("MatMulInteger") == 2  # three products of one input are one
    floats = [t for t in small.graph.initializer if t.data_type == TensorProto.FLOAT]
    assert max(np.prod(t.dims) for t in floats) == ROWS  # the scales of the table


def test_weights_stay_below_what_overflows_without_vnni(proto, tmp_path):
    small = onnx.load(quantised(proto, tmp_path) / "model.onnx")
    weights = [numpy_helper.to_array(t) for t in small.graph.initializer if t.name.endswith("/weights")]
    assert weights
    assert 2 * 255 * max(int(np.abs(w.astype(int)).max()) for w in weights) < 2**15


def test_a_row_of_zeros_gives_zeros(proto, tmp_path):
    changed = onnx.ModelProto()
    changed.CopyFrom(proto)
    table = next(t for t in changed.graph.initializer if t.name == "table")
    table.CopyFrom(numpy_helper.from_array(np.zeros((ROWS, WIDTH), np.float32), "table"))
    small = onnxruntime.InferenceSession(quantised(changed, tmp_path) / "model.onnx")
    assert not run(small, [[0, 1]]).any()


def test_the_same_graph_is_written_as_the_same_bytes(proto, tmp_path):
    first = quantised(proto, tmp_path)
    graph.quantise(tmp_path / "fp32", tmp_path / "again")
    names = sorted(path.name for path in first.iterdir())
    assert names == ["model.onnx"]  # everything here is too small to lie outside
    assert (first / names[0]).read_bytes() == (tmp_path / "again" / names[0]).read_bytes()
