#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Real architectures with random weights, as ONNX files (needs the onnx package).

  benchmarks/models.py [NAME...] [--batch N] [-o FOLDER]

Weights are scaled so that activations keep their size from layer to layer; speed does
not depend on what a model has learned.
"""
import argparse
import dataclasses
import math
import pathlib

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save


class Network:
    """A model under construction; x is the value that the next layer takes."""

    def __init__(self, name, seed=0):
        self.name, self.rng = name, np.random.default_rng(seed)
        self.nodes, self.weights, self.inputs, self.count = [], [], [], {}

    def input(self, name, shape, kind=TensorProto.FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def constant(self, array, name):
        self.weights.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op, *inputs, **attributes):
        self.count[op] = self.count.get(op, 0) + 1
        name = f"{op.lower()}{self.count[op]}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name, **attributes))
        return name

    def random(self, shape, fan_in, gain=2):
        return self.rng.normal(0, math.sqrt(gain / fan_in), shape).astype(np.float32)

    def conv(self, x, inputs, outputs, kernel=1, stride=1, group=1, activation="Relu",
             pads=None):
        """A convolution with its batch normalization already folded, as exporters
        write it, and an activation. Padding is TensorFlow's and PyTorch's alike."""
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        name = f"conv{self.count.get('Conv', 0) + 1}"
        shape = (outputs, inputs // group, *kernel)
        gain = 2 if activation else 1
        w = self.constant(self.random(shape, np.prod(shape[1:]), gain), f"{name}.weight")
        b = self.constant(self.rng.normal(0, .1, outputs).astype(np.float32), f"{name}.bias")
        y = self.node("Conv", x, w, b, kernel_shape=kernel, group=group,
                      strides=[stride, stride],
                      pads=pads or [(k - 1) // 2 for k in kernel] + [k // 2 for k in kernel])
        return self.activate(y, activation)

    def activate(self, x, activation):
        if activation == "Relu6":
            for name, bound in (("zero", 0), ("six", 6)):
                if all(weight.name != name for weight in self.weights):
                    self.constant(np.float32(bound), name)
            return self.node("Clip", x, "zero", "six")
        return self.node(activation, x) if activation else x

    def gemm(self, x, inputs, outputs, activation=None):
        name = f"gemm{self.count.get('Gemm', 0) + 1}"
        w = self.constant(self.random((outputs, inputs), inputs), f"{name}.weight")
        b = self.constant(self.rng.normal(0, .1, outputs).astype(np.float32), f"{name}.bias")
        return self.activate(self.node("Gemm", x, w, b, transB=1), activation)

    def classify(self, x, channels, classes=1000):
        pooled = self.node("Flatten", self.node("GlobalAveragePool", x), axis=1)
        return self.gemm(pooled, channels, classes)

    def finish(self, output, shape):
        """The model; its one output is called output."""
        for node in self.nodes:
            node.output[:] = ["output" if name == output else name for name in node.output]
        graph = helper.make_graph(
            self.nodes, self.name, self.inputs,
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)],
                                  producer_name="octet benchmarks", ir_version=7)
        checker.check_model(model)
        return model


def resnet50(batch):
    net = Network("resnet50")
    x = net.conv(net.input("input", [batch, 3, 224, 224]), 3, 64, 7, 2, pads=[3, 3, 3, 3])
    x = net.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for width, blocks, first in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            stride = first if block == 0 else 1
            y = net.conv(x, channels, width)
            y = net.conv(y, width, width, 3, stride, pads=[1, 1, 1, 1])
            y = net.conv(y, width, 4 * width, activation=None)
            if block == 0:
                x = net.conv(x, channels, 4 * width, 1, stride, activation=None)
            channels = 4 * width
            x = net.activate(net.node("Add", y, x), "Relu")
    return net.finish(net.classify(x, channels), [batch, 1000])


def inverted_residuals(net, x, channels, rows):
    """MobileNetV2's blocks. A row: expansion, outputs, repetitions, stride, kernel."""
    for expansion, outputs, repeat, stride, kernel in rows:
        for index in range(repeat):
            step, inner = stride if index == 0 else 1, channels * expansion
            y = net.conv(x, channels, inner, activation="Relu6") if expansion > 1 else x
            y = net.conv(y, inner, inner, kernel, step, inner, "Relu6",
                         pads=[kernel // 2] * 4)
            y = net.conv(y, inner, outputs, activation=None)
            x = net.node("Add", x, y) if step == 1 and channels == outputs else y
            channels = outputs
    return x, channels


def mobilenetv2(batch):
    net = Network("mobilenetv2")
    x = net.conv(net.input("input", [batch, 3, 224, 224]), 3, 32, 3, 2, activation="Relu6",
                 pads=[1, 1, 1, 1])
    x, channels = inverted_residuals(net, x, 32, [
        (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 32, 3, 2, 3), (6, 64, 4, 2, 3),
        (6, 96, 3, 1, 3), (6, 160, 3, 2, 3), (6, 320, 1, 1, 3)])
    x = net.conv(x, channels, 1280, activation="Relu6")
    return net.finish(net.classify(x, 1280), [batch, 1000])


def efficientnet_lite0(batch):
    net = Network("efficientnet_lite0")
    x = net.conv(net.input("input", [batch, 3, 224, 224]), 3, 32, 3, 2, activation="Relu6",
                 pads=[1, 1, 1, 1])
    x, channels = inverted_residuals(net, x, 32, [
        (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3),
        (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)])
    x = net.conv(x, channels, 1280, activation="Relu6")
    return net.finish(net.classify(x, 1280), [batch, 1000])


def resnet8(batch):
    net = Network("resnet8")
    x = net.conv(net.input("input", [batch, 3, 32, 32]), 3, 16, 3)
    channels = 16
    for width, stride in ((16, 1), (32, 2), (64, 2)):
        y = net.conv(x, channels, width, 3, stride, pads=[1, 1, 1, 1])
        y = net.conv(y, width, width, 3, activation=None)
        if stride > 1:
            x = net.conv(x, channels, width, 1, stride, activation=None)
        x, channels = net.activate(net.node("Add", y, x), "Relu"), width
    return net.finish(net.node("Softmax", net.classify(x, 64, 10), axis=1), [batch, 10])


def ds_cnn(batch):
    """The keyword spotter of MLPerf Tiny."""
    net = Network("ds_cnn")
    x = net.conv(net.input("input", [batch, 1, 49, 10]), 1, 64, (10, 4), 2,
                 pads=[4, 1, 5, 1])
    for _ in range(4):
        x = net.conv(x, 64, 64, 3, group=64)
        x = net.conv(x, 64, 64)
    return net.finish(net.node("Softmax", net.classify(x, 64, 12), axis=1), [batch, 12])


def mlp(net, x, widths, last="Relu"):
    for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        x = net.gemm(x, inputs, outputs, last if index == len(widths) - 2 else "Relu")
    return x


def dlrm(batch):
    """Dense features through a bottom MLP, 26 embeddings, a top MLP over both."""
    net = Network("dlrm")
    dense = mlp(net, net.input("dense", [batch, 13]), [13, 512, 256, 64])
    ids = net.input("ids", [batch, 26], TensorProto.INT64)
    table = net.constant(net.random((26 * 1000, 64), 64), "embedding")
    sparse = net.node("Reshape", net.node("Gather", table, ids, axis=0),
                      net.constant(np.array([batch, 26 * 64]), "flat"))
    x = net.node("Concat", dense, sparse, axis=1)
    return net.finish(mlp(net, x, [27 * 64, 1024, 1024, 512, 256, 1], "Sigmoid"), [batch, 1])


def ncf(batch):
    """Neural collaborative filtering: a product of embeddings beside an MLP."""
    net = Network("ncf")
    users, items = (net.input(name, [batch], TensorProto.INT64) for name in ("user", "item"))

    def embed(ids, kind, width):
        table = net.constant(net.random((5000, width), width), f"{ids}.{kind}")
        return net.node("Gather", table, ids, axis=0)
    product = net.node("Mul", embed(users, "mf", 64), embed(items, "mf", 64))
    x = net.node("Concat", embed(users, "mlp", 128), embed(items, "mlp", 128), axis=1)
    x = net.node("Concat", product, mlp(net, x, [256, 256, 128, 64]), axis=1)
    return net.finish(net.activate(net.gemm(x, 128, 1), "Sigmoid"), [batch, 1])


@dataclasses.dataclass
class Entry:
    build: object
    batches: tuple = (1,)
    ids: int = 0  # an integer input's values are below this


MODELS = {
    "resnet50": Entry(resnet50), "mobilenetv2": Entry(mobilenetv2),
    "efficientnet_lite0": Entry(efficientnet_lite0), "resnet8": Entry(resnet8),
    "ds_cnn": Entry(ds_cnn), "dlrm": Entry(dlrm, (1, 128), 26000),
    "ncf": Entry(ncf, (1, 256), 5000),
}


def random_inputs(model, entry, count, seed=0):
    """`count` batches for a model, stacked along the first axis."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for value in model.graph.input:
        tensor = value.type.tensor_type
        shape = [dim.dim_value for dim in tensor.shape.dim]
        shape[0] *= count
        arrays[value.name] = (rng.integers(0, entry.ids, shape)
                              if tensor.elem_type == TensorProto.INT64
                              else rng.normal(size=shape).astype(np.float32))
    return arrays


def macs(model):
    """Multiply-accumulates in convolutions and matrix products of one call."""
    from onnx import shape_inference
    inferred = shape_inference.infer_shapes(model).graph
    shapes = {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
              for value in [*inferred.value_info, *inferred.output]}
    sizes = {weight.name: list(weight.dims) for weight in inferred.initializer}
    total = 0
    for node in inferred.node:
        if node.op_type == "Conv":
            total += math.prod(shapes[node.output[0]]) * math.prod(sizes[node.input[1]][1:])
        elif node.op_type == "Gemm":
            total += math.prod(shapes[node.output[0]]) * sizes[node.input[1]][1]
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", default=list(MODELS))
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("-o", "--output", type=pathlib.Path, default=pathlib.Path("."))
    arguments = parser.parse_args()
    for name in arguments.names:
        model = MODELS[name].build(arguments.batch)
        path = arguments.output / f"{name}_b{arguments.batch}.onnx"
        save(model, str(path))
        print(f"{path}: {macs(model) / 1e6:.1f} million MACs, "
              f"{path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
