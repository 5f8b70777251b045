# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Operators on floats, plain integers and booleans, lowered, run and compared with NumPy."""

import itertools
import math
import sys
import unittest

import numpy as np

from oracle import F, Module, constant, tensor_type

module = Module()
checks = []
rng = np.random.default_rng(2)
NAMES = {"float32": "f32", "float64": "f64", "float16": "f16", "int64": "i64", "int32": "i32", "uint8": "ui8",
         "int8": "i8", "uint32": "ui32", "bool": "i1"}


def element(array):
    return NAMES[str(array.dtype)]


def kind(array):
    return tensor_type(array.shape, element(array))


def numbers(values):
    return "array<i64: " + ", ".join(map(str, values)) + ">" if len(values) else "array<i64>"


def check(name, inputs, operation, expected, constants=()):
    """`operation` is the op with its operands (%a0.. and names of `constants`) and attributes."""
    expected = np.asarray(expected)
    operands = [kind(a) for a in inputs] + [kind(a) for _, a in constants]
    body = "".join(constant(n, a, element(a)) for n, a in constants)
    body += f"  %y = octet.{operation} : ({', '.join(operands)}) -> {kind(expected)}\n"
    body += f"  return %y : {kind(expected)}\n"
    index = module.add([(a.shape, element(a)) for a in inputs], [(expected.shape, element(expected))], body)
    checks.append((name, index, inputs, expected))


def unary(name, x, operation, expected):
    """An op whose type is written `from -> to`."""
    expected = np.asarray(expected)
    text = (f"  %y = octet.{operation} : {kind(x)} -> {kind(expected)}\n  return %y : {kind(expected)}\n")
    checks.append((name, module.add([(x.shape, element(x))], [(expected.shape, element(expected))], text),
                   [x], expected))


def normal(*shape):
    return rng.normal(0, 2, shape).astype(F)


# Element by element -------------------------------------------------------------------------------

