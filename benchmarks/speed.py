#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Speed beside the peers, interleaved in one run.

  benchmarks/speed.py [MODEL...] [--threads N] [--rounds N] [--float] [--json FILE]

MODEL is a name of models.py, `resnet8:1` to name the batch too, or an ONNX file.
Every contender runs a burst in every round, so that a change of the clock meets all of
them. ms is the least time of one call, median that of all calls. ONNX Runtime runs its
own static int8 form (QDQ, u8 activations, s8 weights per channel), OpenVINO the same
file and the form that its own NNCF makes, LiteRT what onnx2tf makes of the model where
it converts it; all are optional. `peak` is the time that the model's multiply-accumulates
take at the peak of the dot-product instruction, measured in the same run, over the least
time. The last column is Octet's least time over the best peer's.
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile

import machine
import octet_tools
import peers
from contenders import InProcess, LiteRT, Octet, OnnxRuntime, OpenVino

CALIBRATION_BATCHES = 8
PEERS = ("ort int8", "openvino int8", "nncf int8", "litert int8")


def contenders(path, inputs, calibration, batch, threads, with_float, scratch):
    """Pairs of a name and what to measure; those that cannot run say so."""
    quantized = scratch / "peer.onnx"
    made = {}

    def add(name, needs, build):
        absent = peers.missing(*needs)
        if absent:
            made[name] = f"not installed: {', '.join(absent)}"
            return
        try:
            made[name] = build()
        except Exception as error:  # a contender's failure is a result
            made[name] = f"failed: {str(error).splitlines()[0][:150]}"

    def compiled(name, samples):
        library = scratch / f"{name}.so"
        report = octet_tools.compile_model(path, library, samples, batch, precision=name)
        return Octet(library, inputs, threads, report)

    add("octet int8", (), lambda: compiled("int8", calibration))
    if not peers.missing("onnx", "onnxruntime"):
        peers.ort_quantize(path, calibration, quantized, batch)
    add("ort int8", ("onnx", "onnxruntime"),
        lambda: InProcess(OnnxRuntime(quantized, inputs, threads)))
    add("openvino int8", ("openvino", "onnxruntime"),
        lambda: InProcess(OpenVino(quantized, inputs, threads)))
    add("nncf int8", ("openvino", "nncf"), lambda: InProcess(OpenVino(
        peers.nncf_quantize(path, calibration, batch), inputs, threads)))
    add("litert int8", ("ai_edge_litert", "onnx2tf", "tensorflow"), lambda: InProcess(LiteRT(
        peers.litert_convert(path, calibration, batch, scratch), inputs, threads)))
    if with_float:
        for precision in ("float", "fp16", "bf16"):
            add(f"octet {precision}", (), lambda name=precision: compiled(name, None))
        add("ort float", ("onnxruntime",),
            lambda: InProcess(OnnxRuntime(path, inputs, threads)))
    return made


def measure(made, rounds, seconds):
    """The least and the median time of each contender that runs."""
    bursts = {name: [] for name, one in made.items() if not isinstance(one, str)}
    for _ in range(rounds):
        for name in bursts:
            bursts[name].append(made[name].burst(seconds))
    return {name: {"ms": min(least for least, _ in found),
                   "median": statistics.median(median for _, median in found)}
            for name, found in bursts.items() if found}


def resolve(spec, scratch):
    """(name, batch, file, inputs of one call, calibration) of what the user named."""
    import numpy as np
    import onnx

    import models
    if spec.endswith(".onnx"):
        path, batch = pathlib.Path(spec), 1
        graph = onnx.load(str(path), load_external_data=False).graph
        constants = {weight.name for weight in graph.initializer}
        shapes = {value.name: [dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim]
                  for value in graph.input if value.name not in constants}
        rng = np.random.default_rng(0)
        draw = lambda count: {name: rng.normal(size=[shape[0] * count, *shape[1:]])
                              .astype(np.float32) for name, shape in shapes.items()}
        return path.stem, batch, path, draw(1), draw(CALIBRATION_BATCHES)
    name, _, batch = spec.partition(":")
    entry, batch = models.MODELS[name], int(batch or 1)
    model = entry.build(batch)
    path = scratch / f"{name}.onnx"
    onnx.save(model, str(path))
    return (f"{name}:{batch}", batch, path, models.random_inputs(model, entry, 1, 1),
            models.random_inputs(model, entry, CALIBRATION_BATCHES))


def count_macs(made):
    return next((one.macs for one in made.values() if isinstance(one, Octet)), 0)


def show(name, threads, made, times, peak):
    best = min((found["ms"] for contender, found in times.items() if contender in PEERS),
               default=None)
    bound = 2e-6 * count_macs(made) / peak if peak else None
    for contender, one in made.items():
        if contender not in times:
            print(f"{name:22} {threads:2} {contender:14} {one}")
            continue
        found = times[contender]
        share = f"{100 * bound / found['ms']:5.1f} %" if bound and "int8" in contender else ""
        ratio = ""
        if best and contender.startswith("octet"):
            ratio = f"{found['ms'] / best:6.2f} x best peer"
        print(f"{name:22} {threads:2} {contender:14} {found['ms']:10.4f} "
              f"{found['median']:10.4f} {share:>8} {ratio}".rstrip(), flush=True)


def default_specs():
    import models
    return [f"{name}:{batch}" for name, entry in models.MODELS.items()
            for batch in entry.batches]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=.4, help="of one burst")
    parser.add_argument("--float", action="store_true", help="float too, and with weights in 16 bits")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    if peers.missing("onnx"):
        sys.exit("speed.py: needs the onnx package, to build its models")
    peak = machine.measure_peak(arguments.threads)
    if peak:
        print(f"peak of {arguments.threads} thread{'s' * (arguments.threads > 1)}: {peak:.0f} GOPS")
    print(f"{'model':22} {'th':>2} {'contender':14} {'ms':>10} {'median':>10} {'peak':>8}")
    rows = []
    for spec in arguments.models or default_specs():
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            name, batch, path, inputs, calibration = resolve(spec, scratch)
            made = contenders(path, inputs, calibration, batch, arguments.threads,
                              arguments.float, scratch)
            times = measure(made, arguments.rounds, arguments.seconds)
            show(name, arguments.threads, made, times, peak)
            rows.append({"model": name, "threads": arguments.threads, "times": times,
                         "macs": count_macs(made), "peak_gops": peak})
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
