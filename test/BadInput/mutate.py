#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Damages good files at random and gives them to the tools.

  mutate.py --bin FOLDER [--cases N] [--seed N] [--kinds onnx,samples,...] [--keep FOLDER]

Whatever is in a file, a tool succeeds or says in one line why not, in bounded time;
a signal, another exit status or a sanitizer's report is a failure, and --keep keeps
the file that caused it. The same seed makes the same files.
"""
import argparse
import concurrent.futures
import io
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
sys.path[:0] = [str(HERE), str(TESTS / "Support")]

import models
from onnx_writer import make_tensor

NODE_TESTS = pathlib.Path("/usr/share/libonnx-testdata/data/node")
REPORT = re.compile(r"Sanitizer|runtime error:|Stack dump|PLEASE submit")
NUMBERS = ["0", "-1", "9223372036854775807", "-9223372036854775808", "4294967296", "1e999",
           "0.0", "nan"]
TIMEOUT = 120


def flip_bits(rng, data):
    damaged = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def truncate(rng, data):
    return data[:rng.randrange(len(data))]


def move_piece(rng, data):
    start, size = rng.randrange(len(data)), rng.randrange(1, 64)
    to = rng.randrange(len(data))
    return data[:to] + data[start:start + size] + data[to + rng.choice([0, size]):]


def change_number(rng, data):
    """Of a text: one of its numbers becomes an extreme one."""
    places = list(re.finditer(rb"-?\d+(?:\.\d+)?", data))
    if not places:
        return truncate(rng, data)
    place = rng.choice(places)
    return data[:place.start()] + rng.choice(NUMBERS).encode() + data[place.end():]


def change_bytes(rng, data):
    """Of a binary file: a byte becomes one that is often a limit."""
    damaged = bytearray(data)
    start = rng.randrange(len(damaged))
    damaged[start:start + rng.choice([1, 1, 4, 8])] = rng.choice(
        [b"\x00", b"\xff" * 8, b"\x7f", b"\x80\x80\x80\x80\x80\x80\x80\x80"])
    return bytes(damaged)


BINARY = [flip_bits, truncate, move_piece, change_bytes]
TEXT = [flip_bits, truncate, move_piece, change_number, change_number]


def onnx_seeds():
    seeds = [models.good()] + [build() for build, _ in models.CASES.values()]
    for path in sorted(NODE_TESTS.glob("test_*/model.onnx")):
        if path.stat().st_size < 4000:
            seeds.append(path.read_bytes())
    return [seed for seed in seeds if len(seed) > 16]


def sample_seeds():
    x = np.linspace(-1, 1, 4 * 192, dtype=np.float32).reshape(4, 3, 8, 8)
    seeds = []
    for save in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        save(file, x=x)
        seeds.append(file.getvalue())
    return seeds


def array_seeds():
    file = io.BytesIO()
    np.save(file, np.linspace(-1, 1, 192, dtype=np.float32).reshape(1, 3, 8, 8))
    return [file.getvalue()]


def tensor_seeds():
    """An input as ONNX's tests store it."""
    return [make_tensor("x", np.zeros((1, 3, 8, 8), np.float32)),
            make_tensor("x", np.zeros((3, 8), np.int64))]


def mlir_seeds():
    """The cases of the lit tests: small modules of every stage."""
    cases = []
    for path in sorted(TESTS.rglob("*.mlir")):
        for case in path.read_text().split("// -----"):
            lines = [line for line in case.splitlines() if not line.startswith("//")]
            cases.append("\n".join(lines).strip().encode())
    return [case for case in cases if len(case) > 32]


def recipe_seeds():
    return [b'{"activation": {"type": "u8", "symmetric": false, "observer": "percentile",'
            b' "percentile": 99.9}, "weight": {"granularity": "channel"},'
            b' "rules": [{"op": "Conv", "precision": "float"},'
            b' {"name": "^re.u$", "activation": {"observer": "entropy"}}]}',
            b'{"rules": [{"name": "(a|b)*[c-f]{2,3}", "weight": {"granularity": "tensor"}}]}']


def compiled(path, *more):
    return ["octet-compile", path, "--bind", "N=1", "-o", "out.mlir", *more]


