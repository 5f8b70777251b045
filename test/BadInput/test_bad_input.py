# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Wrong input of every kind: one line that says so, exit status 1, nothing left behind.

Wrong models are in models.py; here are wrong samples, options and files around them,
and the runs of all.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Support")]

import numpy as np

import models

BIN = pathlib.Path(os.environ.get("OCTET_BINARY_DIR", ".")) / "bin"
EXAMPLE = HERE.parents[1] / "examples" / "digits"


class BadInput(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.scratch.name)
        self.addCleanup(self.scratch.cleanup)
        (self.folder / "data.bin").write_bytes(b"\0" * 64)
        (self.folder / "good.onnx").write_bytes(models.good())

    def run_tool(self, tool, *arguments):
        return subprocess.run([str(BIN / tool), *map(str, arguments)], cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=120)

    def refuse(self, tool, *arguments, pattern="."):
        """Runs a tool that must say no in one line, and leave the folder alone."""
        before = sorted(self.folder.rglob("*"))
        done = self.run_tool(tool, *arguments)
        said = done.stderr.strip()
        self.assertGreaterEqual(done.returncode, 0, f"crashed: {said[-2000:]}")
        self.assertEqual(done.returncode, 1, f"exit status; said: {said[:500]}")
        self.assertEqual(len(said.splitlines()), 1, f"lines of: {said[:2000]}")
        self.assertRegex(said, re.compile(pattern, re.IGNORECASE))
        self.assertEqual(done.stdout, "")
        self.assertEqual(sorted(self.folder.rglob("*")), before, "files left behind")

    def refuse_compile(self, *arguments, pattern=".", output="out.so"):
        self.refuse("octet-compile", *arguments, "-o", output, pattern=pattern)

    def samples(self, name="samples.npz", **arrays):
        np.savez(self.folder / name, **arrays)
        return name

    def refuse_samples(self, array, pattern, key="x"):
        name = self.samples(**{key: array})
        self.refuse_compile("good.onnx", "--bind", "N=1", "--calibrate", name,
                            pattern=pattern)

    # Samples.
    def test_samples_file_missing(self):
        self.refuse_compile("good.onnx", "--bind", "N=1", "--calibrate", "absent.npz",
                            pattern="absent.npz")

    def test_samples_file_is_no_npz(self):
        (self.folder / "bad.npz").write_text("no archive")
        self.refuse_compile("good.onnx", "--bind", "N=1", "--calibrate", "bad.npz",
                            pattern="bad.npz")

    def test_samples_file_truncated(self):
        name = self.samples(x=np.zeros((4, 3, 8, 8), np.float32))
        path = self.folder / name
        path.write_bytes(path.read_bytes()[:700])
        self.refuse_compile("good.onnx", "--bind", "N=1", "--calibrate", name, pattern=name)

    def test_samples_for_another_input(self):
        self.refuse_samples(np.zeros((4, 3, 8, 8), np.float32), r"\bx\b", key="other")

    def test_samples_named_for_no_input(self):
        name = self.samples(x=np.zeros((4, 3, 8, 8), np.float32))
        self.refuse_compile("good.onnx", "--bind", "N=1", "--calibrate", f"z={name}:x",
                            pattern=r"\bz\b")

    def test_samples_key_missing(self):
        name = self.samples(x=np.zeros((4, 3, 8, 8), np.float32))
        self.refuse_compile("good.onnx", "--bind", "N=1", "--calibrate", f"x={name}:calib",
                            pattern="calib")

    def test_samples_empty(self):
        self.refuse_samples(np.zeros((0, 3, 8, 8), np.float32), "sample|empty")

    def test_samples_of_wrong_shape(self):
        self.refuse_samples(np.zeros((4, 3, 9, 8), np.float32), r"\b9\b|shape")

    def test_samples_of_wrong_rank(self):
        self.refuse_samples(np.zeros((4, 192), np.float32), "192|shape|rank")

    def test_samples_with_nan(self):
        array = np.zeros((4, 3, 8, 8), np.float32)
        array[2, 1, 3, 3] = np.nan
        self.refuse_samples(array, "nan|not a number|finite")

    def test_samples_with_infinity(self):
        array = np.zeros((4, 3, 8, 8), np.float32)
        array[1] = np.inf
        self.refuse_samples(array, "inf|finite")

    def test_samples_of_text(self):
        self.refuse_samples(np.full((4, 3, 8, 8), "no"), "type|<U2")

    def test_samples_of_complex_numbers(self):
        self.refuse_samples(np.zeros((4, 3, 8, 8), np.complex64), "type|c8")

    # Options and files.
    def test_model_missing(self):
        self.refuse_compile("absent.onnx", pattern="absent.onnx")

    def test_model_is_a_folder(self):
        (self.folder / "folder.onnx").mkdir()
        self.refuse_compile("folder.onnx", pattern="folder.onnx")

    def test_output_folder_missing(self):
        self.refuse_compile("good.onnx", "--bind", "N=1", output="absent/out.so",
                            pattern="absent")

    def test_output_is_a_folder(self):
        (self.folder / "folder.so").mkdir()
        self.refuse_compile("good.onnx", "--bind", "N=1", output="folder.so",
                            pattern="folder.so")

    def test_output_of_unknown_form(self):
        self.refuse_compile("good.onnx", "--bind", "N=1", output="out.xyz", pattern="xyz")

    def test_bind_of_unknown_dimension(self):
        self.refuse_compile("good.onnx", "--bind", "N=1,Q=3", pattern=r"\bQ\b")

    def test_bind_of_zero(self):
        self.refuse_compile("good.onnx", "--bind", "N=0", pattern=r"\bN\b|\b0\b")

    def test_bind_of_text(self):
        self.refuse_compile("good.onnx", "--bind", "N=many", pattern="many")

    def test_bind_of_absurd_size(self):
        self.refuse_compile("good.onnx", "--bind", "N=4611686018427387904",
                            pattern="large|size|bytes|memory|4611686018427387904")

    def test_target_unknown(self):
        self.refuse_compile("good.onnx", "--bind", "N=1", "--target", "z80", pattern="z80")

    def test_int8_without_samples(self):
        self.refuse_compile("good.onnx", "--bind", "N=1", "--precision", "int8",
                            pattern="calibrate|sample")

    def test_recipe_is_no_json(self):
        (self.folder / "recipe.json").write_text("{not json")
        name = self.samples(x=np.zeros((4, 3, 8, 8), np.float32))
        self.refuse_compile("good.onnx", "--bind", "N=1", "--calibrate", name,
                            "--recipe", "recipe.json", pattern="recipe.json")

    def test_recipe_with_unknown_key(self):
        (self.folder / "recipe.json").write_text('{"granulerity": 3}')
        name = self.samples(x=np.zeros((4, 3, 8, 8), np.float32))
        self.refuse_compile("good.onnx", "--bind", "N=1", "--calibrate", name,
                            "--recipe", "recipe.json", pattern="granulerity")

    # Damage at any place: whatever happens, it is no crash and no torrent of lines.
    def damaged(self, data, kind):
        path = self.folder / "damaged.onnx"
        path.write_bytes(data)
        done = self.run_tool("octet-compile", path, "--bind", "N=1", "--stop-after",
                             "import", "-o", "out.mlir")
        said = done.stderr.strip()
        self.assertIn(done.returncode, (0, 1), f"{kind}: {said[-1500:]}")
        if done.returncode:
            self.assertEqual(len(said.splitlines()), 1, f"{kind}: {said[:1500]}")
        (self.folder / "out.mlir").unlink(missing_ok=True)

    def test_bits_flipped_anywhere(self):
        rng = np.random.default_rng(3)
        data = models.good()
        # The weights, which make up most of the file, may hold any bits.
        places = [i for i in range(len(data)) if not 60 < i < len(data) - 120]
        for place in rng.choice(places, 48, replace=False):
            damaged = bytearray(data)
            damaged[place] ^= 1 << int(rng.integers(8))
            self.damaged(bytes(damaged), f"bit flipped in byte {place}")

    def test_truncated_anywhere(self):
        data = models.good()
        for length in range(3, len(data), len(data) // 24):
            self.damaged(data[:length], f"cut after {length} bytes")


class BadRun(BadInput):
    """octet-run with a library that is good and inputs that are not."""

    @classmethod
    def setUpClass(cls):
        cls.built = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.built.cleanup)
        cls.library = pathlib.Path(cls.built.name) / "digits.so"
        subprocess.run([str(BIN / "octet-compile"), str(EXAMPLE / "digits.onnx"), "--bind",
                        "N=1", "-o", str(cls.library)], check=True, capture_output=True,
                       stdin=subprocess.DEVNULL)

    def refuse_run(self, *arguments, pattern="."):
        self.refuse("octet-run", *arguments, "--output", "out.npz", pattern=pattern)

    def test_library_missing(self):
        self.refuse_run("absent.so", pattern="absent.so")

    def test_library_is_no_library(self):
        (self.folder / "text.so").write_text("no library")
        self.refuse_run("text.so", pattern="text.so")

    def test_library_of_someone_else(self):
        self.refuse_run("libm.so.6", pattern="libm")

    def test_input_missing(self):
        self.refuse_run(self.library, "--input", "image=absent.npy", pattern="absent.npy")

    def test_input_of_unknown_name(self):
        name = self.samples(x=np.zeros((1, 1, 8, 8), np.float32))
        self.refuse_run(self.library, "--input", f"picture={name}:x", pattern="picture")

    def test_input_of_wrong_shape(self):
        name = self.samples(x=np.zeros((1, 1, 8, 9), np.float32))
        self.refuse_run(self.library, "--input", f"image={name}:x", pattern=r"\b9\b|shape")

    def test_isa_unknown(self):
        name = self.samples(x=np.zeros((1, 1, 8, 8), np.float32))
        self.refuse_run(self.library, "--isa", "z80", "--input", f"image={name}:x",
                        pattern="z80")

    def test_expectation_of_unknown_output(self):
        name = self.samples(image=np.zeros((1, 1, 8, 8), np.float32))
        expected = self.samples("expected.npz", other=np.zeros((1, 10), np.float32))
        self.refuse("octet-run", self.library, "--input", f"image={name}:image",
                    "--expect", expected, pattern="other|scores")


def add_model_case(name, build, pattern):
    def test(self):
        (self.folder / "model.onnx").write_bytes(build())
        self.refuse_compile("model.onnx", pattern=pattern)
    setattr(BadInput, f"test_model_{name}", test)


for _name, (_build, _pattern) in models.CASES.items():
    add_model_case(_name, _build, _pattern)

# BadRun shares the helpers, not the cases.
for _name in [name for name in dir(BadInput) if name.startswith("test_")]:
    if _name not in vars(BadRun):
        setattr(BadRun, _name, None)

if __name__ == "__main__":
    unittest.main()
