# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads what tests need of ONNX files without the onnx package: names, tensors.

Messages that are joined merge, so that a model with an initializer more is
the model's bytes and a few others.
"""
import pathlib
import struct
import sys

import numpy as np

# Scripts that import this one may be called by hand.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
from octet.protobuf import read_fields, read_varints
from onnx_writer import message

DTYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16, 6: np.int32,
          7: np.int64, 9: np.bool_, 10: np.float16, 11: np.float64, 12: np.uint32,
          13: np.uint64}


def fields(data):
    """The fields of a message in order."""
    return ((number, value) for number, value, _ in read_fields(data))


def find(data, number):
    return [value for field, value in fields(data) if field == number]


def text(data, number):
    found = find(data, number)
    return found[-1].decode() if found else ""


def graph_of(model):
    return b"".join(find(model, 7))


def input_names(model):
    """The inputs that are no initializers."""
    graph = graph_of(model)
    constant = {text(tensor, 8) for tensor in find(graph, 5)}
    return [name for name in (text(value, 1) for value in find(graph, 11))
            if name not in constant]


def output_names(model):
    return [text(value, 1) for value in find(graph_of(model), 12)]


def operators(model):
    """The types of the graph's nodes."""
    return [text(node, 4) for node in find(graph_of(model), 1)]


def freeze(model, name, tensor):
    """The model with an input made constant; `tensor` is an encoded TensorProto."""
    return model + message(7, message(5, tensor + message(8, name)))


def read_tensor(data):
    """A TensorProto as an array."""
    dims, kind, raw, typed = [], 0, None, []
    for field, value in fields(data):
        if field == 1:
            if isinstance(value, int):
                dims.append(value)
            else:
                dims += read_varints(value)
        elif field == 2:
            kind = value
        elif field == 9:
            raw = value
        elif field in (4, 5, 7, 10, 11):
            typed.append((field, value))
    dtype = np.dtype(DTYPES[kind])
    if raw is not None:
        return np.frombuffer(raw, dtype).reshape(dims)
    return _read_typed(typed, dtype).reshape(dims)


def _read_typed(typed, dtype):
    """Numbers from float_data, int32_data, int64_data, double_data, uint64_data."""
    numbers = []
    for field, value in typed:
        if isinstance(value, int):
            numbers.append(value)
        elif field in (4, 10):
            code, size = ("f", 4) if field == 4 else ("d", 8)
            numbers += struct.unpack(f"<{len(value) // size}{code}", value)
        else:
            numbers += read_varints(value)
    if dtype.kind == "f" and dtype.itemsize == 2:
        return np.array(numbers, np.uint16).view(dtype)
    signed = [n - (1 << 64) if isinstance(n, int) and n >= 1 << 63 else n for n in numbers]
    return np.array(signed).astype(dtype)
