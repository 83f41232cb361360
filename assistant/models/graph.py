"""From a sentence-transformers model to the ONNX graph that is served, and from 32 bits to 8.

The 8-bit graph is made here and not by `onnxruntime.quantization` because that one scales activations
by the whole batch: a sentence then gets another vector beside other sentences, and a long row spoils the
short ones. Here **each token has its own scale**, so a vector depends on its text alone, and the loss is a
third. Weights are kept to seven bits: on processors without VNNI a product of an unsigned and a signed
byte overflows its 16-bit sum otherwise, and the same text would get different vectors on two machines.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assistant.models.folder import GRAPH

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

OPSET = 21
IDS, MASK, VECTOR, STATES = "input_ids", "attention_mask", "sentence_vector", "token_states"
EARLIER = 2
"""How many layers before the last the states of the tokens are taken: the last are made to be averaged, and
those before them still tell one word from another (docs/decisions/0015)."""
WEIGHT_TOP = 63
TABLE_TOP = 127
LARGE_TABLE = 10_000
"""Rows from which a table of embeddings is worth eight bits."""
MAPPED = 1 << 20
"""Bytes from which a tensor lies outside the graph file when every tensor may; see `save`."""


def export(model: SentenceTransformer, target: Path, max_length: int) -> None:
    """Write the whole model, pooling and L2 norm included, to `target` in 32 bits.

    Inputs are token ids and the mask, both int64 of any number of rows and up to `max_length` columns.
    Outputs are the vectors and, of a model with layers, the states of the tokens `EARLIER` layers before the
    last, of shape (rows, tokens, dim).
    """
    import onnx
    import torch

    class Whole(torch.nn.Module):  # type: ignore[misc]  # torch is not followed by mypy
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
            features = self.model({IDS: input_ids, MASK: attention_mask})
            vector = features["sentence_embedding"].float()
            vector = vector / torch.sqrt((vector * vector).sum(1, keepdim=True)).clamp(min=1e-12)
            layers = features.get("all_layer_embeddings", ())
            return (vector, layers[-1 - EARLIER].float()) if len(layers) > EARLIER else (vector,)

    ids = torch.tensor([[0, 5, 6, 7, 2], [0, 5, 2, 1, 1]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    axes = {0: torch.export.Dim("rows", max=4096), 1: torch.export.Dim("tokens", max=max_length)}
    if config := getattr(getattr(model[0], "model", None), "config", None):
        config.output_hidden_states = True
    whole = Whole().eval()
    with torch.no_grad():
        made = len(whole(ids, mask))
    program = torch.onnx.export(
        whole,
        (ids, mask),
        dynamo=True,
        verbose=False,
        input_names=[IDS, MASK],
        output_names=[VECTOR, STATES][:made],
        opset_version=OPSET,
        dynamic_shapes={IDS: axes, MASK: axes},
    )
    target.mkdir(parents=True)
    raw = target / "exported.onnx"
    program.save(raw, external_data=True)
    proto = onnx.load(raw)
    for file in target.iterdir():
        file.unlink()
    _anonymise(proto)
    save(proto, target, MAPPED)


def quantise(source: Path, target: Path) -> None:
    """Write the model in `source` to `target` in eight bits."""
    import onnx

    proto = onnx.load(source / GRAPH)
    _Quantiser(proto).run()
    target.mkdir(parents=True)
    save(proto, target, 16 * MAPPED)


def save(proto: ModelProto, target: Path, outside: int) -> None:
    """Write the graph, with tensors of at least `outside` bytes in a file of their own beside it.

    A tensor outside is mapped and not copied: for the table of words that is 90 MB less to read and hold.
    """
    import onnx

    onnx.save(
        proto,
        target / GRAPH,
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location=f"{GRAPH}.data",
        size_threshold=outside,
    )
    for file in target.iterdir():
        file.chmod(0o644)


def _anonymise(proto: ModelProto) -> None:
    """Remove what tells where and by whom the graph was made, so that it is the same on each machine."""
    proto.doc_string = proto.graph.doc_string = ""
    del proto.metadata_props[:], proto.graph.metadata_props[:], proto.graph.value_info[:]
    for item in (*proto.graph.node, *proto.graph.input, *proto.graph.output, *proto.graph.initializer):
        item.doc_string = ""
        del item.metadata_props[:]


class _Quantiser:
    """Replaces, in place, each product with constant weights and each large table by its 8-bit form."""

    def __init__(self, proto: ModelProto) -> None:
        self._graph = proto.graph
        self._constants = {tensor.name: tensor for tensor in self._graph.initializer}
        self._products: dict[str, list[NodeProto]] = defaultdict(list)
        for node in self._graph.node:
            if self._is_product(node):
                self._products[node.input[0]].append(node)
        self._nodes: list[NodeProto] = []
        self._added: list[Any] = []
        self._replaced: set[str] = set()

    def run(self) -> None:
        self._constant("row_axis", np.array([-1], np.int64))
        self._constant("row_least", np.array(1e-9, np.float32))
        self._constant("step", np.array(1 / 127, np.float32))
        self._constant("middle", np.array(128, np.uint8))
        done: set[str] = set()
        for node in list(self._graph.node):
            if self._is_product(node):
                if node.input[0] not in done:
                    self._product(node.input[0])
                    done.add(node.input[0])
            elif self._is_table(node):
                self._table(node)
            else:
                self._nodes.append(node)
        used = {name for node in self._nodes for name in node.input}
        kept = [t for t in self._graph.initializer if t.name not in self._replaced or t.name in used]
        del self._graph.node[:], self._graph.initializer[:]
        self._graph.node.extend(self._nodes)
        self._graph.initializer.extend([*kept, *self._added])

    def _is_product(self, node: NodeProto) -> bool:
        if node.op_type != "MatMul" or node.input[1] not in self._constants:
            return False
        return len(self._constants[node.input[1]].dims) == 2

    def _is_table(self, node: NodeProto) -> bool:
        table = self._constants.get(node.input[0]) if node.op_type == "Gather" else None
        return table is not None and len(table.dims) == 2 and table.dims[0] >= LARGE_TABLE

    def _product(self, x: str) -> None:
        """All products of `x` with constant weights as one: scale each row, multiply bytes, scale back."""
        members = self._products[x]
        size, scaled, small, whole, together = (
            f"{x}/8bit/{part}" for part in ("size", "scaled", "bytes", "sum", "all")
        )
        self._node("Abs", [x], f"{size}/abs")
        self._node("ReduceMax", [f"{size}/abs", "row_axis"], f"{size}/max", keepdims=1)
        self._node("Max", [f"{size}/max", "row_least"], size)
        self._node("Div", [x, size], scaled)
        self._node("QuantizeLinear", [scaled, "step", "middle"], small)
        parts = [self._values(node.input[1]) for node in members]
        weights = np.concatenate(parts, axis=1)
        scale = np.maximum(np.abs(weights).max(axis=0) / WEIGHT_TOP, 1e-12)
        self._constant(f"{small}/weights", np.rint(weights / scale).astype(np.int8))
        self._constant(f"{small}/scale", (scale / 127).astype(np.float32))
        self._node("MatMulInteger", [small, f"{small}/weights", "middle"], whole)
        self._node("Cast", [whole], f"{whole}/float", to=1)
        self._node("Mul", [f"{whole}/float", f"{small}/scale"], f"{whole}/columns")
        outputs = [node.output[0] for node in members]
        self._node("Mul", [f"{whole}/columns", size], together if len(outputs) > 1 else outputs[0])
        if len(outputs) > 1:
            self._constant(f"{together}/widths", np.array([p.shape[1] for p in parts], np.int64))
            self._node("Split", [together, f"{together}/widths"], *outputs, axis=-1)

    def _table(self, node: NodeProto) -> None:
        """A table of embeddings with one scale a row."""
        table, out = node.input[0], node.output[0]
        values = self._values(table)
        scale = np.maximum(np.abs(values).max(axis=1, keepdims=True) / TABLE_TOP, 1e-12)
        if f"{table}/bytes" not in {t.name for t in self._added}:
            self._constant(f"{table}/bytes", np.rint(values / scale).astype(np.int8))
            self._constant(f"{table}/scale", scale.astype(np.float32))
        self._node("Gather", [f"{table}/bytes", node.input[1]], f"{out}/bytes")
        self._node("Gather", [f"{table}/scale", node.input[1]], f"{out}/scale")
        self._node("Cast", [f"{out}/bytes"], f"{out}/float", to=1)
        self._node("Mul", [f"{out}/float", f"{out}/scale"], out)

    def _values(self, name: str) -> NDArray[np.float32]:
        from onnx import numpy_helper

        self._replaced.add(name)
        values: NDArray[np.float32] = numpy_helper.to_array(self._constants[name]).astype(np.float32)
        return values

    def _node(self, kind: str, inputs: list[str], *outputs: str, **attributes: int) -> None:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, list(outputs), name=outputs[0], **attributes))

    def _constant(self, name: str, value: NDArray[Any]) -> None:
        from onnx import numpy_helper

        self._added.append(numpy_helper.from_array(value, name))
