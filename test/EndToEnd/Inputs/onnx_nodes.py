# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs ONNX's own node tests (Debian's libonnx-testdata) through compiler and runner.

Usage: onnx_nodes.py [--only PREFIX,...] [--list] [--data FOLDER]

Each test is a model with inputs and expected outputs. What a compiled model must know
in advance (shapes, axes, scales) the tests pass as inputs: where the compiler asks for
constants, all inputs but the first become initializers, then all. Tests are compiled
and run in batches, side by side in one model, and one by one where a batch does not
pass. Prints how many tests
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
from onnx_merge import merge, opsets

BATCH = 32
DATA = "/usr/share/libonnx-testdata/data/node"
NEEDS_CONSTANTS = re.compile(r"must be (one )?constant|no fixed extent")
UNSUPPORTED = re.compile(r"not supported|only tensors|must be (one )?constant|is not a product")
NAMES_CASE = re.compile(r"'test(\d+)/")


class Test:
    """A folder with model.onnx and test_data_set_*."""

    def __init__(self, folder):
        self.name = folder.name.removeprefix("test_")
        self.model = (folder / "model.onnx").read_bytes()
        self.all_operators = onnx.operators(self.model)
        self.operator = self.all_operators[0] if len(self.all_operators) == 1 else "several"
        self.inputs = onnx.input_names(self.model)
        self.outputs = onnx.output_names(self.model)
        self.sets = sorted(folder.glob("test_data_set_*"))


class Case:
    """A test with one of its sets of data, and what has become of it."""

    def __init__(self, test, data_set):
        self.test, self.data_set = test, data_set
        self.inputs = [(name, data_set / f"input_{i}.pb") for i, name in enumerate(test.inputs)]
        self.outputs = [data_set / f"output_{i}.pb" for i in range(len(test.outputs))]
        # How many inputs stay inputs; the next ones to try are behind.
        self.kept = list(dict.fromkeys([len(self.inputs), min(1, len(self.inputs)), 0]))
        self.kind, self.why = "", ""

    def model(self):
        """The model with all inputs but the first few constant."""
        model = self.test.model
        for name, path in self.inputs[self.kept[0]:]:
            if path.exists():
                model = onnx.freeze(model, name, path.read_bytes())
        return model

    def refuse(self, error):
        """The compiler's error: try with more constants, or be done."""
        if NEEDS_CONSTANTS.search(error) and len(self.kept) > 1:
            self.kept.pop(0)
        else:
            self.finish("unsupported" if UNSUPPORTED.search(error) else "failed", error)

    def finish(self, kind, why=""):
        self.kind, self.why = kind, why


def run(tool, *arguments):
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=300, errors="replace")
    return done.returncode, done.stderr.strip()


def prefix(index):
    return f"test{index}/"


def compile_cases(cases, scratch):
    """Compiles cases together; those that the compiler refuses are finished, with their
    errors. Returns the cases that the library has, or None where it refuses the lot."""
    while cases:
        models = [case.model() for case in cases]
        (scratch / "model.onnx").write_bytes(merge(models, map(prefix, range(len(cases)))))
        status, error = run("octet-compile", scratch / "model.onnx", "-o", scratch / "model.so")
        if status == 0:
            return cases
        at = 0 if len(cases) == 1 else NAMES_CASE.search(error)
        if at is None:
            return None
        cases[at and int(at[1])].refuse(error)
        cases = [case for case in cases if not case.kind]
    return []


def run_cases(cases, scratch):
    """Runs what was compiled, all inputs and outputs at once; the error, if there is one."""
    arguments = []
    for i, case in enumerate(cases):
        for name, path in case.inputs[:case.kept[0]]:
            arguments += ["--input", f"{prefix(i)}{name}={path}"]
    for i, path in enumerate(path for case in cases for path in case.outputs):
        (scratch / f"output_{i}.pb").symlink_to(path)
    status, error = run("octet-run", scratch / "model.so", *arguments, "--expect", scratch,
                        "--tolerance", "1e-5,1e-3")
    return error or "octet-run failed" if status else ""


def check(cases):
    """Finishes all cases: together, or one by one where together they do not pass."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        compiled = compile_cases(cases, scratch)
        error = run_cases(compiled, scratch) if compiled else ""
        if compiled and not error:
            for case in compiled:
                case.finish("passed")
        elif compiled and len(cases) == 1:
            cases[0].finish("failed", error)
    rest = [case for case in cases if not case.kind]
    for case in rest:
        check([case])


def read_operators():
    """The operators that the importer has, of any version."""
    done = subprocess.run(["octet-compile", "--list-ops"], capture_output=True, text=True)
    return {line.split()[0] for line in done.stdout.splitlines()}


def make_batches(tests):
    """Cases that go together: of the same opset, and not such as are known to fail."""
    supported, known = read_operators(), read_known()
    cases, batches = [], []
    groups = collections.defaultdict(list)
    for test in tests:
        missing = [name for name in test.all_operators if name not in supported]
        for data_set in test.sets:
            case = Case(test, data_set)
            cases.append(case)
            if missing:
                case.finish("unsupported", f"operator {missing[0]} is not in the table")
            elif test.name in known:
                batches.append([case])
            else:
                groups[opsets(test.model)].append(case)
    for group in groups.values():
        batches += [group[i:i + BATCH] for i in range(0, len(group), BATCH)]
    return cases, batches


def judge(cases):
    """What became of each test: the worst of its cases."""
    results = {}
    order = ["passed", "unsupported", "failed"]
    for case in cases:
        found = (case.kind, case.why)
        worst = results.get(case.test, found)
        results[case.test] = max(found, worst, key=lambda result: order.index(result[0]))
    return list(results.items())


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
    path = HERE / "known_failures.txt"
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
    cases, batches = make_batches(tests)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(check, batches))
    results = judge(cases)
    print_table(results, arguments.list)
    return 1 if compare_known(results) else 0


if __name__ == "__main__":
    sys.exit(main())
