#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles models in float and compares their values with ONNX Runtime's.

  test/Support/compare_onnxruntime.py MODEL.onnx ... [--bind N=1] [--target TARGET]

Each model is compiled twice: as it is, and with the result of every node among its
outputs, so that a wrong one is named. Inputs are random. Two values are equal within
--tolerance times the largest magnitude in ONNX Runtime's. Exit status 1 if any differs.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime

DTYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64,
          "tensor(int32)": np.int32}


def call(*command):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[0]}: exit {done.returncode}: {done.stderr.strip()[-2000:]}")


def with_every_value(path, pairs, scratch):
    """The model with the results of all its nodes among its outputs."""
    model = onnx.load(str(path))
    sizes = dict(pair.split("=") for pair in pairs)
    for tensor in model.graph.input:
        for dim in tensor.type.tensor_type.shape.dim:
            if dim.dim_param in sizes:
                dim.dim_value = int(sizes[dim.dim_param])
    inferred = onnx.shape_inference.infer_shapes(model).graph
    types = {value.name: value for value in inferred.value_info}
    known = {value.name for value in model.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name in types and name not in known:
                model.graph.output.append(types[name])
    onnx.save(model, str(scratch / path.name))
    return scratch / path.name


def make_session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = (
        onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
    return onnxruntime.InferenceSession(str(path), options)


def bind(session, pairs):
    """The sizes of the symbolic dimensions that the model has."""
    known = {size for tensor in session.get_inputs() for size in tensor.shape}
    bindings = dict(pair.split("=") for pair in pairs)
    return {name: int(size) for name, size in bindings.items() if name in known}


def make_inputs(session, bindings, integer):
    """Random numbers, and for integers one number that the model can take."""
    random = np.random.default_rng(0)
    inputs = {}
    for tensor in session.get_inputs():
        shape = [bindings.get(size, size) for size in tensor.shape]
        dtype = DTYPES[tensor.type]
        inputs[tensor.name] = (
            random.standard_normal(shape).astype(dtype) if dtype == np.float32
            else np.full(shape, integer, dtype))
    return inputs


def difference(got, expected, tolerance):
    """What is wrong about a value, or nothing."""
    if got.shape != expected.shape:
        return f"shape {got.shape}, expected {expected.shape}"
    if expected.size == 0:
        return None
    most = np.abs(got.astype(np.float64) - expected).max()
    bound = tolerance * max(1e-6, np.abs(expected).max())
    return None if most <= bound else f"differs by {most:.3g}, allowed {bound:.3g}"


def compare(path, arguments, scratch):
    """The number of values that differ."""
    session = make_session(path)
    bindings = bind(session, arguments.bind)
    inputs = make_inputs(session, bindings, arguments.integer)
    np.savez(scratch / "in.npz", **inputs)
    options = [part for name, size in bindings.items()
               for part in ("--bind", f"{name}={size}")]
    call("octet-compile", path, "-o", scratch / "model.so", "--target",
         arguments.target, *options)
    call("octet-run", scratch / "model.so", "--input", scratch / "in.npz", "--output",
         scratch / "out.npz")
    names = [tensor.name for tensor in session.get_outputs()]
    failures = 0
    with np.load(scratch / "out.npz") as outputs:
        for name, expected in zip(names, session.run(None, inputs)):
            wrong = difference(outputs[name], expected, arguments.tolerance)
            if wrong:
                failures += 1
                print(f"{path.name}: {name}: DIFFERENT: {wrong}")
    print(f"{path.stem}: {len(names) - failures} of {len(names)} values equal",
          flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", type=pathlib.Path, nargs="+")
    parser.add_argument("--bind", action="append", default=[], metavar="NAME=SIZE",
                        help="for the models that have such a dimension")
    parser.add_argument("--target", default="host")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--integer", type=int, default=1,
                        help="what inputs of integers are filled with")
    arguments = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        for model in arguments.models:
            failures += compare(model, arguments, scratch)
            every = with_every_value(model, arguments.bind, scratch)
            failures += compare(every, arguments, scratch)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
