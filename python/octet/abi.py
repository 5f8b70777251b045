# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""octet-c/Model.h for ctypes: the same names, the same order of fields."""
from __future__ import annotations

import ctypes

import numpy as np

ABI_VERSION = 1

# octet_type to numpy; bfloat16, which numpy lacks, as its bits.
DTYPES = {1: np.dtype(np.float32), 2: np.dtype(np.uint8), 3: np.dtype(np.int8),
          4: np.dtype(np.uint16), 5: np.dtype(np.int16), 6: np.dtype(np.int32),
          7: np.dtype(np.int64), 9: np.dtype(np.bool_), 10: np.dtype(np.float16),
          11: np.dtype(np.float64), 12: np.dtype(np.uint32),
          13: np.dtype(np.uint64), 16: np.dtype(np.uint16)}

STATUS = {1: "an argument is wrong", 2: "this CPU has none of the instruction sets",
          3: "the threads could not be started", 4: "there is no memory for the arena"}


class Tensor(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int32),
                ("rank", ctypes.c_int32), ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("bytes", ctypes.c_uint64), ("quantized_type", ctypes.c_int32),
                ("zero_point", ctypes.c_int32), ("scale", ctypes.c_float),
                ("quantized_bytes", ctypes.c_uint64)]


class Node(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("op", ctypes.c_char_p),
                ("precision", ctypes.c_char_p), ("macs", ctypes.c_uint64),
                ("bytes", ctypes.c_uint64)]


class Call(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("num_threads", ctypes.c_int32),
                ("inputs", ctypes.POINTER(ctypes.c_void_p)),
                ("outputs", ctypes.POINTER(ctypes.c_void_p)),
                ("arena", ctypes.c_void_p), ("parallel_for", ctypes.c_void_p),
                ("pool", ctypes.c_void_p),
                ("node_ns", ctypes.POINTER(ctypes.c_uint64))]


RUN = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Call))


class Model(ctypes.Structure):
    _fields_ = [("abi_version", ctypes.c_uint32), ("size", ctypes.c_uint32),
                ("name", ctypes.c_char_p), ("num_inputs", ctypes.c_int32),
                ("num_outputs", ctypes.c_int32), ("num_nodes", ctypes.c_int32),
                ("num_isas", ctypes.c_int32), ("inputs", ctypes.POINTER(Tensor)),
                ("outputs", ctypes.POINTER(Tensor)), ("nodes", ctypes.POINTER(Node)),
                ("isas", ctypes.POINTER(ctypes.c_char_p)),
                ("arena_bytes", ctypes.c_uint64),
                ("arena_alignment", ctypes.c_uint64),
                ("weight_bytes", ctypes.c_uint64),
                ("isa", ctypes.CFUNCTYPE(ctypes.c_int32)),
                ("set_isa", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)),
                ("run", RUN), ("run_quantized", RUN)]
