# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Configuration of the lit tests. Features say what a test may need and this
# machine may lack; a test that needs more is reported as unsupported, by name.
import os
import platform
import shutil
import subprocess

import lit.formats
from lit.llvm import llvm_config
from lit.llvm.subst import ToolSubst

config.name = "octet"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".ll"]
config.excludes = ["CMakeLists.txt", "Inputs", "Support"]
config.test_source_root = os.path.join(config.octet_src_root, "test")
config.test_exec_root = os.path.join(config.octet_obj_root, "test")

llvm_config.use_default_substitutions()
llvm_config.with_environment(
    "PATH", [config.octet_tools_dir, config.llvm_tools_dir], append_path=True)
llvm_config.with_environment(
    "PYTHONPATH", os.pathsep.join([os.path.join(config.octet_src_root, "python"),
                                   os.path.join(config.test_source_root, "Support")]))
llvm_config.with_environment("PYTHONDONTWRITEBYTECODE", "1")
for name in ["OCTET_MODELS", "OCTET_PEER_PYTHON", "CCACHE_DIR", "ASAN_OPTIONS", "UBSAN_OPTIONS"]:
    if name in os.environ:
        config.environment[name] = os.environ[name]

# OCTET_CHECK_ROUNDTRIP=1 makes every run of octet-opt also print, parse and
# compare, so that the whole suite tests printers and parsers.
roundtrip = os.environ.get("OCTET_CHECK_ROUNDTRIP", "0") not in ("", "0")
llvm_config.add_tool_substitutions(
    [
        ToolSubst("octet-opt", unresolved="ignore",
                  extra_args=["--verify-roundtrip"] if roundtrip else []),
        ToolSubst("octet-compile", unresolved="ignore"),
        ToolSubst("octet-run", unresolved="ignore"),
    ],
    [config.octet_tools_dir])
# Before lit's own substitution, which is the Python that lit runs on.
config.substitutions.insert(0, ("%python", config.octet_python))
config.substitutions += [
    ("%cc", config.octet_cc),
    ("%cxx", config.octet_cxx),
    ("%octet_src", config.octet_src_root),
    ("%octet_obj", config.octet_obj_root),
    ("%octet_bin", config.octet_tools_dir),
    ("%shlibext", ".so"),
]


def cpu_flags():
    """The flags of this CPU as Linux names them."""
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith(("flags", "Features")):
                return set(line.split(":")[1].split())
    return set()


def works(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def add_feature(name, present):
    if present:
        config.available_features.add(name)


# The machine: its architecture and the instruction sets of the kernel table.
add_feature(platform.machine().replace("x86_64", "x86-64"), True)
flags = cpu_flags()
add_feature("avx2", "avx2" in flags)
add_feature("avxvnni", "avx_vnni" in flags)
add_feature("avxvnniint8", "avx_vnni_int8" in flags)
add_feature("avx512vnni", {"avx512_vnni", "avx512bw", "avx512vl"} <= flags)
add_feature("amx", "amx_int8" in flags)

# Foreign code: an emulator and a linker that finds a C library for it.
qemu = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")
cross = shutil.which("aarch64-linux-gnu-gcc")
add_feature("qemu-aarch64", bool(qemu and cross))
config.substitutions += [("%qemu-aarch64", "%s -L /usr/aarch64-linux-gnu" % qemu),
                         ("%aarch64-cc", cross or "aarch64-linux-gnu-gcc")]

# Real models and labelled data, which are not part of the repository.
models = os.environ.get("OCTET_MODELS") or os.path.join(
    config.octet_src_root, os.pardir, "shared", "models")
add_feature("models", os.path.isdir(models))
config.environment["OCTET_MODELS"] = os.path.abspath(models)
config.substitutions += [("%models", os.path.abspath(models))]

# ONNX's own tests of operators: Debian's package libonnx-testdata.
add_feature("onnx-node-tests",
            os.path.isdir("/usr/share/libonnx-testdata/data/node"))

# ONNX Runtime, in the tests' Python or in the one that OCTET_PEER_PYTHON names.
peer = os.environ.get("OCTET_PEER_PYTHON") or config.octet_python
add_feature("onnxruntime", works([peer, "-c", "import numpy, onnx, onnxruntime"]))
add_feature("torch", works([peer, "-c", "import torch, torchvision, onnxscript, onnxruntime"]))
config.substitutions += [("%peer-python", peer)]
