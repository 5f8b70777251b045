#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Estimates the inner loops of generated kernels for cores that are not at hand.

    inner_loops.py [--isa dotprod|i8mm|avxvnni|avx512vnni|avx2 ...] [NAME ...]

Compiles the shapes of `kernels.py --set speed` of these names and gives the innermost
loop with the most dot products to llvm-mca: a line per core says what share of the
core's dot-product peak the loop reaches, instructions per multiply-accumulate, and how
many of its instructions are vector operations other than dots and loads, or go to the stack.
The model knows neither caches nor prefetching.
"""
import argparse
import pathlib
import re
import subprocess
import tempfile

import kernels
from shapes import speed_set

# Of an instruction set: the dot product and its multiply-accumulates; of a core: its
# multiply-accumulates in a cycle.
DOTS = {"dotprod": (r"sdot", 16), "i8mm": (r"(?:s|u|us)mmla", 32),
        "sve256": (r"(?:s|u|us)mmla", 64),
        "avxvnni": (r"vpdpbusd", 32), "avx512vnni": (r"vpdpbusd", 64),
        "avx2": (r"vpmaddwd", 16)}
CORES = {"dotprod": [("neoverse-n1", 32), ("neoverse-v1", 64), ("neoverse-v2", 64),
                     ("neoverse-v2 -dispatch=8", 64)],
         "i8mm": [("neoverse-v1", 128), ("neoverse-v2", 128), ("neoverse-v2 -dispatch=8", 128)],
         "sve256": [("neoverse-v1", 128)],
         "avxvnni": [("alderlake", 64), ("sapphirerapids", 64)],
         "avx512vnni": [("cascadelake", 128)],
         # Two operations for 16, on three ports.
         "avx2": [("cascadelake", 24)]}
NAMES = ["conv1x512x512-512u8", "conv56x56x64-64k3u8", "conv14x14x256-256k3u8"]
ITERATIONS = 200


def find_loops(assembly):
    """By function, its innermost loops: lines from a label to the jump back to it."""
    loops, function, label, body = {}, None, None, []
    for line in assembly.splitlines():
        line = re.split(r"//|#(?!-?\d)", line)[0].rstrip()
        if start := re.match(r"(k\d+):", line):
            function = start.group(1)
        elif start := re.match(r"(\.LBB\w+):", line):
            label, body = start.group(1), []
        elif re.match(r"\t[a-z]", line) and label:
            body.append(line)
            if re.match(r"\t(?:b\.?\w*|cbn?z|tbn?z|j\w+)\s.*%s$" % re.escape(label), line):
                loops.setdefault(function, []).append(body)
                label = None
    return loops


def is_other(line, dot, arm):
    """Whether an instruction computes with vectors, but is neither dot nor load."""
    name = line.split()[0]
    uses = r"\b[vz]\d+\.|\b[qz]\d+\b" if arm else r"%[xyz]mm"
    if not re.search(uses, line) or re.match(dot, name):
        return False
    return not re.match(r"ld|str|stp|prf" if arm else r"vmov\w*|v?p?broadcast\w*|vpbroadcast\w*", name)


def count_cycles(loop, isa, core):
    """Cycles of one turn of the loop."""
    triple = "aarch64" if isa in kernels.ARM else "x86_64"
    name, *options = core.split()
    done = subprocess.run(
        ["llvm-mca-22", f"-mtriple={triple}", f"-mcpu={name}", *options,
         f"-mattr={kernels.isa_features(isa)}", f"-iterations={ITERATIONS}"],
        input="\n".join(loop) + "\n", capture_output=True, text=True, check=True)
    return int(re.search(r"Total Cycles:\s+(\d+)", done.stdout).group(1)) / ITERATIONS


def show(shape, loop, isa):
    arm, (dot, macs_per_dot) = isa in kernels.ARM, DOTS[isa]
    dots = sum(bool(re.match(rf"\t{dot}\b", line)) for line in loop)
    macs = dots * macs_per_dot
    others = sum(is_other(line, dot, arm) for line in loop)
    stack = sum("sp]" in line or "[sp" in line or "%rsp" in line for line in loop)
    for core, peak in CORES[isa]:
        share = macs / peak / count_cycles(loop, isa, core)
        print(f"{shape.name:24} {isa:10} {core:24} {100 * share:6.1f} %  {dots:3} dots, "
              f"{len(loop) / macs:.4f} instructions/MAC, {others} others, {stack} on the stack")


# Of AMX, for which llvm-mca has no figures: cycles of a product of full tiles and of
# loading a tile, which use different units (Intel's optimization reference manual).
PRODUCT_CYCLES, LOAD_CYCLES = 16, 8


def show_tiles(shape, body):
    """Of the tiles of a kernel: what bounds their loops, and what stands around them."""
    count = lambda name: sum(bool(re.match(rf"\t{name}", line)) for line in body)
    products, loads = count("tdpb"), count("tileload")
    if not products:
        print(f"{shape.name:24} {'amx':10} no tiles: vectors are faster")
        return
    cycles = max(products * PRODUCT_CYCLES, loads * LOAD_CYCLES)
    print(f"{shape.name:24} {'amx':10} {'by the manual':24} "
          f"{100 * products * PRODUCT_CYCLES / cycles:6.1f} %  {loads / products:.2f} loads of "
          f"a tile per product, {count('ldtilecfg')} configuration")


def find_functions(assembly):
    return {name: body.splitlines() for name, body in
            re.findall(r"^(k\d+):(.*?)^\.Lfunc_end", assembly, re.M | re.S)}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--isa", nargs="+", choices=sorted(DOTS) + ["amx"], default=["dotprod", "i8mm"])
    parser.add_argument("--tools", default=str(kernels.ROOT / "build/dev/bin"))
    options = parser.parse_intermixed_args()
    for isa in options.isa:
        shapes = [s for s in speed_set() if s.name in options.names]
        if isa in kernels.ARM:
            for shape in shapes:
                shape.kind = "s8"
        with tempfile.TemporaryDirectory() as folder:
            builder = kernels.Builder(isa, options.tools, pathlib.Path(folder), True)
            builder.compile_ir(shapes)
            builder.compile_object()
            assembly = (pathlib.Path(folder) / "k.s").read_text()
        if isa == "amx":
            functions = find_functions(assembly)
            for i, shape in enumerate(shapes):
                show_tiles(shape, functions[f"k{i}"])
            continue
        loops, dot = find_loops(assembly), DOTS[isa][0]
        for i, shape in enumerate(shapes):
            count = lambda loop: sum(bool(re.match(rf"\t{dot}\b", line)) for line in loop)
            show(shape, max(loops[f"k{i}"], key=count), isa)


if __name__ == "__main__":
    main()
