"""A barrier for nats-py."""


async def settle(*clients) -> None:
    """Waits until the server has done all that the clients were told to do.

    A flush writes its PING ahead of what the client still buffers: the second one is behind it."""
    for client in clients:
        await client.flush()
        await client.flush()
