# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the passes that octet-opt knows with the lit tests.

  every_pass.py OCTET_OPT TESTS

A pass `octet-x` needs a file octet-x.mlir that runs it; a file octet-x.mlir or
octet-x-more.mlir needs the pass. A contract `octet-verify-STAGE` needs, besides, a case that violates it.
"""
import pathlib
import re
import subprocess
import sys

CONTRACT = "octet-verify-"


def flags(octet_opt):
    """Our flags of passes and of pipelines."""
    text = subprocess.run([octet_opt, "--help"], check=True, capture_output=True,
                          text=True).stdout
    passes, pipelines = text.split(" Pass Pipelines:")
    flag = re.compile(r"^ +--(octet-[\w-]+)", re.MULTILINE)
    return set(flag.findall(passes.split(" Passes:")[1])), set(flag.findall(pipelines))


def problems(passes, pipelines, files):
    for name in sorted(passes - files.keys()):
        yield f"--{name} has no test: write a file {name}.mlir"
    for name, path in sorted(files.items()):
        if not any(name == known or name.startswith(known + "-") for known in passes):
            yield f"{path} is named for a pass that octet-opt does not have"
    for name in sorted(passes & files.keys()):
        text = files[name].read_text()
        if not re.search(rf"^// RUN:.*[-(,=]{name}\b", text, re.MULTILINE):
            yield f"{files[name]} does not run --{name}"
        if name.startswith(CONTRACT) and "expected-error" not in text:
            yield f"{files[name]} does not violate the contract"
    # Observe is the first half of Quantize, the oracle the plain form of Lower.
    for name in sorted(pipelines - {"octet-observe", "octet-oracle"}):
        if name.replace("octet-", CONTRACT) not in passes:
            yield f"stage --{name} has no contract"


def main():
    octet_opt, tests = sys.argv[1], pathlib.Path(sys.argv[2])
    passes, pipelines = flags(octet_opt)
    files = {path.stem: path for path in tests.rglob("octet-*.mlir")}
    found = list(problems(passes, pipelines, files))
    print("\n".join(found) or f"{len(passes)} passes, each with its test")
    sys.exit(1 if found or not passes else 0)


if __name__ == "__main__":
    main()
