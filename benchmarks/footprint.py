#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sizes and costs of compiling: library, weights, memory of a call, time, peak memory.

  benchmarks/footprint.py MODEL.onnx [--calibrate FILE] [--target NAME] [--bind N=1]

Sizes in KiB. Weights and memory are what the report of octet-compile says of the
library that it made.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import octet_tools


def run_measured(command):
    """Runs a command; its wall time in seconds and its peak memory in MiB."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(1)
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def kib(value):
    return f"{value / 1024:.1f} KiB"


def measure(arguments, scratch):
    library = scratch / "model.so"
    report = scratch / "report.json"
    command = [octet_tools.find_tool("octet-compile"), arguments.model, "-o", library,
               "--report", report, "--target", arguments.target]
    for bind in arguments.bind or [f"{name}=1" for name in
                                   octet_tools.symbolic_dimensions(arguments.model)]:
        command += ["--bind", bind]
    if arguments.calibrate:
        command += ["--calibrate", arguments.calibrate]
    seconds, peak = run_measured(command)
    rows = {"model file": kib(arguments.model.stat().st_size),
            "library": kib(library.stat().st_size)}
    content = json.loads(report.read_text())
    for key in ("weight_bytes", "arena_bytes", "largest_live_bytes"):
        if key in content:
            rows[key.replace("_", " ").replace(" bytes", "")] = kib(content[key])
    rows["compile time"] = f"{seconds:.2f} s"
    rows["compile peak memory"] = f"{peak:.0f} MiB"
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("--calibrate")
    parser.add_argument("--target", default="host")
    parser.add_argument("--bind", action="append")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for name, value in measure(arguments, pathlib.Path(scratch)).items():
            print(f"{name:22} {value}")


if __name__ == "__main__":
    main()
