# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints what scripts/demo found out: accuracy, sizes and times of both libraries."""
import json
import os
import pathlib
import sys

import numpy as np


def describe(folder, name, labels):
    with np.load(folder / f"{name}.out.npz") as outputs:
        right = int((outputs["scores"].argmax(1) == labels).sum())
    times = json.loads((folder / f"{name}.time.json").read_text())
    return {"accuracy": f"{100 * right / len(labels):.2f} %",
            "library": f"{os.path.getsize(folder / f'{name}.so') / 1024:.0f} KiB",
            "working memory": f"{times['arena_bytes'] / 1024:.1f} KiB",
            "time per image": f"{1e3 * times['min_ms']:.1f} us",
            "instruction set": times["isa"]}


def main():
    folder = pathlib.Path(sys.argv[1])
    with np.load(pathlib.Path(__file__).parent / "digits.npz") as data:
        labels = data["y"]
    columns = [describe(folder, name, labels) for name in ("float", "int8")]
    print(f"{'':18}{'float':>12}{'int8':>12}")
    for row in columns[0]:
        print(f"{row:18}" + "".join(f"{column[row]:>12}" for column in columns))


if __name__ == "__main__":
    main()
