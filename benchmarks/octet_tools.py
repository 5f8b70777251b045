# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Octet's side of the benchmarks: python/octet and octet-run, found in a build."""
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys

import numpy as np

import peers
import stream

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python"))
# The tools of OCTET_BIN or of the path come first, then those of a build folder.
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath)] + [
    str(ROOT / "build" / preset / "bin") for preset in ("release", "dev", "debug")])

import octet
from octet import OctetError
from octet.compiler import find_tool, input_names

__all__ = ["OctetError", "benchmark", "compile_model", "input_names", "run_model",
           "symbolic_dimensions", "find_tool"]


def symbolic_dimensions(model):
    """The names of an ONNX model's free dimensions; N where onnx is not installed."""
    if peers.missing("onnx"):
        return ["N"]
    import onnx
    graph = onnx.load(str(model), load_external_data=False).graph
    constants = {value.name for value in graph.initializer}
    return sorted({dim.dim_param for value in graph.input if value.name not in constants
                   for dim in value.type.tensor_type.shape.dim if dim.dim_param})


def compile_model(model, output, calibration=None, batch=1, bind=None, **options):
    """Compiles an ONNX file; with calibration arrays, in int8. The report as a dict.
    Without `bind` every free dimension is the batch."""
    report = pathlib.Path(output).with_suffix(".json")
    octet.compile(model, output, calibration, report=report,
                  bind=bind or {name: batch for name in symbolic_dimensions(model)},
                  **options)
    return json.loads(report.read_text())


def run_model(library, inputs, isa=None, threads=1, feedback=None):
    """Runs a compiled model on samples stacked along the first axis, or with `feedback`
    as stream.py says. In a process of its own, so that a crash costs this result only."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def work():
        try:
            model = octet.load(library, threads)
            if isa:
                model.set_isa(isa)
            sender.send(stream.run_in_order(model.run, inputs, feedback) if feedback
                        else model.run(inputs))
        except OctetError as error:
            sender.send(error)
    process = context.Process(target=work)
    process.start()
    sender.close()
    try:
        result = receiver.recv()
    except EOFError:
        process.join()
        raise OctetError(f"the compiled model crashed: exit {process.exitcode}") from None
    process.join()
    if isinstance(result, OctetError):
        raise result
    return result


def benchmark(library, inputs, repeat, threads=1, isa=None, profile=False):
    """octet-run's own measurement as a dict: min_ms, median_ms, ...; with `profile`
    the nodes too."""
    given = pathlib.Path(library).with_suffix(".in.npz")
    np.savez(given, **inputs)
    command = [find_tool("octet-run"), str(library), "--benchmark", "--json",
               "--repeat", str(repeat), "--threads", str(threads), "--input", str(given)]
    if isa:
        command += ["--isa", isa]
    if profile:
        command.append("--profile")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    if done.returncode:
        raise OctetError(done.stderr.strip() or f"octet-run ends with {done.returncode}")
    return json.loads(done.stdout)
