#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a model of products of two computed matrices, and inputs for it.

  products.py OUT    -> OUT.onnx, OUT.npz

Heads that are transposed into and out of the product, windows, batches, rows by
one vector, sizes that fill no tile, and zero points at both ends of both types.
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

HEADS, KEYS, COLUMNS = [0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1]
# name, left and right shape, zero points, what transposes left, right, result
CASES = [
    ("qk", [1, 17, 3, 32], [1, 21, 3, 32], np.uint8(127), np.uint8(122), HEADS, KEYS, None),
    ("sv", [1, 3, 17, 21], [1, 21, 3, 32], np.uint8(0), np.uint8(133), None, HEADS, HEADS),
    ("windows", [5, 49, 3, 16], [5, 49, 3, 16], np.int8(5), np.int8(-7), HEADS, KEYS, None),
    ("batch", [2, 5, 70], [2, 70, 37], np.uint8(130), np.int8(0), None, None, None),
    ("plain", [9, 200], [200, 40], np.uint8(128), np.uint8(128), None, None, None),
    ("vector", [4, 1, 64], [4, 64, 33], np.uint8(3), np.uint8(250), None, None, None),
    ("tails", [2, 7, 13], [2, 19, 13], np.int8(-128), np.int8(127), None, COLUMNS, None),
    ("shared", [2, 3, 6, 24], [24, 20], np.uint8(17), np.uint8(19), None, None, None),
]


class Writer:
    def __init__(self):
        self.nodes, self.constants, self.inputs, self.outputs = [], [], [], []

    def constant(self, name, value):
        self.constants.append(onnx.numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, op, inputs, name, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def pair(self, value, scale, zero, name):
        parameters = [self.constant(f"{name}_scale", np.float32(scale)),
                      self.constant(f"{name}_zero", zero)]
        stored = self.node("QuantizeLinear", [value, *parameters], f"{name}_stored")
        return self.node("DequantizeLinear", [stored, *parameters], name)

    def transposed(self, value, order, scale, zero, name):
        if order is None:
            return value
        moved = self.node("Transpose", [value], f"{name}_moved", perm=order)
        return self.pair(moved, scale, zero, name)

    def factor(self, shape, scale, zero, order, name):
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return self.transposed(self.pair(name, scale, zero, f"{name}_pair"), order, scale,
                               zero, f"{name}_turned")

    def case(self, name, left, right, left_zero, right_zero, *orders):
        factors = [self.factor(left, .0083, left_zero, orders[0], f"{name}_left"),
                   self.factor(right, .0079, right_zero, orders[1], f"{name}_right")]
        product = self.node("MatMul", factors, f"{name}_product")
        result = self.pair(product, .021, np.uint8(131), f"{name}_result")
        result = self.transposed(result, orders[2], .021, np.uint8(131), f"{name}_back")
        self.outputs.append(helper.make_tensor_value_info(result, TensorProto.FLOAT, None))

    def model(self):
        graph = helper.make_graph(self.nodes, "products", self.inputs, self.outputs,
                                  self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        return onnx.shape_inference.infer_shapes(model)


def main():
    writer = Writer()
    for case in CASES:
        writer.case(*case)
    onnx.save(writer.model(), f"{sys.argv[1]}.onnx")
    random = np.random.default_rng(3)
    np.savez(f"{sys.argv[1]}.npz", **{
        f"{name}_{side}": random.uniform(-1.2, 1.2, [2, *shape]).astype(np.float32)
        for name, left, right, *_ in CASES for side, shape in (("left", left), ("right", right))})


if __name__ == "__main__":
    main()
