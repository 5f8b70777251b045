# Part of Octet, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The helpers of benchmarks and page checks, which other results rest on."""
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "test" / "Docs" / "Inputs")]

import numpy as np

import detection
import run_snippets


class Detection(unittest.TestCase):
    def output(self, boxes, size=20, classes=3):
        """A detector's output that holds rows of image, class, score, box."""
        images = int(max(box[0] for box in boxes)) + 1
        out = np.zeros((images, classes + 4, size, size), np.float32)
        for image, kind, score, x0, y0, x1, y1 in boxes:
            x, y = (x0 + x1) / 2 / detection.STRIDE, (y0 + y1) / 2 / detection.STRIDE
            cell = out[int(image), :, int(y), int(x)]
            cell[int(kind)] = score
            cell[classes:] = ((x1 - x0) / detection.SIZE_UNIT,
                              (y1 - y0) / detection.SIZE_UNIT, x % 1, y % 1)
        return out

    BOXES = [(0, 0, .9, 10, 10, 40, 50), (0, 1, .8, 60, 60, 90, 90),
             (1, 2, .7, 20, 100, 44, 120)]

    def test_all_found(self):
        truth = np.array([[b[0], b[1], *b[3:]] for b in self.BOXES])
        score = detection.mean_average_precision(self.output(self.BOXES), truth)
        self.assertAlmostEqual(score, 1)

    def test_one_class_missed(self):
        truth = np.array([[b[0], b[1], *b[3:]] for b in self.BOXES])
        score = detection.mean_average_precision(self.output(self.BOXES[:2] + [
            (1, 2, .7, 100, 20, 120, 40)]), truth)
        self.assertAlmostEqual(score, 2 / 3)

    def test_wrong_box_with_a_better_score_costs(self):
        truth = np.array([[0, 0, 10, 10, 40, 50]])
        found = [self.BOXES[0], (0, 0, .95, 100, 100, 120, 120)]
        score = detection.mean_average_precision(self.output(found, classes=1), truth)
        self.assertAlmostEqual(score, .5)


class Snippets(unittest.TestCase):
    def test_numbers_may_differ(self):
        self.assertIsNone(run_snippets.difference(["took 3.2 ms"], ["took  17 ms"]))

    def test_words_may_not(self):
        self.assertIn("expected: took", run_snippets.difference(["took 3 ms"], ["lost 3 ms"]))

    def test_dots_stand_for_lines(self):
        self.assertIsNone(run_snippets.difference(["a", "...", "z"], list("abcz")))

    def test_a_line_too_many_is_told(self):
        self.assertIn("not in the page: b", run_snippets.difference(["a"], ["a", "b"]))

    def test_a_line_too_few_is_told(self):
        self.assertIn("the end", run_snippets.difference(["a", "b"], ["a"]))

    def test_commands_and_their_output(self):
        self.assertEqual(run_snippets.console("$ one \\\n  more\nout\n$ two\n"),
                         [("one    more", ["out"]), ("two", [])])


if __name__ == "__main__":
    unittest.main()
