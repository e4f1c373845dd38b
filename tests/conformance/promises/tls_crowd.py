"""A crowd of TLS clients in a process of its own: all connect, all close, and all again.

python3 tls_crowd.py HOST PORT CA COUNT ROUNDS: prints how many sessions were resumed."""
import concurrent.futures
import pathlib
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.client import Client  # noqa: E402

THREADS = 16
PATIENCE_S = 20


def main(host: str, port: int, authority: str, count: int, rounds: int) -> None:
    context = ssl.create_default_context(cafile=authority)
    sessions = [None] * count
    resumed = 0

    def connect(number: int) -> Client:
        client = Client.to(host, port, PATIENCE_S)
        client.read_info()
        client.sock = context.wrap_socket(client.sock, server_hostname="localhost",
                                          session=sessions[number])
        client.connect()
        client.ping()
        sessions[number] = client.sock.session
        return client

    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        for _ in range(rounds):
            crowd = list(pool.map(connect, range(count)))
            resumed += sum(client.sock.session_reused for client in crowd)
            for client in crowd:
                client.close()
    print(resumed)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
