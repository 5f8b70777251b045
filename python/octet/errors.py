# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What goes wrong."""


class OctetError(RuntimeError):
    """A model or a tool refuses; the text says what and why in one line."""
