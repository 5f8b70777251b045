# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the examples of a page and compares what they print with what it says.

  run_snippets.py PAGE.md BIN

A fenced block marked `console` holds commands after `$ ` and their output. Numbers
may differ, a line of `...` stands for any lines, `...` in a line for any text. A block
marked `console no-test` is not run. A block marked `mlir` must be valid for octet-opt;
`mlir OPTIONS` names what to run on it; `stage=NAME` is for scripts/docs. Blocks of a
page share one folder, in which the repository's own folders can be seen.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^```(\w+)[ \t]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = r"[-+]?\d[\d.,]*(?:e[-+]?\d+)?"


def pattern(line):
    """A regular expression for a line of expected output."""
    parts = []
    for part in re.split(rf"(\.\.\.|{NUMBER}|\s+)", line.strip()):
        if part == "...":
            parts.append(".*")
        elif re.fullmatch(NUMBER, part):
            parts.append(NUMBER)
        else:
            parts.append(r"\s+" if part.isspace() else re.escape(part))
    return re.compile("".join(parts))


def difference(expected, printed):
    """What the first line that does not match is; None if all match."""
    position, anywhere = 0, False
    for line in expected:
        if line.strip() == "...":
            anywhere = True
            continue
        want = pattern(line)
        while position < len(printed) and anywhere and not want.fullmatch(
                printed[position].strip()):
            position += 1
        if position >= len(printed) or not want.fullmatch(printed[position].strip()):
            found = printed[position] if position < len(printed) else "the end"
            return f"expected: {line}\n   found: {found}"
        position, anywhere = position + 1, False
    if position < len(printed) and not anywhere:
        return f"not in the page: {printed[position]}"
    return None


def console(text):
    """Pairs of a command and the lines that it should print."""
    commands = []
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            commands.append((line[2:], []))
        elif commands:
            commands[-1][1].append(line)
    return commands


class Page:
    def __init__(self, folder, tools):
        self.folder = folder
        self.environment = dict(os.environ, OCTET_BIN=str(tools),
                                PATH=f"{tools}{os.pathsep}{os.environ['PATH']}")
        for entry in ROOT.iterdir():
            if entry.name not in ("build", ".git"):
                (folder / entry.name).symlink_to(entry)

    def run(self, command, text=None):
        return subprocess.run(["bash", "-c", command], cwd=self.folder,
                              env=self.environment, input=text or "", text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def check_console(self, text):
        for command, expected in console(text):
            done = self.run(command)
            problem = difference(expected, [line for line in done.stdout.splitlines()
                                            if line.strip()])
            if done.returncode:
                problem = f"exit status {done.returncode}"
            if problem:
                yield f"$ {command}\n{problem}\nprinted:\n{done.stdout[-3000:]}"

    def check_mlir(self, options, text):
        done = self.run(f"octet-opt {options} -o /dev/null", text)
        if done.returncode:
            yield f"octet-opt {options}\n{done.stdout[-3000:]}\nof:\n{text}"


def main():
    page, tools = (pathlib.Path(path).resolve() for path in sys.argv[1:])
    problems, count = [], 0
    with tempfile.TemporaryDirectory() as folder:
        runner = Page(pathlib.Path(folder), tools)
        for language, options, text in BLOCK.findall(page.read_text()):
            if "no-test" in options:
                continue
            count += 1
            text = "\n".join(line for line in text.split("\n")
                             if language != "console" or line.strip())
            if language == "console":
                problems += runner.check_console(text)
            elif language == "mlir":
                problems += runner.check_mlir(re.sub(r"stage=\S+", "", options), text)
    for problem in problems:
        print(problem)
    print(f"{page.name}: {count} blocks, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
