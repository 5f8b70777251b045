# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Follows a page that changes the repository, word by word, in a copy of it.

  follow_page.py PAGE.md COPY

A block marked `file=PATH` is added to that file, `before="TEXT"` in front of the one
line that begins with the text, else at the end. Then the commands of the page's
`console` blocks run in the copy, which is updated and not made anew, so that a second
run builds little.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r'file=(\S+)(?: before="((?:[^"\\]|\\.)*)")?')


def copied(text, path):
    """Writes a file unless it says so already: its time decides what is built."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != text:
        path.write_bytes(text)


def sources():
    """All files of the repository, whether or not git is there to ask."""
    for top in sorted(ROOT.iterdir()):
        if top.name not in ("build", ".git"):
            inside = top.rglob("*") if top.is_dir() else [top]
            yield from (path.relative_to(ROOT) for path in inside if path.is_file())


def insert(text, block, before):
    if not before:
        return text.rstrip("\n") + "\n\n" + block
    start = before.replace('\\"', '"')
    places = [m.start() for m in re.finditer("^" + re.escape(start), text, re.MULTILINE)]
    if len(places) != 1:
        sys.exit(f"{len(places)} lines begin with: {start}")
    return text[:places[0]] + block + text[places[0]:]


def changes(page):
    """The new text of each file that the page changes."""
    texts = {}
    for language, options, block in BLOCK.findall(page):
        found = FILE.search(options)
        if not found:
            continue
        name = pathlib.Path(found[1])
        text = texts.get(name) or (ROOT / name).read_text()
        separator = "\n" if language == "cpp" and block.startswith("static") else ""
        texts[name] = insert(text, block + separator, found[2])
    return texts


def commands(page):
    for language, _, block in BLOCK.findall(page):
        if language == "console":
            yield from (line[2:] for line in block.splitlines() if line.startswith("$ "))


def main():
    page, copy = pathlib.Path(sys.argv[1]).read_text(), pathlib.Path(sys.argv[2])
    changed = changes(page)
    for name in sources():
        text = changed.get(name)
        copied((ROOT / name).read_bytes() if text is None else text.encode(), copy / name)
        (copy / name).chmod((ROOT / name).stat().st_mode)
    # python3 is the one that runs the tests.
    path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in commands(page):
        print(f"$ {command}", flush=True)
        if subprocess.run(["bash", "-c", command], cwd=copy,
                          env=dict(os.environ, PATH=path)).returncode:
            sys.exit(f"failed: {command}")


if __name__ == "__main__":
    main()
