# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compile ONNX models to small int8 libraries, and run them.

>>> octet.compile("model.onnx", "model.so", samples={"x": images}, bind={"N": 1})
>>> model = octet.load("model.so")
>>> scores = model(images)
"""
from .compiler import compile  # pylint: disable=redefined-builtin
from .errors import OctetError
from .model import Model, NodeInfo, NodeTime, Quantization, TensorInfo, load

__all__ = ["compile", "load", "Model", "NodeInfo", "NodeTime", "OctetError",
           "Quantization", "TensorInfo"]
__version__ = "0.1.0"
