#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Builds generated kernels, checks them bit by bit, and times them.

    kernels.py check --isa avx2 [--set quick] [NAME ...]
    kernels.py check --isa i8mm --set random --seed 5
    kernels.py time  --isa avx512vnni --set speed

A kernel is named by its shape (shapes.py).
"""
import argparse
import array
import math
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

import machine
from shapes import quick_set, random_set, speed_set, tiles_set

ARM = ("neon", "dotprod", "i8mm", "sve", "sve256")
# Of what the CPU lacks, this runs what stands left on a CPU that has what stands right.
EMULATOR = ROOT / "test/Support/emulator"
EMULATED = {"avxvnni": "avx2", "avxvnniint8": "avx2", "amx": "avx512vnni"}


def isa_features(isa, recode=False):
    """LLVM's features of an instruction set, from Isas.def. `recode` replaces AVX-VNNI,
    where there is none, by AVX-512's encoding of the same, so that it can be timed."""
    text = (ROOT / "include/octet/Support/Isas.def").read_text().replace("\\\n", "")
    defines = dict(re.findall(r'#define (OCTET_X86_V\d)\s+((?:"[^"]*"\s*)+)', text))
    row = re.search(r'OCTET_(?:X86|ARM)_ISA\("%s",\s*((?:"[^"]*"|OCTET_X86_V\d|\s)+),' % isa, text)
    parts = re.sub(r"OCTET_X86_V\d", lambda m: defines[m.group()], row.group(1))
    features = "".join(re.findall(r'"([^"]*)"', parts))
    if recode and isa == "avxvnni" and not has_isa(isa) and has_isa("avx512vnni"):
        features = features.replace("+avxvnni", "+avx512f,+avx512vl,+avx512vnni")
    return features + (",-prefer-256-bit" if "avx512" in features else "")


def make_weights(shape, rng):
    count = shape.oc * shape.k[0] * shape.k[1] * shape.c // shape.groups
    if shape.floats:
        return round_weights(shape.kind, [rng.uniform(-1, 1) for _ in range(count)])
    data = bytearray(rng.getrandbits(8 * count).to_bytes(count, "little"))
    for i in range(0, count, 5):
        data[i] = rng.choice((127, 129, 128))
    return bytes(data), bytes(data)


def round_weights(kind, numbers):
    """The numbers in a type of floats, and as f32."""
    if kind == "f16":
        data = struct.pack(f"<{len(numbers)}e", *numbers)
        return data, array.array("f", struct.unpack(f"<{len(numbers)}e", data)).tobytes()
    wide = array.array("f", numbers)
    if kind == "f32":
        return wide.tobytes(), wide.tobytes()
    halves = array.array("H", wide.tobytes())[1::2]
    bits = array.array("I", [half << 16 for half in halves])
    return halves.tobytes(), bits.tobytes()


def make_channels(shape, rng, chosen):
    """Bias and multiplier of each output channel."""
    taps = shape.k[0] * shape.k[1] * shape.c // shape.groups
    bias = array.array("i", [rng.randint(-10000, 10000) for _ in range(shape.oc)])
    scale = array.array("f", [rng.uniform(.5, 2.5) / (150 * taps ** .5)
                              for _ in range(shape.oc)])
    if chosen and not shape.floats:
        low = (0 if shape.kind == "u8" else -128) - zero_point_of(shape)
        for channel in range(shape.oc):
            weights = array.array("b", shape.bytes[channel * taps:(channel + 1) * taps])
            scale[channel] = choose_scale(scale[channel], low, bias[channel], weights,
                                          -128 if shape.kind == "s8" else 0)
    return bias.tobytes(), scale.tobytes()


def choose_scale(scale, low, bias, weights, input_low):
    """The scale near by that octet-choose-multipliers takes: no sum's product is so near a
    half that rounding it to f32 before rounding it to an integer matters, and one of the
    numbers that make sums floats has a product that is nearly an integer."""
    positive = sum(w for w in weights if w > 0)
    negative = sum(weights) - positive
    least = bias + positive * input_low + negative * (input_low + 255)
    room = 2 ** 23 - 1 - 255 * (positive - negative)

    def f32(value):
        return struct.unpack("f", struct.pack("f", value))[0]

    def find_shifts(s):
        low_shift, high_shift = -.5, .5
        for result in range(low, low + 255):
            total = math.floor((result + .5) / s) - 1
            while round(f32(total * s)) <= result:
                total += 1
            low_shift = max(low_shift, result + .5 - total * s)
            high_shift = min(high_shift, result + .5 - (total - 1) * s)
            if low_shift >= high_shift:
                break
        return low_shift, high_shift

    def serves(s):
        odd, unit = s.as_integer_ratio()
        low_shift, high_shift = find_shifts(s)
        if unit == 1 or low_shift >= high_shift:
            return False
        inverse, first = pow(odd, -1, unit), 2 ** 23 - least
        return any((lost * inverse - first) % unit <= room
                   for lost in range(math.floor(low_shift * unit) + 1,
                                     math.ceil(high_shift * unit)))
    bits = struct.unpack("I", struct.pack("f", scale))[0]
    near = (struct.unpack("f", struct.pack("I", bits + i))[0] for i in range(100))
    return scale if room < 0 else next(filter(serves, near), scale)


