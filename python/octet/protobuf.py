# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads the wire format of protocol buffers, in which ONNX files are written.

A message is a list of fields; a field is a number and a value, bytes or an integer.
https://protobuf.dev/programming-guides/encoding
"""
from __future__ import annotations

from typing import Iterator, NamedTuple, Tuple, Union

Bytes = Union[bytes, memoryview]


class Field(NamedTuple):
    number: int
    value: Union[int, Bytes]
    span: Bytes  # the field as it is written, with its number


def read_fields(message: Bytes) -> Iterator[Field]:
    """The fields of a message in order. Raises ValueError where it is damaged."""
    at = 0
    while at < len(message):
        start = at
        tag, at = read_varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = read_varint(message, at)
        else:
            if kind == 2:
                size, at = read_varint(message, at)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
            else:
                raise ValueError("unknown kind of field")
            if size > len(message) - at:
                raise ValueError("cut off")
            value, at = message[at:at + size], at + size
        yield Field(tag >> 3, value, message[start:at])


def read_varint(message: Bytes, at: int) -> Tuple[int, int]:
    """The integer at a place, and the place behind it."""
    value = shift = 0
    while at < len(message):
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
    raise ValueError("cut off")


def read_varints(message: Bytes) -> Iterator[int]:
    """The integers of a packed field."""
    at = 0
    while at < len(message):
        value, at = read_varint(message, at)
        yield value
