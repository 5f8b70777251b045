# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every rule of docs/Numerics.md on quantized types, lowered, run and compared bit for bit
with NumPy: saturation, ties of rounding, negative zero points, NaN."""

import itertools
import math
import sys
import unittest

import numpy as np

from oracle import F, Module, Quantized, constant, tensor_type

module = Module()
checks = []
rng = np.random.default_rng(1)
U8, S8 = Quantized(8, 0.05, 3), Quantized(8, 0.07, -5, signed=True)
OUT_U8, OUT_S8 = Quantized(8, 0.11, 10), Quantized(8, 0.09, -20, signed=True)


def check(name, inputs, types, result_type, body, expected):
    """Adds a function of `inputs` and notes what it must return."""
    shape = expected.shape
    text = body + f"  return %y : {tensor_type(shape, result_type)}\n"
    index = module.add([(a.shape, t) for a, t in zip(inputs, types)], [(shape, result_type)], text)
    checks.append((name, index, inputs, expected))


def clamp_text(clamp):
    number = {math.inf: "inf", -math.inf: "-inf"}
    low, high = (number.get(c, f"{c:.9e}") for c in clamp)
    return f"#octet.clamp<{low} : {high}>"


# Q1, Q2, Q3 ---------------------------------------------------------------------------------------

def quantization_cases():
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, 3e38, -3e38], F)
    for number, q in enumerate([U8, S8, Quantized(8, 0.5, 255), Quantized(8, 0.5, -128, signed=True),
                                Quantized(16, 1e-3, 7, signed=True), Quantized(16, 1e-3, 9000),
                                Quantized(32, 1e-4, 0, signed=True),
                                Quantized(8, 0.1, 0, signed=True, bounds=(-127, 127))]):
        ties = (np.arange(-300, 300).astype(F) + F(0.5)) * q.scale[0]
        x = np.concatenate([special, ties, rng.normal(0, 40, 200).astype(F)])
        expected = q.quantize(x)
        expected[0] = q.min  # NaN
        check(f"Q1.{number}", [x], ["f32"], q,
              f"  %y = octet.quantize %a0 : {tensor_type(x.shape, 'f32')} -> {tensor_type(x.shape, q)}\n",
              expected)
        stored = q.random(rng, (500,))
        check(f"Q2.{number}", [stored], [q], "f32",
              f"  %y = octet.dequantize %a0 : {tensor_type((500,), q)} -> {tensor_type((500,), 'f32')}\n",
              q.center(stored).astype(F) * q.scale[0])
    axis = Quantized(8, [0.1, 0.2, 0.3], [3, -4, 0], signed=True, axis=1)
    x = rng.normal(0, 20, (2, 3, 4)).astype(F)
    kind = tensor_type(x.shape, "f32"), tensor_type(x.shape, axis)
    check("Q1.axis", [x], ["f32"], axis,
          f"  %y = octet.quantize %a0 : {kind[0]} -> {kind[1]}\n", axis.quantize(x))
    q = axis.random(rng, x.shape)
    check("Q2.axis", [q], [axis], "f32",
          f"  %y = octet.dequantize %a0 : {kind[1]} -> {kind[0]}\n",
          axis.center(q).astype(F) * axis.scale.reshape(1, 3, 1))


def requantization_cases():
    types = [U8, S8, OUT_U8, Quantized(8, 0.05, 131), Quantized(8, 0.05, -125, signed=True),
             Quantized(8, 0.05, 100, signed=True), Quantized(16, 0.05, 3, signed=True)]
    for i, (a, b) in enumerate(itertools.permutations(types, 2)):
        q = np.arange(a.min, a.max + 1).astype(a.dtype)
        centered = a.center(q)
        if a.scale[0] == b.scale[0]:
            expected = np.clip(centered + b.zero[0], b.min, b.max).astype(b.dtype)
        else:
            expected = b.finish(centered.astype(F) * (a.scale[0] / b.scale[0]))
        check(f"Q3.{i}", [q], [a], b,
              f"  %y = octet.requantize %a0 : {tensor_type(q.shape, a)} -> {tensor_type(q.shape, b)}\n",
              expected)


# C1 to C7 -----------------------------------------------------------------------------------------

def convolve(x, w, strides, pads, dilations, groups):
    """Exact convolution of centered integers, channels first, any spatial rank."""
    rank = len(strides)
    x = np.pad(x, [(0, 0), (0, 0)] + [(pads[i], pads[rank + i]) for i in range(rank)])
    out = [(x.shape[2 + i] - dilations[i] * (w.shape[2 + i] - 1) - 1) // strides[i] + 1
           for i in range(rank)]
    inner, per = w.shape[1], w.shape[0] // groups
    y = np.zeros([x.shape[0], w.shape[0], *out], x.dtype)
    for k in itertools.product(*map(range, w.shape[2:])):
        at = tuple(slice(k[i] * dilations[i], k[i] * dilations[i] + strides[i] * (out[i] - 1) + 1,
                         strides[i]) for i in range(rank))
        for g in range(groups):
            part = x[(slice(None), slice(g * inner, (g + 1) * inner)) + at]
            y[:, g * per:(g + 1) * per] += np.einsum(
                "ni...,oi->no...", part, w[(slice(g * per, (g + 1) * per), slice(None)) + k])
    return y


def epilogue(total, q_in, q_w, channel, result, clamp, residual, q_r):
    """Rules C2 to C5: `channel` shapes per-channel numbers."""
    scale = (q_in.scale * q_w.scale).astype(F)
    scale = scale.reshape(channel) if scale.size > 1 else scale[0]
    if isinstance(result, Quantized):
        y = total.astype(F) * (scale / result.scale[0])
        if residual is not None:
            y = y + q_r.center(residual).astype(F) * (q_r.scale[0] / result.scale[0])
        return result.finish(y, clamp)
    y = total.astype(F) * scale
    if residual is not None:
        y = y + q_r.center(residual).astype(F) * q_r.scale[0]
    return np.clip(y, *np.asarray(clamp, F)).astype(F)


def to_last(array):
    return np.moveaxis(array, 1, -1)


def conv_case(name, q_in, q_w, result, x_shape, w_shape, *, strides=None, pads=None, dilations=None,
              groups=1, clamp=(-np.inf, np.inf), bias=True, q_r=None, last=True, bias_range=500):
    rank = len(x_shape) - 2
    strides, dilations = strides or [1] * rank, dilations or [1] * rank
    pads = pads or [0] * (2 * rank)
    x, w = q_in.random(rng, x_shape), q_w.random(rng, w_shape)
    total = convolve(q_in.center(x), q_w.center(w), strides, pads, dilations, groups)
    channel = [1, -1] + [1] * rank
    b = rng.integers(-bias_range, bias_range, w_shape[0]).astype(np.int32)
    if bias:
        total = total + b.astype(np.int64).reshape(channel)
    residual = q_r.random(rng, total.shape) if q_r else None
    expected = epilogue(total, q_in, q_w, channel, result, clamp, residual, q_r)
    layout = to_last if last else lambda a: a
    inputs, types = [layout(x)], [q_in]
    body = constant("w", w, q_w)
    operands, kinds = "%a0, %w", [tensor_type(inputs[0].shape, q_in), tensor_type(w.shape, q_w)]
    if bias:
        q_b = Quantized(32, q_in.scale * q_w.scale, 0, signed=True, axis=None if q_w.axis is None else 0)
        body += constant("b", b, q_b)
        operands += ", bias %b"
        kinds.append(tensor_type(b.shape, q_b))
    if q_r:
        inputs.append(layout(residual))
        types.append(q_r)
        operands += ", residual %a1"
        kinds.append(tensor_type(inputs[1].shape, q_r))
    expected = layout(expected)
    numbers = lambda values: "array<i64: " + ", ".join(map(str, values)) + ">"
    order = "channels_last" if last else "channels_first"
    body += (f"  %y = octet.conv({operands}) {{strides = {numbers(strides)}, pads = {numbers(pads)}, "
             f"dilations = {numbers(dilations)}, groups = {groups} : i64, layout = #octet<layout {order}>")
    if clamp != (-np.inf, np.inf):
        body += f", clamp = {clamp_text(clamp)}"
    body += f"}} : ({', '.join(kinds)}) -> {tensor_type(expected.shape, result)}\n"
    check(name, inputs, types, result, body, expected)


def conv_cases():
    channels = lambda n, **k: Quantized(8, rng.uniform(0.001, 0.02, n), 0, signed=True, axis=0, **k)
    tensor = Quantized(8, 0.01, 0, signed=True)
    conv_case("C3.2d", U8, channels(5), OUT_U8, (2, 3, 7, 6), (5, 3, 3, 3), pads=[1, 1, 1, 1])
    conv_case("C3.first", U8, channels(5), OUT_U8, (2, 3, 7, 6), (5, 3, 3, 3), pads=[1, 0, 2, 1], last=False)
    conv_case("C3.s8", S8, channels(4), OUT_S8, (1, 4, 5, 5), (4, 4, 1, 1), strides=[2, 2])
    conv_case("C3.clamp", U8, channels(4), OUT_U8, (1, 4, 5, 5), (4, 4, 3, 3), clamp=(0.0, 6.0))
    conv_case("C3.relu", S8, tensor, OUT_S8, (1, 4, 5, 5), (4, 4, 3, 3), clamp=(0.0, np.inf), bias=False)
    conv_case("C3.narrow", U8, tensor, Quantized(8, 0.3, 8, bounds=(4, 11)), (1, 4, 5, 5), (4, 4, 3, 3))
    conv_case("C3.1d", U8, channels(3), OUT_S8, (1, 4, 9), (3, 4, 3), dilations=[2], pads=[2, 1])
    conv_case("C3.3d", S8, channels(3), OUT_U8, (1, 2, 4, 5, 4), (3, 2, 2, 3, 2), strides=[2, 1, 1])
    conv_case("C3.depthwise", U8, channels(4), OUT_U8, (1, 4, 6, 6), (4, 1, 3, 3), groups=4, pads=[1] * 4)
    conv_case("C3.multiplier", U8, channels(8), OUT_U8, (1, 4, 6, 6), (8, 1, 3, 3), groups=4, pads=[1] * 4)
    conv_case("C3.groups", S8, channels(6), OUT_S8, (1, 4, 6, 6), (6, 2, 3, 3), groups=2, last=False)
    conv_case("C4", U8, channels(5), OUT_U8, (1, 3, 7, 6), (5, 3, 3, 3), q_r=S8, clamp=(0.0, np.inf))
    conv_case("C4.groups", U8, channels(6), OUT_U8, (1, 4, 4, 4), (6, 2, 3, 3), groups=2, q_r=U8)
    conv_case("C5", U8, channels(5), "f32", (1, 3, 7, 6), (5, 3, 3, 3), clamp=(-1.0, 1.5))
    conv_case("C5.residual", U8, channels(5), "f32", (1, 3, 7, 6), (5, 3, 3, 3), q_r=S8)
    accumulator = Quantized(32, F(1) * F(1), 0, signed=True)
    one = Quantized(8, 1.0, 128), Quantized(8, 1.0, 5, signed=True)
    conv_case("C6", *one, accumulator, (1, 3, 5, 5), (4, 3, 3, 3), pads=[1, 1, 1, 1], bias=False)
    unsigned = Quantized(8, 0.01, 128)
    conv_case("C7.fits", U8, unsigned, OUT_U8, (1, 3, 5, 5), (4, 3, 3, 3))
    conv_case("C7.wide", S8, Quantized(8, 0.01, 3), OUT_S8, (1, 3, 5, 5), (4, 3, 3, 3))
    conv_case("C7.axis", U8, Quantized(8, [0.01, 0.02], [100, 140], axis=0), OUT_U8, (1, 3, 5, 5), (2, 3, 3, 3))
    conv_case("C1.wide", U8, tensor, OUT_U8, (1, 3, 5, 5), (4, 3, 3, 3), bias_range=2**31 - 1)
    wide = Quantized(16, 1e-3, 300, signed=True)
    conv_case("C1.i16", wide, tensor, Quantized(16, 0.01, 0, signed=True), (1, 64, 3, 3), (4, 64, 3, 3))


def matmul_case(name, q_a, q_b, result, a_shape, b_shape, *, flip_a=False, flip_b=False, dynamic=False,
                bias=False, clamp=(-np.inf, np.inf), q_r=None):
    a, b = q_a.random(rng, a_shape), q_b.random(rng, b_shape)
    left = np.swapaxes(q_a.center(a), -1, -2) if flip_a else q_a.center(a)
    right = np.swapaxes(q_b.center(b), -1, -2) if flip_b else q_b.center(b)
    total = left @ right
    n = total.shape[-1]
    body, kinds = "", [tensor_type(a_shape, q_a), tensor_type(b_shape, q_b)]
    inputs, types = [a], [q_a]
    if dynamic:
        inputs.append(b)
        types.append(q_b)
        operands = "%a0, %a1"
    else:
        body += constant("w", b, q_b)
        operands = "%a0, %w"
    if bias:
        values = rng.integers(-3000, 3000, n).astype(np.int32)
        total = total + values
        q_bias = Quantized(32, q_a.scale * q_b.scale, 0, signed=True, axis=None if q_b.axis is None else 0)
        body += constant("b", values, q_bias)
        operands += ", bias %b"
        kinds.append(tensor_type(values.shape, q_bias))
    residual = q_r.random(rng, total.shape) if q_r else None
    if q_r:
        operands += f", residual %a{len(inputs)}"
        inputs.append(residual)
        types.append(q_r)
        kinds.append(tensor_type(residual.shape, q_r))
    if isinstance(result, Quantized) and result.bits == 32:
        expected = total.astype(np.int32)
    else:
        expected = epilogue(total, q_a, q_b, [1] * (total.ndim - 1) + [-1], result, clamp, residual, q_r)
    attributes = (["transpose_lhs"] if flip_a else []) + (["transpose_rhs"] if flip_b else [])
    if clamp != (-np.inf, np.inf):
        attributes.append(f"clamp = {clamp_text(clamp)}")
    body += (f"  %y = octet.matmul({operands}) {{{', '.join(attributes)}}} : ({', '.join(kinds)}) -> "
             f"{tensor_type(expected.shape, result)}\n")
    check(name, inputs, types, result, body, expected)


def matmul_cases():
    columns = lambda n, axis: Quantized(8, rng.uniform(0.001, 0.02, n), 0, signed=True, axis=axis)
    tensor = Quantized(8, 0.01, 0, signed=True)
    matmul_case("C3.matmul", U8, columns(5, 1), OUT_U8, (4, 7), (7, 5), bias=True)
    matmul_case("C3.transposed", U8, columns(5, 0), OUT_U8, (7, 4), (5, 7), flip_a=True, flip_b=True, bias=True)
    matmul_case("C3.batch", S8, tensor, OUT_S8, (2, 3, 4, 7), (7, 5), clamp=(0.0, np.inf))
    matmul_case("C3.batches", S8, tensor, OUT_S8, (2, 3, 4, 7), (3, 7, 5))
    matmul_case("C7.activations", U8, S8, OUT_U8, (2, 4, 7), (2, 7, 5), dynamic=True)
    matmul_case("C7.broadcast", U8, OUT_U8, OUT_S8, (2, 1, 4, 7), (1, 3, 5, 7), dynamic=True, flip_b=True)
    matmul_case("C4.matmul", U8, columns(5, 1), OUT_U8, (4, 7), (7, 5), bias=True, q_r=OUT_S8)
    matmul_case("C5.matmul", U8, tensor, "f32", (4, 7), (7, 5), bias=True)
    one = Quantized(8, 1.0, 17), Quantized(8, 1.0, 200)
    matmul_case("C6.matmul", *one, Quantized(32, 1.0, 0, signed=True), (4, 7), (7, 5))
    matmul_case("C6.activations", *one, Quantized(32, 1.0, 0, signed=True), (4, 7), (7, 5), dynamic=True)


def conv_transpose_cases():
    # Groups, kernel, pads, output padding, strides, dilations, residual. Kernels as long as the stride, longer, shorter
    # (outputs without a tap) and dilated by a divisor of it.
    for number, (groups, kernel, pads, padding, strides, dilations, adds) in enumerate([
            (1, [3, 3], [0] * 4, [0, 0], [2, 2], [1, 1], False),
            (2, [3, 3], [1, 0, 1, 2], [1, 1], [2, 3], [1, 1], False),
            (1, [3, 3], [2, 2, 2, 2], [0, 0], [1, 1], [1, 1], True),
            (1, [2, 2], [0] * 4, [0, 0], [2, 2], [1, 1], True),
            (1, [4, 4], [1] * 4, [0, 0], [2, 2], [1, 1], True),
            (4, [4, 3], [1] * 4, [0, 1], [2, 2], [1, 1], True),
            (1, [5, 4], [3, 2, 4, 3], [1, 0], [3, 2], [2, 1], False),
            (1, [1, 3], [0] * 4, [1, 0], [2, 2], [1, 1], False),
            (1, [3, 3], [1] * 4, [0, 0], [2, 4], [2, 3], False)]):
        q_w = Quantized(8, [0.01, 0.02, 0.015], 0, signed=True, axis=1)
        x, w = U8.random(rng, (1, 4, 3, 4)), q_w.random(rng, (4, 3, *kernel))
        centered, weights = U8.center(x), q_w.center(w)
        full = [strides[i] * (x.shape[2 + i] - 1) + padding[i] + dilations[i] * (kernel[i] - 1) + 1 for i in range(2)]
        total = np.zeros((1, 3 * groups, *full), np.int64)
        per = 4 // groups
        for c, h, v, o, i, j in itertools.product(*map(range, (4, 3, 4, 3, *kernel))):
            total[0, c // per * 3 + o, h * strides[0] + i * dilations[0],
                  v * strides[1] + j * dilations[1]] += centered[0, c, h, v] * weights[c, o, i, j]
        total = total[:, :, pads[0]:full[0] - pads[2], pads[1]:full[1] - pads[3]]
        spread = Quantized(8, np.tile(q_w.scale, groups), 0, signed=True, axis=0)
        r = OUT_S8.random(rng, total.shape) if adds else None
        expected = epilogue(total, U8, spread, [1, -1, 1, 1], OUT_U8, (-np.inf, np.inf), r, OUT_S8 if adds else None)
        numbers = lambda values: "array<i64: " + ", ".join(map(str, values)) + ">"
        types = [tensor_type(x.shape, U8), tensor_type(w.shape, q_w)] + [tensor_type(total.shape, OUT_S8)] * adds
        body = constant("w", w, q_w) + (
            f"  %y = octet.conv_transpose(%a0, %w{', residual %a1' * adds}) {{strides = {numbers(strides)}, "
            f"pads = {numbers(pads)}, dilations = {numbers(dilations)}, output_padding = {numbers(padding)}, "
            f"groups = {groups} : i64}} : ({', '.join(types)}) -> {tensor_type(expected.shape, OUT_U8)}\n")
        check(f"C3.conv_transpose.{number}", [x, r][:1 + adds], [U8, OUT_S8][:1 + adds], OUT_U8, body, expected)


# E1 to E3, P1, R1, T1 -----------------------------------------------------------------------------

def binary_cases():
    def add(op, sign, a, b, y, shapes, clamp=(-np.inf, np.inf)):
        p, q = a.random(rng, shapes[0]), b.random(rng, shapes[1])
        if op == "mul":
            x = (a.center(p) * b.center(q)).astype(F) * (a.scale[0] * b.scale[0] / y.scale[0])
        else:
            left = a.center(p).astype(F) * (a.scale[0] / y.scale[0])
            right = b.center(q).astype(F) * (b.scale[0] / y.scale[0])
            x = left + right if sign > 0 else left - right
        attribute = "" if clamp == (-np.inf, np.inf) else f" {{clamp = {clamp_text(clamp)}}}"
        expected = y.finish(x, clamp)
        check(f"{op}.{len(checks)}", [p, q], [a, b], y,
              f"  %y = octet.{op} %a0, %a1{attribute} : ({tensor_type(p.shape, a)}, {tensor_type(q.shape, b)}) -> "
              f"{tensor_type(expected.shape, y)}\n", expected)
    for op, sign in [("add", 1), ("sub", -1), ("mul", 0)]:
        add(op, sign, U8, S8, OUT_U8, [(2, 3, 40), (2, 3, 40)])
        add(op, sign, U8, U8, OUT_S8, [(2, 3, 40), (3, 1)], clamp=(0.0, np.inf))
        add(op, sign, S8, OUT_S8, S8, [(1, 40), (5, 1)], clamp=(-0.5, 6.0))
        add(op, sign, Quantized(8, 0.5, 0), Quantized(8, 0.5, 1), Quantized(8, 1.0, 0), [(300,), (300,)])
        add(op, sign, Quantized(16, 0.5, 0, signed=True), Quantized(16, 0.25, 1), OUT_U8, [(300,), (300,)])


def pool_cases():
    for number, (q, y) in enumerate([(U8, OUT_U8), (S8, OUT_S8), (U8, "f32"), (S8, S8)]):
        x = q.random(rng, (1, 3, 6, 7))
        centered = np.pad(q.center(x), [(0, 0), (0, 0), (1, 1), (0, 1)])
        inside = np.pad(np.ones((6, 7), np.int64), [(1, 1), (0, 1)])
        total, count = np.zeros((1, 3, 3, 4), np.int64), np.zeros((3, 4), np.int64)
        for i, j in itertools.product(range(3), range(2)):
            total += centered[:, :, i:i + 5:2, j:j + 7:2]
            count += inside[i:i + 5:2, j:j + 7:2]
        for include in (False, True):
            n = np.full((3, 4), 6) if include else count
            scale = y.scale[0] if isinstance(y, Quantized) else F(1)
            value = total.astype(F) * (q.scale[0] / (scale * n.astype(F)))
            expected = y.finish(value) if isinstance(y, Quantized) else value
            extra = ", counted_pads = array<i64: 1, 0, 1, 1>" if include else ""
            check(f"P1.{number}.{include}", [to_last(x)], [q], y,
                  "  %y = octet.average_pool %a0 {kernel = array<i64: 3, 2>, strides = array<i64: 2, 2>, "
                  f"pads = array<i64: 1, 0, 1, 1>, dilations = array<i64: 1, 1>{extra}, layout = #octet<layout channels_last>}} : "
                  f"({tensor_type(to_last(x).shape, q)}) -> {tensor_type(to_last(expected).shape, y)}\n",
                  to_last(expected))
        padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (0, 1)], constant_values=q.min)
        best = np.max([padded[:, :, i:i + 5:2, j:j + 7:2]
                       for i, j in itertools.product(range(3), range(2))], axis=0)
        check(f"max_pool.{number}", [x], [q], q,
              "  %y = octet.max_pool %a0 {kernel = array<i64: 3, 2>, strides = array<i64: 2, 2>, "
              "pads = array<i64: 1, 0, 1, 1>, dilations = array<i64: 1, 1>} : "
              f"({tensor_type(x.shape, q)}) -> {tensor_type(best.shape, q)}\n", best)
        for kind in ("mean", "sum", "max", "min"):
            if kind in ("max", "min"):
                expected = getattr(x, kind)(axis=(1, 3))
                out = q
            else:
                out = y
                scale = y.scale[0] if isinstance(y, Quantized) else F(1)
                n = F(21 if kind == "mean" else 1)
                value = q.center(x).sum(axis=(1, 3)).astype(F) * (q.scale[0] / (scale * n))
                expected = y.finish(value) if isinstance(y, Quantized) else value
            check(f"reduce.{kind}.{number}", [x], [q], out,
                  f"  %y = octet.reduce {kind} %a0 {{axes = array<i64: 1, 3>}} : ({tensor_type(x.shape, q)}) -> "
                  f"{tensor_type(expected.shape, out)}\n", expected)


def resize_cases():
    x = to_last(U8.random(rng, (1, 2, 3, 4)))
    centered = U8.center(x).astype(F)
    coordinates = [np.clip((np.arange(2 * n, dtype=F) + F(0.5)) / F(2) - F(0.5), F(0), F(n - 1)) for n in (3, 4)]
    low = [c.astype(int) for c in coordinates]
    part = [(c - l.astype(F)).astype(F) for c, l in zip(coordinates, low)]
    high = [np.minimum(l + 1, n - 1) for l, n in zip(low, (3, 4))]
    pick = lambda h, w: centered[:, h][:, :, w]
    across = [F(1) - part[1], part[1]]
    row = lambda h: (pick(h, low[1]) * across[0].reshape(1, 1, -1, 1) + pick(h, high[1]) * across[1].reshape(1, 1, -1, 1))
    value = row(low[0]) * (F(1) - part[0]).reshape(1, -1, 1, 1) + row(high[0]) * part[0].reshape(1, -1, 1, 1)
    attributes = "sizes = array<i64: 6, 8>, scales = array<f64: 2.0, 2.0>, layout = #octet<layout channels_last>"
    kind = tensor_type(x.shape, U8)
    expected = OUT_S8.finish(value * (U8.scale[0] / OUT_S8.scale[0]))
    check("R1.linear", [x], [U8], OUT_S8,
          f"  %y = octet.resize %a0 {{{attributes}, mode = #octet<resize_mode linear>, coordinates = "
          f"#octet<resize_coordinates half_pixel>}} : ({kind}) -> {tensor_type(expected.shape, OUT_S8)}\n", expected)
    expected = x.repeat(2, axis=1).repeat(2, axis=2)
    check("R1.nearest", [x], [U8], U8,
          f"  %y = octet.resize %a0 {{{attributes}, mode = #octet<resize_mode nearest>, coordinates = "
          f"#octet<resize_coordinates half_pixel>}} : ({kind}) -> {tensor_type(expected.shape, U8)}\n", expected)


def lookup_cases():
    for q, y in [(U8, OUT_S8), (S8, OUT_U8)]:
        table = rng.integers(-128, 127, 256, endpoint=True).astype(np.int8)
        x = np.arange(256).astype(np.uint8).view(q.dtype)
        text = ", ".join(map(str, table))
        check(f"T1.{q.signed}", [x], [q], y,
              f"  %y = octet.lookup %a0 {{table = array<i8: {text}>}} : {tensor_type(x.shape, q)} -> "
              f"{tensor_type(x.shape, y)}\n", table.view(y.dtype))
    x = S8.random(rng, (400,))
    real = np.maximum(S8.center(x).astype(F) * S8.scale[0], F(0))
    check("E3.relu", [x], [S8], OUT_U8,
          f"  %y = octet.relu %a0 : {tensor_type(x.shape, S8)} -> {tensor_type(x.shape, OUT_U8)}\n",
          OUT_U8.quantize(real))


def movement_cases():
    x = S8.random(rng, (2, 3, 4))
    kind = tensor_type(x.shape, S8)
    expected = np.pad(x, [(0, 0), (1, 0), (2, 1)], constant_values=S8.quantize(np.array([0.35]))[0])
    check("pad", [x], [S8], S8,
          "  %y = octet.pad %a0 {low = array<i64: 0, 1, 2>, high = array<i64: 0, 0, 1>, "
          f"mode = #octet<pad_mode constant>, value = 0.35}} : ({kind}) -> {tensor_type(expected.shape, S8)}\n", expected)
    check("transpose", [x], [S8], S8,
          f"  %y = octet.transpose %a0 {{permutation = array<i64: 2, 0, 1>}} : ({kind}) -> "
          f"{tensor_type((4, 2, 3), S8)}\n", x.transpose(2, 0, 1))
    check("concat", [x, x[:, :2]], [S8, S8], S8,
          f"  %y = octet.concat %a0, %a1 {{axis = 1 : i64}} : ({kind}, {tensor_type((2, 2, 4), S8)}) -> "
          f"{tensor_type((2, 5, 4), S8)}\n", np.concatenate([x, x[:, :2]], 1))


quantization_cases()
requantization_cases()
conv_cases()
matmul_cases()
conv_transpose_cases()
binary_cases()
pool_cases()
resize_cases()
lookup_cases()
movement_cases()


class Rules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        module.compile()

    def test_all(self):
        for name, index, inputs, expected in checks:
            with self.subTest(name):
                np.testing.assert_array_equal(module.call(index, *inputs), expected, strict=True)


if __name__ == "__main__":
    print(len(checks), "cases")
    sys.exit(unittest.main())