def epilogue(shape, zero_point):
    """The region, and the elements it takes."""
    if shape.floats:
        return "%sum: f32, %b: i32, %s: f32, %r: f32", [
            "%0 = arith.addf %sum, %s : f32", "octet_kernel.yield %0 : f32"]
    low = (0 if shape.kind == "u8" else -128) - zero_point
    ext = "arith.extui" if shape.kind == "u8" else "arith.extsi"
    lines = ["%0 = arith.addi %sum, %b : i32", "%1 = arith.sitofp %0 : i32 to f32",
             "%2 = arith.mulf %1, %s : f32"]
    value = "%2"
    if shape.residual:
        lines += [f"%r0 = {ext} %r : i8 to i32", "%three = arith.constant 3 : i32",
                  "%r1 = arith.subi %r0, %three : i32", "%r2 = arith.sitofp %r1 : i32 to f32",
                  "%half = arith.constant 0.5 : f32", "%r3 = arith.mulf %r2, %half : f32",
                  "%r4 = arith.addf %2, %r3 : f32"]
        value = "%r4"
    lines += [f"%low = arith.constant {low}.0 : f32", f"%high = arith.constant {low + 255}.0 : f32",
              f"%3 = arith.maximumf {value}, %low : f32", "%4 = arith.minimumf %3, %high : f32",
              "%5 = math.roundeven %4 : f32", "%6 = arith.fptosi %5 : f32 to i32",
              f"%zp = arith.constant {zero_point} : i32", "%7 = arith.addi %6, %zp : i32",
              "%8 = arith.trunci %7 : i32 to i8"]
    last = "%8"
    if shape.lookup:
        table = bytes(lookup_table()).hex().upper()
        lines.append(f'%9 = octet_kernel.lookup %8, dense<"0x{table}"> : tensor<256xi8> : i8')
        last = "%9"
    return "%sum: i32, %b: i32, %s: f32, %r: i8", lines + [f"octet_kernel.yield {last} : i8"]


