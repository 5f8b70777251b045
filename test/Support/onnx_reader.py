# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads what tests need of ONNX files without the onnx package: names, tensors.

Protobuf messages are lists of fields; a field is a number and a value, bytes or an
integer. Messages that are joined merge, so that a model with an initializer more is
the model's bytes and a few others.
"""
import struct

import numpy as np

from onnx_writer import message

DTYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16, 6: np.int32,
          7: np.int64, 9: np.bool_, 10: np.float16, 11: np.float64, 12: np.uint32,
          13: np.uint64}


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def spans(data):
    """The fields of a message in order: number, value and encoding."""
    at = 0
    while at < len(data):
        start = at
        key, at = read_varint(data, at)
        if key & 7 == 0:
            value, at = read_varint(data, at)
        elif key & 7 == 2:
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            size = 8 if key & 7 == 1 else 4
            value, at = data[at:at + size], at + size
        yield key >> 3, value, data[start:at]


def fields(data):
    """The fields of a message in order."""
    return ((number, value) for number, value, _ in spans(data))


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
                at = 0
                while at < len(value):
                    extent, at = read_varint(value, at)
                    dims.append(extent)
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
            at = 0
            while at < len(value):
                number, at = read_varint(value, at)
                numbers.append(number)
    if dtype.kind == "f" and dtype.itemsize == 2:
        return np.array(numbers, np.uint16).view(dtype)
    signed = [n - (1 << 64) if isinstance(n, int) and n >= 1 << 63 else n for n in numbers]
    return np.array(signed).astype(dtype)
