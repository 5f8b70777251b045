#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares a model's entry with quantized tensors with its float entry.

  test/EndToEnd/Inputs/quantized_entry.py FOLDER

FOLDER is that of an example: NAME.onnx and NAME.npz with calib and x.
"""
import pathlib
import re
import sys
import tempfile

import numpy as np

import octet


def real_inputs(tensor, codes):
    """Numbers that the codes stand for: (q - z) * s in f32."""
    form = tensor.quantization
    return (codes.astype(np.float32) - np.float32(form.zero_point)) * np.float32(form.scale)


def quantize(tensor, real):
    """Rule Q1, written down once more: divide, round half to even, add, saturate."""
    form, info = tensor.quantization, np.iinfo(tensor.quantization.dtype)
    rounded = np.rint(real / np.float32(form.scale)) + form.zero_point
    return np.clip(rounded, info.min, info.max).astype(form.dtype)


def differs(model, codes):
    """How many bytes of the outputs are not the quantized outputs in float."""
    real = {tensor.name: real_inputs(tensor, codes[tensor.name]) for tensor in model.inputs}
    expected = model.run(real)
    found = model.run(codes, quantized=True)
    wrong = 0
    for tensor in model.outputs:
        wanted = quantize(tensor, expected[tensor.name])
        assert found[tensor.name].dtype == tensor.quantization.dtype
        wrong += int((found[tensor.name] != wanted).sum())
    return wrong


def check_header(model, text):
    """The header's constants are the metadata's."""
    for kind, tensors in (("INPUT", model.inputs), ("OUTPUT", model.outputs)):
        for index, tensor in enumerate(tensors):
            scale = re.search(rf"_{kind}_{index}_SCALE (\S+)f\n", text)
            zero = re.search(rf"_{kind}_{index}_ZERO_POINT (\S+)\n", text)
            if not scale or np.float32(scale[1]) != np.float32(tensor.quantization.scale) \
                    or int(zero[1]) != tensor.quantization.zero_point:
                return f"wrong for {tensor.name}"
    return "as in the library"


def main():
    folder = pathlib.Path(sys.argv[1])
    data = np.load(folder / f"{folder.name}.npz")
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)

        def compiled(name, **options):
            return octet.load(octet.compile(folder / f"{folder.name}.onnx",
                                            scratch / f"{name}.so", data["calib"], **options))

        def check(model, label):
            nonlocal failed
            wrong = differs(model, codes)
            failed |= wrong > 0
            print(f"{rows} rows by {label}:", f"{wrong} bytes differ" if wrong else "equal")

        model = compiled("oracle", codegen="oracle")
        rows = len(data["x"])
        codes = {tensor.name: tensor.quantization.quantize(data["x"].astype(np.float32))
                 for tensor in model.inputs}
        for tensor in model.outputs:
            form = tensor.quantization
            print(f"{tensor.name}: scale {form.scale:.6g}, zero point {form.zero_point}:",
                  end=" ")
        check(model, "the oracle")
        model = compiled("kernels")
        for isa in model.isas:
            try:
                model.set_isa(isa)
            except octet.OctetError:
                continue  # not in this CPU
            for threads in (1, 3):
                model.threads = threads
                check(model, f"kernels, {isa}, {threads} thread{'s' * (threads > 1)}")
        verdict = check_header(model, (scratch / "kernels.h").read_text())
        print("header:", verdict)
        failed |= not verdict.startswith("as")
    sys.exit(failed)


if __name__ == "__main__":
    main()
