# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small models, quantized by ONNX Runtime's own quantizer, run in integers and alike.

Usage: quantizer_models.py [--only PREFIX] [--keep FOLDER]

For each form that the quantizer writes (QDQ, QOperator, dynamic), type of weights and
activations, per tensor and per channel: the compiled model's outputs are within a step
of the output's scale of ONNX Runtime's, and every product is computed in integers.
"""
import argparse
import itertools
import json
import logging
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat, QuantType,
                                      quantize_dynamic, quantize_static)

SIGNED, UNSIGNED = QuantType.QInt8, QuantType.QUInt8
PRODUCTS = ("conv", "conv_transpose", "matmul")


class Builder:
    """A model in the making: nodes, weights, one input."""

    def __init__(self, shape, opset=13):
        self.shape, self.opset = shape, opset
        self.nodes, self.weights = [], []
        self.rng = np.random.default_rng(3)

    def weight(self, *shape, shift=0.0):
        """Weights around `shift`, so that unsigned ones have a zero point of their own."""
        name = f"w{len(self.weights)}"
        array = (self.rng.normal(shift, 1, shape) / np.sqrt(np.prod(shape[1:]) or 1))
        self.weights.append(numpy_helper.from_array(array.astype(np.float32), name))
        return name

    def op(self, kind, *inputs, **attributes):
        name = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def model(self, output):
        kind = onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            self.nodes, "g", [helper.make_tensor_value_info("x", kind, self.shape)],
            [helper.make_tensor_value_info(output, kind, None)],
            self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = 8
        return onnx.shape_inference.infer_shapes(model)

    def samples(self, count):
        return [self.rng.normal(0, 1, self.shape).astype(np.float32) for _ in range(count)]


def convolutions(b):
    x = b.op("Conv", "x", b.weight(8, 3, 3, 3), b.weight(8), pads=[1] * 4)
    x = b.op("Relu", x)
    y = b.op("Conv", x, b.weight(8, 1, 3, 3, shift=0.4), b.weight(8), pads=[1] * 4, group=8)
    y = b.op("Add", y, x)
    s = b.op("Sigmoid", b.op("Conv", y, b.weight(8, 8, 1, 1), strides=[1, 1]))
    y = b.op("Mul", y, s)
    y = b.op("Concat", b.op("MaxPool", y, kernel_shape=[2, 2], strides=[2, 2]),
             b.op("AveragePool", y, kernel_shape=[2, 2], strides=[2, 2]), axis=1)
    y = b.op("LeakyRelu", b.op("Conv", y, b.weight(16, 16, 3, 3, shift=-0.2)), alpha=0.1)
    y = b.op("Flatten", b.op("GlobalAveragePool", y))
    return b.op("Gemm", y, b.weight(5, 16), b.weight(5), transB=1)


def products(b):
    y = b.op("Add", b.op("MatMul", "x", b.weight(24, 32, shift=0.3)), b.weight(32))
    y = b.op("Relu", y)
    y = b.op("Gemm", y, b.weight(32, 16), b.weight(16))
    return b.op("MatMul", y, b.weight(16, 10, shift=-0.3))


def attention(b):
    q, k, v = (b.op("MatMul", "x", b.weight(16, 16)) for _ in range(3))
    scores = b.op("MatMul", q, b.op("Transpose", k, perm=[0, 2, 1]))
    return b.op("MatMul", b.op("MatMul", b.op("Softmax", scores, axis=-1), v),
                b.weight(16, 8))


def upsampling(b):
    y = b.op("Relu", b.op("Conv", "x", b.weight(6, 3, 3, 3), b.weight(6), strides=[2, 2],
                          pads=[1] * 4))
    y = b.op("ConvTranspose", y, b.weight(6, 4, 2, 2), b.weight(4), strides=[2, 2])
    y = b.op("Pad", y, pads_of(b, [0, 0, 1, 1, 0, 0, 1, 1]))
    return b.op("Conv", y, b.weight(3, 4, 3, 3))


def pads_of(b, pads):
    b.weights.append(numpy_helper.from_array(np.array(pads, np.int64), "pads"))
    return "pads"


MODELS = {"convolutions": (convolutions, [1, 3, 12, 12]), "products": (products, [7, 24]),
          "attention": (attention, [1, 9, 16]), "upsampling": (upsampling, [1, 3, 10, 10])}


class Reader(CalibrationDataReader):
    def __init__(self, samples):
        self.items = iter([{"x": sample} for sample in samples])

    def get_next(self):
        return next(self.items, None)


def variants():
    """Name and what quantizes a file into another."""
    for form, per_channel, weight, activation in itertools.product(
            ["qdq", "qoperator"], [False, True], [SIGNED, UNSIGNED], [SIGNED, UNSIGNED]):
        if activation == SIGNED and weight == UNSIGNED:
            continue  # ONNX Runtime has no kernels for these

        def static(source, target, samples, f=form, p=per_channel, w=weight, a=activation):
            quantize_static(source, target, Reader(samples), per_channel=p, weight_type=w,
                            activation_type=a, quant_format=QuantFormat.QDQ if f == "qdq"
                            else QuantFormat.QOperator)
        yield (f"{form}-{'channel' if per_channel else 'tensor'}-w{weight.name[1]}"
               f"-a{activation.name[1]}"), static
    for per_channel, weight in itertools.product([False, True], [SIGNED, UNSIGNED]):
        def dynamic(source, target, samples, p=per_channel, w=weight):
            quantize_dynamic(source, target, per_channel=p, weight_type=w)
        yield f"dynamic-{'channel' if per_channel else 'tensor'}-w{weight.name[1]}", dynamic


def run_runtime(path, x):
    """What the file says, computed op by op, and what ONNX Runtime makes of it: it puts
    approximations in the place of some functions between pairs."""
    results = []
    for level in (onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
                  onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.graph_optimization_level = level
        session = onnxruntime.InferenceSession(str(path), options)
        results.append(session.run(None, {"x": x})[0])
    return results


def get_step(model, wanted):
    """The scale of the output, or what 8 bits of its range would have."""
    output = model.graph.output[0].name
    scales = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and node.output[0] == output:
            return float(numpy_helper.to_array(scales[node.input[1]]))
    return max(float(wanted.max() - wanted.min()) / 255, 1e-9)


def get_plain(model):
    """Names of products that the quantizer left in float, outside of pairs."""
    if any(node.op_type == "QuantizeLinear" and node.input[0] != "x"
           for node in model.graph.node):
        if not any(node.op_type.startswith("QLinear") for node in model.graph.node):
            return set()
    return {node.name for node in model.graph.node
            if node.op_type in ("Conv", "ConvTranspose", "Gemm", "MatMul")}


def run_octet(path, x, folder):
    """The output, and the products that stayed float."""
    np.savez(folder / "in.npz", x=x)
    library, report = folder / "m.so", folder / "report.json"
    for command in (["octet-compile", path, "-o", library, "--report", report],
                    ["octet-run", library, "--input", folder / "in.npz", "--output",
                     folder / "out.npz"]):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1])
    found = dict(np.load(folder / "out.npz"))
    nodes = json.loads(report.read_text())["nodes"]
    floats = [node["name"].split("+")[0] for node in nodes
              if node["op"] in PRODUCTS and node["precision"] == "float"]
    return next(iter(found.values())), floats


def check(name, build, shape, quantize, folder):
    b = Builder(shape)
    onnx.save(b.model(build(b)), folder / "float.onnx")
    path = folder / f"{name}.onnx"
    quantize(str(folder / "float.onnx"), str(path), b.samples(8))
    x = b.samples(1)[0]
    model = onnx.load(path)
    wanted = run_runtime(path, x)
    found, floats = run_octet(path, x, folder)
    steps = min(float(np.abs(found - want).max()) for want in wanted) / get_step(model, wanted[0])
    floats = sorted(set(floats) - get_plain(model))
    problem = f"differs by {steps:.1f} steps " if steps > 1.01 else ""
    problem += f"float: {', '.join(floats)}" if floats else ""
    print(f"{name:<40}{steps:>8.3f} steps  {problem}", flush=True)
    return bool(problem)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=pathlib.Path, help="a folder to keep the models in")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    failures = total = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or pathlib.Path(scratch)
        for model, (build, shape) in MODELS.items():
            for form, quantize in variants():
                name = f"{model}-{form}"
                if not name.startswith(arguments.only):
                    continue
                total += 1
                try:
                    failures += check(name, build, shape, quantize, folder)
                except Exception as error:  # any failure is one of the model's
                    print(f"{name:<40} {str(error)[:300]}", flush=True)
                    failures += 1
    print(f"{total - failures} of {total} models agree")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
