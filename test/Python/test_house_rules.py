# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The rules of the house that a machine can check, over all files in git."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = {".cpp", ".c", ".h", ".td", ".py", ".inc"}
MAX_LINES = 500
LICENCE = "Apache-2.0 WITH LLVM-exception"
# A path of somebody's machine or the host of a registry never belongs here.
FOREIGN = re.compile(r"/home/\w|/work/|/opt/\w|https?://[\w.]*pypi")


def tracked():
    """The files that git knows, or all files where there is no git."""
    try:
        names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True,
                               capture_output=True, text=True).stdout
        paths = [ROOT / name for name in names.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in ROOT.rglob("*")
                 if "build" not in path.relative_to(ROOT).parts]
    return [path for path in paths if path.is_file()]


class HouseRules(unittest.TestCase):
    def setUp(self):
        self.texts = {}
        for path in tracked():
            try:
                self.texts[path.relative_to(ROOT)] = path.read_text()
            except UnicodeDecodeError:
                pass  # a model or samples

    def test_code_names_its_licence(self):
        missing = [str(path) for path, text in self.texts.items()
                   if path.suffix in CODE and text.strip()
                   and LICENCE not in text]
        self.assertEqual(missing, [])

    def test_files_have_one_subject(self):
        long = {str(path): text.count("\n") for path, text in self.texts.items()
                if path.suffix in CODE and text.count("\n") > MAX_LINES}
        self.assertEqual(long, {}, f"longer than {MAX_LINES} lines")

    def test_no_path_of_a_machine(self):
        found = [str(path) for path, text in self.texts.items()
                 if FOREIGN.search(text) and path.name != pathlib.Path(__file__).name]
        self.assertEqual(found, [])

    def test_text_ends_with_a_newline_and_no_blanks(self):
        bad = [str(path) for path, text in self.texts.items()
               if text and path.suffix in CODE | {".md", ".txt", ".cmake"}
               and "generated" not in path.parts
               and (not text.endswith("\n") or re.search(r"[ \t]\n", text))]
        self.assertEqual(bad, [])


if __name__ == "__main__":
    unittest.main()
