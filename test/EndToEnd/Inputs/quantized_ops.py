# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares ONNX's quantized operators with ONNX Runtime, bit for bit.

Each operator gets one model of many nodes with shapes, scales, zero points and types
drawn at random; every fourth node has a scale so small that most results saturate.
A line per operator says how many cases and values were equal; exit status 1 if any
was not.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime

import onnx_writer as onnx

INT_TYPES = (np.uint8, np.int8)


class Model:
    """A model under construction: independent nodes, each with its own input."""

    def __init__(self, rng):
        self.rng = rng
        self.nodes, self.inputs, self.outputs, self.constants = [], [], [], []
        self.arrays, self.about = {}, {}

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(onnx.make_tensor(name, array))
        return name

    def input(self, array):
        name = f"x{len(self.inputs)}"
        self.inputs.append(onnx.make_value(name, onnx.TYPES[array.dtype], array.shape))
        self.arrays[name] = array
        return name

    def node(self, op, names, output_type, about, **attributes):
        name = f"y{len(self.nodes)}"
        self.nodes.append(onnx.make_node(op, names, [name], f"{op}_{name}", **attributes))
        self.outputs.append(onnx.make_value(name, onnx.TYPES[np.dtype(output_type)], None))
        self.about[name] = about

    def encode(self):
        return onnx.make_model(onnx.make_graph(self.nodes, self.inputs, self.outputs,
                                               self.constants))

    # Random parts.
    def integers(self, dtype, shape, extreme=False):
        info = np.iinfo(dtype)
        if extreme:
            return self.rng.choice([info.min, info.max], shape).astype(dtype)
        return self.rng.integers(info.min, info.max + 1, shape).astype(dtype)

    def scale(self, low=1e-3, high=.1, count=None):
        return np.exp(self.rng.uniform(np.log(low), np.log(high), count)).astype(np.float32)

    def zero_point(self, dtype):
        info = np.iinfo(dtype)
        return self.rng.choice([info.min, 0, info.max, int(self.rng.integers(
            info.min, info.max + 1))]).astype(dtype)


def quantize_linear(model, index):
    rng, dtype = model.rng, INT_TYPES[index % 2]
    shape = tuple(rng.integers(1, 40, rng.integers(1, 4)))
    axis = int(rng.integers(len(shape)))
    per_axis = index % 3 == 0
    scale = model.scale(1e-4, 2, shape[axis] if per_axis else None)
    zero = np.full(scale.shape, model.zero_point(dtype))
    steps = rng.uniform(-180, 180, shape)
    # Ties, where rounding modes differ, and values that no integer holds.
    steps = np.where(rng.random(shape) < .3, np.floor(steps) + .5, steps)
    spread = np.where(rng.random(shape) < .05, 1e30, 1)
    sizes = [1] * len(shape)
    sizes[axis] = -1
    x = (steps * spread * scale.reshape(sizes if per_axis else ())).astype(np.float32)
    model.node("QuantizeLinear", [model.input(x), model.constant(scale),
                                  model.constant(zero)], dtype,
               f"{shape} axis {axis if per_axis else '-'} to {np.dtype(dtype)}",
               **({"axis": axis} if per_axis else {}))


def dequantize_linear(model, index):
    rng = model.rng
    dtype = (np.uint8, np.int8, np.int32)[index % 3]
    shape = tuple(rng.integers(1, 40, rng.integers(1, 4)))
    axis = int(rng.integers(len(shape)))
    per_axis = index % 4 == 0
    scale = model.scale(1e-4, 2, shape[axis] if per_axis else None)
    wide = dtype is np.int32
    zero = np.full(scale.shape, 0 if wide else model.zero_point(dtype), dtype)
    x = (rng.integers(-1 << 20, 1 << 20, shape).astype(np.int32) if wide
         else model.integers(dtype, shape))
    model.node("DequantizeLinear", [model.input(x), model.constant(scale),
                                    model.constant(zero)], np.float32,
               f"{shape} axis {axis if per_axis else '-'} from {np.dtype(dtype)}",
               **({"axis": axis} if per_axis else {}))