def binary_cases():
    a, b = normal(2, 3, 4), normal(3, 1)
    for op, function in [("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("div", np.divide),
                         ("min", np.minimum), ("max", np.maximum)]:
        check(f"{op}.f32", [a, b], f"{op} %a0, %a1", function(a, b))
        if op != "div":
            i, j = (rng.integers(-50, 50, s).astype(np.int64) for s in ((4, 1), (5,)))
            check(f"{op}.i64", [i, j], f"{op} %a0, %a1", function(i, j))
            i, j = (rng.integers(0, 255, 30).astype(np.uint8) for _ in range(2))
            check(f"{op}.ui8", [i, j], f"{op} %a0, %a1", function(i, j))
    nan = np.array([1, np.nan, 3], F), np.array([np.nan, 2, 2], F)
    check("max.nan", nan, "max %a0, %a1", np.maximum(*nan))
    i, j = np.array([7, -7, 7, -7], np.int64), np.array([2, 2, -2, -2], np.int64)
    check("div.i64", [i, j], "div %a0, %a1", np.array([3, -3, -3, 3], np.int64))
    check("mod.i64", [i, j], "mod %a0, %a1", np.mod(i, j))
    check("fmod.i64", [i, j], "mod %a0, %a1 {fmod}", np.fmod(i, j))
    check("fmod.f32", [a, b], "mod %a0, %a1 {fmod}", np.fmod(a, b))
    u, v = np.array([200, 255], np.uint8), np.array([7, 255], np.uint8)
    check("mod.ui8", [u, v], "mod %a0, %a1", np.mod(u, v))
    check("div.ui8", [u, v], "div %a0, %a1", u // v)
    i, j = np.array([-3, -1, 0, 0, 1, 2, 7, -1, 2], np.int64), np.array([5, 9, 0, 3, 80, 62, 20, -3, -1], np.int64)
    check("pow.i64", [i, j], "pow %a0, %a1", np.array([-243, -1, 1, 0, 1, 1 << 62, 7 ** 20, -1, 0], np.int64))
    p = np.abs(a)
    check("pow.f32", [p, b], "pow %a0, %a1", p ** b)
    for e in (2.0, 3.0, 0.5, -1.5):
        check(f"pow.{e}", [p], "pow %a0, %e", p ** F(e), [("e", np.array(e, F))])
    check("pow.i64", [i, np.abs(j)], "pow %a0, %a1", i ** np.abs(j))
    check("pow.mixed", [p, np.array([3], np.int64)], "pow %a0, %a1", p ** F(3))
    check("prelu", [a, b], "prelu %a0, %a1", np.where(a < 0, a * b, a))
    check("add.clamp", [a, b], "add %a0, %a1 {clamp = #octet.clamp<0.0 : 1.5>}", np.clip(a + b, F(0), F(1.5)))
    check("add.constant", [a], "add %a0, %c", a + F(2.5), [("c", np.array([[[2.5]]], F))])
    half = a.astype(np.float16)
    check("mul.f16", [half, half], "mul %a0, %a1", half * half)


def unary_cases():
    x = normal(40)
    erf = np.array([math.erf(v) for v in x], F)
    sigmoid = 1 / (1 + np.exp(-x))
    for op, expected in [
            ("relu", np.maximum(x, 0)), ("leaky_relu %a0 {alpha = 0.1}", np.where(x < 0, F(0.1) * x, x)),
            ("clip %a0 {low = -1.0, high = 1.5}", np.clip(x, -1, 1.5)), ("sigmoid", sigmoid), ("tanh", np.tanh(x)),
            ("elu %a0 {alpha = 1.5}", np.where(x < 0, 1.5 * np.expm1(x), x)), ("erf", erf),
            ("gelu", x * 0.5 * (1 + np.array([math.erf(v / math.sqrt(2)) for v in x]))), ("exp", np.exp(x)),
            ("hard_sigmoid %a0 {alpha = 0.2, beta = 0.5}", np.clip(x * 0.2 + 0.5, 0, 1)),
            ("hard_swish", x * np.clip(x / 6 + 0.5, 0, 1)), ("silu", x * sigmoid),
            ("mish", x * np.tanh(np.log1p(np.exp(x)))), ("softplus", np.log1p(np.exp(x))),
            ("softsign", x / (1 + np.abs(x))), ("sin", np.sin(x)), ("cos", np.cos(x)), ("neg", -x),
            ("abs", np.abs(x)), ("floor", np.floor(x)), ("ceil", np.ceil(x)), ("round", np.rint(x)),
            ("sign", np.sign(x)), ("reciprocal", 1 / x)]:
        head, _, attributes = op.partition(" %a0")
        unary(head, x, f"{head} %a0{attributes}", expected.astype(F))
    p = np.abs(x) + F(0.1)
    unary("log", p, "log %a0", np.log(p))
    unary("sqrt", p, "sqrt %a0", np.sqrt(p))
    i = rng.integers(-9, 9, 20).astype(np.int32)
    for op, expected in [("neg", -i), ("abs", np.abs(i)), ("sign", np.sign(i)), ("relu", np.maximum(i, 0))]:
        unary(f"{op}.i32", i, f"{op} %a0", expected.astype(np.int32))
    unary("clip.i32", i, "clip %a0 {low = -2.5, high = 0x7FF0000000000000 : f64}", np.maximum(i, -2))


def logical_cases():
    a, b = normal(3, 4), normal(4)
    a[0, 0] = b[0]
    u, v = (rng.integers(0, 255, 60).astype(np.uint8) for _ in range(2))
    for name, function in [("eq", np.equal), ("lt", np.less), ("le", np.less_equal), ("gt", np.greater),
                           ("ge", np.greater_equal)]:
        check(f"compare.{name}", [a, b], f"compare {name} %a0, %a1", function(a, b))
        check(f"compare.{name}.ui8", [u, v], f"compare {name} %a0, %a1", function(u, v))
    p, q = (rng.integers(0, 2, s).astype(bool) for s in ((3, 4), (4,)))
    for name, function in [("and", np.logical_and), ("or", np.logical_or), ("xor", np.logical_xor)]:
        check(f"logical.{name}", [p, q], f"logical {name} %a0, %a1", function(p, q))
    check("where", [p, a, b], "where %a0, %a1, %a2", np.where(p, a, b))
    text = f"  %y = octet.not %a0 : {kind(p)}\n  return %y : {kind(p)}\n"
    checks.append(("not", module.add([(p.shape, "i1")], [(p.shape, "i1")], text), [p], ~p))


def cast_cases():
    x = np.array([1.9, -1.9, 300.5, -300.5, 3e10, -3e10, np.nan, np.inf, -np.inf, 0, 1e20], F)
    finite = np.nan_to_num(x.astype(np.float64), nan=0.0, posinf=1e30, neginf=-1e30)
    for dtype in (np.int8, np.uint8, np.int32, np.uint32, np.int64):
        info = np.iinfo(dtype)
        exact = [min(max(int(v), info.min), info.max) for v in finite]
        unary(f"cast.f32.{info.dtype}", x, "cast %a0", np.array(exact, dtype))
    unary("cast.bool", x, "cast %a0", x != 0)
    i = np.array([-1, 0, 1, 300, -300, 2**31 - 1], np.int32)
    for dtype in (np.int8, np.uint8, np.int64, np.float32, bool):
        unary(f"cast.i32.{np.dtype(dtype)}", i, "cast %a0", i.astype(dtype))
    u = np.array([0, 127, 128, 255], np.uint8)
    for dtype in (np.int32, np.float32, np.int8):
        unary(f"cast.ui8.{np.dtype(dtype)}", u, "cast %a0", u.astype(dtype))
    b = np.array([True, False])
    for dtype in (np.int32, np.float32):
        unary(f"cast.bool.{np.dtype(dtype)}", b, "cast %a0", b.astype(dtype))
    unary("cast.f16", x[:4], "cast %a0", x[:4].astype(np.float16))


# Axes ---------------------------------------------------------------------------------------------

def reduce_cases():
    x = normal(2, 3, 4, 5)
    functions = {"sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min, "prod": np.prod,
                 "l1": lambda v, **k: np.abs(v).sum(**k), "l2": lambda v, **k: np.sqrt((v * v).sum(**k)),
                 "sum_square": lambda v, **k: (v * v).sum(**k),
                 "log_sum": lambda v, **k: np.log(v.sum(**k)),
                 "log_sum_exp": lambda v, **k: np.log(np.exp(v).sum(**k))}
    for name, function in functions.items():
        value = np.abs(x) if name == "log_sum" else x
        for axes, keep in [((1, 3), True), ((0, 1, 2, 3), False), ((2,), False)]:
            attributes = f"axes = {numbers(axes)}" + (", keep_dims" if keep else "")
            check(f"reduce.{name}", [value], f"reduce {name} %a0 {{{attributes}}}",
                  function(value, axis=axes, keepdims=keep).astype(F))
    i = rng.integers(-9, 9, (3, 4)).astype(np.int64)
    for name in ("sum", "max", "min", "prod"):
        check(f"reduce.{name}.i64", [i], f"reduce {name} %a0 {{axes = array<i64: 1>}}", functions[name](i, axis=1))
    tie = np.array([[1, 3, 3], [2, 2, 0]], F)
    for attributes, expected in [("", [1, 0]), (", last", [2, 1]), (", smallest", [0, 2]), (", smallest, last", [0, 2])]:
        check("arg_reduce", [tie], f"arg_reduce %a0 {{axis = 1 : i64{attributes}}}", np.array(expected, np.int64))
    check("arg_reduce.keep", [tie], "arg_reduce %a0 {axis = 0 : i64, keep_dims}", np.array([[1, 0, 0]], np.int64))


def normalization_cases():
    x = normal(2, 3, 4, 5)
    x[0, 0, 0, 0] = 200  # must not overflow
    for axis in (1, 3):
        shifted = x - x.max(axis=axis, keepdims=True)
        powers = np.exp(shifted)
        check("softmax", [x], f"softmax %a0 {{axis = {axis} : i64}}", powers / powers.sum(axis=axis, keepdims=True))
        check("log_softmax", [x], f"softmax %a0 {{axis = {axis} : i64, log}}",
              shifted - np.log(powers.sum(axis=axis, keepdims=True)))
    long = normal(3, 2, 53)  # three vectors of accumulators, and a rest
    powers = np.exp(long - long.max(axis=2, keepdims=True))
    check("softmax.lanes", [long], "softmax %a0 {axis = 2 : i64}", powers / powers.sum(axis=2, keepdims=True))
    centered = long - long.mean(axis=2, keepdims=True)
    check("layer_norm.lanes", [long], "layer_norm %a0 {axis = 2 : i64, epsilon = 1.0e-3, operandSegmentSizes = array<i32: 1, 0, 0>}",
          centered / np.sqrt((centered ** 2).mean(axis=2, keepdims=True) + F(1e-3)))
    scale, bias, mean, var = normal(3), normal(3), normal(3), np.abs(normal(3))
    channel = lambda v: v.reshape(1, 3, 1, 1)
    check("batch_norm", [x], "batch_norm %a0, %s, %b, %m, %v {epsilon = 1.0e-3}",
          (x - channel(mean)) / np.sqrt(channel(var) + F(1e-3)) * channel(scale) + channel(bias),
          [("s", scale), ("b", bias), ("m", mean), ("v", var)])
    centered = x - x.mean(axis=(2, 3), keepdims=True)
    spread = np.sqrt((centered ** 2).mean(axis=(2, 3), keepdims=True) + F(1e-3))
    check("instance_norm", [x, scale, bias], "instance_norm %a0, %a1, %a2 {epsilon = 1.0e-3}",
          centered / spread * channel(scale) + channel(bias))
    g, h = normal(4, 5), normal(4, 5)
    check("layer_norm", [x, g, h],
          "layer_norm %a0, %a1, %a2 {axis = 2 : i64, epsilon = 1.0e-3, operandSegmentSizes = array<i32: 1, 1, 1>}",
          centered / spread * g + h)
    square = np.sqrt((x ** 2).mean(axis=3, keepdims=True) + F(1e-3))
    check("rms_norm", [x, g[0]],
          "layer_norm %a0, %a1 {axis = 3 : i64, epsilon = 1.0e-3, rms, operandSegmentSizes = array<i32: 1, 1, 0>}",
          x / square * g[0])


# Windows ------------------------------------------------------------------------------------------

def window_cases():
    x, w, b = normal(2, 4, 6, 7), normal(6, 2, 3, 2), normal(6)
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (0, 2)])
    y = np.zeros((2, 6, 3, 4), F)
    for i, j, g in itertools.product(range(3), range(2), range(2)):
        part = padded[:, 2 * g:2 * g + 2, i:i + 5:2, 2 * j:2 * j + 7:2]
        y[:, 3 * g:3 * g + 3] += np.einsum("nchw,oc->nohw", part, w[3 * g:3 * g + 3, :, i, j])
    y = np.maximum(y + b.reshape(1, 6, 1, 1), 0)
    attributes = (f"strides = {numbers([2, 2])}, pads = {numbers([1, 0, 1, 2])}, dilations = {numbers([1, 2])}, "
                  "groups = 2 : i64, clamp = #octet.clamp<0.0 : inf>")
    check("conv", [x, w, b], f"conv(%a0, %a1, bias %a2) {{{attributes}}}", y)
    check("conv.constant", [x], f"conv(%a0, %w, bias %b) {{{attributes}}}", y, [("w", w), ("b", b)])
    a, c = normal(2, 3, 4, 5), normal(3, 6, 5)
    check("matmul", [a, c], "matmul(%a0, %a1) {transpose_rhs}", a @ c.swapaxes(-1, -2))
    p = np.pad(x, [(0, 0), (0, 0), (1, 0), (0, 1)], constant_values=-np.inf)
    best = np.max([p[:, :, i:i + 5:2, j:j + 7:2] for i, j in itertools.product(range(3), range(2))], axis=0)
    window = f"kernel = {numbers([3, 2])}, strides = {numbers([2, 2])}, pads = {numbers([1, 0, 0, 1])}, dilations = {numbers([1, 1])}"
    check("max_pool", [x], f"max_pool %a0 {{{window}}}", best)
    q = np.pad(x, [(0, 0), (0, 0), (1, 0), (0, 1)])
    n = np.pad(np.ones((6, 7), F), [(1, 0), (0, 1)])
    total = sum(q[:, :, i:i + 5:2, j:j + 7:2] for i, j in itertools.product(range(3), range(2)))
    count = sum(n[i:i + 5:2, j:j + 7:2] for i, j in itertools.product(range(3), range(2)))
    check("average_pool", [x], f"average_pool %a0 {{{window}}}", total / count)


