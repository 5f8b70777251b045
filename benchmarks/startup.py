#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Time from nothing to the first result, beside the peers.

  benchmarks/startup.py [MODEL...] [--rounds N] [--json FILE]

MODEL is as speed.py's. Octet's time is that of a whole process, octet-run, which loads
the library, makes random inputs and calls the model. A peer's is that of a whole Python
process that imports it and does the same with the same QDQ file, and, as `session`, only
that of making the session and calling it in a Python that runs already, so that even a
program in C is compared with too little. Milliseconds, the least of all rounds. Then the
first call of a process beside the median of later ones, and its page faults: what it takes
longer, the system takes to bring memory.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

import contenders
import octet_tools
import peers
import speed

HERE = pathlib.Path(__file__).resolve().parent


def octet_once(library):
    subprocess.run([octet_tools.find_tool("octet-run"), str(library), "--benchmark",
                    "--repeat", "1"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   check=True)


def process(contender, path, arrays):
    """Imports a contender anew and calls it once."""
    code = (f"import sys, numpy; sys.path.insert(0, {str(HERE)!r}); import contenders; "
            f"contenders.{contender}({str(path)!r}, dict(numpy.load({str(arrays)!r})), 1).call()")
    subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, check=True)


def first_call(library, inputs, rounds):
    """The first call of a process and the median of later ones, the least of all rounds."""
    found = [octet_tools.benchmark(library, inputs, 30) for _ in range(rounds)]
    return {key: min(round[key] for round in found)
            for key in ("first_ms", "first_faults", "median_ms")}


def starters(path, inputs, calibration, batch, scratch):
    """What to time, by name; a peer that is not installed is left out."""
    library, quantized = scratch / "int8.so", scratch / "peer.onnx"
    arrays = scratch / "inputs.npz"
    np.savez(arrays, **inputs)
    octet_tools.compile_model(path, library, calibration, batch)
    made = {"octet": lambda: octet_once(library)}
    if not peers.missing("onnxruntime"):
        peers.ort_quantize(path, calibration, quantized, batch)
        made["ort"] = lambda: process("OnnxRuntime", quantized, arrays)
        made["ort session"] = lambda: contenders.OnnxRuntime(quantized, inputs, 1).call()
        if not peers.missing("openvino"):
            made["openvino"] = lambda: process("OpenVino", quantized, arrays)
            made["openvino session"] = lambda: contenders.OpenVino(quantized, inputs, 1).call()
    return made


def measure(made, rounds):
    times = {name: [] for name in made}
    for _ in range(rounds):
        for name, start in made.items():
            begin = time.perf_counter()
            start()
            times[name].append((time.perf_counter() - begin) * 1e3)
    return {name: min(found) for name, found in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    if peers.missing("onnx"):
        sys.exit("startup.py: needs the onnx package, to build its models")
    rows = []
    for spec in arguments.models or speed.default_specs():
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            name, batch, path, inputs, calibration = speed.resolve(spec, scratch)
            times = measure(starters(path, inputs, calibration, batch, scratch),
                            arguments.rounds)
            calls = first_call(scratch / "int8.so", inputs, arguments.rounds)
        print(name)
        for who, ms in times.items():
            print(f"  {who:18} {ms:9.2f}" +
                  (f"  {times['octet'] / ms:6.3f} x" if who != "octet" else ""), flush=True)
        print(f"  {'first call':18} {calls['first_ms']:9.3f}  with {calls['first_faults']} page faults\n"
              f"  {'later calls':18} {calls['median_ms']:9.3f}", flush=True)
        rows.append({"model": name, "ms": times, "calls": calls})
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
