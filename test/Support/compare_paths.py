#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles a model once per way of computing it and compares the outputs bit for bit.

  test/Support/compare_paths.py MODEL.onnx SAMPLES.npz [--calibrate FILE] [--samples N]
                                [--every-node] [--option=OPTION ...]
                                [--reference MODEL.onnx] [--tolerance RATIO]

The ways: the oracle lowering, every instruction set of the host's architecture that
the CPU has with one and two threads, on x86-64 those it lacks by test/Support/emulator
(the first --emulated samples), and every instruction set of the aarch64 library under
qemu. With --every-node (needs the onnx package) the model also gives the result of each conv,
gemm, matmul, add, pool node and the like; --option is one more of octet-compile. With
--tolerance, outputs are f32 and may differ by as much of the largest of them; --reference
is a model that is computed in float in the oracle's place. Exit status 1 if any output
differs.
"""
import argparse
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COMPARED = {"Conv", "Gemm", "MatMul", "Add", "Mul", "MaxPool", "AveragePool",
            "GlobalAveragePool", "ReduceSum", "Gather", "Sigmoid"}
HOST = {"x86_64": "x86-64"}.get(platform.machine(), platform.machine())
# What the emulator adds to a CPU that has avx512vnni.
EMULATED = ["avxvnni", "avxvnniint8", "amx"]
ARM_TARGET = "aarch64+neon+dotprod+i8mm+sve256"
CROSS, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64-static"


def host_compiler():
    return os.environ.get("CC") or shutil.which("clang-22") or "cc"


def call(*command, **environment):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode:
        sys.exit(f"{pathlib.Path(command[0]).name}: exit {done.returncode}: "
                 f"{done.stderr.strip()[-2000:]}")
    return done.stdout


def with_every_node(model, scratch):
    """The model with the compared nodes' results among its outputs."""
    import onnx
    loaded = onnx.shape_inference.infer_shapes(onnx.load(str(model)))
    shapes = {value.name: value for value in loaded.graph.value_info}
    known = {value.name for value in loaded.graph.output}
    for node in loaded.graph.node:
        name = node.output[0]
        if node.op_type in COMPARED and name in shapes and name not in known:
            loaded.graph.output.append(shapes[name])
    onnx.save(loaded, str(scratch / "every-node.onnx"))
    return scratch / "every-node.onnx"


