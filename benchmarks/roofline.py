#!/usr/bin/env python3
# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A picture per model: what bounds each of its steps on this machine.

  benchmarks/roofline.py [MODEL...] [--output FOLDER]

MODEL is as speed.py's. FOLDER/NAME.svg has a dot for each step of the int8 library, run
by one thread: across, the operations it does for each byte that it reads and writes (a
multiply-accumulate is two); up, how many it does in a second; its area, the share of the
model's time. The roofs are measured in the same run: the peak of the dot-product
instruction, and what one thread reads from L2, L3 and memory. A dot on a roof cannot be
faster by better code. Steps without multiply-accumulates are a bar of time on the left,
as they have no place on the axes.
"""
import argparse
import math
import pathlib
import sys
import tempfile
from xml.sax.saxutils import escape

import machine
import octet_tools
import peers
import speed

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 860, 520, 70, 50, 30, 60
LEVELS = (("L2", 512 << 10), ("L3", 8 << 20), ("memory", 256 << 20))
RUNS = 30
STYLE = ("text{font:13px sans-serif;fill:#222}.axis{stroke:#999}.roof{stroke:#b33;"
         "stroke-width:2;fill:none}.step{fill:#2563a8;fill-opacity:.5;stroke:#174a80}")


class Axes:
    """Logarithmic axes over what is shown."""

    def __init__(self, points, peak):
        intensities = [x for x, *_ in points] or [1]
        self.low = (min(*intensities, 1) / 2, min([y for _, y, *_ in points] or [1]) / 2)
        self.high = (max(*intensities, 1) * 4, peak * 2)

    def place(self, x, y):
        across, up = (math.log(max(value, low) / low) / math.log(high / low)
                      for value, low, high in zip((x, y), self.low, self.high))
        return (LEFT + across * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - min(up, 1) * (HEIGHT - TOP - BOTTOM))


def line(start, end, kind):
    return (f'<line class="{kind}" x1="{start[0]:.1f}" y1="{start[1]:.1f}" '
            f'x2="{end[0]:.1f}" y2="{end[1]:.1f}"/>')


def text(at, what, anchor="start"):
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}">{escape(what)}</text>'


def powers(low, high):
    return [10.0 ** k for k in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]


def draw_axes(axes):
    (x0, y0), (x1, y1) = axes.place(*axes.low), axes.place(*axes.high)
    yield line((x0, y0), (x1, y0), "axis") + line((x0, y0), (x0, y1), "axis")
    for power in powers(axes.low[0], axes.high[0]):
        x = axes.place(power, axes.low[1])[0]
        yield line((x, y0), (x, y0 + 5), "axis") + text((x, y0 + 20), f"{power:g}", "middle")
    for power in powers(axes.low[1], axes.high[1]):
        y = axes.place(axes.low[0], power)[1]
        yield line((x0 - 5, y), (x0, y), "axis") + text((x0 - 8, y + 4), f"{power:g}", "end")
    yield text(((x0 + x1) / 2, HEIGHT - 15), "operations per byte read or written", "middle")
    yield text((10, TOP - 12), "GOPS")


def draw_roofs(axes, peak, bandwidths):
    for (name, _), rate in zip(LEVELS, bandwidths):
        knee = peak / rate
        yield line(axes.place(axes.low[0], axes.low[0] * rate), axes.place(knee, peak), "roof")
        at = axes.place(knee, peak)
        yield text((at[0] - 4, at[1] - 6), f"{name} {rate:.0f} GB/s", "end")
    least = peak / max(bandwidths, default=1)
    yield line(axes.place(least, peak), axes.place(axes.high[0], peak), "roof")
    end = axes.place(axes.high[0], peak)
    yield text((end[0], end[1] - 6), f"peak {peak:.0f} GOPS", "end")


def draw_steps(axes, points):
    for x, y, share, name in points:
        at = axes.place(x, y)
        yield (f'<circle class="step" cx="{at[0]:.1f}" cy="{at[1]:.1f}" '
               f'r="{2 + 40 * math.sqrt(share):.1f}"><title>{escape(name)}: {y:.0f} GOPS, '
               f'{100 * share:.1f} % of the time</title></circle>')


def to_points(nodes):
    """(operations per byte, GOPS, share of the time, name) of each step that
    multiplies, and the share of all others."""
    total = sum(node["ms"] for node in nodes)
    points = [(2 * node["macs"] / max(node["bytes"], 1), 2e-6 * node["macs"] / node["ms"],
               node["ms"] / total, node["name"])
              for node in nodes if node["macs"] and node["ms"] > 0]
    return points, 1 - sum(share for _, _, share, _ in points)


def picture(title, nodes, peak, bandwidths):
    points, others = to_points(nodes)
    axes = Axes(points, peak)
    total = sum(node["ms"] for node in nodes)
    macs = sum(node["macs"] for node in nodes)
    bar = others * (HEIGHT - TOP - BOTTOM)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
             f"<style>{STYLE}</style>", f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
             text((LEFT, 20), f"{title}: {total:.3g} ms, {2e-4 * macs / total / peak:.1f} % of the "
                  f"peak; {100 * others:.1f} % of the time in steps that multiply nothing"),
             f'<rect x="{LEFT - 4}" y="{HEIGHT - BOTTOM - bar:.1f}" width="8" '
             f'height="{bar:.1f}" fill="#c80"/>',
             *draw_axes(axes), *draw_roofs(axes, peak, bandwidths), *draw_steps(axes, points),
             "</svg>"]
    return "\n".join(parts) + "\n"


def measure(spec, output, peak):
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        name, batch, path, inputs, calibration = speed.resolve(spec, scratch)
        library = scratch / "int8.so"
        octet_tools.compile_model(path, library, calibration, batch)
        bandwidths = machine.measure_bandwidths([size for _, size in LEVELS])
        nodes = octet_tools.benchmark(library, inputs, RUNS, profile=True)["nodes"]
        output.mkdir(parents=True, exist_ok=True)
        file = output / f"{name.replace(':', '_')}.svg"
        file.write_text(picture(f"{name}, int8, one thread", nodes, peak, bandwidths))
    points, others = to_points(nodes)
    worst = max(points, key=lambda point: point[2], default=(0, 0, 0, "-"))
    print(f"{file}: {len(points)} steps that multiply, {100 * others:.1f} % of the time in others; "
          f"the longest is {worst[3]}, {worst[1]:.0f} GOPS", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("roofline"))
    arguments = parser.parse_args()
    if peers.missing("onnx"):
        sys.exit("roofline.py: needs the onnx package, to build its models")
    peak = machine.measure_peak()
    if not peak:
        sys.exit("roofline.py: no peak is known for this CPU, or no C compiler is there")
    for spec in arguments.models or speed.default_specs():
        measure(spec, arguments.output, peak)


if __name__ == "__main__":
    main()
