# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What speed is measured of: Octet, and each peer in its own best form."""
import statistics
import time

import numpy as np

import octet_tools
import peers


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
    """A file, or a model that NNCF has quantized."""

    def __init__(self, path, inputs, threads):
        import openvino
        core = openvino.Core()
        model = path if isinstance(path, openvino.Model) else str(path)
        compiled = core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY"})
        self.request = compiled.create_infer_request()
        for name, array in inputs.items():
            self.request.set_tensor(name, openvino.Tensor(array))

    def call(self):
        self.request.infer()


class LiteRT:
    """A .tflite file; its inputs are the model's, channels last."""

    def __init__(self, path, inputs, threads):
        from ai_edge_litert.interpreter import Interpreter
        self.interpreter = Interpreter(str(path), num_threads=threads)
        self.interpreter.allocate_tensors()
        for detail in self.interpreter.get_input_details():
            self.interpreter.set_tensor(detail["index"], fit(inputs, detail))

    def call(self):
        self.interpreter.invoke()


def fit(inputs, detail):
    """The model's input that a tensor of LiteRT's stands for: that of its name, or else
    of its size."""
    size = int(np.prod(detail["shape"]))
    plain = detail["name"].removeprefix("serving_default_").partition(":")[0]
    array = inputs.get(plain, next((a for a in inputs.values() if a.size == size), None))
    if array is None:
        raise ValueError(f"no input of LiteRT's shape {list(detail['shape'])}")
    if list(array.shape) != list(detail["shape"]) and array.ndim == 4:
        array = array.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(array.reshape(detail["shape"]).astype(detail["dtype"]))


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

    def __init__(self, library, inputs, threads, report):
        self.library, self.inputs, self.threads = library, inputs, threads
        self.macs = sum(step["macs"] for step in report["steps"])
        self.expected_ms = self.measure(5)["min_ms"]

    def measure(self, repeat):
        return octet_tools.benchmark(self.library, self.inputs, repeat, self.threads)

    def burst(self, seconds):
        repeat = max(3, int(seconds * 1e3 / max(self.expected_ms, 1e-3)))
        found = self.measure(min(repeat, 20000))
        return found["min_ms"], found["median_ms"]
