# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Octet's side of the benchmarks: the tools, called as a user calls them."""
import json
import os
import pathlib
import shutil
import subprocess

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]


class OctetError(Exception):
    """A tool said no; the text is its one line."""


def tool(name):
    """A tool of the build: in OCTET_BIN, on the path or in a build folder."""
    places = [os.environ.get("OCTET_BIN")] + [
        str(ROOT / "build" / preset / "bin") for preset in ("release", "dev", "debug")]
    found = shutil.which(name, path=os.pathsep.join(filter(None, places)))
    found = found or shutil.which(name)
    if not found:
        raise OctetError(f"no {name}: run scripts/build, or name its folder in OCTET_BIN")
    return found


def call(name, *arguments, timeout=1800):
    """Runs a tool; its standard output."""
    command = [tool(name), *map(str, arguments)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise OctetError(f"{name}: no result after {timeout} s") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        crashed = "crashed: " if done.returncode < 0 else ""
        raise OctetError(f"{name} {crashed}{lines[0]}")
    return done.stdout


def symbolic_dimensions(model):
    """The names of an ONNX model's free dimensions; N where onnx is not installed."""
    try:
        import onnx
    except ImportError:
        return ["N"]
    graph = onnx.load(str(model), load_external_data=False).graph
    constants = {value.name for value in graph.initializer}
    return sorted({dim.dim_param for value in graph.input if value.name not in constants
                   for dim in value.type.tensor_type.shape.dim if dim.dim_param})


def compile_model(model, output, calibration=None, batch=1, options=()):
    """Compiles an ONNX file; with calibration arrays, in int8. The report as a dict."""
    output = pathlib.Path(output)
    arguments = [model, "-o", output, *options]
    for dimension in symbolic_dimensions(model):
        arguments += ["--bind", f"{dimension}={batch}"]
    if calibration is not None:
        samples = output.with_suffix(".calib.npz")
        np.savez(samples, **calibration)
        arguments += ["--calibrate", samples]
    report = output.with_suffix(".json")
    call("octet-compile", *arguments, "--report", report)
    return json.loads(report.read_text())


def run_model(library, inputs, isa=None, threads=1):
    """Runs a compiled model on samples stacked along the first axis."""
    library = pathlib.Path(library)
    given, made = library.with_suffix(".in.npz"), library.with_suffix(".out.npz")
    np.savez(given, **inputs)
    arguments = [library, "--output", made, "--threads", threads]
    for name in inputs:
        arguments += ["--input", f"{name}={given}:{name}"]
    if isa:
        arguments += ["--isa", isa]
    call("octet-run", *arguments)
    with np.load(made) as arrays:
        return {name: arrays[name] for name in arrays.files}


def benchmark(library, inputs, repeat, threads=1, isa=None):
    """octet-run's own measurement as a dict: min_ms, median_ms, ..."""
    library = pathlib.Path(library)
    given = library.with_suffix(".in.npz")
    np.savez(given, **inputs)
    arguments = [library, "--benchmark", "--json", "--repeat", repeat,
                 "--threads", threads]
    for name in inputs:
        arguments += ["--input", f"{name}={given}:{name}"]
    if isa:
        arguments += ["--isa", isa]
    return json.loads(call("octet-run", *arguments))
