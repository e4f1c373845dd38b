"""nats-py on a server without credentials: what its documentation promises about messages."""
import asyncio
import collections

import pytest

from settle import settle

nats = pytest.importorskip("nats")


async def received(subscription, count: int, patience: float) -> list:
    """The data of the next `count` messages."""
    return [(await subscription.next_msg(timeout=patience)).data for _ in range(count)]


def connection_of(server, client) -> dict:
    """What the server's monitoring says of a client."""
    connections = server.json("/connz")["connections"]
    return next(one for one in connections if one["cid"] == client.client_id)


async def test_a_subscriber_gets_what_is_published_in_order(server, connect, patience):
    async with connect(server) as subscriber, connect(server) as publisher:
        subscription = await subscriber.subscribe("orders.new")
        await settle(subscriber)
        for number in range(1000):
            await publisher.publish("orders.new", str(number).encode())
        await settle(publisher)

        assert await received(subscription, 1000, patience) == [
            str(number).encode() for number in range(1000)]


async def test_a_callback_sees_subject_reply_and_data(server, connect, patience):
    async with connect(server) as client:
        seen = asyncio.get_running_loop().create_future()

        async def on_message(message):
            seen.set_result((message.subject, message.reply, message.data, message.headers))

        await client.subscribe("greet.*", cb=on_message)
        await client.publish("greet.sue", b"hello", reply="answers")
        assert await asyncio.wait_for(seen, patience) == ("greet.sue", "answers", b"hello", None)


async def test_wildcards_match_one_token_or_the_rest(server, connect):
    async with connect(server) as client:
        got = collections.defaultdict(list)
        for pattern in ("w.*", "w.>", "w.*.c", "*.b", "w.b"):
            async def on_message(message, pattern=pattern):
                got[pattern].append(message.subject)

            await client.subscribe(pattern, cb=on_message)
        for subject in ("w", "w.b", "w.b.c", "w.b.c.d"):
            await client.publish(subject)
        await settle(client)
        await client.drain()  # handles everything that was sent, and closes

        assert got == {"w.*": ["w.b"], "w.>": ["w.b", "w.b.c", "w.b.c.d"], "w.*.c": ["w.b.c"],
                       "*.b": ["w.b"], "w.b": ["w.b"]}


async def test_each_message_goes_to_one_member_of_a_queue_group(server, connect):
    shares = collections.Counter()
    numbers = []
    async with connect(server) as publisher, connect(server) as first, connect(server) as second:
        for name, member in (("first", first), ("second", second)):
            async def on_message(message, name=name):
                shares[name] += 1
                numbers.append(int(message.data))

            await member.subscribe("jobs", queue="workers", cb=on_message)
            await settle(member)
        for number in range(400):
            await publisher.publish("jobs", str(number).encode())
        await settle(publisher)
        await first.drain()
        await second.drain()

    assert sorted(numbers) == list(range(400))
    assert min(shares["first"], shares["second"]) > 100


async def test_requests_are_answered_also_many_at_once(server, connect, patience):
    async with connect(server) as service, connect(server) as client:
        async def on_request(message):
            await message.respond(b"re:" + message.data)

        await service.subscribe("svc.echo", cb=on_request)
        await settle(service)
        answers = await asyncio.gather(*[
            client.request("svc.echo", str(number).encode(), timeout=patience)
            for number in range(200)])
        assert [answer.data for answer in answers] == [
            f"re:{number}".encode() for number in range(200)]

        old = await client.request("svc.echo", b"old", timeout=patience, old_style=True)
        assert old.data == b"re:old"


async def test_headers_arrive_in_both_directions(server, connect, patience):
    async with connect(server) as service, connect(server) as client:
        async def on_request(message):
            headers = {"Seen": message.headers["Trace"], "Empty": ""}
            await client.publish(message.reply, b"", headers=headers)

        await service.subscribe("svc.headers", cb=on_request)
        await settle(service)
        answer = await client.request("svc.headers", b"data", timeout=patience,
                                      headers={"Trace": "a: b, c", "Other": "x"})
        assert (answer.data, answer.headers) == (b"", {"Seen": "a: b, c", "Empty": ""})


async def test_a_request_nobody_listens_to_fails_at_once(server, connect, patience):
    async with connect(server) as client:
        with pytest.raises(nats.errors.NoRespondersError):
            await client.request("nobody.home", b"", timeout=patience)


async def test_a_request_nobody_answers_times_out(server, connect):
    async with connect(server) as client:
        await client.subscribe("silent")
        await settle(client)
        with pytest.raises(nats.errors.TimeoutError):
            await client.request("silent", b"", timeout=0.2)


async def test_unsubscribing_after_a_count_ends_a_subscription(server, connect, patience):
    async with connect(server) as client:
        subscription = await client.subscribe("few")
        await subscription.unsubscribe(limit=3)
        for number in range(5):
            await client.publish("few", str(number).encode())
        await settle(client)
        assert await received(subscription, 3, patience) == [b"0", b"1", b"2"]
        assert connection_of(server, client)["subscriptions"] == 0


async def test_without_echo_a_client_does_not_hear_itself(server, connect, patience):
    async with connect(server, no_echo=True) as quiet, connect(server) as other:
        own = await quiet.subscribe("echo")
        others = await other.subscribe("echo")
        await settle(quiet, other)
        await quiet.publish("echo", b"mine")
        assert (await others.next_msg(timeout=patience)).data == b"mine"
        await other.publish("echo", b"theirs")
        assert (await own.next_msg(timeout=patience)).data == b"theirs"


async def test_a_drain_handles_what_was_sent_and_closes(server, connect):
    handled = []
    closed = asyncio.Event()

    async def on_closed():
        closed.set()

    async with connect(server, closed_cb=on_closed) as draining, connect(server) as publisher:
        async def on_message(message):
            await asyncio.sleep(0)
            handled.append(int(message.data))

        await draining.subscribe("work", cb=on_message)
        await settle(draining)
        for number in range(500):
            await publisher.publish("work", str(number).encode())
        await settle(publisher)
        await draining.drain()

        assert handled == list(range(500))
        assert closed.is_set() and draining.is_closed


async def test_a_payload_of_the_limit_passes_and_one_more_byte_is_refused(
        server, connect, patience):
    async with connect(server) as client:
        assert client.max_payload == 1024 * 1024
        subscription = await client.subscribe("big")
        body = bytes(range(256)) * (client.max_payload // 256)
        await client.publish("big", body)
        assert (await subscription.next_msg(timeout=patience)).data == body
        with pytest.raises(nats.errors.MaxPayloadError):
            await client.publish("big", body + b"!")


async def test_the_greeting_names_the_server_and_the_client(server, connect):
    async with connect(server) as client:
        assert str(client.connected_server_version).startswith("<nats server v2.15")
        assert client.client_ip == "127.0.0.1"
        assert client.client_id > 0
        assert client.servers[0].port == server.port
        assert client.discovered_servers == []
        assert 0 < await client.rtt() < 5


async def test_the_server_lists_a_client_by_its_name(server, connect):
    async with connect(server, name="librarian") as client:
        found = connection_of(server, client)
        assert (found["name"], found["lang"], found["version"]) == (
            "librarian", "python3", nats.aio.client.__version__)
