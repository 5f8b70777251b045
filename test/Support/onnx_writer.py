# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes ONNX files without the onnx package, which Debian does not have.

The functions are named as in onnx.helper, but give bytes: each builds one protobuf
message. Nothing is checked, so that tests can write wrong files too.
"""
import struct

import numpy as np

FLOAT, UINT8, INT8, INT32, INT64, BOOL, DOUBLE = 1, 2, 3, 6, 7, 9, 11
TYPES = {np.dtype(np.float32): FLOAT, np.dtype(np.uint8): UINT8,
         np.dtype(np.int8): INT8, np.dtype(np.int32): INT32,
         np.dtype(np.int64): INT64, np.dtype(bool): BOOL,
         np.dtype(np.float64): DOUBLE}


class Graph(bytes):
    """An encoded GraphProto, told apart from a string attribute."""


class Tensor(bytes):
    """An encoded TensorProto, told apart from a string attribute."""


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def integer(field, value):
    return varint(field << 3) + varint(value)


def message(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def real(field, value):
    return varint(field << 3 | 5) + struct.pack("<f", value)


def attribute(name, value):
    """An AttributeProto; its type follows from the value's."""
    head = message(1, name)
    if isinstance(value, Graph):
        return head + message(6, value) + integer(20, 5)
    if isinstance(value, Tensor):
        return head + message(5, value) + integer(20, 4)
    if isinstance(value, float):
        return head + real(2, value) + integer(20, 1)
    if isinstance(value, int):
        return head + integer(3, value) + integer(20, 2)
    if isinstance(value, (str, bytes)):
        return head + message(4, value) + integer(20, 3)
    if all(isinstance(item, int) for item in value):
        return head + b"".join(integer(8, item) for item in value) + integer(20, 7)
    if all(isinstance(item, float) for item in value):
        return head + b"".join(real(7, item) for item in value) + integer(20, 6)
    return head + b"".join(message(9, item) for item in value) + integer(20, 8)


def make_node(op, inputs, outputs, name="", domain="", **attributes):
    return (b"".join(message(1, item) for item in inputs)
            + b"".join(message(2, item) for item in outputs)
            + message(3, name or outputs[0]) + message(4, op)
            + b"".join(message(5, attribute(*item)) for item in attributes.items())
            + (message(7, domain) if domain else b""))


def make_tensor(name, array, dims=None, data_type=None, raw=None):
    """A TensorProto of an array; dims, type and bytes can be made to disagree."""
    array = np.asarray(array)
    dims = array.shape if dims is None else dims
    raw = array.astype(array.dtype.newbyteorder("<")).tobytes() if raw is None else raw
    return Tensor(b"".join(integer(1, dim) for dim in dims)
                  + integer(2, TYPES[array.dtype] if data_type is None else data_type)
                  + message(8, name) + message(9, raw))


def make_external_tensor(name, dims, data_type=FLOAT, **entries):
    """A TensorProto whose data is in a file: location, offset, length."""
    pairs = b"".join(message(13, message(1, key) + message(2, str(value)))
                     for key, value in entries.items())
    return Tensor(b"".join(integer(1, dim) for dim in dims) + integer(2, data_type)
                  + message(8, name) + pairs + integer(14, 1))


def make_value(name, data_type, shape):
    """A ValueInfoProto; a string in the shape is a symbolic dimension, and a shape
    of None is an unknown rank."""
    tensor = integer(1, data_type)
    if shape is not None:
        tensor += message(2, b"".join(
            message(1, message(2, dim) if isinstance(dim, str) else integer(1, dim))
            for dim in shape))
    return message(1, name) + message(2, message(1, tensor))


def make_graph(nodes, inputs, outputs, initializers=(), name="graph"):
    return Graph(b"".join(message(1, node) for node in nodes) + message(2, name)
                 + b"".join(message(5, tensor) for tensor in initializers)
                 + b"".join(message(11, value) for value in inputs)
                 + b"".join(message(12, value) for value in outputs))


def make_model(graph, opset=13, ir_version=7, domains=()):
    """domains: pairs of a further domain and its version."""
    imports = [integer(2, opset)] if opset is not None else []
    imports += [message(1, domain) + integer(2, version) for domain, version in domains]
    return (integer(1, ir_version) + message(2, "octet tests") + message(7, graph)
            + b"".join(message(8, entry) for entry in imports))
