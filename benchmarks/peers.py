# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The peers that Octet is compared with, each optional: ONNX Runtime, OpenVINO with
NNCF, LiteRT."""
import contextlib
import importlib.util
import io
import logging
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import stream


def missing(*modules):
    """The modules that this Python does not have."""
    def has(name):
        # A folder of that name on the path is no module.
        spec = importlib.util.find_spec(name)
        return spec is not None and spec.origin is not None
    return [name for name in modules if not has(name)]


class Reader:
    """Calibration samples, in the form that onnxruntime.quantization takes."""

    def __init__(self, arrays, batch=1):
        count = len(next(iter(arrays.values())))
        self.feeds = iter([{k: v[i:i + batch] for k, v in arrays.items()}
                           for i in range(0, count - batch + 1, batch)])

    def get_next(self):
        return next(self.feeds, None)


def at_opset_13(model, scratch):
    """The model, raised to opset 13 if it is older: no scales per channel before."""
    import onnx
    import onnx.version_converter
    loaded = onnx.load(str(model))
    if all(entry.version >= 13 for entry in loaded.opset_import if not entry.domain):
        return model
    raised = scratch / "raised.onnx"
    onnx.save(onnx.version_converter.convert_version(loaded, 13), str(raised))
    return raised


def ort_quantize(model, calibration, output, batch=1):
    """Writes ONNX Runtime's own static int8 form of a model: QDQ, u8 activations,
    s8 weights per channel, its default calibration (min and max)."""
    import onnxruntime
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process
    onnxruntime.set_default_logger_severity(3)
    logging.disable(logging.WARNING)
    model, output = pathlib.Path(model).resolve(), pathlib.Path(output).resolve()
    # Its failures leave files behind, where it runs.
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch), \
            contextlib.redirect_stdout(io.StringIO()):
        prepared = pathlib.Path(scratch) / "prepared.onnx"
        source = str(at_opset_13(model, pathlib.Path(scratch)))
        try:
            quant_pre_process(source, str(prepared))
        except Exception:  # its symbolic shapes do not know every operator
            quant_pre_process(source, str(prepared), skip_symbolic_shape=True)
        quantization.quantize_static(
            str(prepared), str(output), Reader(calibration, batch),
            quant_format=quantization.QuantFormat.QDQ, per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8)
    logging.disable(logging.NOTSET)


def batches(calibration, batch):
    """The calibration samples as dicts of one call's inputs."""
    count = len(next(iter(calibration.values())))
    for first in range(0, count - batch + 1, batch):
        yield {name: array[first:first + batch] for name, array in calibration.items()}


def nncf_quantize(model, calibration, batch=1):
    """OpenVINO's model in int8, by its own quantizer with its default settings."""
    import nncf
    import openvino
    nncf.set_log_level(logging.ERROR)
    read = openvino.Core().read_model(str(model))
    with contextlib.redirect_stdout(io.StringIO()):
        return nncf.quantize(read, nncf.Dataset(list(batches(calibration, batch))))


def litert_convert(model, calibration, batch, scratch):
    """The .tflite file of a model, int8 with float inputs and outputs, weights per
    channel, calibrated by the same samples; raises where onnx2tf converts it not."""
    scratch = pathlib.Path(scratch).resolve()
    folder = scratch / "tflite"
    # It tries networks for images on pictures, which it would fetch if none were there.
    np.save(scratch / "calibration_image_sample_data_20x128x128x3_float32.npy",
            np.random.default_rng(0).random((20, 128, 128, 3), np.float32))
    command = [sys.executable, "-m", "onnx2tf", "-i", str(pathlib.Path(model).resolve()),
               "-o", str(folder), "-oiqt", "-qt", "per-channel", "-b", str(batch), "-n"]
    for name, array in calibration.items():
        # It wants channels last, and takes the samples as they are.
        data = scratch / f"{name}.npy"
        np.save(data, array.transpose(0, 2, 3, 1) if array.ndim == 4 else array)
        command += ["-cind", name, str(data), "0.0", "1.0"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, cwd=scratch)
    found = sorted(folder.glob("*_integer_quant.tflite"))
    if done.returncode or not found:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise ValueError(f"onnx2tf: {lines[-1] if lines else done.returncode}")
    return found[0]


def ort_session(model, threads=1):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options,
                                        providers=["CPUExecutionProvider"])


def ort_run(session, inputs, batch=100, feedback=None):
    """Runs samples in batches; the outputs by name, stacked. A model whose batch is
    fixed gets one sample at a time. With `feedback` as stream.py says."""
    if feedback:
        names = [output.name for output in session.get_outputs()]
        return stream.run_in_order(lambda given: dict(zip(names, session.run(None, given))),
                                   inputs, feedback)
    first = session.get_inputs()[0].shape
    if first and isinstance(first[0], int):
        batch = first[0]
    names = [output.name for output in session.get_outputs()]
    count = len(next(iter(inputs.values())))
    parts = [session.run(None, {k: v[i:i + batch] for k, v in inputs.items()})
             for i in range(0, count, batch)]
    return {name: np.concatenate(part) for name, part in zip(names, zip(*parts))}
