"""What bench/compare makes of its samples, without running a server."""
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / 'bench'))

from compare_lib import report  # noqa: E402 (found through the line above)
from compare_lib.failure import Failure  # noqa: E402
from compare_lib.rows import ROWS, Goal  # noqa: E402


def row(key):
    return next(row for row in ROWS if row.key == key)


def stream_outcome(*pairs):
    samples = [({'cpu': ours, 'wall': ours * 1e3}, {'cpu': theirs, 'wall': theirs * 500})
               for ours, theirs in pairs]
    return report.Outcome(row('0b-nobody'), samples)


class OutcomeTest(unittest.TestCase):
    def test_the_ratio_is_the_median_of_the_pairs_and_not_of_the_sides(self):
        outcome = stream_outcome((1, 2), (2, 20), (10, 80))

        cells = next(outcome.cells())

        self.assertEqual(cells[3], '8.00×')
        self.assertEqual(cells[4], '2.00–10.00')
        self.assertEqual(cells[5], '4.00×')
        self.assertEqual(cells[1:3], ('20.0 µs · 10.0 µs', '2.00 µs · 2000 ns'))

    def test_a_ratio_must_reach_its_goal(self):
        for ours, met in ((1, 'yes'), (1.01, 'no')):
            self.assertEqual(next(stream_outcome((ours, 6)).cells())[-1], met)

    def test_an_absolute_goal_asks_for_the_figure_alone(self):
        goal = Goal(most=4096)
        self.assertTrue(goal.is_met(0.5, 4096))
        self.assertFalse(goal.is_met(100, 4097))

    def test_a_broken_row_says_why_in_the_document(self):
        outcome = report.Outcome(row('idle'), [], Failure('it fell over'))

        self.assertEqual(outcome.document(), {'row': 'idle', 'failure': 'it fell over'})

    def test_the_document_keeps_every_sample(self):
        document = stream_outcome((1, 2), (2, 20)).document()

        self.assertEqual([sample['cpu'] for sample in document['samples']['Gannet']], [1, 2])
        self.assertEqual(document['lines'][0]['ratios'], [2, 10])

    def test_rows_have_keys_of_their_own(self):
        keys = [each.key for each in ROWS]
        self.assertEqual(len(keys), len(set(keys)))


class MarkdownTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / 'README.md'

    def test_the_table_replaces_what_stands_between_the_markers(self):
        self.path.write_text(f'before\n{report.BEGIN}\nold\n{report.END}\nafter\n')

        for _ in range(2):
            report.write_markdown(self.path, 'title', [stream_outcome((1, 8))])

        text = self.path.read_text()
        self.assertTrue(text.startswith(f'before\n{report.BEGIN}\ntitle\n\n| work |'))
        self.assertTrue(text.endswith(f'| yes |\n{report.END}\nafter\n'))
        self.assertNotIn('old', text)
        self.assertEqual(text.count('0 B, nobody listens'), 1)

    def test_a_file_without_a_place_for_the_table_is_refused(self):
        for text in ('', report.BEGIN, report.END, f'{report.END}{report.BEGIN}',
                     f'{report.BEGIN}{report.BEGIN}{report.END}'):
            self.path.write_text(text)
            with self.assertRaises(Failure):
                report.check_markers(self.path)

    def test_a_file_that_is_not_there_is_refused(self):
        with self.assertRaises(Failure):
            report.check_markers(self.path)


if __name__ == '__main__':
    unittest.main()
