#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sizes and costs of compiling: library, weights, memory of a call, time, peak memory.

  benchmarks/footprint.py [MODEL...] [--precision int8|float] [--target NAME]
                          [--json FILE] [--check]

MODEL is a task of accuracy.py (all by default), an architecture of models.py, or an
ONNX file, which has no samples and is compiled in float. int8 is compiled from the
module that calibration leaves: calibration is not measured. A task's int8 needs what
accuracy.py needs. The columns:

  model      the ONNX file
  library    the shared library, and how many times its weights that is
  weights    all constants in it, in all packings that its instruction sets want
  arena      the scratch memory of a call, and how many times the largest set of buffers
             alive at once that is (no arena is smaller)
  compile    wall and CPU time of octet-compile, with as many threads as it likes
  peak       its peak memory, and how many times the ONNX file that is

--check ends with 1 where an arena is more than 5 % above the largest live set.
"""
import argparse
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile

import octet_tools
import tasks

MOST_ARENA = 1.05
CALIBRATION_SAMPLES = 16


@dataclasses.dataclass
class Footprint:
    model: str
    precision: str
    model_bytes: int
    library_bytes: int
    weight_bytes: int
    arena_bytes: int
    largest_live_bytes: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int

    @property
    def arena_share(self):
        return self.arena_bytes / max(self.largest_live_bytes, 1)

    def row(self):
        return [self.model, self.precision, kib(self.model_bytes), kib(self.library_bytes),
                f"{self.library_bytes / max(self.weight_bytes, 1):.2f} x",
                kib(self.weight_bytes), kib(self.arena_bytes), f"{self.arena_share:.3f} x",
                f"{self.wall_seconds:.1f} s", f"{self.cpu_seconds:.1f} s",
                f"{self.peak_bytes / 2**20:.0f} MiB",
                f"{self.peak_bytes / self.model_bytes:.1f} x"]


HEADER = ["model", "precision", "model", "library", "/ weights", "weights", "arena",
          "/ live", "wall", "CPU", "peak", "/ model"]


def kib(value):
    return f"{value / 1024:.1f} KiB"


# A process counts the memory of the one that it was forked from: a small one does it.
LAUNCHER = """
import json, os, sys, time
start = time.perf_counter()
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(process, 0)
print(json.dumps([status, time.perf_counter() - start, usage.ru_utime + usage.ru_stime,
                  usage.ru_maxrss * 1024]))
"""


def run_measured(command):
    """Runs a command; wall and CPU seconds, and its peak memory in bytes."""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCHER, *map(str, command)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=True)
    status, *measured = json.loads(done.stdout)
    if status:
        raise octet_tools.OctetError(done.stderr.strip())
    return measured


def bindings(model):
    names = octet_tools.symbolic_dimensions(model)
    return ["--bind", ",".join(f"{name}=1" for name in names)] if names else []


def observe(model, calibration, scratch):
    """The module with what calibration learnt."""
    observed = scratch / "observed.mlirbc"
    octet_tools.octet.compile(
        model, observed, {name: array[:CALIBRATION_SAMPLES]
                          for name, array in calibration.items()},
        stop_after="observe",
        bind={name: 1 for name in octet_tools.symbolic_dimensions(model)})
    return observed


def measure(name, model, calibration, target, scratch):
    library, report = scratch / "model.so", scratch / "report.json"
    source = [model, *bindings(model)]
    if calibration is not None:
        source = [observe(model, calibration, scratch)]
    wall, cpu, peak = run_measured(
        [octet_tools.find_tool("octet-compile"), *source, "-o", library, "--report", report,
         "--target", target])
    found = json.loads(report.read_text())
    return Footprint(name, "float" if calibration is None else "int8",
                     model.stat().st_size, library.stat().st_size, found["weight_bytes"],
                     found["arena_bytes"], found["largest_live_bytes"], wall, cpu, peak)


def find(name, scratch):
    """The file and the calibration samples behind a name; None where it has none."""
    if name in tasks.TASKS:
        task = tasks.TASKS[name](tasks.models_directory())
        return task.model, task.calibration
    if name.endswith(".onnx"):
        return pathlib.Path(name), None
    import models
    if name not in models.MODELS:
        raise octet_tools.OctetError(f"'{name}' is neither a file nor one of "
                                     + ", ".join([*tasks.TASKS, *models.MODELS]))
    import onnx
    entry = models.MODELS[name]
    model = entry.build(1)
    path = scratch / f"{name}.onnx"
    onnx.save(model, str(path))
    return path, models.random_inputs(model, entry, CALIBRATION_SAMPLES)


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", default=list(tasks.TASKS))
    parser.add_argument("--precision", choices=["int8", "float"], action="append")
    parser.add_argument("--target", default="host")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    found, failed = [], False
    for name in arguments.models:
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            try:
                model, calibration = find(name, scratch)
                for precision in arguments.precision or ["float", "int8"]:
                    if precision == "float" or calibration is not None:
                        found.append(measure(name, model,
                                             calibration if precision == "int8" else None,
                                             arguments.target, scratch))
            except (octet_tools.OctetError, OSError) as error:
                print(f"{name}: {error}", file=sys.stderr)
                failed = True
    if found:
        print_table([HEADER] + [footprint.row() for footprint in found])
    if arguments.json:
        arguments.json.write_text(json.dumps([dataclasses.asdict(f) for f in found], indent=2))
    for footprint in found:
        if arguments.check and footprint.arena_share > MOST_ARENA:
            print(f"{footprint.model}, {footprint.precision}: the arena is more than "
                  f"{MOST_ARENA} times the largest live set", file=sys.stderr)
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
