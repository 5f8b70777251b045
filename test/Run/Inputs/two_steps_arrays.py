# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Inputs and outputs of two-steps.c, in the current folder."""
import pathlib

import numpy as np


def tensor_proto(name, array):
    """A TensorProto of small extents with raw data."""
    kind = {"float32": 1, "int64": 7}[array.dtype.name]
    raw = array.tobytes()
    fields = b"".join(bytes([0x08, extent]) for extent in array.shape)
    fields += bytes([0x10, kind, 0x42, len(name)]) + name.encode()
    return fields + bytes([0x4A, len(raw)]) + raw


x = np.random.default_rng(0).integers(0, 8, (5, 4)).astype(np.int16)
bias = np.array([0, 0.5, 1, -0.25], np.float32)
y = x + bias
top = y.argmax(1)
np.savez("in.npz", five=x, bias=bias)
np.save("five.npy", np.asfortranarray(x))
np.save("bias.npy", bias)
np.savez_compressed("five.npz", y=y, top=top)
wrong = y.copy()
wrong[3, 2] = 99
np.savez("wrong.npz", y=wrong)

for number, rows in enumerate([slice(0, 2), slice(2, 4)]):
    folder = pathlib.Path("set") / f"test_data_set_{number}"
    folder.mkdir(parents=True)
    (folder / "input_0.pb").write_bytes(tensor_proto("x", x[rows].astype(np.float32)))
    (folder / "output_0.pb").write_bytes(tensor_proto("y", y[rows].astype(np.float32)))
    (folder / "output_1.pb").write_bytes(tensor_proto("other", top[rows]))
bias_set = pathlib.Path("set") / "test_data_set_0" / "input_1.pb"
bias_set.write_bytes(tensor_proto("bias", bias))
