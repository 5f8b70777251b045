# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The table of README.md from what accuracy.py and speed.py wrote with --json."""
import json
import pathlib
import re

BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"
# By peer, the forms of the model that it was given: the faster one counts.
PEERS = {"ONNX Runtime": ["ort int8"], "OpenVINO": ["openvino int8", "nncf int8"],
         "LiteRT": ["litert int8"]}


def processor():
    """The processor as Linux names it, without marks."""
    found = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return re.sub(r"\((R|TM)\)", "", found[1]) if found else "unknown processor"


def score(row, column):
    value = row.get(column)
    # Nearness to the float outputs says nothing of the float outputs.
    nearness = row.get("metric") in ("SQNR dB", "agreement %")
    if value is None or (nearness and column == "float Octet"):
        return "–"
    return f"{value:.4f}" if row["metric"] in ("RMSE", "nats/char") else f"{value:.2f}"


def least(times, forms):
    return min((times[form]["ms"] for form in forms if form in times), default=None)


def milliseconds(times, forms):
    found = least(times, forms)
    return f"{found:.3g}" if found else "–"


def ratio(times):
    best = least(times, [form for forms in PEERS.values() for form in forms])
    if best is None or "octet int8" not in times:
        return "–"
    return f"{times['octet int8']['ms'] / best:.2f} x"


def lines(accuracy, speed):
    """A line for each model that either file has."""
    scores = {row["task"]: row for row in accuracy if "metric" in row}
    times = {row["model"]: row["times"] for row in speed}
    peers = " | ".join(f"ms {peer}" for peer in PEERS)
    yield (f"| model | metric | float | int8 ONNX Runtime | int8 Octet | {peers} "
           "| ms Octet | to the best peer |")
    yield "| --- | --- |" + " ---: |" * (5 + len(PEERS))
    for name in dict.fromkeys([*scores, *times]):
        row, found = scores.get(name, {}), times.get(name, {})
        cells = [name, row.get("metric", "speed only"), score(row, "float Octet"),
                 score(row, "int8 ORT"), score(row, "int8 Octet"),
                 *(milliseconds(found, forms) for forms in [*PEERS.values(), ["octet int8"]]), ratio(found)]
        yield f"| {' | '.join(cells)} |"


def rewritten(text, accuracy, speed):
    """`text` with the table between its marks made anew from two files of JSON."""
    speed = json.loads(pathlib.Path(speed).read_text())
    table = lines(json.loads(pathlib.Path(accuracy).read_text()), speed)
    threads = " and ".join(sorted({str(row["threads"]) for row in speed}))
    caption = (f"`benchmarks/accuracy.py` and `benchmarks/speed.py --threads {threads}` on an "
               f"{processor()}: contenders in turn in one run, the least time of a call. "
               "NAME:BATCH has random weights.")
    head, _, rest = text.partition(BEGIN)
    return head + BEGIN + "\n".join([*table, "", caption]) + "\n" + END + rest.partition(END)[2]
