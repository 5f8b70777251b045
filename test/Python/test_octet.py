# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""python/octet on a model written by hand, and on the tools where they are built."""
import os
import pathlib
import sys
import tempfile
import threading
import unittest
from unittest import mock

import numpy as np

import octet
from octet import compiler

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "Support"))
from onnx_writer import FLOAT, make_graph, make_model, make_node, make_value

BUILD = pathlib.Path(os.environ.get("OCTET_BINARY_DIR", ROOT / "build" / "dev"))
TWO_STEPS = BUILD / "lib" / "libtwo-steps.so"
DIGITS = ROOT / "examples" / "digits" / "digits.onnx"
SAMPLES = ROOT / "examples" / "digits" / "digits.npz"


@unittest.skipIf(os.environ.get("OCTET_SANITIZE"),
                 "a library with sanitizers needs a program with them: RunTests loads it")
@unittest.skipUnless(TWO_STEPS.exists(), f"{TWO_STEPS.name} is not built")
class LoadedModel(unittest.TestCase):
    """test/Run/Inputs/two-steps.c: y = x + bias, top = argmax(y); two rows a call."""

    def setUp(self):
        self.model = octet.load(TWO_STEPS)
        self.bias = np.array([0, 0.5, 1, -0.25], np.float32)

    def test_description(self):
        x, bias = self.model.inputs
        self.assertEqual((x.name, x.dtype, x.shape), ("x", np.float32, (2, 4)))
        self.assertEqual(x.quantization, octet.Quantization(np.dtype(np.uint8), 0.5, 10))
        self.assertIsNone(bias.quantization)
        self.assertEqual([node.op for node in self.model.nodes], ["Add", "ArgMax"])
        self.assertIn("x: float32[2, 4]", repr(self.model))

    def test_any_number_of_rows(self):
        for rows in range(1, 6):
            x = np.random.default_rng(rows).integers(0, 9, (rows, 4)).astype(np.uint8)
            for outputs in (self.model(x, self.bias), self.model(bias=self.bias, x=x),
                            self.model({"x": x, "bias": self.bias})):
                np.testing.assert_array_equal(outputs["y"], x + self.bias)
                np.testing.assert_array_equal(outputs["top"], (x + self.bias).argmax(1))

    def test_arrays_of_any_layout(self):
        x = np.arange(24, dtype=np.float64).reshape(4, 6).T[:6:2]  # not contiguous
        outputs = self.model(np.tile(x, (2, 1)), np.zeros(4, np.int64))
        np.testing.assert_array_equal(outputs["y"], np.tile(x, (2, 1)))

    def test_quantized_form(self):
        x = np.array([[0, 1, 2, 3], [0, -1, -2, -3]], np.float32)
        zero = np.zeros(4, np.float32)
        outputs = self.model.run({"x": x, "bias": zero}, quantized=True)
        self.assertEqual(outputs["y"].dtype, np.int8)
        real = self.model.outputs[0].quantization.dequantize(outputs["y"])
        np.testing.assert_array_equal(real, x)
        codes = self.model.inputs[0].quantization.quantize(x)
        again = self.model.run({"x": codes, "bias": zero}, quantized=True)
        np.testing.assert_array_equal(again["y"], outputs["y"])

    def test_threads_at_once(self):
        x = np.random.default_rng(0).standard_normal((64, 4)).astype(np.float32)
        right = []

        def work():
            right.append(all(np.array_equal(self.model(x, self.bias)["y"], x + self.bias)
                             for _ in range(5)))
        self.model.threads = 2
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(right, [True] * 4)

    def test_profile(self):
        times = self.model.profile(np.zeros((9, 4)), self.bias, repeat=3)
        self.assertEqual([time.node for time in times], list(self.model.nodes))
        self.assertTrue(all(time.ms > 0 for time in times))

    def test_instruction_sets(self):
        self.model.set_isa(self.model.isas[0])
        self.assertEqual(self.model.isa(), self.model.isas[0])
        with self.assertRaisesRegex(octet.OctetError, "z80"):
            self.model.set_isa("z80")
        self.model.set_isa(None)

    def test_mistakes(self):
        x = np.zeros((2, 4), np.float32)
        for call, pattern in [
                (lambda: self.model(x), "no array is given for input 'bias'"),
                (lambda: self.model(x, self.bias, x), "3 arrays are given for 2"),
                (lambda: self.model(x, self.bias, y=x), "no input 'y'"),
                (lambda: self.model(x, x=x, bias=self.bias), "'x', or it is given twice"),
                (lambda: self.model(x[:, :3], self.bias), r"\[2, 4\].*\[2, 3\]"),
                (lambda: self.model(x[:0], self.bias), r"\[0, 4\]")]:
            with self.assertRaisesRegex(octet.OctetError, pattern):
                call()

    def test_no_models(self):
        with self.assertRaisesRegex(octet.OctetError, "absent.so"):
            octet.load("absent.so")
        with self.assertRaisesRegex(octet.OctetError, "cannot load"):
            octet.load(__file__)