def lookup_table():
    return [(i * 7 + i * i // 3 + 11) % 256 for i in range(256)]


def zero_point_of(shape):
    return {"u8": 7, "s8": -5}.get(shape.kind, 0)


def to_mlir(index, shape, isa):
    e = "f32" if shape.floats else "i8"
    weights = (f"{shape.oc}x{shape.k[0]}x{shape.k[1]}x{shape.c // shape.groups}x"
               f"{shape.kind if shape.floats else 'i8'}")
    x = f"memref<{shape.n}x{shape.h}x{shape.w}x{shape.c}x{e}>"
    y = f"memref<{shape.n}x{shape.oh}x{shape.ow}x{shape.oc}x{e}>"
    bias, scale = f"memref<{shape.oc}xi32>", f"memref<{shape.oc}xf32>"
    args, lines = epilogue(shape, zero_point_of(shape))
    unsigned = ", input_unsigned" if shape.kind == "u8" else ""
    tile = ""
    if shape.tile:
        tile = ", tile = #octet_kernel.tile<rows = %d, vectors = %d, unroll = %d>" % shape.tile
    body = "\n    ".join(lines)
    channels = operands = ""
    if not shape.variable:
        operands = (f"%bias = memref.get_global @bias{index} : {bias}\n"
                    f"  %scale = memref.get_global @scale{index} : {scale}\n  ")
        for name, of, data in (("bias", bias, shape.bias), ("scale", scale, shape.scale)):
            channels += (f'memref.global "private" constant @{name}{index} : {of} = '
                         f'dense<"0x{data.hex().upper()}">\n')
    given = ("%bias", "%scale") if shape.variable else ("%unused0", "%unused1")
    return f"""{channels}
memref.global "private" constant @w{index} : memref<{weights}> = dense<"0x{shape.bytes.hex().upper()}">
func.func @k{index}(%lo: index, %hi: index, %x: {x} {{llvm.noalias}},
    {given[0]}: {bias} {{llvm.noalias}}, {given[1]}: {scale} {{llvm.noalias}}, %old: {y} {{llvm.noalias}},
    %y: {y} {{llvm.noalias}}) attributes {{octet_kernel.isa = #octet_kernel.isa<{isa}>}} {{
  {operands}%w = memref.get_global @w{index} : memref<{weights}>
  octet_kernel.conv ins(%x, %w : {x}, memref<{weights}>)
      epilogue(%bias, %scale, %old : {bias}, {scale}, {y}) outs(%y : {y}) range(%lo, %hi)
      attributes {{kernel = array<i64: {shape.k[0]}, {shape.k[1]}>,
        strides = array<i64: {shape.s[0]}, {shape.s[1]}>,
        dilations = array<i64: {shape.d[0]}, {shape.d[1]}>,
        groups = {shape.groups} : i64{unsigned}{tile}}} {{
  ^bb0({args}):
    {body}
  }}
  return
}}
"""


def to_cases(shapes, extents, folder):
    """The table that the harness reads."""
    lines = ["#include <stdint.h>", '#include "types.h"']
    rows = []
    for i, (s, extent) in enumerate(zip(shapes, extents)):
        for name, data in (("weights", s.wide), ("bias", s.bias), ("scale", s.scale)):
            (folder / f"{name}{i}.bin").write_bytes(data)
            lines.append(f'__asm__(".section .rodata\\n.balign 64\\n.globl {name}{i}\\n{name}{i}:\\n'
                         f'.incbin \\"{folder}/{name}{i}.bin\\"\\n.byte 0\\n.text\\n");')
        lines.append(f"extern const char weights{i}[]; extern const int32_t bias{i}[]; "
                     f"extern const float scale{i}[]; void k{i}(int64_t, int64_t, void *, "
                     "const int32_t *, const float *, const void *, void *);")
        unsigned = int(s.kind == "u8")
        values = [int(s.floats), unsigned, unsigned, zero_point_of(s), int(s.residual),
                  int(s.lookup), s.n, s.h, s.w, s.c, s.oc, s.oh, s.ow, *s.k, *s.s, *s.d, s.groups]
        rows.append(f'  {{"{s.name}", k{i}, weights{i}, bias{i}, scale{i}, {extent}, {", ".join(map(str, values))}}},')
    table = ", ".join(map(str, lookup_table()))
    return "\n".join(lines + ["const test_case cases[] = {"] + rows + ["};",
                     f"const int num_cases = {len(shapes)};",
                     f"const uint8_t lookup_table[256] = {{{table}}};"]) + "\n"


PIPELINE = """builtin.module(octet-fuse-requantization,octet-pack-weights,octet-lower-kernels,octet-lower-dots,canonicalize,cse,
convert-scf-to-cf,convert-vector-to-llvm,expand-strided-metadata,lower-affine,
finalize-memref-to-llvm,convert-arith-to-llvm,convert-math-to-llvm,convert-index-to-llvm,
convert-cf-to-llvm,convert-func-to-llvm{use-bare-ptr-memref-call-conv=1},
reconcile-unrealized-casts)""".replace("\n", "")


class Builder:
    """Compiles shapes into one program."""

    def __init__(self, isa, tools, folder, keep, recode=False, emulate=False,
                 chosen=False):
        self.chosen = chosen
        self.isa, self.tools, self.folder, self.keep = isa, tools, folder, keep
        self.recode, self.emulate = recode, emulate
        self.arm = isa in ARM

    def tool(self, name):
        local = pathlib.Path(self.tools) / name
        if local.exists():
            return str(local)
        for candidate in (f"/usr/lib/llvm-22/bin/{name}", shutil.which(f"{name}-22"), shutil.which(name)):
            if candidate and os.path.exists(candidate):
                return candidate
        sys.exit(f"kernels.py: {name} not found: install the packages of scripts/setup")

    def run(self, *command):
        subprocess.run([str(c) for c in command], check=True)

    def compile_ir(self, shapes):
        rng = random.Random(7)
        text = []
        for i, shape in enumerate(shapes):
            shape.bytes, shape.wide = make_weights(shape, rng)
            shape.bias, shape.scale = make_channels(shape, rng, self.chosen or i % 2 == 0)
            text.append(to_mlir(i, shape, self.isa))
        f = self.folder
        (f / "k.mlir").write_text("".join(text))
        self.run(self.tool("octet-opt"), f / "k.mlir", f"--pass-pipeline={PIPELINE}",
                 "-o", f / "llvm.mlir")
        found = dict(re.findall(r"llvm\.func @k(\d+)\(.*?work_extent = (\d+)",
                                (f / "llvm.mlir").read_text()))
        self.run(self.tool("mlir-translate"), "--mlir-to-llvmir",
                 "--allow-unregistered-dialect", f / "llvm.mlir", "-o", f / "k.ll")
        return [int(found[str(i)]) for i in range(len(shapes))]

    def compile_object(self):
        f, triple = self.folder, "aarch64-linux-gnu" if self.arm else "x86_64-linux-gnu"
        target = [f"-mtriple={triple}", f"-mattr={isa_features(self.isa, self.recode)}"]
        if self.isa == "sve256":
            target += [f"-aarch64-sve-vector-bits-{bound}=256" for bound in ("min", "max")]
        self.run(self.tool("opt"), "-O3", *target, f / "k.ll", "-o", f / "k.bc")
        forms = [("obj", "k.o")] + ([("asm", "k.s")] if self.keep else [])
        for kind, name in forms:
            self.run(self.tool("llc"), "-O3", *target, "--relocation-model=pic",
                     f"-filetype={kind}", f / "k.bc", "-o", f / name)

    def link(self, shapes, extents):
        f = self.folder
        harness = (HERE / "harness.c").read_text()
        (f / "types.h").write_text(re.search(r"typedef struct \{\n  const char \*name.*?test_case;",
                                             harness, re.S).group())
        (f / "cases.c").write_text(to_cases(shapes, extents, f))
        compiler = "aarch64-linux-gnu-gcc" if self.arm else self.tool("clang")
        self.run(compiler, "-O2", *machine.peak_flags(self.isa, self.recode), "-c", HERE / "peak.c",
                 "-o", f / "peak.o")
        self.run(compiler, "-O2", "-ffp-contract=off", *(["-static"] if self.arm else []),
                 HERE / "harness.c", f / "cases.c", f / "peak.o", f / "k.o",
                 *(sorted(EMULATOR.glob("*.c")) if self.emulate else []), "-lm",
                 "-o", f / "kernels")

    def build(self, shapes):
        extents = self.compile_ir(shapes)
        self.compile_object()
        self.link(shapes, extents)


def has_isa(isa):
    """Whether this machine runs the instruction set, itself or emulated."""
    if isa in ARM:
        return shutil.which("qemu-aarch64-static") is not None
    need = {"generic": [], "avx2": ["avx2", "fma"], "avxvnni": ["avx_vnni"],
            "avxvnniint8": ["avx_vnni_int8"], "avx512vnni": ["avx512_vnni"],
            "amx": ["amx_int8"]}[isa]
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    return all(re.search(rf"\b{flag}\b", flags) for flag in need)


def can_emulate(isa):
    return isa in EMULATED and has_isa(EMULATED[isa])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["check", "time", "build"])
    parser.add_argument("names", nargs="*", help="only the shapes of these names")
    parser.add_argument("--isa", required=True)
    parser.add_argument("--set", default=None, choices=["quick", "tiles", "speed", "random"])
    parser.add_argument("--seed", type=int, default=0, help="of the random set")
    parser.add_argument("--tools", default=str(ROOT / "build/dev/bin"))
    parser.add_argument("--keep", help="keep what is built in this folder")
    options = parser.parse_intermixed_args()
    chosen = options.set or ("speed" if options.command == "time" else "quick")
    shapes = {"quick": quick_set, "speed": speed_set,
              "tiles": lambda: tiles_set(options.isa),
              "random": lambda: random_set(options.seed)}[chosen]()
    if options.names:
        shapes = [s for s in shapes if s.name in options.names]
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(options.keep or scratch).resolve()
        folder.mkdir(exist_ok=True, parents=True)
        timed, native = options.command == "time", has_isa(options.isa)
        recode = timed and options.isa == "avxvnni" and has_isa("avx512vnni")
        emulate = options.command == "check" and not native and can_emulate(options.isa)
        Builder(options.isa, options.tools, folder, bool(options.keep), recode,
                emulate, chosen=timed).build(shapes)
        if options.command == "build":
            return 0
        if not (native or recode or emulate):
            print(f"compiled, not run: this machine has no {options.isa}")
            return 0
        cpu = "max,sve256=on" if options.isa == "sve256" else "max"
        run = ["qemu-aarch64-static", "-cpu", cpu] if options.isa in ARM else []
        mode = ["time"] if timed else []
        return subprocess.run(run + [str(folder / "kernels")] + mode).returncode


if __name__ == "__main__":
    sys.exit(main())
