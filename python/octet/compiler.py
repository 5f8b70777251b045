# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls octet-compile with arrays and options of Python."""
from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Union

import numpy as np

from .errors import OctetError
from .protobuf import Bytes, read_fields

Sample = Union[np.ndarray, Mapping[str, np.ndarray], Sequence[np.ndarray]]
Samples = Union[Sample, Iterable[Sample]]
PathLike = Union[str, os.PathLike]


def compile(model: PathLike, out: PathLike, samples: Optional[Samples] = None, *,
            precision: Optional[str] = None, bind: Optional[Mapping[str, int]] = None,
            target: Optional[str] = None, recipe: Optional[PathLike] = None,
            report: Optional[PathLike] = None, fail_on_float: bool = False,
            **options: Any) -> pathlib.Path:
    """Compiles an ONNX file; with samples, in int8. Gives the path of `out`.

    `precision` is int8, float, or fp16 or bf16: float with weights in 16 bits.
    `samples` is an array for each input by name, or a single array for a model with
    one input: samples along the first axis. It may also be an iterable of such, whose
    items are joined along the first axis, or of tuples in the order of the inputs.
    `bind` gives symbolic dimensions their extents. Other options are those of
    octet-compile with underscores, e.g. `stop_after="fold"`.
    """
    options.update(precision=precision, target=target, recipe=recipe, report=report,
                   fail_on_float=fail_on_float)
    if bind:
        options["bind"] = ",".join(f"{name}={extent}" for name, extent in bind.items())
    with tempfile.TemporaryDirectory(prefix="octet-") as folder:
        arguments = [os.fspath(model), "-o", os.fspath(out), *_flags(options)]
        if samples is not None:
            path = pathlib.Path(folder) / "samples.npz"
            np.savez(path, **_by_name(samples, model))
            arguments += ["--calibrate", str(path)]
        _call("octet-compile", arguments)
    return pathlib.Path(out)


def find_tool(name: str) -> str:
    """A tool of Octet: in the folder that OCTET_BIN names, or on the path."""
    path = os.pathsep.join(filter(None, [os.environ.get("OCTET_BIN"),
                                         os.environ.get("PATH", os.defpath)]))
    found = shutil.which(name, path=path)
    if not found:
        raise OctetError(f"there is no {name} on the path: install it, or name its "
                         "folder in OCTET_BIN")
    return found


def _call(name: str, arguments: List[str]) -> None:
    done = subprocess.run([find_tool(name), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise OctetError(lines[-1] if lines else f"{name} ends with {done.returncode}")


def _flags(options: Mapping[str, Any]) -> List[str]:
    flags = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            flags.append(flag)
        elif value is not None and value is not False:
            flags += [flag, os.fspath(value) if isinstance(value, os.PathLike) else str(value)]
    return flags


def _by_name(samples: Samples, model: PathLike) -> Dict[str, np.ndarray]:
    """All samples as one array for each input."""
    if isinstance(samples, (np.ndarray, Mapping)):
        samples = [samples]
    parts: Dict[str, List[np.ndarray]] = {}
    for sample in samples:
        if not isinstance(sample, Mapping):
            arrays = sample if isinstance(sample, (tuple, list)) else [sample]
            names = input_names(model)
            if len(arrays) != len(names):
                raise OctetError(f"a sample has {len(arrays)} arrays, but the model's "
                                 f"inputs are {', '.join(names)}")
            sample = dict(zip(names, arrays))
        for name, array in sample.items():
            parts.setdefault(name, []).append(np.atleast_1d(array))
    if not parts:
        raise OctetError("there are no samples")
    return {name: arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
            for name, arrays in parts.items()}


def input_names(model: PathLike) -> List[str]:
    """The inputs of an ONNX file in order, without those that are constants."""
    data = memoryview(pathlib.Path(model).read_bytes())
    try:
        names, constants = [], set()
        for number, graph, _ in read_fields(data):
            if number != 7:  # ModelProto.graph
                continue
            for field, value, _ in read_fields(graph):
                if field == 11:  # GraphProto.input
                    names += _texts(value, 1)
                elif field == 5:  # GraphProto.initializer
                    constants.update(_texts(value, 8))
    except (TypeError, ValueError):  # a number where a message belongs, or damage
        raise OctetError(f"'{os.fspath(model)}' is not an ONNX model or is cut off") from None
    return [name for name in names if name not in constants]


def _texts(message: Bytes, number: int) -> List[str]:
    return [bytes(field.value).decode() for field in read_fields(message)
            if field.number == number]
