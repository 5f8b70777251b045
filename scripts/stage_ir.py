# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The IR of a small model after each stage, as a page shows it.

The model is in the page itself, in the block that is marked `stage=model`. The
samples are multiples of 1/64 and the weights of 1/2, so that float arithmetic is
exact and the page the same on every machine.
"""
import pathlib
import re
import struct
import subprocess
import tempfile
import zipfile

BLOCK = re.compile(r"^(```mlir[^\n]* stage=([\w-]+)[^\n]*\n)(.*?)^```$",
                   re.MULTILINE | re.DOTALL)
WIDTH = 110


def run(program, *arguments):
    done = subprocess.run([str(program), *map(str, arguments)], capture_output=True,
                          stdin=subprocess.DEVNULL, text=True)
    if done.returncode:
        raise SystemExit(f"docs: {done.stderr.strip()}")
    return done.stdout + done.stderr


def write_samples(path):
    """Eight samples as an array `x` in a file of numpy's format."""
    values = [i * 37 % 256 / 64 - 1 for i in range(8 * 2 * 4 * 4)]
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (8, 2, 4, 4)}"
    head = head.ljust(117) + "\n"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(head))
                      + head.encode() + struct.pack(f"<{len(values)}f", *values))


class Compiler:
    """Compiles the model of a page up to a stage and prints what is left."""

    def __init__(self, tools, model, folder):
        self.opt, self.compile = tools / "octet-opt", tools / "octet-compile"
        self.folder, self.names = folder, {}
        (folder / "small.mlir").write_text(model)
        write_samples(folder / "samples.npz")

    def after(self, stage):
        out = self.folder / f"{stage}.mlir"
        run(self.compile, self.folder / "small.mlir", "--calibrate",
            self.folder / "samples.npz", "--stop-after", stage, "-o", out)
        return out

    def text(self, stage):
        return run(self.opt, self.after(stage), "--mlir-use-nameloc-as-prefix",
                   "--mlir-elide-elementsattrs-if-larger=8",
                   "--mlir-elide-resource-strings-if-larger=8")

    def inside_codegen(self, name):
        return run(self.opt, self.after("lower"), "--octet-codegen=target=x86-64",
                   "--mlir-disable-threading", f"--mlir-print-ir-after={name}",
                   "--mlir-elide-elementsattrs-if-larger=8", "-o", "/dev/null")


def statements(text):
    """The operations of @main, regions included, without their indentation."""
    body = re.search(r"^( *)func\.func @main[^\n]*\n(.*?)^\1}", text,
                     re.MULTILINE | re.DOTALL)
    indent = len(body[1]) + 2
    lines = [line[indent:] for line in body[2].splitlines()]
    found = []
    for line in lines:
        if line.startswith((" ", "^", "}")):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def cut(line, start):
    """Where to break a line: before types or attributes, else after a comma between
    attributes, else wherever it can be; None if there is no such place."""
    marks = [line.rfind(mark, start, WIDTH)
             for mark in (" {", " : (", " -> ", " ins(", " outs(", " epilogue(")]
    if max(marks) > 0:
        return max(marks)
    depth, comma = 0, None
    for place in range(start, min(WIDTH, len(line))):
        depth += (line[place] in "<[") - (line[place] in ">]" and line[place - 1] != "-")
        if depth <= 0 and line[place] == "," and line[place + 1:place + 2] == " ":
            comma = place + 1
    last = max(line.rfind(" : ", start, WIDTH), line.rfind(", ", start, WIDTH) + 1)
    return comma or max(last, 0)


def wrapped(text):
    lines = []
    for line in text.splitlines():
        indent = re.match(r" *", line)[0] + "    "
        while len(line) > WIDTH and cut(line, len(indent) + 1):
            place = cut(line, len(indent) + 1)
            lines.append(line[:place])
            line = indent + line[place + 1:]
        lines.append(line)
    return "\n".join(lines) + "\n"


def named_types(text, names):
    """Quantized types get names, the same ones in every stage."""
    found = re.findall(r"!quant\.uniform<[^{}]*?>(?=>)|!quant\.uniform<[^{}]*\{[^}]*\}>", text)
    heads = []
    for spelled in dict.fromkeys(found):
        name = names.setdefault(spelled, f"!q{len(names)}")
        heads.append(f"{name} = {spelled}\n")
        text = text.replace(spelled, name)
    return "".join(sorted(heads)) + text



def observed(text):
    lines = [line for line in statements(text) if " octet.observe " in line]
    return "\n".join(re.sub(r"bins \[((?:\d+, ){4}).*\]", r"bins [\1...]", line)
                     for line in lines)


def of_first_node(text, kind):
    """The operations of a kind that came from the node `conv`."""
    return "\n".join(line for line in statements(text)
                     if kind in line and line.startswith("%conv"))


def first_kernel(text):
    return next(line for line in statements(text) if " octet_kernel." in line)


def steps(text):
    shown = re.search(r"func\.func @main[^\n]*", text)[0]
    lines = [line for line in statements(text) if line.startswith(("%view", "call"))]
    return "\n".join([shown, *("  " + line for line in lines), "}"])


def show(compiler, stage):
    if stage == "observe":
        return observed(compiler.text(stage))
    if stage == "lower":
        return of_first_node(compiler.text(stage), "linalg.generic")
    if stage == "kernels":
        return first_kernel(compiler.inside_codegen("octet-form-kernels"))
    if stage == "arena":
        return steps(compiler.inside_codegen("octet-plan-arena"))
    return named_types("\n".join(statements(compiler.text(stage))), compiler.names)


def rewritten(page, tools):
    """The page with what the tools print now in its marked blocks."""
    model = next(body for _, stage, body in BLOCK.findall(page) if stage == "model")
    with tempfile.TemporaryDirectory() as folder:
        compiler = Compiler(tools, model, pathlib.Path(folder))

        def replace(match):
            head, stage, body = match.groups()
            if stage != "model":
                body = wrapped(show(compiler, stage))
            return f"{head}{body}```"
        return BLOCK.sub(replace, page)