class CompilerCalls(unittest.TestCase):
    """What octet.compile says to the tool; a script takes the tool's place."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        tool = self.folder / "octet-compile"
        tool.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$0.args"\n'
                        'while [ $# -gt 1 ]; do [ "$1" = --calibrate ] && cp "$2" "$0.npz"; '
                        'shift; done\n'
                        '[ -z "$OCTET_TEST_FAIL" ] || { echo "$OCTET_TEST_FAIL" >&2; exit 1; }\n')
        tool.chmod(0o755)
        patch = mock.patch.dict(os.environ, OCTET_BIN=str(self.folder))
        patch.start()
        self.addCleanup(patch.stop)

    def arguments(self):
        return (self.folder / "octet-compile.args").read_text().split("\n")[:-1]

    def samples(self):
        with np.load(self.folder / "octet-compile.npz") as arrays:
            return dict(arrays)

    def test_options(self):
        out = octet.compile("m.onnx", "m.so", bind={"N": 1, "S": 128}, target="x86-64+avx2",
                            fail_on_float=True, stop_after="fold", report=pathlib.Path("r"))
        self.assertEqual(out, pathlib.Path("m.so"))
        self.assertEqual(self.arguments(), [
            "m.onnx", "-o", "m.so", "--stop-after", "fold", "--target", "x86-64+avx2",
            "--report", "r", "--fail-on-float", "--bind", "N=1,S=128"])

    def test_samples(self):
        names = compiler.input_names(DIGITS)
        x = np.random.default_rng(0).random((6, 1, 8, 8), np.float32)
        for samples in (x, {names[0]: x}, (x[i:i + 2] for i in (0, 2, 4)),
                        [{names[0]: x[:1]}, {names[0]: x[1:]}], [(x,)]):
            octet.compile(DIGITS, "m.so", samples)
            np.testing.assert_array_equal(self.samples()[names[0]], x)
        with self.assertRaisesRegex(octet.OctetError, "no samples"):
            octet.compile(DIGITS, "m.so", iter(()))
        with self.assertRaisesRegex(octet.OctetError, "2 arrays"):
            octet.compile(DIGITS, "m.so", [(x, x)])

    def test_errors_are_the_tools_own(self):
        with mock.patch.dict(os.environ, OCTET_TEST_FAIL="error: node 'a': no"):
            with self.assertRaisesRegex(octet.OctetError, "^error: node 'a': no$"):
                octet.compile("m.onnx", "m.so")

    def test_files_that_are_no_models(self):
        path = self.folder / "text.onnx"
        path.write_text("no model")
        with self.assertRaisesRegex(octet.OctetError, "text.onnx"):
            compiler.input_names(path)


@unittest.skipUnless((BUILD / "bin" / "octet-compile").exists(), "octet-compile is not built")
class WholeWay(unittest.TestCase):
    """The digits example from samples to results."""

    def test_digits(self):
        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.dict(os.environ, OCTET_BIN=str(BUILD / "bin")), \
                np.load(SAMPLES) as data:
            out = octet.compile(DIGITS, pathlib.Path(folder) / "digits.so", data["calib"],
                                bind={"N": 1})
            scores = octet.load(out)(data["x"])
            self.assertGreater((scores.argmax(1) == data["y"]).mean(), 0.97)

    def test_samples_of_scalars_are_a_vector(self):
        x, factor = np.arange(-3, 3, dtype=np.float32).reshape(3, 2), np.float32([.5, 1, 2])
        graph = make_graph([make_node("Mul", ["x", "factor"], ["y"])],
                           [make_value("x", FLOAT, [1, 2]), make_value("factor", FLOAT, [])],
                           [make_value("y", FLOAT, [1, 2])])
        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.dict(os.environ, OCTET_BIN=str(BUILD / "bin")):
            folder = pathlib.Path(folder)
            (folder / "m.onnx").write_bytes(make_model(graph))
            samples = [{"x": x[i:i + 1], "factor": factor[i]} for i in range(3)]
            model = octet.load(octet.compile(folder / "m.onnx", folder / "m.so", samples))
            scaled = model.run({"x": x, "factor": factor})["y"]
            # One step of each of the three 8-bit types: 5/255, 2/255 and 5/255.
            np.testing.assert_allclose(scaled, x * factor[:, None], atol=.08)


if __name__ == "__main__":
    unittest.main()
