"""The rows of the comparison: what is run, which figures count, and what Gannet must reach.

A sample is a dict of figures, all of which are better when they are smaller.
"""
from dataclasses import dataclass
from typing import Callable

from compare_lib.server import Server, seconds_until_ready

MIB = 1 << 20


@dataclass(frozen=True)
class Goal:
    """Either reference / Gannet is at least `ratio`, or Gannet's figure at most `most`."""
    ratio: float = 0
    most: float = 0
    text: str = ''
    figure: str = ''  # that `most` is about; empty: the one of the line

    def is_met(self, ratio, figure):
        return ratio >= self.ratio if self.ratio else figure <= self.most


@dataclass(frozen=True)
class Line:
    """A line of the table: one figure of a sample, perhaps with a second one shown beside it."""
    title: str
    figure: str
    format: Callable
    goal: Goal
    beside: str = ''
    format_beside: Callable = None

    def show(self, sample):
        text = self.format(sample[self.figure])
        return f'{text} · {self.format_beside(sample[self.beside])}' if self.beside else text


def _gannet_and_reference(gannet, reference):
    return gannet, reference


@dataclass(frozen=True)
class Row:
    """Something that is run once on either side of each pair."""
    key: str
    title: str
    measure: Callable  # (bench, program) -> sample
    lines: tuple
    sides: Callable = _gannet_and_reference  # (gannet, reference) -> the two programs of a pair
    names: tuple = ('Gannet', 'nats-server')
    loads: int = 1  # that a sample measures, one after the other
    others: float = 0.3  # seconds that a sample takes besides: to start and to stop, at least

    def seconds(self, effort, rounds):
        """What the row takes, about."""
        load = effort.warmup + effort.seconds
        return 2 * rounds * (self.others + self.loads * load)


def _significant(number):
    """Three digits, without an exponent."""
    for limit, decimals in ((1, 3), (10, 2), (100, 1)):
        if number < limit:
            return f'{number:.{decimals}f}'
    return f'{number:.0f}'


def _micros(number):
    return f'{_significant(number)} µs'


def _nanos(number):
    return f'{_significant(number)} ns' if number < 10_000 else f'{_significant(number / 1e3)} µs'


def _millis(number):
    return f'{_significant(number)} ms'


def _size(number):
    return f'{_significant(number / MIB)} MB' if number >= MIB else f'{number:,.0f} B'


def _message_rate(nanos):
    return f'{1e3 / nanos:.2f} M/s'


def _difference(micros):
    """It may be nothing, or less."""
    return f'{micros * 1e3:+.0f} ns'


def _times(ratio, what='less CPU'):
    return Goal(ratio=ratio, text=f'≥ {ratio:g}× {what}')


def _of_stream(found):
    return {'cpu': found['server_use']['cpu_us_per_unit'], 'wall': found['ns_per_unit'],
            'generator': found['generator_cpu_us_per_unit']}


def _stream(key, title, words, ratio, is_tls=False):
    """Messages in one direction: CPU and wall time for each one published."""
    def measure(bench, program):
        flags = words.split()
        if is_tls:
            program = program.with_arguments(*bench.certificate.server_arguments())
            flags.append('--tls')
        with Server(program) as server:
            return _of_stream(bench.load(server, flags))

    line = Line(title, 'cpu', _micros, _times(ratio), beside='wall', format_beside=_nanos)
    return Row(key, title, measure, (line,))


def _measure_requests(bench, program):
    with Server(program) as server:
        found = bench.load(server, ['request'])
    return {'cpu': found['server_use']['cpu_us_per_unit'], 'p50': found['latency']['p50_us'],
            'p99': found['latency']['p99_us']}


# Replies come on subjects like these, each on one of its own.
_INBOX = '_INBOX.x'


def _measure_inboxes(bench, program):
    words = ['fanout', '--size', '128', '--subscribers', '1', '--last-token']
    with Server(program) as server:
        same = _of_stream(bench.load(server, [*words, 'same'], subject=_INBOX))
        new = _of_stream(bench.load(server, [*words, 'new'], subject=_INBOX))
    return {**new, 'same': same['cpu'], 'more': new['cpu'] - same['cpu']}


# A row shows what a busy server makes of others; it takes a while until every publisher has a
# backlog.
_SECONDS_TO_CROWD = 0.5


def _measure_request_in_a_crowd(bench, program):
    with Server(program) as server:
        found = bench.load(server, ['request', '--beside', '400'], settling=_SECONDS_TO_CROWD)
    return {'p50': found['latency']['p50_us'] / 1e3, 'p99': found['latency']['p99_us'] / 1e3,
            'busy': 1e9 / max(found['beside']['messages_per_second'], 1)}


# On one shard, because there a turn has to be shared.
_CROWDS = ((10, 2), (100, 5), (400, 10))  # publishers, most milliseconds


def _measure_pong(bench, program):
    sample = {}
    for publishers, _ in _CROWDS:
        with Server(program) as server:
            found = bench.load(server, ['ping', '--beside', str(publishers)],
                               settling=_SECONDS_TO_CROWD)
        sample[f'p50_{publishers}'] = found['latency']['p50_us'] / 1e3
        sample[f'p99_{publishers}'] = found['latency']['p99_us'] / 1e3
        # What the server did between a PING and its PONG: the same on a machine that others share.
        sample[f'cpu_{publishers}'] = found['server_use']['cpu_us_per_unit'] / 1e3
    return sample


