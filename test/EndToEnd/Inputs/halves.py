#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a model of every kind of product, and what 16-bit weights make of it.

  halves.py OUT    -> OUT.onnx, OUT.npz,
                      OUT-fp16.onnx, OUT-bf16.onnx  the same in f32, weights rounded
                      OUT-stored.onnx               f16 inside, f32 outside
"""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Support"))
import onnx_writer as ow

FLOAT16 = 10
# name: shape and the sum's length; sizes fill no vector and no panel.
WEIGHTS = {
    "conv_w": ([24, 8, 3, 3], 72), "depth_w": ([24, 1, 3, 3], 9), "point_w": ([40, 24, 1, 1], 24),
    "group_w": ([40, 10, 3, 3], 90), "back_w": ([40, 20, 3, 3], 360), "gemm_w": ([33, 20], 20),
    "table": ([50, 33], 1), "matrix_w": ([33, 17], 33),
}
BIASES = {"conv_b": 24, "gemm_b": 33}


def to_bf16(array):
    bits = array.view(np.uint32).astype(np.uint64)
    return ((bits + 0x7fff + (bits >> 16 & 1)) >> 16 << 16).astype(np.uint32).view(np.float32)


def make(constants, kind, data_type):
    node = ow.make_node
    nodes = [
        node("Conv", ["x0", "conv_w", "conv_b"], ["conv"], pads=[1, 1, 1, 1]),
        node("Relu", ["conv"], ["relu"]),
        node("Conv", ["relu", "depth_w"], ["depth"], group=24, pads=[1, 1, 1, 1]),
        node("Conv", ["depth", "point_w"], ["point"], strides=[2, 2]),
        node("Conv", ["point", "group_w"], ["groups"], group=4, pads=[1, 1, 1, 1]),
        node("ConvTranspose", ["groups", "back_w"], ["back"], strides=[2, 2]),
        node("GlobalAveragePool", ["back"], ["pool"]),
        node("Flatten", ["pool"], ["flat"]),
        node("Gemm", ["flat", "gemm_w", "gemm_b"], ["y0"], transB=1),
        node("Gather", ["table", "ids"], ["rows"]),
        node("MatMul", ["rows", "matrix_w"], ["z0"]),
    ]
    casts = [node("Cast", ["x"], ["x0"], to=data_type)]
    ends = [node("Cast", [f"{name}0"], [name], to=ow.FLOAT) for name in ("y", "z")]
    graph = ow.make_graph(
        casts + nodes + ends,
        [ow.make_value("x", ow.FLOAT, [1, 8, 11, 13]), ow.make_value("ids", ow.INT64, [1, 4])],
        [ow.make_value("y", ow.FLOAT, [1, 33]), ow.make_value("z", ow.FLOAT, [1, 4, 17])],
        [ow.make_tensor(name, array.astype(kind), data_type=data_type)
         for name, array in constants.items()])
    return ow.make_model(graph)


def main():
    out, random = sys.argv[1], np.random.default_rng(5)
    weights = {name: random.uniform(-1, 1, shape).astype(np.float32) / np.float32(terms ** .5)
               for name, (shape, terms) in WEIGHTS.items()}
    # Biases are not rounded, so they are what f16 can say.
    biases = {name: random.uniform(-1, 1, count).astype(np.float16).astype(np.float32)
              for name, count in BIASES.items()}
    half = {name: array.astype(np.float16).astype(np.float32) for name, array in weights.items()}
    brain = {name: to_bf16(array) for name, array in weights.items()}
    for name, constants, kind, data_type in (
            ("", weights, np.float32, ow.FLOAT), ("-fp16", half, np.float32, ow.FLOAT),
            ("-bf16", brain, np.float32, ow.FLOAT), ("-stored", half, np.float16, FLOAT16)):
        pathlib.Path(f"{out}{name}.onnx").write_bytes(
            make({**constants, **biases}, kind, data_type))
    np.savez(f"{out}.npz", x=random.uniform(-1, 1, [2, 1, 8, 11, 13]).astype(np.float32),
             ids=random.integers(0, 50, [2, 1, 4]))


if __name__ == "__main__":
    main()
