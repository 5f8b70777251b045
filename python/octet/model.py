# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A compiled model as a Python function on numpy arrays."""
from __future__ import annotations

import ctypes
import os
import pathlib
from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Tuple, Union

import numpy as np

from . import abi
from .errors import OctetError

Arrays = Dict[str, np.ndarray]


@dataclass(frozen=True)
class Quantization:
    """q = round(x / scale) + zero_point, as `dtype`."""
    dtype: np.dtype
    scale: float
    zero_point: int

    def quantize(self, array: np.ndarray) -> np.ndarray:
        """Real values to codes, rounded half to even and saturated."""
        limits = np.iinfo(self.dtype)
        scaled = np.asarray(array, np.float32) / np.float32(self.scale)
        codes = np.rint(scaled) + self.zero_point
        return np.clip(codes, limits.min, limits.max).astype(self.dtype)

    def dequantize(self, codes: np.ndarray) -> np.ndarray:
        """Codes to real values."""
        return (codes.astype(np.float32) - self.zero_point) * np.float32(self.scale)


@dataclass(frozen=True)
class TensorInfo:
    """An input or an output."""
    name: str
    dtype: np.dtype
    shape: Tuple[int, ...]
    quantization: Optional[Quantization]

    def form(self, quantized: bool) -> np.dtype:
        """The type in a call with quantized inputs and outputs, or without."""
        return self.quantization.dtype if quantized and self.quantization else self.dtype


@dataclass(frozen=True)
class NodeInfo:
    """A step of the program: one or more nodes of the model."""
    name: str
    op: str
    precision: str
    macs: int
    bytes: int


@dataclass(frozen=True)
class NodeTime:
    """A step and its mean time in a call."""
    node: NodeInfo
    ms: float


def load(path: Union[str, os.PathLike], threads: int = 1) -> "Model":
    """Loads a shared library that octet-compile wrote."""
    return Model(path, threads)