def _pong_lines():
    return tuple(Line(f'PONG beside {publishers} backlogged publishers, one shard: p50 · p99',
                      f'p50_{publishers}', _millis, Goal(most=most, text=f'≤ {most} ms'),
                      beside=f'p99_{publishers}', format_beside=_millis)
                 for publishers, most in _CROWDS)


def _one_shard(gannet, reference):
    return gannet.with_arguments('--shards', '1'), reference


def _measure_idle(bench, program):
    with Server(program) as server:
        found = bench.connect(server)
    return {'bytes': found['per_connection']['private_bytes']}


def _measure_resident(_bench, program):
    with Server(program) as server:
        server.ping()
        return {'bytes': server.resident_bytes()}


def _measure_ready(_bench, program):
    return {'millis': seconds_until_ready(program) * 1e3}


# Connections that came while the server was quiet move when it has been busy for a while.
_SECONDS_TO_MOVE = 1


def _measure_pairs_of_clients(bench, program):
    # Without payload, because the generator then leaves most of a core to the server.
    words = 'pubsub --size 0 --publishers 2 --subscribers 2 --subjects 2'
    with Server(program) as server:
        found = bench.load(server, words.split(), settling=_SECONDS_TO_MOVE)
    return {'wall': found['ns_per_unit'], 'cpu': found['server_use']['cpu_us_per_unit']}


def _two_and_one_shard(gannet, _reference):
    return gannet.with_arguments('--shards', '2'), gannet.with_arguments('--shards', '1')


ROWS = (
    _stream('0b-nobody', '0 B, nobody listens', 'pub', 6),
    _stream('0b-1sub', '0 B, 1 subscriber', 'fanout --subscribers 1', 8),
    _stream('0b-1queue', '0 B, 1 queue subscriber', 'queue --subscribers 1', 7),
    _stream('0b-10subs', '0 B, 10 subscribers', 'fanout --subscribers 10', 12),
    _stream('0b-10queue', '0 B, 10 in one queue group', 'queue --subscribers 10', 8),
    _stream('128b-1sub', '128 B, 1 subscriber', 'fanout --size 128 --subscribers 1', 6),
    _stream('128b-4pubs', '128 B, 4 publishers and 4 subscribers',
            'pubsub --size 128 --publishers 4 --subscribers 4', 5),
    _stream('4k-1sub', '4 KiB, 1 subscriber', 'fanout --size 4k --subscribers 1', 2),
    _stream('1m-1sub', '1 MiB, 1 subscriber', 'fanout --size 1m --subscribers 1', 1.8),
    _stream('tls-128b', '128 B, 1 subscriber, over TLS', 'fanout --size 128 --subscribers 1', 4,
            is_tls=True),
    _stream('tls-4k', '4 KiB, 1 subscriber, over TLS', 'fanout --size 4k --subscribers 1', 1.8,
            is_tls=True),
    Row('inboxes', '128 B, 1 subscriber of _INBOX.x.*, each message its own subject',
        _measure_inboxes, (
            Line('128 B, 1 subscriber, each message its own subject: CPU · more', 'cpu', _micros,
                 Goal(most=0.1, figure='more', text='≤ 100 ns more'),
                 beside='more', format_beside=_difference),), loads=2),
    Row('request', 'request and reply, one at a time', _measure_requests, (
        Line('request and reply, one at a time: CPU', 'cpu', _micros, _times(4)),
        Line('request and reply: p50', 'p50', _micros, Goal(ratio=3, text='≤ ⅓')),
        Line('request and reply: p99', 'p99', _micros, Goal(ratio=1, text='lower')))),
    Row('crowd', 'request and reply beside 400 busy publishers', _measure_request_in_a_crowd, (
        Line('request and reply beside 400 busy publishers: p99', 'p99', _millis,
             Goal(ratio=1, text='lower')),), others=2),
    Row('pong', 'PONG beside 10, 100 and 400 backlogged publishers, one shard', _measure_pong,
        _pong_lines(), sides=_one_shard, loads=3, others=4),
    Row('idle', 'idle connection with 1 subscription', _measure_idle, (
        Line('idle connection with 1 subscription', 'bytes', _size,
             Goal(most=4096, text='≤ 4 KiB')),), others=4),
    Row('resident', 'resident at start', _measure_resident, (
        Line('resident at start', 'bytes', _size, Goal(most=8 * MIB, text='≤ 8 MB')),), loads=0),
    Row('ready', 'ready after start', _measure_ready, (
        Line('ready after start', 'millis', _millis, Goal(most=10, text='≤ 10 ms')),), loads=0),
    Row('two-shards', '2 publishers, 2 subscribers: 2 shards against 1', _measure_pairs_of_clients,
        (Line('0 B, 2 publishers and 2 subscribers: two shards against one', 'wall',
              _message_rate, _times(1.5, 'the rate')),),
        sides=_two_and_one_shard, names=('2 shards', '1 shard'), others=1.3),
)