# Kind: seeds, ways to damage, file name, commands to try.
KINDS = {
    "onnx": (onnx_seeds, BINARY, "damaged.onnx",
             [compiled("damaged.onnx", "--stop-after", "lower"),
              compiled("damaged.onnx", "--stop-after", "codegen", "--target", "x86-64")]),
    "samples": (sample_seeds, BINARY, "damaged.npz",
                [compiled("good.onnx", "--calibrate", "damaged.npz", "--stop-after", "fold"),
                 ["octet-run", "good.so", "--input", "x=damaged.npz:x",
                  "--output", "out.npz"]]),
    "array": (array_seeds, BINARY, "damaged.npy",
              [["octet-run", "good.so", "--input", "x=damaged.npy", "--output", "out.npz"]]),
    "tensor": (tensor_seeds, BINARY, "damaged.pb",
               [["octet-run", "good.so", "--input", "x=damaged.pb", "--output",
                 "out.npz"]]),
    "mlir": (mlir_seeds, TEXT, "damaged.mlir",
             [compiled("damaged.mlir", "--stop-after", "codegen", "--target", "x86-64"),
              ["octet-opt", "damaged.mlir", "-o", "out.mlir"],
              ["octet-opt", "damaged.mlir", "--octet-import", "-o", "out.mlir"],
              ["octet-opt", "damaged.mlir", "--octet-quantize", "--octet-propagate",
               "--octet-fold", "-o", "out.mlir"],
              ["octet-opt", "damaged.mlir", "--octet-lower", "-o", "out.mlir"],
              ["octet-opt", "damaged.mlir", "--octet-codegen", "-o", "out.mlir"]]),
    "recipe": (recipe_seeds, TEXT, "recipe.json",
               [compiled("good.onnx", "--calibrate", "good.npz", "--recipe", "recipe.json",
                         "--stop-after", "fold")]),
}


class Mutator:
    def __init__(self, tools, seed, keep=None):
        self.tools, self.seed, self.keep = tools, seed, keep
        self.seeds = {kind: row[0]() for kind, row in KINDS.items()}
        self.shared = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.shared.name)
        (folder / "good.onnx").write_bytes(models.good())
        (folder / "good.npz").write_bytes(sample_seeds()[0])
        done = self.run(["octet-compile", "good.onnx", "--bind", "N=1", "-o", "good.so"],
                        folder)
        if done.returncode:
            raise RuntimeError(done.stderr)

    def run(self, command, folder):
        environment = dict(os.environ, MALLOC_ARENA_MAX="2")
        return subprocess.run([str(self.tools / command[0]), *command[1:]], cwd=folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="replace", timeout=TIMEOUT, env=environment)

    def problem(self, command, folder):
        """What is wrong with the tool's answer, if anything."""
        try:
            done = self.run(command, folder)
        except subprocess.TimeoutExpired:
            return f"takes longer than {TIMEOUT} s"
        if done.returncode not in (0, 1):
            return f"exit status {done.returncode}: {done.stderr[-1500:]}"
        if REPORT.search(done.stderr):
            return done.stderr[:3000]
        lines = len(done.stderr.strip().splitlines())
        if done.returncode and command[0] != "octet-opt" and lines != 1:
            return f"{lines} lines: {done.stderr[:1500]}"
        return None

    def case(self, kind, number):
        """The problems of one damaged file."""
        rng = random.Random(f"{self.seed}/{kind}/{number}")
        _, ways, name, commands = KINDS[kind]
        data = rng.choice(ways)(rng, rng.choice(self.seeds[kind]))
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            for path in pathlib.Path(self.shared.name).iterdir():
                (folder / path.name).symlink_to(path)
            (folder / name).write_bytes(data)
            command = rng.choice(commands)
            found = self.problem(command, folder)
            if found and self.keep:
                self.keep.mkdir(parents=True, exist_ok=True)
                shutil.copy(folder / name, self.keep / f"{kind}-{number}-{name}")
        return found and f"{kind} {number}: {' '.join(command)}\n{found}"

    def cases(self, kind, numbers, workers=os.cpu_count()):
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            yield from filter(None, pool.map(lambda n: self.case(kind, n), numbers))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--keep", type=pathlib.Path)
    arguments = parser.parse_args()
    mutator = Mutator(arguments.bin.resolve(), arguments.seed, arguments.keep)
    failed = 0
    for kind in arguments.kinds.split(","):
        numbers = range(arguments.first, arguments.first + arguments.cases)
        for problem in mutator.cases(kind, numbers):
            print(problem, flush=True)
            failed += 1
        print(f"{kind}: {arguments.cases} files", flush=True)
    print(f"{failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
