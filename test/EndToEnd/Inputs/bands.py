#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a model of chains of convolutions, and inputs for it.

  bands.py OUT    -> OUT.onnx, OUT.npz

Odd heights, kernels of three and five rows, strides, dilations, borders on both sides
and on one, sums with the input of a chain, pools, and chains longer than a few rows.
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

CHANNELS, SHAPE = 8, (8, 13, 11)
# A chain: (kernel, stride, pads, dilation, "dense" or "depthwise", output channels),
# "sum" with the chain's input, or a pool.
SAME3, SAME5 = [1, 1, 1, 1], [2, 2, 2, 2]
WIDE, NARROW = (1, 1, [0] * 4, 1, "dense", 24), (1, 1, [0] * 4, 1, "dense", CHANNELS)
CHAINS = {
    "block": [WIDE, (3, 1, SAME3, 1, "depthwise", 24), NARROW, "sum"],
    "stride": [WIDE, (3, 2, SAME3, 1, "depthwise", 24), NARROW],
    "onesided": [WIDE, (3, 2, [0, 0, 1, 1], 1, "depthwise", 24), NARROW],
    "five": [WIDE, (5, 1, SAME5, 1, "depthwise", 24), NARROW, "sum"],
    "fivestride": [WIDE, (5, 2, SAME5, 1, "depthwise", 24), NARROW],
    "dense": [(3, 1, SAME3, 1, "dense", 20), (3, 1, SAME5, 2, "dense", 12), NARROW],
    "long": [(3, 1, SAME3, 1, "dense", 9)] * 6,
    "pools": [WIDE, "max", (3, 1, SAME3, 1, "depthwise", 24), "average", NARROW],
}


class Writer:
    def __init__(self):
        self.nodes, self.constants, self.outputs = [], [], []
        self.rng = np.random.default_rng(7)

    def constant(self, name, *shape):
        array = self.rng.normal(size=shape, scale=.5).astype(np.float32)
        self.constants.append(onnx.numpy_helper.from_array(array, name))
        return name

    def node(self, op, inputs, name, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def convolution(self, value, channels, step, name):
        kernel, stride, pads, dilation, kind, out = step
        groups = channels if kind == "depthwise" else 1
        inputs = [value, self.constant(f"{name}_w", out, channels // groups, kernel, kernel),
                  self.constant(f"{name}_b", out)]
        value = self.node("Conv", inputs, name, kernel_shape=[kernel] * 2, group=groups,
                          strides=[stride] * 2, pads=pads, dilations=[dilation] * 2)
        return self.node("Relu", [value], f"{name}_relu"), out

    def chain(self, name, steps):
        value, channels = "x", CHANNELS
        for number, step in enumerate(steps):
            unique = f"{name}{number}"
            if step == "sum":
                value = self.node("Add", [value, "x"], unique)
            elif step == "max":
                value = self.node("MaxPool", [value], unique, kernel_shape=[3, 3],
                                  strides=[2, 2], pads=SAME3)
            elif step == "average":
                value = self.node("AveragePool", [value], unique, kernel_shape=[2, 2])
            else:
                value, channels = self.convolution(value, channels, step, unique)
        self.outputs.append(helper.make_tensor_value_info(value, TensorProto.FLOAT, None))


def main():
    writer = Writer()
    for name, steps in CHAINS.items():
        writer.chain(name, steps)
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *SHAPE])]
    graph = helper.make_graph(writer.nodes, "bands", inputs, writer.outputs, writer.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)],
                              ir_version=8)
    onnx.save(onnx.shape_inference.infer_shapes(model), sys.argv[1] + ".onnx")
    np.savez(sys.argv[1] + ".npz",
             x=writer.rng.normal(size=(4, *SHAPE)).astype(np.float32))


if __name__ == "__main__":
    main()