def resize_cases():
    x = normal(1, 2, 4, 5)
    for mode, coordinates, sizes in itertools.product(
            ("nearest", "linear", "cubic"),
            ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"),
            ((8, 10), (3, 7), (4, 5))):
        scales = [s / n for s, n in zip(sizes, x.shape[2:])]
        y = x
        for axis, (size, scale) in enumerate(zip(sizes, scales)):
            y = resize_axis(y, 2 + axis, size, F(scale), mode, coordinates)
        check(f"resize.{mode}.{coordinates}.{sizes}", [x],
              f"resize %a0 {{sizes = {numbers(sizes)}, scales = array<f64: {scales[0]:.17e}, {scales[1]:.17e}>, "
              f"mode = #octet<resize_mode {mode}>, coordinates = #octet<resize_coordinates {coordinates}>}}", y.astype(F))


def resize_axis(x, axis, size, scale, mode, coordinates):
    n = x.shape[axis]
    x = np.moveaxis(x, axis, -1)
    i = np.arange(size, dtype=F)
    half = (i + F(0.5)) / scale - F(0.5)
    at = {"half_pixel": half, "pytorch_half_pixel": half, "asymmetric": i / scale,
          "align_corners": i * F(n - 1) / F(size - 1), "half_pixel_symmetric": half}[coordinates].astype(F)
    if mode == "nearest":
        y = x[..., np.clip(np.ceil(at - F(0.5)).astype(int), 0, n - 1)]
    elif mode == "linear":
        at = np.clip(at, 0, n - 1)
        low = at.astype(int)
        f = at - low
        y = x[..., low] * (1 - f) + x[..., np.minimum(low + 1, n - 1)] * f
    else:
        low, a, y = np.floor(at).astype(int), -0.75, 0
        for k in range(-1, 3):
            d = np.abs(at - (low + k))
            weight = np.where(d <= 1, (a + 2) * d**3 - (a + 3) * d**2 + 1, a * (d**3 - 5 * d**2 + 8 * d - 4))
            y = y + x[..., np.clip(low + k, 0, n - 1)] * weight
    return np.moveaxis(y, -1, axis)