class Model:
    """A loaded model. Calls may overlap in time, from any threads."""

    def __init__(self, path: Union[str, os.PathLike], threads: int = 1):
        path = pathlib.Path(path).absolute()
        try:
            self._library = ctypes.CDLL(str(path))
            get_model = self._library.octet_get_model
        except OSError as error:
            raise OctetError(f"cannot load a model: {error}") from None
        except AttributeError:
            raise OctetError(f"'{path}' is not a model: it has no "
                             "octet_get_model") from None
        get_model.restype = ctypes.POINTER(abi.Model)
        self._model = get_model().contents
        if (self._model.abi_version != abi.ABI_VERSION
                or self._model.size < ctypes.sizeof(abi.Model)):
            raise OctetError(f"'{path}' has version {self._model.abi_version} of the "
                             f"interface, this package has {abi.ABI_VERSION}")
        self.threads = threads
        self.name: str = self._model.name.decode()
        self.inputs = _tensors(self._model.inputs, self._model.num_inputs)
        self.outputs = _tensors(self._model.outputs, self._model.num_outputs)
        self.nodes = tuple(_node(self._model.nodes[i])
                           for i in range(self._model.num_nodes))
        self.isas = tuple(self._model.isas[i].decode()
                          for i in range(self._model.num_isas))
        self.arena_bytes: int = self._model.arena_bytes
        self.weight_bytes: int = self._model.weight_bytes
        self._arenas: List[np.ndarray] = []  # those that no call uses now

    def __repr__(self) -> str:
        def describe(tensors):
            return ", ".join(f"{t.name}: {t.dtype}{list(t.shape)}" for t in tensors)
        return (f"<octet.Model {self.name}({describe(self.inputs)}) -> "
                f"{describe(self.outputs)}>")

    def isa(self) -> Optional[str]:
        """The instruction set in use; None where this CPU has none of them."""
        index = self._model.isa()
        return self.isas[index] if index >= 0 else None

    def set_isa(self, name: Optional[str]) -> None:
        """Forces an instruction set; None chooses the best."""
        if self._model.set_isa(None if name is None else name.encode()):
            raise OctetError(f"instruction set '{name}' is not in this library "
                             f"({', '.join(self.isas)}) or not in this CPU")

    def __call__(self, *args: Union[np.ndarray, Mapping[str, np.ndarray]],
                 **arrays: np.ndarray) -> Union[np.ndarray, Arrays]:
        """Runs on arrays in the order of the inputs, or by name.

        Gives the only output, or a dictionary of all. The first axis may be of any
        length, see `run`.
        """
        outputs = self.run(self._by_name(args, arrays))
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def run(self, arrays: Mapping[str, np.ndarray], quantized: bool = False) -> Arrays:
        """Runs on arrays by name; gives outputs by name.

        An array whose first axis differs from the model's is fed batch by batch, the
        last batch filled up with zeros, and the outputs are stacked in order. Arrays
        of exactly the model's shape go with every batch. With `quantized`, tensors
        are passed in their quantized form where they have one.
        """
        prepared = [self._prepare(tensor, arrays, quantized) for tensor in self.inputs]
        batching = _Batching(self.inputs, prepared)
        call = _Call(self, quantized)
        batches: List[List[np.ndarray]] = []
        try:
            for index in range(batching.batches):
                batches.append(call.run(batching.slice(prepared, index)))
        finally:
            call.close()
        return {tensor.name: batching.stack(tensor, [batch[i] for batch in batches])
                for i, tensor in enumerate(self.outputs)}

    def profile(self, *args: Union[np.ndarray, Mapping[str, np.ndarray]],
                repeat: int = 10, **arrays: np.ndarray) -> List[NodeTime]:
        """The time of each step, over `repeat` calls with the first batch."""
        named = self._by_name(args, arrays)
        prepared = [self._prepare(tensor, named, False) for tensor in self.inputs]
        batch = _Batching(self.inputs, prepared).slice(prepared, 0)
        counters = (ctypes.c_uint64 * max(1, len(self.nodes)))()
        call = _Call(self, False)
        try:
            call.run(batch)
            for _ in range(repeat):
                call.run(batch, counters)
        finally:
            call.close()
        return [NodeTime(node, counters[i] * 1e-6 / repeat)
                for i, node in enumerate(self.nodes)]

    def _by_name(self, args, arrays: Mapping[str, np.ndarray]) -> Arrays:
        if len(args) == 1 and isinstance(args[0], Mapping):
            args, arrays = (), {**args[0], **arrays}
        if len(args) > len(self.inputs):
            raise OctetError(f"{len(args)} arrays are given for {len(self.inputs)} inputs")
        named = dict(zip((tensor.name for tensor in self.inputs), args))
        unknown = set(arrays) - {tensor.name for tensor in self.inputs} | set(named) & set(arrays)
        if unknown:
            raise OctetError(f"the model has no input '{sorted(unknown)[0]}', or it is "
                             "given twice; it has "
                             + ", ".join(tensor.name for tensor in self.inputs))
        return {**named, **arrays}

    @staticmethod
    def _prepare(tensor: TensorInfo, arrays: Mapping[str, np.ndarray],
                 quantized: bool) -> np.ndarray:
        """An input as the call takes it: type, order and codes."""
        if tensor.name not in arrays:
            raise OctetError(f"no array is given for input '{tensor.name}'")
        array, dtype = np.asarray(arrays[tensor.name]), tensor.form(quantized)
        if array.dtype == dtype:
            return np.ascontiguousarray(array).reshape(array.shape)
        if dtype != tensor.dtype and tensor.quantization:
            return tensor.quantization.quantize(array)
        if array.dtype.kind == "f" and dtype.kind != "f":
            raise OctetError(f"input '{tensor.name}' takes {dtype}, but the array is "
                             f"{array.dtype}")
        return np.ascontiguousarray(array.astype(dtype)).reshape(array.shape)


