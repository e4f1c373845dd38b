"""Random permission sets, and scripts that try them: the same for the same seed.

A script avoids what may differ between two right servers: which member of a queue group gets a
message may not matter later, and no subscription is wider than an allowed pattern that it matches
only where its wildcards are taken for tokens.
"""
import random
from dataclasses import dataclass, field, replace

USERS = ("u0", "u1", "u2")
FREE = "free"  # the user without permissions
TOKENS = ("a", "b", "c")
QUEUES = ("q", "r", "q.1", "q.2")
INBOXES = ("inbox.0", "inbox.1", "a.b", "a")
RESERVED = ("$NRG.x", "_GR_.x", "_R_.x", "$JS.ACK.x", "$SYS.x", "a..b", "a.", "_R_.")
MALFORMED = ("a..b", ".a", "a.", "a.>.b")
STEPS = 120
CLIENTS = 4
TRACES = "trace"


@dataclass(frozen=True)
class Permissions:
    """Lists of patterns, None where there is no list. `responses`: how many, 0 for none."""

    publish: tuple = None
    publish_deny: tuple = None
    subscribe: tuple = None
    subscribe_deny: tuple = None
    responses: int = 0

    def text(self) -> str:
        parts = []
        for verb, allow, deny in (("publish", self.publish, self.publish_deny),
                                  ("subscribe", self.subscribe, self.subscribe_deny)):
            lists = [f"{name}: [{', '.join(map(quoted, patterns))}]"
                     for name, patterns in (("allow", allow), ("deny", deny)) if patterns]
            if lists:
                parts.append(f"{verb}: {{ {', '.join(lists)} }}")
        if self.responses:
            parts.append(f"allow_responses: {{ max: {self.responses} }}")
        return "{ " + ", ".join(parts) + " }"


@dataclass(frozen=True)
class Step:
    """What the client of this number does: verb and arguments. A reload is nobody's: client -1."""

    client: int
    verb: str
    arguments: tuple = ()

    def __str__(self) -> str:
        return f"client {self.client}: {self.verb} {' '.join(map(str, self.arguments))}"


@dataclass
class Case:
    """`phases`: the permissions of USERS at the start, and after each reload."""

    number: int
    phases: list
    has_queues: bool
    steps: list = field(default_factory=list)

    def config(self, phase: int) -> str:
        rows = "".join(f"  {{ user: {user}, permissions: {one.text()} }}\n"
                       for user, one in zip(USERS, self.phases[phase]))
        return ("listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
                f"authorization {{ users: [\n  {{ user: {FREE} }}\n{rows}] }}\n")


def quoted(pattern: str) -> str:
    return f'"{pattern}"'


def matches(pattern: str, subject: str) -> bool:
    """Whether a pattern matches a subject, whose own wildcards are tokens like others."""
    wanted, tokens = pattern.split("."), subject.split(".")
    for at, token in enumerate(wanted):
        if token == ">":
            return len(tokens) > at
        if at == len(tokens) or token not in ("*", tokens[at]):
            return False
    return len(wanted) == len(tokens)


def covers(pattern: str, subject: str) -> bool:
    """Whether a pattern matches all that a subscription to `subject` matches."""
    wanted, tokens = pattern.split("."), subject.split(".")
    for at, token in enumerate(wanted):
        if token == ">":
            return len(tokens) > at
        if at == len(tokens) or tokens[at] == ">" or token not in ("*", tokens[at]):
            return False
    return len(wanted) == len(tokens)


def is_ambiguous(case: Case, subject: str, queue: str) -> bool:
    """Whether a permission of the case lets the subscription through though it is wider."""
    for users in case.phases:
        for entry in (entry for one in users for entry in one.subscribe or ()):
            pattern, _, queues = entry.partition(" ")
            if matches(pattern, subject) != covers(pattern, subject):
                return True
            if queue and queues and matches(queues, queue) != covers(queues, queue):
                return True
    return False


