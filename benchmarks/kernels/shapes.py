# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The shapes of kernels that are checked and timed.

A kernel is named by its shape, e.g. conv56x56x64-64k3s1u8r: output 56 x 56,
64 channels in, 64 out, 3x3, stride 1, unsigned activations, residual.
"""
import pathlib
import random
import re
from dataclasses import dataclass, field, replace

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

FLOATS = ("f32", "f16", "bf16")


@dataclass
class Shape:
    """A convolution; the input is as large as the output needs."""
    oh: int
    ow: int
    c: int
    oc: int
    k: tuple = (1, 1)
    s: tuple = (1, 1)
    d: tuple = (1, 1)
    groups: int = 1
    n: int = 1
    kind: str = "u8"  # of input and output: u8, s8, f32; f16, bf16: f32 with such weights
    residual: bool = False
    lookup: bool = False
    variable: bool = False  # bias and multipliers unknown to the compiler
    tile: tuple = ()  # rows, vectors, unroll
    extra: tuple = field(default=(0, 0))  # unused rows and columns of input
    bytes: bytes = b""  # of the weights
    wide: bytes = b""  # the same numbers as plain loops take them
    bias: bytes = b""
    scale: bytes = b""

    @property
    def floats(self):
        return self.kind in FLOATS

    @property
    def h(self):
        return (self.oh - 1) * self.s[0] + (self.k[0] - 1) * self.d[0] + 1 + self.extra[0]

    @property
    def w(self):
        return (self.ow - 1) * self.s[1] + (self.k[1] - 1) * self.d[1] + 1 + self.extra[1]

    @property
    def name(self):
        def pair(letter, p, default):
            if p == default:
                return ""
            return letter + (str(p[0]) if p[0] == p[1] else f"{p[0]}x{p[1]}")
        return (f"{'f' if self.floats else ''}conv{self.oh}x{self.ow}x{self.c}-{self.oc}"
                + pair("k", self.k, (1, 1)) + pair("s", self.s, (1, 1))
                + pair("d", self.d, (1, 1)) + (f"g{self.groups}" if self.groups > 1 else "")
                + (f"n{self.n}" if self.n > 1 else "") + (self.kind if self.kind != "f32" else "")
                + ("r" if self.residual else "") + ("t" if self.lookup else "")
                + ("v" if self.variable else "")
                + ("-" + "x".join(map(str, self.tile)) if self.tile else ""))


def gemm(m, n, k, **more):
    return Shape(1, m, k, n, **more)


def depthwise(h, w, c, k=3, s=1, **more):
    return Shape(h, w, c, c, (k, k), (s, s), groups=c, **more)


def square(o, c, oc, k, s=1, **more):
    return Shape(o, o, c, oc, (k, k), (s, s), **more)


def quick_set():
    """Every tail: rows, channels in and out; kernels, strides, dilation,
    groups; depthwise; both signs; residuals and tables."""
    shapes = [
        gemm(1, 1, 1), gemm(1, 10, 64), gemm(3, 17, 5), gemm(7, 64, 31), gemm(13, 100, 67),
        gemm(100, 80, 16), gemm(130, 130, 9, residual=True), gemm(49, 24, 130, lookup=True),
        gemm(300, 16, 12, kind="s8"), gemm(17, 70, 66, kind="s8", residual=True, lookup=True),
        square(9, 3, 20, 3), square(8, 16, 32, 3, kind="s8"), square(5, 7, 9, 5, 2),
        square(6, 3, 64, 7, 2, extra=(1, 1)), square(4, 24, 72, 3, n=3, residual=True),
        Shape(7, 7, 20, 48, n=2, extra=(0, 0)), Shape(10, 5, 8, 8, s=(2, 2), extra=(1, 1)),
        Shape(1, 40, 6, 12, (1, 5)), Shape(6, 8, 5, 18, (3, 2), (2, 1)),
        Shape(7, 6, 12, 20, (3, 3), d=(2, 2)), Shape(5, 9, 12, 20, (2, 3), d=(1, 3), kind="s8"),
        Shape(6, 7, 32, 48, (3, 3), groups=2), Shape(5, 5, 12, 24, (1, 1), groups=4, kind="s8"),
        Shape(5, 5, 8, 16, (3, 3), groups=8, n=2), Shape(3, 200, 8, 16, (3, 3)),
        gemm(31, 40, 24, variable=True), depthwise(6, 9, 40, variable=True, lookup=True),
        gemm(29, 48, 20, kind="s8", variable=True), depthwise(8, 11, 16), depthwise(9, 9, 32, 5),
        depthwise(9, 10, 32), depthwise(9, 13, 16, 5),
        depthwise(7, 5, 100, kind="s8"), depthwise(8, 8, 64, 3, 2),
        depthwise(5, 6, 24, 5, residual=True), depthwise(6, 6, 48, 5, 2, lookup=True),
        depthwise(11, 11, 96), depthwise(5, 8, 160, 5, residual=True),
        depthwise(4, 9, 130, 7, n=2), Shape(6, 6, 20, 20, (3, 3), d=(2, 2), groups=20),
        Shape(1, 30, 16, 16, (1, 4), groups=16), Shape(5, 4, 3, 3, (2, 2), (2, 2), groups=3),
        Shape(4, 4, 40, 8, (4, 2), (1, 3), (2, 2), groups=8, n=2), gemm(9, 1, 6),
    ]
    floats = [gemm(1, 10, 64), gemm(13, 100, 67), gemm(100, 80, 16), square(9, 3, 20, 3),
              square(5, 7, 9, 5, 2, n=2), Shape(7, 6, 12, 20, (3, 3), d=(2, 2)),
              Shape(6, 7, 32, 48, (3, 3), groups=2), depthwise(9, 10, 37), depthwise(5, 6, 64, 5, 2)]
    return shapes + [replace(shape, kind=kind) for kind in FLOATS for shape in floats]


def random_shape(rng):
    """Any convolution that is small enough for the plain loops."""
    def pick(*weighted):
        return rng.choice([value for value, count in weighted for _ in range(count)])
    groups = pick((1, 4), (rng.randint(2, 9), 2))
    c, oc = (groups * pick((1, 1), (rng.randint(1, 70 // groups), 4)) for _ in range(2))
    if pick((False, 3), (True, 2)):
        groups = c = oc = rng.randint(1, 140)
    pointwise = pick((False, 3), (True, 1))
    def pair(most):
        return (1, 1) if pointwise else (rng.randint(1, most), rng.randint(1, most))
    kind = pick(("u8", 5), ("s8", 5), ("f32", 2), ("f16", 1), ("bf16", 1))
    return Shape(rng.randint(1, 14), rng.randint(1, 30), c, oc, pair(5), pair(3), pair(3), groups,
                 pick((1, 2), (2, 1)), kind, kind not in FLOATS and pick((True, 1), (False, 2)),
                 kind not in FLOATS and pick((True, 1), (False, 3)),
                 kind not in FLOATS and pick((True, 1), (False, 3)),
                 extra=(rng.randint(0, 2), rng.randint(0, 2)))


def random_set(seed, count=60):
    rng = random.Random(seed)
    return [random_shape(rng) for _ in range(count)]


def tiles_set(isa):
    """Every row of the kernel table for an instruction set."""
    table = (ROOT / "include/octet/Codegen/KernelTable.inc").read_text()
    shapes = []
    for name, kind, *tile in re.findall(
            r"^OCTET_KERNEL\((\w+), (\w+), (\d+), (\d+), (\d+)\)", table, re.M):
        if name.lower() != isa:
            continue
        tile = tuple(map(int, tile))
        for kind in (FLOATS if kind == "F32" else ["u8", "s8"]):
            shapes.append(gemm(2 * tile[0] + 1, 70, 43, kind=kind, tile=tile))
            shapes.append(square(5, 9, 100, 3, kind=kind, tile=tile))
    return shapes


def speed_set():
    """Layers of well-known networks, large enough to be timed."""
    return [gemm(512, 512, 512), gemm(1024, 1024, 1024), gemm(128, 768, 768),
            gemm(3136, 64, 64), gemm(3136, 256, 64), gemm(3136, 64, 256), gemm(49, 512, 2048),
            square(56, 64, 64, 3), square(14, 256, 256, 3), square(112, 3, 64, 7, 2),
            gemm(12544, 96, 16), gemm(3136, 24, 144), gemm(1, 1000, 2048),
            depthwise(112, 112, 32), depthwise(56, 56, 128), depthwise(28, 28, 192),
            depthwise(14, 14, 384, 5), depthwise(56, 56, 96, 3, 2),
            *(replace(shape, kind=kind) for kind in FLOATS for shape in (
                gemm(1, 1000, 2048), gemm(128, 768, 768),
                gemm(512, 512, 512), square(56, 64, 64, 3), depthwise(56, 56, 128)))]
