# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Files damaged at random: a few of each kind; mutate.py makes as many as one likes."""
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import mutate

BIN = pathlib.Path(os.environ.get("OCTET_BINARY_DIR", ".")) / "bin"
CASES = 40


class Mutations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.mutator = mutate.Mutator(BIN, seed=1)

    def check(self, kind):
        self.assertEqual(list(self.mutator.cases(kind, range(CASES))), [])

    def test_onnx(self):
        self.check("onnx")

    def test_samples(self):
        self.check("samples")

    def test_array(self):
        self.check("array")

    def test_tensor(self):
        self.check("tensor")

    def test_mlir(self):
        self.check("mlir")

    def test_recipe(self):
        self.check("recipe")


if __name__ == "__main__":
    unittest.main()