def conv_shape(rng):
    """Sizes and attributes of a random two-dimensional convolution."""
    kind = rng.integers(3)
    group = int(rng.integers(2, 20)) if kind else 1
    channels = group if kind == 1 else group * int(rng.integers(1, 9))
    filters = group if kind == 1 else group * int(rng.integers(1, 12))
    kernel = [int(k) for k in rng.integers(1, 5, 2)]
    dilations = [int(d) for d in rng.integers(1, 3, 2)]
    least = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    image = [int(n + rng.integers(0, 12)) for n in least]
    attributes = dict(group=group, kernel_shape=kernel, dilations=dilations,
                      strides=[int(s) for s in rng.integers(1, 4, 2)],
                      pads=[int(p) for p in rng.integers(0, 3, 4)])
    batch = int(rng.integers(1, 3))
    return (batch, channels, *image), (filters, channels // group, *kernel), attributes


def qlinear_conv(model, index):
    rng = model.rng
    x_shape, w_shape, attributes = conv_shape(rng)
    x_type, w_type = [(np.uint8, np.int8), (np.uint8, np.uint8), (np.int8, np.int8)][index % 3]
    x = model.integers(x_type, x_shape, extreme=index % 8 == 7)
    w = model.integers(w_type, w_shape, extreme=index % 8 == 7)
    per_channel = w_type is np.int8 and index % 2 == 0
    w_scale = model.scale(count=w_shape[0] if per_channel else None)
    w_zero = 0 if w_type is np.int8 else model.zero_point(w_type)
    x_scale = model.scale()
    depth = float(np.prod(w_shape[1:])) ** .5
    y_scale = np.float32(x_scale * w_scale.mean() * depth * 250 * rng.uniform(.3, 3)
                         * (.01 if index % 4 == 3 else 1))
    names = [model.input(x)] + [model.constant(value) for value in (
        x_scale, model.zero_point(x_type), w, w_scale,
        np.full(w_scale.shape, w_zero, w_type), y_scale, model.zero_point(x_type))]
    if index % 3:
        names.append(model.constant(rng.integers(-9999, 9999, w_shape[0]).astype(np.int32)))
    model.node("QLinearConv", names, x_type,
               f"{x_shape} * {w_shape} {np.dtype(x_type)} x {np.dtype(w_type)} {attributes}",
               **attributes)


def matmul_shapes(rng, index):
    m, k, n = (int(size) for size in rng.integers(1, 70, 3))
    batch = (int(rng.integers(1, 4)),) if index % 3 == 0 else ()
    return batch + (m, k), (k, n)


def qlinear_matmul(model, index):
    rng = model.rng
    a_shape, b_shape = matmul_shapes(rng, index)
    a_type, b_type = [(np.uint8, np.int8), (np.uint8, np.uint8), (np.int8, np.int8)][index % 3]
    a = model.integers(a_type, a_shape)
    b = model.integers(b_type, b_shape)
    a_scale, b_scale = model.scale(), model.scale()
    y_scale = np.float32(a_scale * b_scale * a_shape[-1] ** .5 * 20000 * rng.uniform(.3, 3)
                         * (.01 if index % 4 == 3 else 1))
    names = [model.input(a)] + [model.constant(value) for value in (
        a_scale, model.zero_point(a_type), b, b_scale, model.zero_point(b_type),
        y_scale, model.zero_point(a_type))]
    model.node("QLinearMatMul", names, a_type,
               f"{a_shape} x {b_shape} {np.dtype(a_type)} x {np.dtype(b_type)}")


def matmul_integer(model, index):
    a_shape, b_shape = matmul_shapes(model.rng, index)
    a_type, b_type = [(np.uint8, np.int8), (np.uint8, np.uint8), (np.int8, np.int8)][index % 3]
    names = [model.input(model.integers(a_type, a_shape, extreme=index % 4 == 3)),
             model.constant(model.integers(b_type, b_shape, extreme=index % 4 == 3)),
             model.constant(model.zero_point(a_type)), model.constant(model.zero_point(b_type))]
    model.node("MatMulInteger", names[:4 if index % 5 else 2], np.int32,
               f"{a_shape} x {b_shape} {np.dtype(a_type)} x {np.dtype(b_type)}")


def conv_integer(model, index):
    x_shape, w_shape, attributes = conv_shape(model.rng)
    names = [model.input(model.integers(np.uint8, x_shape, extreme=index % 4 == 3)),
             model.constant(model.integers(np.uint8, w_shape, extreme=index % 4 == 3)),
             model.constant(model.zero_point(np.uint8)),
             model.constant(model.zero_point(np.uint8))]
    model.node("ConvInteger", names[:4 if index % 5 else 2], np.int32,
               f"{x_shape} * {w_shape} {attributes}", **attributes)


OPERATORS = {"QuantizeLinear": quantize_linear, "DequantizeLinear": dequantize_linear,
             "QLinearConv": qlinear_conv, "QLinearMatMul": qlinear_matmul,
             "MatMulInteger": matmul_integer, "ConvInteger": conv_integer}


def octet_outputs(model, scratch, isa):
    """The model's outputs by octet-compile and octet-run."""
    (scratch / "model.onnx").write_bytes(model.encode())
    np.savez(scratch / "in.npz", **model.arrays)
    commands = [["octet-compile", "model.onnx", "-o", "model.so"],
                ["octet-run", "model.so", "--output", "out.npz"]
                + [part for name in model.arrays for part in ("--input", f"{name}=in.npz:{name}")]
                + (["--isa", isa] if isa else [])]
    for command in commands:
        done = subprocess.run(command, cwd=scratch, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stderr.strip()[:400]}")
    with np.load(scratch / "out.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def peer_outputs(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.encode(), options,
                                           providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, model.arrays)))


def compare(op, cases, seed, isa):
    """The number of cases that differ."""
    model = Model(np.random.default_rng([seed, list(OPERATORS).index(op)]))
    for index in range(cases):
        OPERATORS[op](model, index)
    expected = peer_outputs(model)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            found = octet_outputs(model, pathlib.Path(scratch), isa)
        except RuntimeError as error:
            print(f"{op} FAILED {error}")
            return cases
    wrong = 0
    for name, reference in expected.items():
        value = found[name].reshape(reference.shape)
        differs = np.count_nonzero(value != reference)
        if differs or value.dtype != reference.dtype:
            wrong += 1
            step = np.abs(value.astype(np.float64) - reference).max()
            print(f"{op} DIFFERS in {differs} of {reference.size} values, by up to "
                  f"{step:g}: {model.about[name]}")
    if not wrong:
        values = sum(reference.size for reference in expected.values())
        print(f"{op} {cases} cases, {values} values: equal")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("operators", nargs="*", default=list(OPERATORS))
    parser.add_argument("--cases", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--isa")
    arguments = parser.parse_args()
    wrong = sum(compare(op, arguments.cases, arguments.seed, arguments.isa)
                for op in arguments.operators)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
