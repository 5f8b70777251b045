# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs ONNX's own node tests (Debian's libonnx-testdata) through compiler and runner.

Usage: onnx_nodes.py [--only PREFIX,...] [--list] [--data FOLDER]

Each test is a model with inputs and expected outputs. What a compiled model must know
in advance (shapes, axes, scales) the tests pass as inputs: where the compiler asks for
constants, all inputs but the first become initializers, then all. Prints how many tests
passed, failed and are not supported, by operator, and exits with 1 where that is not
what known_failures.txt says.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Support"))

import onnx_reader as onnx

DATA = "/usr/share/libonnx-testdata/data/node"
NEEDS_CONSTANTS = re.compile(r"must be (one )?constant|no fixed extent")
UNSUPPORTED = re.compile(r"not supported|only tensors|must be (one )?constant|is not a product")


class Test:
    """A folder with model.onnx and test_data_set_*."""

    def __init__(self, folder):
        self.folder = folder
        self.name = folder.name.removeprefix("test_")
        self.model = (folder / "model.onnx").read_bytes()
        operators = onnx.operators(self.model)
        self.operator = operators[0] if len(operators) == 1 else "several"
        self.inputs = onnx.input_names(self.model)

    def sets(self):
        return sorted(self.folder.glob("test_data_set_*"))

    def frozen(self, data_set, keep):
        """The model with all inputs but the first `keep` constant."""
        model = self.model
        for i, name in enumerate(self.inputs):
            if i >= keep and (data_set / f"input_{i}.pb").exists():
                tensor = (data_set / f"input_{i}.pb").read_bytes()
                model = onnx.freeze(model, name, tensor)
        return model


def run(tool, *arguments):
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=300, errors="replace")
    return done.returncode, done.stderr.strip()


def compile_model(test, data_set, scratch):
    """The library and the number of inputs left, or an error."""
    for keep in dict.fromkeys([len(test.inputs), min(1, len(test.inputs)), 0]):
        source, library = scratch / "model.onnx", scratch / "model.so"
        source.write_bytes(test.frozen(data_set, keep))
        status, error = run("octet-compile", source, "-o", library)
        if status == 0:
            return library, keep, ""
        if not NEEDS_CONSTANTS.search(error):
            break
    return None, 0, error


def check(test):
    """What became of a test: passed, failed or unsupported, and why."""
    for data_set in test.sets():
        with tempfile.TemporaryDirectory() as folder:
            library, keep, error = compile_model(test, data_set, pathlib.Path(folder))
            if library is None:
                kind = "unsupported" if UNSUPPORTED.search(error) else "failed"
                return kind, error
            arguments = []
            for i, name in enumerate(test.inputs[:keep]):
                arguments += ["--input", f"{name}={data_set / f'input_{i}.pb'}"]
            status, error = run("octet-run", library, *arguments, "--expect", data_set,
                                "--tolerance", "1e-5,1e-3")
            if status:
                return "failed", error or "octet-run failed"
    return "passed", ""


def print_table(results, listing):
    counts = collections.defaultdict(collections.Counter)
    for test, (kind, _) in results:
        counts[test.operator][kind] += 1
    total = sum(counts.values(), collections.Counter())
    kinds = ["passed", "failed", "unsupported"]
    print(f"{'operator':<28}" + "".join(f"{k:>12}" for k in kinds))
    for operator in sorted(counts):
        print(f"{operator:<28}" + "".join(f"{counts[operator][k]:>12}" for k in kinds))
    print(f"{'all':<28}" + "".join(f"{total[k]:>12}" for k in kinds))
    for test, (kind, why) in results:
        if kind == "failed" or (listing and kind != "passed"):
            print(f"{kind}: {test.name}: {why[:300]}")
    return total["failed"]


def read_known():
    """Names of the tests that are known to fail."""
    path = pathlib.Path(__file__).parent / "known_failures.txt"
    lines = (line.strip() for line in path.read_text().splitlines())
    return {line for line in lines if line and not line.startswith("#")}


def compare_known(results):
    """Prints what differs from the list of known failures; whether anything does."""
    known = read_known()
    failed = {test.name for test, (kind, *_) in results if kind == "failed"}
    passed = {test.name for test, (kind, *_) in results if kind == "passed"}
    for name in sorted(failed - known):
        print(f"fails, and is not a known failure: {name}")
    for name in sorted(passed & known):
        print(f"passes; take it out of known_failures.txt: {name}")
    return bool(failed - known or passed & known)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("OCTET_NODE_TESTS", DATA))
    parser.add_argument("--only", default="", help="prefixes of names, joined by commas")
    parser.add_argument("--list", action="store_true", help="say why for each unsupported")
    arguments = parser.parse_args()
    prefixes = tuple(arguments.only.split(","))
    folders = sorted(p.parent for p in pathlib.Path(arguments.data).glob("test_*/model.onnx"))
    tests = [t for t in map(Test, folders) if t.name.startswith(prefixes)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(zip(tests, pool.map(check, tests)))
    print_table(results, arguments.list)
    return 1 if compare_known(results) else 0


if __name__ == "__main__":
    sys.exit(main())
