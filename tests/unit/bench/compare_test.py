"""What bench/compare makes of its samples, without running a server."""
import shutil
import ssl
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / 'bench'))

from compare_lib import report, rows  # noqa: E402 (found through the line above)
from compare_lib.bench import QUICK, QUICK_ROUNDS, Effort  # noqa: E402
from compare_lib.certificate import Certificate, make_certificate  # noqa: E402
from compare_lib.failure import Failure  # noqa: E402
from compare_lib.rows import ROWS, Goal  # noqa: E402
from compare_lib.server import Program  # noqa: E402


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
        outcome = report.Outcome(row('idle'), [], Failure('it fell over'), seconds=3)

        self.assertEqual(outcome.document(),
                         {'row': 'idle', 'failure': 'it fell over', 'seconds': 3})

    def test_the_document_keeps_every_sample(self):
        document = stream_outcome((1, 2), (2, 20)).document()

        self.assertEqual([sample['cpu'] for sample in document['samples']['Gannet']], [1, 2])
        self.assertEqual(document['lines'][0]['ratios'], [2, 10])

    def test_rows_have_keys_of_their_own(self):
        keys = [each.key for each in ROWS]
        self.assertEqual(len(keys), len(set(keys)))

    def test_a_goal_may_ask_for_a_figure_that_is_not_the_one_of_the_ratio(self):
        for more, met in ((0.1, 'yes'), (0.11, 'no'), (-0.01, 'yes')):
            ours = {'cpu': 0.3, 'more': more}
            outcome = report.Outcome(row('inboxes'), [(ours, {'cpu': 3, 'more': 2})])

            cells = next(outcome.cells())

            self.assertEqual(cells[2], f'0.300 µs · {more * 1e3:+.0f} ns')
            self.assertEqual(cells[3], '10.00×')
            self.assertEqual(cells[5], '', 'the second figure is no wall time')
            self.assertEqual(cells[-1], met)


class FakeServer:
    """In the place of compare_lib.rows.Server: it remembers with which arguments it was started."""
    started = []

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        FakeServer.started.append(self.program)
        return self

    def __exit__(self, *error):
        pass


class FakeBench:
    """In the place of gannet-bench: it remembers what it was asked for."""
    effort = Effort(seconds=1, warmup=0, connections=1)
    certificate = Certificate(Path('/c.pem'), Path('/k.pem'))

    def __init__(self, *cpus):
        self.calls = []
        self._cpus = list(cpus)

    def load(self, _server, words, subject='plain', settling=0):
        self.calls.append((' '.join(words), subject))
        latency = {'p50_us': 2000, 'p99_us': 3000}
        return {'server_use': {'cpu_us_per_unit': self._cpus.pop(0) if self._cpus else 1},
                'ns_per_unit': 5, 'generator_cpu_us_per_unit': 1, 'latency': latency,
                'beside': {'messages_per_second': 1e6}}


class RowTest(unittest.TestCase):
    def setUp(self):
        FakeServer.started = []
        patched = mock.patch.object(rows, 'Server', FakeServer)
        patched.start()
        self.addCleanup(patched.stop)
        self.program = Program('any', Path(sys.executable))

    def test_rows_over_tls_encrypt_on_both_sides(self):
        for key, size in (('tls-128b', '128'), ('tls-4k', '4k')):
            bench = FakeBench()

            row(key).measure(bench, self.program)

            words = f'fanout --size {size} --subscribers 1 --tls'
            self.assertEqual(bench.calls, [(words, 'plain')])
            self.assertEqual(FakeServer.started.pop().arguments,
                             ('--tls', '--tlscert', '/c.pem', '--tlskey', '/k.pem'))

    def test_the_row_of_inboxes_compares_with_one_subject_on_the_same_server(self):
        bench = FakeBench(0.2, 0.75)

        sample = row('inboxes').measure(bench, self.program)

        self.assertEqual(len(FakeServer.started), 1)
        words = 'fanout --size 128 --subscribers 1 --last-token '
        self.assertEqual(bench.calls, [(f'{words}same', '_INBOX.x'), (f'{words}new', '_INBOX.x')])
        self.assertEqual(sample['cpu'], 0.75)
        self.assertAlmostEqual(sample['more'], 0.55)

    def test_a_pong_is_measured_beside_three_crowds(self):
        bench = FakeBench()

        sample = row('pong').measure(bench, self.program)

        self.assertEqual([words for words, _ in bench.calls],
                         ['ping --beside 10', 'ping --beside 100', 'ping --beside 400'])
        cells = list(report.Outcome(row('pong'), [(sample, sample)]).cells())
        self.assertEqual([line[2] for line in cells], ['2.00 ms · 3.00 ms'] * 3)
        self.assertEqual([line[-2:] for line in cells],
                         [('≤ 2 ms', 'yes'), ('≤ 5 ms', 'yes'), ('≤ 10 ms', 'yes')])

    def test_every_figure_of_every_line_is_in_the_sample_of_its_row(self):
        for each in ROWS:
            if each.key in ('idle', 'resident', 'ready'):
                continue  # they need a server
            sample = each.measure(FakeBench(), self.program)
            for line in each.lines:
                wanted = {line.figure, line.beside or line.figure, line.goal.figure or line.figure}
                self.assertLessEqual(wanted, set(sample), line.title)

    def test_a_quick_comparison_takes_less_than_four_minutes(self):
        self.assertLess(sum(each.seconds(QUICK, QUICK_ROUNDS) for each in ROWS), 4 * 60)


class CertificateTest(unittest.TestCase):
    @unittest.skipIf(shutil.which('openssl') is None, 'there is no openssl command')
    def test_it_is_for_the_address_of_the_servers_and_has_a_key(self):
        with tempfile.TemporaryDirectory() as folder:
            made = make_certificate(folder)

            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(made.certificate, made.key)
            authorities = ssl.create_default_context(cafile=made.certificate)
        self.assertEqual(authorities.get_ca_certs()[0]['subjectAltName'],
                         (('IP Address', '127.0.0.1'), ('DNS', 'localhost')))

    def test_a_folder_that_is_not_there_is_a_failure(self):
        with self.assertRaises(Failure):
            make_certificate('/nowhere/at/all')


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
