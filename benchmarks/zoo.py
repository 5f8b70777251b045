#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Exported architectures, in float and in int8, beside ONNX Runtime.

  benchmarks/zoo.py [MODEL...] [--quick] [--float] [--keep FOLDER] [--json FILE] [--check]

Each network of zoo_models.py is exported by PyTorch, by both of its exporters, compiled
and compared: `diff` is the largest difference of the float outputs from ONNX Runtime's,
relative to the largest output. int8 is the ratio of signal to error in dB against the
float outputs, over samples that calibration has not seen: ONNX Runtime's static
quantization (QDQ, u8 and s8 per channel) and Octet's, of the same samples. `MACs` is the
share of multiply-accumulates that Octet computes in integers. With --check the exit
status is 1 if a row's float differs or its int8 is more than half a dB below ONNX
Runtime's. PyTorch, torchvision and onnxscript export; scikit-learn, skl2onnx optional.
"""
import argparse
import contextlib
import io
import json
import logging
import pathlib
import sys
import tempfile
import time
import warnings

import numpy as np

import octet_tools
import peers

COLUMNS = ["model", "exporter", "diff", "int8 ORT", "int8 Octet", "MACs", "seconds", "verdict"]
WIDTHS = [18, 12, 8, 9, 11, 6, 8, 0]
CALIBRATION, TEST = 16, 8


def quietly(function, *arguments):
    """Calls an exporter or a quantizer without its chatter."""
    logging.disable(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()), \
            contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*arguments)
        finally:
            logging.disable(logging.NOTSET)


def run_calls(session, inputs, count):
    """The outputs by name of `count` calls, stacked as octet-run stacks them."""
    names = [output.name for output in session.get_outputs()]
    calls = zip(*(np.split(array, count) for array in inputs.values()))
    results = [session.run(None, dict(zip(inputs, call))) for call in calls]
    return {name: np.concatenate(parts) for name, parts in zip(names, zip(*results))}


def largest_difference(reference, outputs):
    worst = 0.0
    for name, wanted in reference.items():
        if not np.all(np.isfinite(wanted)):
            raise octet_tools.OctetError(f"the reference of output {name} is not finite")
        size = float(np.abs(wanted).max()) or 1.0
        worst = max(worst, float(np.abs(outputs[name] - wanted).max()) / size)
    return worst


def signal_to_error(reference, outputs):
    """In dB, the worst of the float outputs."""
    worst = 200.0
    for name, wanted in reference.items():
        if not np.issubdtype(wanted.dtype, np.floating):
            continue
        wanted = wanted.astype(np.float64)
        error = np.square(wanted - outputs[name]).sum()
        if error > 0:
            worst = min(worst, 10 * np.log10(np.square(wanted).sum() / error))
    return float(worst)


def measure_peer(model, calls, calibration, inputs, scratch, row):
    reference = run_calls(peers.ort_session(model), inputs, TEST)
    batch = calls // CALIBRATION
    quantized = scratch / "peer.onnx"
    if "float" not in row:
        try:
            quietly(peers.ort_quantize, model, calibration, quantized, batch)
            row["int8 ORT"] = signal_to_error(
                reference, run_calls(peers.ort_session(quantized), inputs, TEST))
        except Exception as error:  # the peer's own failure is a result
            row["peer error"] = (str(error) or repr(error)).splitlines()[0][:80]
    return reference


def measure(source, scratch, only_float):
    """One row; `source` writes a model and makes samples for it."""
    row = {"model": source.name, "exporter": source.exporter}
    model = source.write(scratch)
    calibration, inputs = source.samples(CALIBRATION, 1), source.samples(TEST, 2)
    calls = len(next(iter(calibration.values())))
    if only_float:
        row["float"] = True
    reference = measure_peer(model, calls, calibration, inputs, scratch, row)
    library, begin = scratch / "model.so", time.monotonic()
    try:
        octet_tools.compile_model(model, library)
        row["diff"] = largest_difference(reference, octet_tools.run_model(library, inputs))
        if not only_float:
            report = octet_tools.compile_model(model, library, calibration)
            row["MACs"] = 100 * report["int8_share_of_macs"]
            row["int8 Octet"] = signal_to_error(reference,
                                                octet_tools.run_model(library, inputs))
    except octet_tools.OctetError as error:
        row["error"] = str(error)
    row["seconds"] = time.monotonic() - begin
    row["verdict"] = verdict(row)
    return row


def verdict(row):
    """What the row misses, or ok."""
    if "error" in row:
        return row["error"]
    misses = []
    if row["diff"] > 1e-4:
        misses.append("float differs")
    if "int8 ORT" in row and row["int8 Octet"] < min(row["int8 ORT"], 60.0) - 0.5:
        misses.append("int8 below ONNX Runtime")
    result = "; ".join(misses) or "ok"
    if "peer error" in row:
        result += f" (ONNX Runtime's quantizer: {row['peer error']})"
    return result


def cell(row, column):
    value = row.get(column, "-")
    if not isinstance(value, float):
        return str(value)
    return f"{value:.1e}" if column == "diff" else f"{value:.1f}"


def show(cells):
    print("  ".join(str(c).ljust(w) for c, w in zip(cells, WIDTHS)).rstrip(), flush=True)


class Exported:
    """A PyTorch network and one of the two exporters."""

    def __init__(self, name, exporter, keep):
        self.name, self.exporter, self.keep = name, exporter, keep

    def write(self, scratch):
        import zoo_models
        path = (self.keep or scratch) / f"{self.name}-{self.exporter}.onnx"
        if not (self.keep and path.exists()):
            quietly(zoo_models.export, self.name, self.exporter, path)
        return path

    def samples(self, count, seed):
        import zoo_models
        return zoo_models.samples(self.name, count, seed)


class Fitted:
    """A model of scikit-learn."""
    exporter = "sklearn"

    def __init__(self, name):
        self.name = name

    def write(self, scratch):
        import zoo_tabular
        quietly(zoo_tabular.export, self.name, scratch / "fitted.onnx")
        return scratch / "fitted.onnx"

    def samples(self, count, seed):
        import zoo_tabular
        return zoo_tabular.samples(count, seed)


def find_tables(arguments):
    """Models of scikit-learn, where it is installed."""
    if arguments.exporter in ("torchscript", "dynamo"):
        return []
    missing = peers.missing("sklearn", "skl2onnx")
    if missing:
        print(f"skipped: sklearn's models, for {', '.join(missing)} is missing")
        return []
    import zoo_tabular
    return [Fitted(name) for name in zoo_tabular.ENTRIES
            if not arguments.models or name in arguments.models]


def find_sources(arguments):
    missing = peers.missing("torch", "torchvision", "onnxscript", "onnxruntime", "onnx")
    if missing:
        sys.exit(f"zoo.py needs {', '.join(missing)}")
    import zoo_models
    tables = find_tables(arguments)
    known = [*zoo_models.ENTRIES, *(table.name for table in tables)]
    unknown = [name for name in arguments.models if name not in known]
    if unknown:
        sys.exit(f"no model {unknown[0]}, there are {', '.join(known)}")
    yield from tables
    for name, entry in zoo_models.ENTRIES.items():
        if arguments.models and name not in arguments.models:
            continue
        if arguments.quick and not entry.quick:
            continue
        for exporter in entry.exporters:
            if not arguments.exporter or exporter == arguments.exporter:
                yield Exported(name, exporter, arguments.keep)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", metavar="MODEL", help="default: all")
    parser.add_argument("--quick", action="store_true", help="only the small ones")
    parser.add_argument("--exporter", choices=["torchscript", "dynamo", "sklearn"])
    parser.add_argument("--float", action="store_true", help="no int8")
    parser.add_argument("--keep", type=pathlib.Path, help="where models are kept and found")
    parser.add_argument("--json", type=pathlib.Path, help="write all rows to a file")
    parser.add_argument("--check", action="store_true", help="exit 1 if a row misses")
    arguments = parser.parse_args()
    show(COLUMNS)
    rows = []
    for source in find_sources(arguments):
        with tempfile.TemporaryDirectory() as scratch:
            rows.append(measure(source, pathlib.Path(scratch), arguments.float))
        show([cell(rows[-1], column) for column in COLUMNS])
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    bad = [row for row in rows if not row["verdict"].startswith("ok")]
    print(f"{len(rows) - len(bad)} of {len(rows)} rows are ok")
    sys.exit(1 if arguments.check and bad else 0)


if __name__ == "__main__":
    main()
