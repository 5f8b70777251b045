# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs functions of octet IR by the oracle: lowered plainly to loops, compiled, loaded.

A `Module` collects functions as text, compiles them together and calls each with
NumPy arrays. `Quantized` is an element type, with the rules of docs/Numerics.md that
tests need in NumPy.
"""

import ctypes
import os
import pathlib
import shutil
import subprocess
import tempfile

import numpy as np

F = np.float32
_MLIR_TYPES = {"float32": "f32", "float64": "f64", "float16": "f16", "int8": "i8", "uint8": "ui8",
               "int16": "i16", "uint16": "ui16", "int32": "i32", "uint32": "ui32", "int64": "i64",
               "bool": "i1"}


class Quantized:
    """!quant.uniform: signed or unsigned storage of some bits, scales and zero points."""

    def __init__(self, bits, scale, zero=0, signed=False, axis=None, bounds=None):
        self.bits, self.signed, self.axis = bits, signed, axis
        self.scale = np.atleast_1d(np.asarray(scale, F))
        self.zero = np.broadcast_to(np.asarray(zero, np.int64), self.scale.shape)
        low = -(1 << (bits - 1)) if signed else 0
        self.min, self.max = bounds or (low, low + (1 << bits) - 1)
        self.bounds = bounds
        self.dtype = np.dtype(f"{'' if signed else 'u'}int{bits}")

    def __str__(self):
        storage = f"{'i' if self.signed else 'u'}{self.bits}"
        if self.bounds:
            storage += f"<{self.min}:{self.max}>"
        numbers = [f"{s:.17e}:{z}" for s, z in zip(self.scale.astype(float), self.zero)]
        if self.axis is None:
            return f"!quant.uniform<{storage}:f32, {numbers[0]}>"
        return f"!quant.uniform<{storage}:f32:{self.axis}, {{{', '.join(numbers)}}}>"

    def _spread(self, values, rank):
        if self.axis is None:
            return values[0]
        shape = [1] * rank
        shape[self.axis] = -1
        return values.reshape(shape)

    def center(self, q):
        """q - z, as i64."""
        return q.astype(np.int64) - self._spread(self.zero, q.ndim)

    def quantize(self, x):
        """Rule Q1."""
        with np.errstate(all="ignore"):
            return self.finish(x.astype(F) / self._spread(self.scale, x.ndim))

    def finish(self, scaled, clamp=(-np.inf, np.inf)):
        """A number already divided by the scale: clamp, round half to even, add z."""
        zero = self._spread(self.zero, scaled.ndim)
        low, high = self.min, self.max
        if clamp != (-np.inf, np.inf):
            low, high = (int(self.quantize(np.asarray([c]))[0]) for c in clamp)
        assert scaled.dtype == F
        cut = np.fmin(np.fmax(scaled.astype(float), low - zero), high - zero)
        return (np.rint(cut).astype(np.int64) + zero).astype(self.dtype)

    def random(self, rng, shape):
        return rng.integers(self.min, self.max, shape, endpoint=True).astype(self.dtype)


def tensor_type(shape, element):
    return "tensor<" + "".join(f"{n}x" for n in shape) + f"{element}>"


def constant(name, array, element):
    """A line that defines an octet.constant; `element` may be a Quantized."""
    storage = f"i{element.bits}" if isinstance(element, Quantized) else element
    text = np.array2string(array, separator=",", threshold=1 << 30, max_line_width=1 << 30,
                           formatter={"float_kind": lambda x: f"{float(x):.17e}"})
    if array.size == 0:
        text = ""
    return (f"  %{name} = octet.constant dense<{text.replace('True', 'true').replace('False', 'false')}>"
            f" : {tensor_type(array.shape, storage)} -> {tensor_type(array.shape, element)}\n")


def run(command, text):
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr[:4000]}")
    return done.stdout


def make_descriptor(array):
    """A memref descriptor: two pointers, offset, sizes, strides."""
    rank = array.ndim
    data = array.ctypes.data
    strides = [s // array.itemsize for s in array.strides]
    fields = [data, data, 0, *array.shape, *strides]
    return (ctypes.c_int64 * (3 + 2 * rank))(*fields)


class Module:
    """Functions to be compiled together."""

    def __init__(self):
        self.texts, self.results, self.library = [], [], None

    def add(self, arguments, results, body):
        """Adds a function and returns its number. `arguments` and `results` are pairs of a shape
        and an element type; `body` uses %0, %1.. and returns its last line's values."""
        index = len(self.texts)
        inputs = ", ".join(f"%a{i}: {tensor_type(*a)}" for i, a in enumerate(arguments))
        outputs = ", ".join(tensor_type(*r) for r in results)
        self.texts.append(f"func.func @f{index}({inputs}) -> ({outputs}) {{\n{body}}}\n")
        self.results.append(results)
        return index

    def compile(self):
        find = shutil.which
        translate = find("mlir-translate") or find("mlir-translate-22")
        clang = os.environ.get("CC") or find("clang-22") or find("clang")
        lowered = run(["octet-opt", "--octet-lower", "--octet-oracle"], "".join(self.texts))
        self.folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(self.folder.name) / "oracle.so"
        run([clang, "-O1", "-w", "-shared", "-fPIC", "-x", "ir", "-", "-o", str(path), "-lm"],
            run([translate, "--mlir-to-llvmir", "--allow-unregistered-dialect"], lowered))
        tools = pathlib.Path(os.path.realpath(translate)).parent
        for folder in (tools.parent / "lib", pathlib.Path("/usr/lib/llvm-22/lib")):
            if (folder / "libmlir_c_runner_utils.so").exists():
                ctypes.CDLL(str(folder / "libmlir_c_runner_utils.so"), ctypes.RTLD_GLOBAL)
                break
        self.library = ctypes.CDLL(str(path))

    def call(self, index, *arrays):
        """The results of a function."""
        if self.library is None:
            self.compile()
        outputs = []
        for shape, element in self.results[index]:
            if isinstance(element, Quantized):
                dtype = element.dtype
            else:
                dtype = next(np.dtype(k) for k, v in _MLIR_TYPES.items() if v == element)
            outputs.append(np.zeros(shape, dtype))
        everything = [np.ascontiguousarray(a) for a in arrays] + outputs
        descriptors = [make_descriptor(a) for a in everything]
        getattr(self.library, f"_mlir_ciface_f{index}")(*[ctypes.byref(d) for d in descriptors])
        return outputs if len(outputs) > 1 else outputs[0]