class Comparison:
    def __init__(self, arguments, scratch):
        self.arguments, self.scratch = arguments, scratch
        self.model = arguments.model
        if arguments.every_node:
            self.model = with_every_node(arguments.model, scratch)
        self.runner = self.build_runner(host_compiler(), "run_raw")
        self.reference = None
        self.failures = 0

    def build_runner(self, compiler, name):
        runner = self.scratch / name
        call(compiler, "-std=c11", "-O1", "-I", ROOT / "include", "-o", runner,
             HERE / "run_raw.c", "-ldl")
        return runner

    def calibrate(self):
        """Learns the ranges once: they must not depend on the way to compute."""
        if not self.arguments.calibrate:
            return
        observed = self.scratch / "observed.mlir"
        samples = [part for source in self.arguments.calibrate
                   for part in ("--calibrate", source)]
        call("octet-compile", self.model, *self.bindings(), *samples, "--stop-after",
             "observe", "-o", observed)
        self.model, self.arguments.bind = observed, []

    def bindings(self):
        return [part for pair in self.arguments.bind for part in ("--bind", pair)]

    def compile(self, name, *options):
        library = self.scratch / f"{name}.so"
        call("octet-compile", self.model, "-o", library, *self.bindings(), *options,
             *self.arguments.option)
        return library

    def compile_reference(self):
        library = self.scratch / "oracle.so"
        if not self.arguments.reference:
            return self.compile("oracle", "--codegen=oracle")
        call("octet-compile", self.arguments.reference, "-o", library, *self.bindings(),
             "--precision", "float", "--codegen=oracle")
        return library

    def check(self, label, runner, library, isa, threads, inputs="inputs.bin",
              **environment):
        """Runs one way; the first is what the others must equal."""
        output = self.scratch / "outputs.bin"
        call(*runner, library, isa, threads, self.scratch / inputs, output, **environment)
        data = np.fromfile(output, np.uint8)
        if self.reference is None:
            self.reference = data
            verdict = f"reference, {len(data)} bytes"
        else:
            # As much of it as the inputs give.
            given, whole = ((self.scratch / name).stat().st_size
                            for name in (inputs, "inputs.bin"))
            verdict = self.compare(data, self.reference[:len(self.reference) * given // whole])
        print(f"{label:32} {verdict}", flush=True)

    def compare(self, data, reference):
        if self.arguments.tolerance is not None and data.shape == reference.shape:
            return self.compare_floats(data.view(np.float32), reference.view(np.float32))
        if data.shape == reference.shape and (data == reference).all():
            return "equal"
        self.failures += 1
        if data.shape != reference.shape:
            return f"DIFFERENT: {len(data)} bytes"
        where = np.nonzero(data != reference)[0]
        return (f"DIFFERENT: {len(where)} of {len(data)} bytes, the first at "
                f"{where[0]}")

    def compare_floats(self, data, reference):
        ratio = np.abs(data - reference).max() / np.abs(reference).max()
        if ratio <= self.arguments.tolerance:
            return f"within tolerance, {ratio:.2g}"
        self.failures += 1
        return f"DIFFERENT: by {ratio:.2g} of the largest output"

    def check_isas(self, prefix, runner, library, thread_counts):
        for isa in call(*runner, library).split():
            for threads in thread_counts:
                self.check(f"{prefix} {isa}, threads {threads}", runner, library, isa,
                           threads)

    def check_emulated(self):
        """What the CPU lacks, for as many samples as its slowness allows."""
        native = call(self.runner, self.compile("every", "--target", f"{HOST}+" + "+".join(
            EMULATED + ["avx512vnni"]))).split()
        missing = [isa for isa in EMULATED if isa not in native]
        if not missing or "avx512vnni" not in native:
            return
        emulator = self.scratch / "emulator.so"
        call(host_compiler(), "-O2", "-shared", "-fPIC", "-o", emulator,
             *sorted((HERE / "emulator").glob("*.c")))
        for isa in missing:
            self.check(f"host {isa}, emulated", [self.runner], self.scratch / "every.so",
                       isa, 1, inputs="emulated.bin", LD_PRELOAD=str(emulator))

    def run(self):
        self.calibrate()
        oracle = self.compile_reference()
        isas = call(self.runner, oracle).split()
        self.check("oracle", [self.runner], oracle, isas[0], 1)
        self.check_isas("host", [self.runner], self.compile("host", "--target", HOST), (1, 2))
        if HOST == "x86-64":
            self.check_emulated()
        if self.arguments.no_aarch64:
            return
        if not (shutil.which(CROSS) and shutil.which(EMULATOR)):
            print(f"aarch64: skipped, no {CROSS} or {EMULATOR}")
            return
        built = self.build_runner(CROSS, "run_raw_aarch64")
        library = self.compile("aarch64", "--target", ARM_TARGET)
        # The longest vectors that the emulator has, then the length that `sve256` wants.
        for cpu in ("max", "max,sve256=on"):
            runner = [EMULATOR, "-cpu", cpu, "-L", "/usr/aarch64-linux-gnu", built]
            self.check_isas(f"aarch64 {cpu}", runner, library, (1,))


def write_inputs(samples, names, count, path):
    """The inputs of each call, one after the other, as the model takes them."""
    with np.load(samples) as arrays, open(path, "wb") as file:
        stacks = []
        for spec in names or arrays.files:
            key, _, dtype = spec.partition("=")
            stacks.append(arrays[key][:count].astype(dtype or np.float32))
        for index in range(len(stacks[0])):
            for stack in stacks:
                file.write(np.ascontiguousarray(stack[index]).tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("samples", type=pathlib.Path)
    parser.add_argument("--input", action="append", default=[], metavar="KEY[=DTYPE]",
                        help="arrays of SAMPLES in the order of the model's inputs; "
                        "float32 unless said otherwise")
    parser.add_argument("--calibrate", action="append", default=[],
                        help="as octet-compile's option; int8 if given")
    parser.add_argument("--samples", type=int, default=8, dest="count")
    parser.add_argument("--emulated", type=int, default=1,
                        help="samples for instructions that the CPU lacks")
    parser.add_argument("--reference", type=pathlib.Path,
                        help="a float model to compare with, in place of the oracle")
    parser.add_argument("--tolerance", type=float, help="of f32 outputs, relative to the largest")
    parser.add_argument("--bind", action="append", default=[])
    parser.add_argument("--every-node", action="store_true")
    parser.add_argument("--option", action="append", default=[])
    parser.add_argument("--no-aarch64", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        write_inputs(arguments.samples, arguments.input, arguments.count,
                     scratch / "inputs.bin")
        write_inputs(arguments.samples, arguments.input, arguments.emulated,
                     scratch / "emulated.bin")
        comparison = Comparison(arguments, scratch)
        comparison.run()
    sys.exit(1 if comparison.failures else 0)


if __name__ == "__main__":
    main()