# Movements ----------------------------------------------------------------------------------------

def movement_cases():
    x = normal(2, 3, 4)
    for shape in ((4, 6), (24,), (2, 1, 3, 4), (1, 2, 12), (3, 8)):
        check("reshape", [x], f"reshape %a0 {{shape = {numbers(shape)}}}", x.reshape(shape))
    scalar = np.array(3, F)
    check("reshape.scalar", [scalar], f"reshape %a0 {{shape = {numbers((1, 1))}}}", scalar.reshape(1, 1))
    check("reshape.to_scalar", [x[:1, :1, :1]], "reshape %a0 {shape = array<i64>}", x[0, 0, 0])
    check("expand", [x[:, :1]], f"expand %a0 {{shape = {numbers((5, 2, 3, 4))}}}", np.broadcast_to(x[:, :1], (5, 2, 3, 4)).copy())
    check("tile", [x], f"tile %a0 {{repeats = {numbers((2, 1, 3))}}}", np.tile(x, (2, 1, 3)))
    check("slice", [x], f"slice %a0 {{starts = {numbers((0, 1, 3))}, sizes = {numbers((2, 2, 2))}, steps = {numbers((1, 1, -2))}}}", x[:, 1:, 3::-2])
    check("slice.steps", [x], f"slice %a0 {{starts = {numbers((0, 0, 1))}, sizes = {numbers((2, 2, 2))}, steps = {numbers((1, 2, 2))}}}", x[:, ::2, 1::2])
    for mode, name in [("reflect", "reflect"), ("edge", "edge"), ("wrap", "wrap")]:
        check(f"pad.{mode}", [x], f"pad %a0 {{low = {numbers((0, 1, 2))}, high = {numbers((0, 2, 3))}, mode = #octet<pad_mode {mode}>}}",
              np.pad(x, [(0, 0), (1, 2), (2, 3)], mode=name))
    indices = np.array([[2, -1, 0], [1, 1, -3]], np.int64)
    check("gather", [x, indices], "gather %a0, %a1 {axis = 1 : i64}", np.take(x, indices, axis=1))
    check("gather.slice", [x], "gather %a0, %i {axis = 1 : i64}", x[:, 1], [("i", np.array(1, np.int64))])
    check("gather.range", [x], "gather %a0, %i {axis = 2 : i64}", x[:, :, 1:3], [("i", np.array([1, -2], np.int64))])
    flags = np.array([[True, False], [False, False]])
    check("concat.bool", [flags, ~flags], "concat %a0, %a1 {axis = 1 : i64}", np.concatenate([flags, ~flags], 1))


binary_cases()
unary_cases()
logical_cases()
cast_cases()
reduce_cases()
normalization_cases()
window_cases()
resize_cases()
movement_cases()


class Operators(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        module.compile()

    def test_all(self):
        for name, index, inputs, expected in checks:
            with self.subTest(name):
                result = module.call(index, *inputs)
                self.assertEqual((result.shape, result.dtype), (expected.shape, expected.dtype))
                if expected.dtype.kind == "f":
                    tolerance = 2e-3 if expected.dtype.itemsize == 2 else 2e-5
                    np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)
                else:
                    np.testing.assert_array_equal(result, expected)


if __name__ == "__main__":
    print(len(checks), "cases")
    sys.exit(unittest.main())
