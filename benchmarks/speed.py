#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Speed beside the peers, interleaved in one run.

  benchmarks/speed.py [MODEL...] [--threads N] [--rounds N] [--float] [--json FILE]

MODEL is a name of models.py, `resnet8:1` to name the batch too, or an ONNX file.
Every contender runs a burst in every round, so that a change of the clock meets all of
them. ms is the least time of one call, median that of all calls. ONNX Runtime runs its
own static int8 form (QDQ, u8 activations, s8 weights per channel), OpenVINO the same
file; both are optional. The last column is Octet's least time over the best peer's.
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time

import octet_tools
import peers

CALIBRATION_BATCHES = 8


class OnnxRuntime:
    def __init__(self, path, inputs, threads):
        self.session = peers.ort_session(path, threads)
        self.binding = self.session.io_binding()
        for name, array in inputs.items():
            self.binding.bind_cpu_input(name, array)
        for output in self.session.get_outputs():
            self.binding.bind_output(output.name, "cpu")

    def call(self):
        self.session.run_with_iobinding(self.binding)


class OpenVino:
    def __init__(self, path, inputs, threads):
        import openvino
        core = openvino.Core()
        compiled = core.compile_model(str(path), "CPU", {
            "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY"})
        self.request = compiled.create_infer_request()
        for name, array in inputs.items():
            self.request.set_tensor(name, openvino.Tensor(array))

    def call(self):
        self.request.infer()


class InProcess:
    """A contender that is called from here; times in ms."""

    def __init__(self, contender):
        self.contender = contender
        for _ in range(3):
            contender.call()

    def burst(self, seconds):
        times, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end or len(times) < 3:
            start = time.perf_counter()
            self.contender.call()
            times.append((time.perf_counter() - start) * 1e3)
        return min(times), statistics.median(times)


class Octet:
    """A compiled library, measured by octet-run."""

    def __init__(self, library, inputs, threads):
        self.library, self.inputs, self.threads = library, inputs, threads
        self.expected_ms = self.measure(5)["min_ms"]

    def measure(self, repeat):
        return octet_tools.benchmark(self.library, self.inputs, repeat, self.threads)

    def burst(self, seconds):
        repeat = max(3, int(seconds * 1e3 / max(self.expected_ms, 1e-3)))
        found = self.measure(min(repeat, 20000))
        return found["min_ms"], found["median_ms"]


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
        octet_tools.compile_model(path, library, samples, batch)
        return Octet(library, inputs, threads)

    add("octet int8", (), lambda: compiled("int8", calibration))
    if not peers.missing("onnx", "onnxruntime"):
        peers.ort_quantize(path, calibration, quantized, batch)
    add("ort int8", ("onnx", "onnxruntime"),
        lambda: InProcess(OnnxRuntime(quantized, inputs, threads)))
    add("openvino int8", ("openvino", "onnxruntime"),
        lambda: InProcess(OpenVino(quantized, inputs, threads)))
    if with_float:
        add("octet float", (), lambda: compiled("float", None))
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


def show(name, threads, made, times):
    best = min((found["ms"] for contender, found in times.items()
                if contender in ("ort int8", "openvino int8")), default=None)
    for contender, one in made.items():
        if contender not in times:
            print(f"{name:22} {threads:2} {contender:14} {one}")
            continue
        found = times[contender]
        ratio = ""
        if best and contender.startswith("octet"):
            ratio = f"{found['ms'] / best:6.2f} x best peer"
        print(f"{name:22} {threads:2} {contender:14} {found['ms']:10.4f} "
              f"{found['median']:10.4f}  {ratio}".rstrip(), flush=True)


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
    parser.add_argument("--float", action="store_true", help="float too")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    if peers.missing("onnx"):
        sys.exit("speed.py: needs the onnx package, to build its models")
    print(f"{'model':22} {'th':>2} {'contender':14} {'ms':>10} {'median':>10}")
    rows = []
    for spec in arguments.models or default_specs():
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            name, batch, path, inputs, calibration = resolve(spec, scratch)
            made = contenders(path, inputs, calibration, batch, arguments.threads,
                              arguments.float, scratch)
            times = measure(made, arguments.rounds, arguments.seconds)
            show(name, arguments.threads, made, times)
            rows.append({"model": name, "threads": arguments.threads, "times": times})
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