class _Batching:
    """How arrays are cut into calls, and outputs put together."""

    def __init__(self, tensors: Tuple[TensorInfo, ...], arrays: List[np.ndarray]):
        self.tensors = tensors
        self.batches, self.share = 1, 1.0  # share: how much of the last batch is used
        decided = None
        for tensor, array in zip(tensors, arrays):
            if array.shape == tensor.shape:
                continue
            rows = tensor.shape[0] if tensor.shape else 1  # a scalar's are a vector
            if (array.ndim != max(len(tensor.shape), 1) or 0 in (array.shape[0], rows)
                    or array.shape[1:] != tensor.shape[1:]):
                raise OctetError(f"input '{tensor.name}' takes shape {list(tensor.shape)}, "
                                 f"but the array has {list(array.shape)}: all axes but "
                                 "the first must be equal")
            batches = -(-array.shape[0] // rows)
            share = array.shape[0] / rows - (batches - 1)
            if decided and (batches, share) != (self.batches, self.share):
                raise OctetError(f"inputs '{decided}' and '{tensor.name}' have different "
                                 "numbers of samples")
            decided, self.batches, self.share = tensor.name, batches, share

    def slice(self, arrays: List[np.ndarray], index: int) -> List[np.ndarray]:
        """The arrays of one call."""
        return [self._slice(tensor, array, index)
                for tensor, array in zip(self.tensors, arrays)]

    @staticmethod
    def _slice(tensor: TensorInfo, array: np.ndarray, index: int) -> np.ndarray:
        if array.shape == tensor.shape:
            return array
        if not tensor.shape:
            return array[index:index + 1].reshape(())
        rows = array[index * tensor.shape[0]:(index + 1) * tensor.shape[0]]
        if rows.shape == tensor.shape:
            return rows
        padded = np.zeros(tensor.shape, array.dtype)
        padded[:len(rows)] = rows
        return padded

    def stack(self, tensor: TensorInfo, batches: List[np.ndarray]) -> np.ndarray:
        """An output of all calls; rows of padding are cut off."""
        if not tensor.shape:
            return batches[0] if self.batches == 1 else np.stack(batches)
        rows = tensor.shape[0] * self.share
        if self.share != 1 and rows == int(rows):
            batches[-1] = batches[-1][:int(rows)]
        return batches[0] if self.batches == 1 else np.concatenate(batches)


class _Call:
    """One octet_call with its arena."""

    def __init__(self, model: Model, quantized: bool):
        self._model = model
        self._outputs = [(tensor.shape, tensor.form(quantized)) for tensor in model.outputs]
        raw = model._model
        self._run = raw.run_quantized if quantized else raw.run
        if not self._run:
            raise OctetError(f"the model '{model.name}' has no quantized inputs and outputs")
        try:
            self._arena = model._arenas.pop()
        except IndexError:
            self._arena = np.empty(raw.arena_bytes + raw.arena_alignment, np.uint8)
        address = self._arena.ctypes.data
        self._address = address + -address % raw.arena_alignment

    def close(self) -> None:
        """Lets another call have the arena."""
        self._model._arenas.append(self._arena)

    def run(self, inputs: List[np.ndarray], counters=None) -> List[np.ndarray]:
        """One call on arrays of the model's shapes."""
        outputs = [np.empty(shape, dtype) for shape, dtype in self._outputs]
        call = abi.Call(size=ctypes.sizeof(abi.Call), num_threads=self._model.threads,
                        inputs=_pointers(inputs), outputs=_pointers(outputs),
                        arena=self._address, node_ns=counters)
        status = self._run(ctypes.byref(call))
        if status:
            raise OctetError(f"'{self._model.name}' does not run: "
                             + abi.STATUS.get(status, f"status {status}"))
        return outputs


def _pointers(arrays: List[np.ndarray]):
    return (ctypes.c_void_p * max(1, len(arrays)))(*(a.ctypes.data for a in arrays))


def _tensors(raw, count: int) -> Tuple[TensorInfo, ...]:
    return tuple(_tensor(raw[i]) for i in range(count))


def _tensor(raw: abi.Tensor) -> TensorInfo:
    quantization = None
    if raw.quantized_type:
        quantization = Quantization(abi.DTYPES[raw.quantized_type], raw.scale,
                                    raw.zero_point)
    return TensorInfo(raw.name.decode(), abi.DTYPES[raw.type],
                      tuple(raw.shape[i] for i in range(raw.rank)), quantization)


def _node(raw: abi.Node) -> NodeInfo:
    return NodeInfo(raw.name.decode(), raw.op.decode(), raw.precision.decode(),
                    raw.macs, raw.bytes)
