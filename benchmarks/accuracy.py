#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Accuracy on real models and data, in float and in int8, beside ONNX Runtime.

  benchmarks/accuracy.py [TASK...] [--json FILE] [--check]

One row for each task. `float` and `int8` are the task's metric; `diff` is the largest
difference of Octet's float outputs, relative to the largest output; `fp16` and `bf16`
are Octet's with weights in 16 bits; `MACs` is the
share of multiply-accumulates that Octet computes in integers. With --check the exit
status is 1 if a row misses what is promised: float equal to ONNX Runtime's, int8 at
most half a point below float and not below ONNX Runtime's static int8.
The models are found as docs/Testing.md says. ONNX Runtime is optional.
"""
import argparse
import json
import pathlib
import sys
import tempfile

import numpy as np

import octet_tools
import peers
import stream
import tasks

COLUMNS = ["task", "metric", "float ORT", "float Octet", "diff", "fp16", "bf16", "int8 ORT",
           "int8 Octet", "MACs", "verdict"]
WIDTHS = [18, 12, 10, 11, 8, 8, 8, 10, 10, 6, 0]


def relative_difference(reference, outputs):
    worst = 0.0
    for name, expected in reference.items():
        largest = np.abs(expected).max() or 1
        worst = max(worst, float(np.abs(outputs[name] - expected).max() / largest))
    return worst


def measure_peer(task, scratch, row):
    """ONNX Runtime's columns; sets the task's reference outputs."""
    task.reference = peers.ort_run(peers.ort_session(task.model), task.inputs,
                                   feedback=task.feedback)
    row["float ORT"] = task.score(task.reference)
    if task.calibration is None:
        task.calibration = stream.samples_of(task.inputs, task.reference, task.feedback,
                                             task.calibration_calls)
        row["peer error"] = "its quantizer does not enter the branches of an If"
        return
    quantized = scratch / "peer.onnx"
    try:
        peers.ort_quantize(task.model, task.calibration, quantized)
        row["int8 ORT"] = task.score(
            peers.ort_run(peers.ort_session(quantized), task.inputs))
    except Exception as error:  # the peer's own failure is a result
        row["peer error"] = str(error).splitlines()[0][:80]


def integer_share(report):
    """The share of the report's multiply-accumulates that are in integers."""
    share = report.get("int8_share_of_macs")
    return None if share is None else 100 * share


def measure_octet(task, scratch, row, batch):
    library = scratch / "float.so"
    octet_tools.compile_model(task.model, library, batch=batch, bind=task.bind)
    outputs = octet_tools.run_model(library, task.inputs, feedback=task.feedback)
    if task.reference is not None:
        row["diff"] = relative_difference(task.reference, outputs)
    else:
        task.reference = outputs
    row["float Octet"] = task.score(outputs)
    if task.calibration is None:
        task.calibration = stream.samples_of(task.inputs, outputs, task.feedback,
                                             task.calibration_calls)
    for precision in ("fp16", "bf16"):
        library = scratch / f"{precision}.so"
        octet_tools.compile_model(task.model, library, batch=batch, bind=task.bind,
                                  precision=precision)
        row[precision] = task.score(octet_tools.run_model(library, task.inputs,
                                                          feedback=task.feedback))
    library = scratch / "int8.so"
    row["MACs"] = integer_share(octet_tools.compile_model(
        task.model, library, task.calibration, batch=batch, bind=task.bind))
    row["int8 Octet"] = task.score(octet_tools.run_model(library, task.inputs,
                                                         feedback=task.feedback))


def verdict(task, row):
    """What the row misses, or ok."""
    if "error" in row:
        return row["error"]
    misses = []
    if "float ORT" in row:
        # A score of nearness cannot tell rounding from a loss; `diff` can.
        if (not task.scores_nearness and task.loss(
                row["float ORT"], row["float Octet"]) > task.item * 1.001):
            misses.append("float below ONNX Runtime")
        if row["diff"] > 1e-4:
            misses.append("float differs by more than 1e-4")
    if task.tolerance is not None:
        limit = max(task.tolerance, task.item * 1.001)
        if task.loss(row["float Octet"], row["int8 Octet"]) > limit:
            misses.append("int8 too far below float")
    if "int8 ORT" in row:
        if task.loss(row["int8 ORT"], row["int8 Octet"]) > task.item * 1.001:
            misses.append("int8 below ONNX Runtime")
    return "; ".join(misses) or "ok"


def measure(name, batch):
    row = {"task": name}
    task = tasks.TASKS[name](tasks.models_directory())
    row["metric"] = task.metric
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        if not peers.missing("onnx", "onnxruntime"):
            measure_peer(task, scratch, row)
        try:
            measure_octet(task, scratch, row, batch)
        except octet_tools.OctetError as error:
            row["error"] = str(error)
    row["verdict"] = verdict(task, row)
    return row


def cell(row, column):
    value = row.get(column, "-")
    if not isinstance(value, float):
        return str("-" if value is None else value)
    if column == "diff":
        return f"{value:.1e}"
    small = column != "MACs" and row.get("metric") in ("RMSE", "nats/char")
    return f"{value:.4f}" if small else f"{value:.2f}"


def show(cells):
    print("  ".join(str(c).ljust(w) for c, w in zip(cells, WIDTHS)).rstrip(), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tasks", nargs="*", metavar="TASK",
                        help=f"one of {', '.join(tasks.TASKS)}; default: all")
    parser.add_argument("--json", type=pathlib.Path, help="write all rows to a file")
    parser.add_argument("--check", action="store_true", help="exit 1 if a row misses")
    parser.add_argument("--batch", type=int, default=1, help="the batch that is bound")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.tasks if name not in tasks.TASKS]
    if unknown:
        parser.error(f"no task {unknown[0]}, there are {', '.join(tasks.TASKS)}")
    if peers.missing("onnx", "onnxruntime"):
        print("onnxruntime is not installed: its columns are empty")
    show(COLUMNS)
    rows = []
    for name in arguments.tasks or tasks.TASKS:
        try:
            rows.append(measure(name, arguments.batch))
        except (FileNotFoundError, ImportError) as error:
            rows.append({"task": name, "verdict": f"skipped: {error}"})
        show([cell(rows[-1], column) for column in COLUMNS])
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    bad = [row for row in rows if row["verdict"] != "ok"
           and not row["verdict"].startswith("skipped")]
    sys.exit(1 if arguments.check and bad else 0)


if __name__ == "__main__":
    main()
