# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Puts models side by side in one, so that one compilation serves many small tests.

Every name of a model gets the model's prefix; a message whose field is written again
takes the later value, so that a name is replaced by appending it.
"""
import onnx_reader as onnx
from octet.protobuf import read_fields
from onnx_writer import message

# Fields of GraphProto.
NODE, INITIALIZER, INPUT, OUTPUT, VALUE_INFO = 1, 5, 11, 12, 13
# What a GraphProto may have besides: its name and its text.
PASSED_OVER = (2, 10)


def renamed(name, prefix):
    """An empty name means that there is none."""
    return prefix + name if name else ""


def rename_attribute(attribute, prefix):
    graphs = [message(6, rename_graph(graph, prefix)) for graph in onnx.find(attribute, 6)]
    rest = [span for field, _, span in read_fields(attribute) if field != 6]
    return b"".join(rest + graphs)


def rename_node(node, prefix, index):
    name = onnx.text(node, 3) or f"{onnx.text(node, 4)}_{index}"
    out = [message(3, prefix + name)]
    for field, value, span in read_fields(node):
        if field in (1, 2):
            out.append(message(field, renamed(value.decode(), prefix)))
        elif field == 5:
            out.append(message(5, rename_attribute(value, prefix)))
        elif field != 3:
            out.append(span)
    return b"".join(out)


def rename_graph(graph, prefix):
    """The graph's fields with other names for all its values and nodes."""
    out, nodes = [], 0
    for field, value, span in read_fields(graph):
        if field == NODE:
            out.append(message(NODE, rename_node(value, prefix, nodes)))
            nodes += 1
        elif field == INITIALIZER:
            out.append(message(field, value + message(8, prefix + onnx.text(value, 8))))
        elif field in (INPUT, OUTPUT, VALUE_INFO):
            out.append(message(field, value + message(1, prefix + onnx.text(value, 1))))
        elif field not in PASSED_OVER:
            raise ValueError(f"graphs with field {field} cannot be merged")
    return b"".join(out)


def opsets(model):
    """What must agree in models that are merged."""
    return b"".join(sorted(message(8, opset) for opset in onnx.find(model, 8)))


def merge(models, prefixes):
    """One model that computes what all of them do."""
    graph = b"".join(rename_graph(onnx.graph_of(m), p) for m, p in zip(models, prefixes))
    head = [span for field, _, span in read_fields(models[0]) if field == 1]
    return b"".join(head) + opsets(models[0]) + message(7, graph + message(2, "merged"))
