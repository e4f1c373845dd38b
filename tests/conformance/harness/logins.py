"""Clients that ask to be let in, and what a server says of permissions."""
VIOLATION = b"-ERR 'Authorization Violation'\r\n"


def ask_in(server, context=None, **options):
    """A connection that has sent CONNECT and read no answer. An option that is a function gets the
    nonce; `context`: TLS comes first."""
    client = server.raw()
    nonce = client.read_info().get("nonce", "")
    if context:
        client.start_tls(context)
    client.connect(**{name: value(nonce) if callable(value) else value
                      for name, value in options.items()})
    return client


def is_let_in(client) -> bool:
    """Whether the server answers a PING. If not, it has said why and closed."""
    client.send(b"PING\r\n")
    answer = client.read_line()
    if answer == b"PONG\r\n":
        return True
    assert answer + client.read_to_close() == VIOLATION
    return False


def lets_in(server, context=None, **options) -> bool:
    with ask_in(server, context, **options) as client:
        return is_let_in(client)


def say(client, data: bytes) -> bytes:
    """Sends `data`; returns what came before the answer to a PING."""
    client.send(data)
    return client.ping()


def pub(subject: str, reply: str = "", body: str = "") -> bytes:
    return f"PUB {subject} {reply} {len(body)}\r\n{body}\r\n".encode()


def no_publish(subject: str) -> bytes:
    return f"-ERR 'Permissions Violation for Publish to \"{subject}\"'\r\n".encode()


def no_reply(subject: str) -> bytes:
    return f"-ERR 'Permissions Violation for Publish with Reply of \"{subject}\"'\r\n".encode()


def no_subscribe(subject: str, queue: str = "", sid: str = "") -> bytes:
    text = f'Permissions Violation for Subscription to "{subject}"'
    if queue:
        text += f' using queue "{queue}"'
    if sid:
        text += f' (sid "{sid}")'
    return f"-ERR '{text}'\r\n".encode()
