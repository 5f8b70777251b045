# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions of f64 and conversions of 16-bit floats, as arithmetic, against NumPy.

Each instruction set that the machine has must give the same bits.
"""
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

COUNT = 65536
FUNCTIONS = {"exp": np.exp, "log": np.log, "tanh": np.tanh, "sin": np.sin, "cos": np.cos,
             "erf": np.vectorize(math.erf), "softplus": lambda x: np.logaddexp(0, x),
             "elu": lambda x: np.where(x < 0, np.expm1(x), x)}
ATTRIBUTES = {"elu": " {alpha = 1.0 : f64}"}


def tensor(element):
    return f"tensor<{COUNT}x{element}>"


def program():
    """The module's text; its outputs are called as in `expected`."""
    results = [(f"f64.{name}", "d", f"octet.{name} %d{ATTRIBUTES.get(name, '')}", "f64")
               for name in FUNCTIONS]
    casts = [("s", "f32", "f16"), ("s", "f32", "bf16"), ("h", "f16", "f32"), ("h", "f16", "f64"),
             ("m", "f64", "f16"), ("m", "f64", "bf16")]
    results += [(f"{a}.{b}", x, f"octet.cast %{x}", b) for x, a, b in casts]
    kinds = {"d": "f64", "s": "f32", "h": "f16", "m": "f64"}
    inputs = ", ".join(f'%{x}: {tensor(t)} {{octet.name = "{x}"}}' for x, t in kinds.items())
    outputs = ", ".join(f'{tensor(t)} {{octet.name = "{name}"}}' for name, _, _, t in results)
    body = "".join(f"  %{i} = {op} : {tensor(kinds[x])} -> {tensor(t)}\n"
                   for i, (_, x, op, t) in enumerate(results))
    values = ", ".join(f"%{i}" for i in range(len(results)))
    types = ", ".join(tensor(t) for *_, t in results)
    return f"func.func @main({inputs}) -> ({outputs}) {{\n{body}  return {values} : {types}\n}}\n"


def samples():
    rng = np.random.default_rng(1)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 5e-324, 1e-310, 709.7, 709.8, -745.1]
    d = rng.normal(0, 1, COUNT) * 10.0 ** rng.integers(-9, 3, COUNT)
    d[:len(special)] = special
    h = np.arange(COUNT, dtype=np.uint16).view(np.float16)
    next_half = np.roll(h, -1).astype(np.float32)
    middle = (h.astype(np.float32) + next_half) / 2
    s = np.where(rng.random(COUNT) < 0.5, middle, rng.normal(0, 1e3, COUNT).astype(np.float32))
    s[:6] = [65519.99, 65520, -65536, 1e30, -0.0, np.inf]
    m = middle * (1 + rng.choice([0, 1e-12, -1e-12], COUNT))
    return {"d": d, "h": h, "s": s, "m": m}


def to_brain(x):
    """The nearest bfloat16 of a float64 as float32, by the distances to its neighbours."""
    below = np.float32(x).view(np.uint32)
    down = np.where(np.abs(below.view(np.float32).astype(float)) > np.abs(x), below - 1, below)
    low = (down & np.uint32(0xffff0000)).view(np.float32)
    high = (low.view(np.uint32) + np.uint32(0x10000)).view(np.float32)
    odd = (low.view(np.uint32) >> 16) & 1
    near, far = np.abs(x - low), np.abs(high.astype(float) - x)
    result = np.where((near > far) | ((near == far) & (odd == 1)), high, low)
    return np.where(np.isfinite(x) & np.isfinite(high), result, x).astype(np.float32)


def expected(inputs):
    d, h, s, m = (inputs[x] for x in "dhsm")
    wanted = {f"f64.{name}": f(d) for name, f in FUNCTIONS.items()}
    wanted.update({"f32.f16": s.astype(np.float16), "f64.f16": m.astype(np.float16),
                   "f16.f32": h.astype(np.float32), "f16.f64": h.astype(np.float64),
                   "f32.bf16": to_brain(s.astype(float)), "f64.bf16": to_brain(m)})
    return wanted


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)


def check(found, wanted):
    failures = 0
    for name, want in wanted.items():
        have = found[name].astype(want.dtype)
        same = (have == want) | (np.isnan(have) & np.isnan(want))
        if name.startswith("f64.") and name[4:] in FUNCTIONS:
            same |= np.abs(have - want) <= 4e-15 * np.abs(want) + 1e-322
            if name[4:] in ("sin", "cos"):
                same |= np.abs(have - want) <= 1e-14
        elif "bf16" in name:
            same |= ~np.isfinite(want)
        for i in np.flatnonzero(~same)[:3]:
            print(f"{name}: {have[i]!r} instead of {want[i]!r}")
        failures += not same.all()
    return failures


def main():
    with tempfile.TemporaryDirectory() as folder, np.errstate(all="ignore"):
        at = pathlib.Path(folder)
        inputs = samples()
        (at / "f.mlir").write_text(program())
        np.savez(at / "in.npz", **inputs)
        run("octet-compile", at / "f.mlir", "-o", at / "f.so", "--target", sys.argv[1])
        failures, first = 0, None
        for isa in sys.argv[2:]:
            run("octet-run", at / "f.so", "--isa", isa, "--input", at / "in.npz",
                "--output", at / "out.npz")
            found = dict(np.load(at / "out.npz"))
            first = first or found
            for name, array in found.items():
                # Which NaN comes out of arithmetic is for the CPU to choose.
                differs = array.view(f"u{array.itemsize}") != first[name].view(f"u{array.itemsize}")
                if name[4:] in FUNCTIONS:
                    differs &= ~np.isnan(array)
                if differs.any():
                    print(f"{name}: other bits for {isa} than for {sys.argv[2]}")
                    failures += 1
            failures += check(found, expected(inputs))
        sys.exit(failures)


if __name__ == "__main__":
    main()
