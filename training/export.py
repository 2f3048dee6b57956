"""Weights to the shipped folder: ONNX with int8 matrices, the vocabulary, and a card of what made it."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tollbook.extract.tagger import HEADS, LINK, LINKS
from training.measure import Rows
from training.model import TaggerNet
from training.sets import sha256

LIMIT = 25_000_000


def to_onnx(net: TaggerNet, path: Path) -> None:
    """fp32 ONNX: `ids` [1, pieces] to `rows` [1, pieces, outputs]; no padding, one window a run."""
    net.eval()
    with torch.no_grad():
        torch.onnx.export(
            net, (torch.randint(1000, 2000, (1, 40)),), str(path), input_names=["ids"], output_names=["rows"],
            dynamic_axes={"ids": {1: "pieces"}, "rows": {1: "pieces"}}, opset_version=17, dynamo=False,
        )  # fmt: skip


def quantise(source: Path, target: Path) -> None:
    """Int8 weights, activations scaled per window (a window is always run alone, so its scale depends on nothing else).

    Weights keep 7 bits (`reduce_range`): without VNNI, 8-bit products overflow 16 bits. The last map stays fp32.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.onnx"
        quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
        import onnx

        graph = onnx.load(str(ready)).graph
        outputs = {o.name for o in graph.output}
        made = {o: node for node in graph.node for o in node.output}
        last = made[next(iter(outputs))]
        keep = [last.name] + [made[i].name for i in last.input if i in made and made[i].op_type in ("MatMul", "Gemm")]
        quantize_dynamic(
            str(ready), str(target), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True,
            nodes_to_exclude=keep, op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        )  # fmt: skip


def ship(net: TaggerNet, vocabulary: Path, folder: Path, facts: dict[str, Any]) -> int:
    """Writes tagger.onnx, vocab.txt and tagger.json; returns their bytes. Raises ValueError above the limit."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        plain = Path(work) / "plain.onnx"
        to_onnx(net, plain)
        quantise(plain, folder / "tagger.onnx")
    if vocabulary.resolve() != (folder / "vocab.txt").resolve():
        shutil.copyfile(vocabulary, folder / "vocab.txt")

    def rounded(weights: torch.Tensor) -> Any:
        return np.round(weights.detach().numpy().astype(float), 4).tolist()

    card = {
        "version": sha256(folder / "tagger.onnx")[:12],
        "heads": {name: list(classes) for name, classes in HEADS.items()},
        "links": {
            "width": LINK, "names": list(LINKS), "act": rounded(net.act_bias),
            "act_distance": rounded(net.act_distance), "says_distance": rounded(net.says_distance),
        },
        **facts,
    }  # fmt: skip
    (folder / "tagger.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    size = sum((folder / name).stat().st_size for name in ("tagger.onnx", "vocab.txt", "tagger.json"))
    if size > LIMIT:
        raise ValueError(f"the model takes {size} bytes; allowed are {LIMIT}")
    return size


def onnx_runner(path: Path, threads: int = 1) -> Any:
    """The outputs of a text's windows from an ONNX file, as `fit.runner` gives them from torch."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(encoded: Any) -> Rows:
        return [session.run(None, {"ids": np.asarray([w], np.int64)})[0][0] for w in encoded.pieces]

    return run
