# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the machine can do at most: dot products, and reads from each level of memory."""
import concurrent.futures
import ctypes
import pathlib
import platform
import re
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# Of an instruction set of x86: the dot-product instruction, the bytes it takes and their
# products. AVX2's exact form multiplies words and adds: bytes serve only weights that prove
# that no pair of products leaves 16 bits.
PEAKS = {"avx512vnni": ("vpdpbusd", 64, 64), "amx": ("vpdpbusd", 64, 64),
         "avxvnni": ("%{vex%} vpdpbusd", 32, 32), "avxvnniint8": ("%{vex%} vpdpbusd", 32, 32),
         "avx2": ("vpmaddwd", 32, 16)}
FLAGS = (("avx512_vnni", "avx512vnni"), ("avx_vnni", "avxvnni"), ("avx2", "avx2"))


def peak_flags(isa, recode=False):
    """What peak.c is compiled with for an instruction set; nothing where there is no
    peak to measure. `recode` takes AVX-512's encoding."""
    if isa not in PEAKS:
        return []
    name, size, products = PEAKS[isa]
    if recode:
        name = name.removeprefix("%{vex%} ")
    wide = ["-mavx512f"] if size == 64 else []
    add = ["-DPEAK_ADD=\"vpaddd\""] if name == "vpmaddwd" else []
    return [f"-DPEAK=\"{name}\"", f"-DBYTES={size}", f"-DMACS={products}", *add, *wide, "-mavx2"]


def best_isa():
    """The best instruction set of this machine with a peak, or None."""
    if platform.machine() != "x86_64":
        return None
    flags = pathlib.Path("/proc/cpuinfo").read_text()
    return next((isa for flag, isa in FLAGS if re.search(rf"\b{flag}\b", flags)), None)


def load(source, *flags):
    """A C file of the benchmarks as a library; None where there is no compiler."""
    compiler = shutil.which("clang-22") or shutil.which("clang") or shutil.which("cc")
    if not compiler:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        library = pathlib.Path(scratch) / "measure.so"
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", *flags, str(source), "-o",
                        str(library)], check=True)
        return ctypes.CDLL(str(library))


def measure_peak(threads=1):
    """GOPS of the dot-product instruction, all threads together, or None."""
    isa = best_isa()
    library = isa and load(HERE / "kernels/peak.c", *peak_flags(isa))
    if not library:
        return None
    library.measure_peak.restype = ctypes.c_double
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(lambda _: library.measure_peak(), range(threads)))


def measure_bandwidths(sizes):
    """GB/s of one thread that reads blocks of these bytes again and again; empty where
    there is no compiler."""
    library = load(HERE / "bandwidth.c", "-O3",
                   *(["-march=native"] if platform.machine() == "x86_64" else []))
    if not library:
        return []
    library.measure_reads.restype = ctypes.c_double
    library.measure_reads.argtypes = [ctypes.c_int64]
    return [library.measure_reads(size) for size in sizes]