def wants_no_responders(client: int) -> bool:
    return client % 2 == 0


class Maker:
    """Makes one case. Everything random comes from `rng`."""

    def __init__(self, seed: int, number: int):
        self.rng = random.Random(f"{seed} {number}")
        self.has_queues = self.rng.random() < 0.5
        users = self._users()
        later = [one if self.rng.random() < 0.4 else self._permissions() for one in users]
        self.case = Case(number, [users, later], self.has_queues)
        self.sids = {client: [] for client in range(CLIENTS)}
        self.users = dict(enumerate((*USERS, FREE)))  # who each client is
        self.phase = 0

    def make(self) -> Case:
        steps = self.case.steps
        for client, user in self.users.items():
            steps.append(Step(client, "CONNECT", (user,)))
        self._try_each_entry()
        reload_at = self.rng.randrange(STEPS // 3, STEPS)
        for at in range(STEPS):
            if at == reload_at:
                self.phase = 1
                steps.append(Step(-1, "RELOAD", (1,)))
                self._try_each_entry()
            self._add(self._step())
        return self.case

    def _add(self, step) -> None:
        if step:
            self.case.steps.append(step)

    def _try_each_entry(self) -> None:
        """Every entry at least once, by a client that it is for."""
        for client, user in self.users.items():
            if user == FREE:
                continue
            one = self.case.phases[self.phase][USERS.index(user)]
            for entry in (*(one.publish or ()), *(one.publish_deny or ())):
                self._add(Step(client, "PUB", (self._instance(entry), "")))
            for entry in (*(one.subscribe or ()), *(one.subscribe_deny or ())):
                subject, _, queue = entry.partition(" ")
                self._add(self._subscribe(client, subject, queue.replace("*", "1")))
                self._add(Step(CLIENTS - 1, "PUB", (self._instance(subject), "inbox.0")))

    def _users(self) -> list:
        return [self._permissions() for _ in USERS]

    def _permissions(self) -> Permissions:
        def some(chance: float, with_queue: bool = False):
            if self.rng.random() > chance:
                return None
            return tuple(sorted({self._entry(with_queue) for _ in range(self.rng.randint(1, 4))}))

        responses = 0 if self.has_queues else self.rng.choice((0, 0, 1, 2, -1))
        return Permissions(some(0.6), some(0.5), some(0.6, self.has_queues),
                           some(0.6, self.has_queues), responses)

    def _entry(self, with_queue: bool) -> str:
        pattern = self._pattern()
        if with_queue and self.rng.random() < 0.4:
            return f"{pattern} {self.rng.choice((*QUEUES, 'q.*', '*', '>'))}"
        return pattern

    def _pattern(self) -> str:
        if self.rng.random() < 0.1:
            return self.rng.choice((">", "*", "inbox.>", "inbox.*", TRACES, "$SYS.>"))
        tokens = [self.rng.choice((*TOKENS, "*")) for _ in range(self.rng.randint(1, 3))]
        if self.rng.random() < 0.3:
            tokens.append(">")
        return ".".join(tokens)

    def _known(self, verb: str, client: int) -> str:
        """A pattern of the client's permissions, of anybody's, or of nobody's."""
        users = self.case.phases[self.phase]
        if self.users[client] != FREE and self.rng.random() < 0.7:
            users = [users[USERS.index(self.users[client])]]
        patterns = [entry for one in users for entries in (
            (one.publish, one.publish_deny) if verb == "PUB"
            else (one.subscribe, one.subscribe_deny)) for entry in entries or ()]
        if patterns and self.rng.random() < 0.85:
            return self.rng.choice(patterns).partition(" ")[0]
        return self._pattern()

    def _subject(self, client: int) -> str:
        """A subject without wildcards, likely one that a permission is about: to publish, or for
        those who subscribe."""
        if self.rng.random() < 0.05:
            return self.rng.choice(RESERVED)
        verb = self.rng.choice(("PUB", "SUB")) if self.users[client] == FREE else "PUB"
        subject = self._instance(self._known(verb, client))
        return f"{subject}.{self.rng.choice(TOKENS)}" if self.rng.random() < 0.1 else subject

    def _instance(self, pattern: str) -> str:
        """A subject that a pattern matches."""
        tokens = []
        for token in pattern.split("."):
            if token == ">":
                tokens += self.rng.choices(TOKENS, k=self.rng.randint(1, 2))
            else:
                tokens.append(self.rng.choice(TOKENS) if token == "*" else token)
        return ".".join(tokens)

    def _wanted(self, client: int) -> str:
        """What to subscribe to: a subject, a pattern, or one made narrower or wider."""
        if self.rng.random() < 0.04:
            return self.rng.choice(MALFORMED)
        tokens = self._known("SUB", client).split(".")
        at = self.rng.randrange(len(tokens))
        if self.rng.random() < 0.4 and tokens[at] != ">":
            tokens[at] = self.rng.choice((*TOKENS, "*"))
        if self.rng.random() < 0.2 and tokens[-1] != ">":
            tokens.append(self.rng.choice((">", "*")))
        return ".".join(tokens)

    def _step(self):
        client = self.rng.choice((*range(CLIENTS), CLIENTS - 1))  # most often the free one
        verb = self.rng.choices(("SUB", "UNSUB", "PUB", "HPUB", "TRACE", "CONNECT"),
                                (30, 4, 40, 10, 6, 3))[0]
        if verb == "SUB":
            queue = self.rng.choice(QUEUES) if self.has_queues and self.rng.random() < 0.5 else ""
            return self._subscribe(client, self._wanted(client), queue)
        if verb == "UNSUB":
            return self._unsubscribe(client)
        if verb == "CONNECT":
            if self.users[client] == FREE:
                return None
            self.sids[client] = []
            self.users[client] = self.rng.choice(USERS)
            return Step(client, verb, (self.users[client],))
        if verb == "TRACE":  # whose report names the member of a group that was chosen
            return None if self.has_queues else Step(
                client, verb, (self._subject(client), self.rng.choice((TRACES, TRACES, "a.b"))))
        reply = self.rng.choice((*INBOXES, *RESERVED[:5])) if self.rng.random() < 0.4 else ""
        return Step(client, verb, (self._subject(client), reply))

    def _subscribe(self, client: int, subject: str, queue: str):
        if is_ambiguous(self.case, subject, queue):
            return None
        sid = len(self.sids[client]) + 1
        self.sids[client].append(queue)
        return Step(client, "SUB", (subject, queue, sid))

    def _unsubscribe(self, client: int):
        """A limit is not for what chance decides: a member of a group, or which of the fitting
        subscriptions is told that there are no responders.
        """
        if not self.sids[client]:
            return None
        sid = self.rng.randint(1, len(self.sids[client]))
        by_chance = self.sids[client][sid - 1] or wants_no_responders(client)
        most = 0 if by_chance else self.rng.choice((0, 0, 1, 2))
        return Step(client, "UNSUB", (sid, most))


def make(seed: int, number: int) -> Case:
    return Maker(seed, number).make()


def mutated(case: Case, seed: int) -> Case:
    """The same case, but for one entry that is missing in the permissions."""
    rng = random.Random(f"mutated {seed} {case.number}")
    phases = [list(users) for users in case.phases]
    places = [(phase, user, name) for phase, users in enumerate(phases)
              for user, one in enumerate(users)
              for name in ("publish", "publish_deny", "subscribe", "subscribe_deny")
              if getattr(one, name)]
    phase, user, name = rng.choice(places)
    patterns = list(getattr(phases[phase][user], name))
    patterns.pop(rng.randrange(len(patterns)))
    phases[phase][user] = replace(phases[phase][user], **{name: tuple(patterns)})
    return replace(case, phases=phases)
