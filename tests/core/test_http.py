"""The one way out: what it refuses to call, how long it waits, how much it reads, and what is sure not to be done."""

import asyncio
import gzip
import resource
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.test import override_settings

from core import http
from core.http import Answer, CallFailed, Request
from tests.loopback import byte_server, free_port, web_server

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture(autouse=True)
def own_machine() -> Iterator[None]:
    with override_settings(ALLOW_PRIVATE_TARGETS=True):
        yield


def call(*urls: str, **fields: Any) -> list[Answer]:
    """Each after the other in one session."""

    async def calls() -> list[Answer]:
        async with http.session() as session:
            return [await http.call(session, Request("POST", url, body=b"{}", **fields)) for url in urls]

    return asyncio.run(calls())


def failure(url: str, **fields: Any) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        call(url, **fields)
    return caught.value


def told(url: str, **fields: Any) -> tuple[str, bool]:
    failed = failure(url, **fields)
    return failed.code, failed.is_unclear


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A name server that says these addresses, one list after the other; the names it was asked for."""
    asked: list[str] = []

    async def getaddrinfo(_loop: Any, host: Any, port: Any, **_rest: Any) -> list[Any]:
        asked.append(str(host))
        found = answers[min(len(asked), len(answers)) - 1]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in found
        ]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


def test_an_answer_says_status_headers_and_body() -> None:
    with web_server(lambda _path: (201, {"X-Seen": "1"}, b'{"id": "a"}')) as server:
        (answer,) = call(f"{server.url}/v1", headers={"Authorization": "Bearer x"})
    assert (answer.status, answer.json(), answer.headers["x-seen"]) == (201, {"id": "a"}, "1")
    assert answer.is_success and server.requests[0][2]["Authorization"] == "Bearer x"


def test_a_connection_is_used_again() -> None:
    with web_server() as server:
        call(*[server.url] * 5)
    assert len(server.requests) == 5 and len(server.connections) == 1


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with (
        web_server() as inside,
        web_server(lambda _path: (302, {"Location": inside.url}, b"")) as server,
    ):
        assert call(server.url)[0].status == 302
    assert inside.requests == []


HIDDEN = [
    "http://127.0.0.1:{}/", "http://127.1:{}/", "http://2130706433:{}/", "http://0x7f000001:{}/", "http://0x7f.1:{}/",
    "http://0177.0.0.1:{}/", "http://017700000001:{}/", "http://0.0.0.0:{}/", "http://0:{}/", "http://localhost:{}/",
    "http://LOCALHOST.:{}/", "http://[::1]:{}/", "http://[::]:{}/", "http://[0:0:0:0:0:0:0:1]:{}/",
    "http://[::ffff:127.0.0.1]:{}/", "http://[::ffff:7f00:1]:{}/", "http://[::127.0.0.1]:{}/",
    "http://[64:ff9b::7f00:1]:{}/", "http://[2002:7f00:1::]:{}/", "http://[fec0::1]:{}/",
    "http://[fe80::1%25lo]:{}/", "http://①②⑦.⓪.⓪.①:{}/", "http://127。0。0。1:{}/", "http://１２７.0.0.1:{}/",
    "http://%31%32%37.0.0.1:{}/", "http://user@127.0.0.1:{}/", "http://example.com@127.0.0.1:{}/",
    "http://168.63.129.16:{}/", "http://169.254.169.254:{}/", "http://192.0.0.192:{}/", "http://224.0.0.1:{}/",
    "http://127.0.0.1.:{}/",
]  # fmt: skip


@pytest.mark.parametrize("url", HIDDEN)
def test_no_way_of_writing_it_leads_to_a_machine_of_ours(url: str) -> None:
    with web_server() as server, override_settings(ALLOW_PRIVATE_TARGETS=False):
        failed = failure(url.format(server.url.rpartition(":")[2]))
    assert failed.code in ("private", "dns", "url") and not failed.is_unclear
    assert server.requests == []


def test_a_name_that_leads_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, ["127.0.0.1"])
    with web_server() as server, override_settings(ALLOW_PRIVATE_TARGETS=False):
        assert told(server.url.replace("127.0.0.1", "harmless.example")) == ("private", False)
    assert server.requests == []


@pytest.mark.parametrize("found", [["8.8.8.8", "127.0.0.1"], ["8.8.8.8", "::1"], ["::1", "8.8.8.8"]])
def test_one_private_address_among_public_ones_is_enough(
    found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, found)
    with web_server() as server, override_settings(ALLOW_PRIVATE_TARGETS=False):
        assert told(server.url.replace("127.0.0.1", "harmless.example")) == ("private", False)
    assert server.requests == []


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that says something public first and this machine then (rebinding) is asked only once."""
    asked = names(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    connected: list[Any] = []

    async def refuse(_loop: Any, _sock: Any, address: Any) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", refuse)
    with web_server() as server, override_settings(ALLOW_PRIVATE_TARGETS=False):
        url = server.url.replace("127.0.0.1", "rebind.example")
        assert told(url) == ("connect", False)
        assert told(url) == ("private", False)  # another session asks again
    assert asked == ["rebind.example"] * 2 and set(connected) == {"8.8.8.8"}
    assert server.requests == []


def test_nobody_listens() -> None:
    assert told(f"http://127.0.0.1:{free_port()}/") == ("connect", False)


def test_a_name_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_args: Any, **_rest: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", unknown)
    assert told("http://nowhere.example/") == ("dns", False)


def test_a_server_without_a_certificate_was_told_nothing() -> None:
    with byte_server(lambda client: client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as url:
        code, is_unclear = told(url.replace("http:", "https:"))
    assert code in ("tls", "connect") and not is_unclear


def test_a_certificate_that_nobody_vouches_for(certificate: tuple[str, str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    heard: list[bytes] = []

    def serve(client: socket.socket) -> None:
        with context.wrap_socket(client, server_side=True) as secured:
            heard.append(secured.recv(100))

    with byte_server(serve, is_read=False) as url:
        assert told(url.replace("http:", "https:")) == ("tls", False)
    assert heard in ([], [b""])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The files of one that is its own issuer, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    return str(folder / "cert.pem"), str(folder / "key.pem")


def slowly(parts: bytes, pause: float) -> Callable[[socket.socket], None]:
    def serve(client: socket.socket) -> None:
        for number in range(len(parts)):
            client.sendall(parts[number : number + 1])
            time.sleep(pause)

    return serve


@pytest.mark.parametrize(
    "serve",
    [
        slowly(OK * 20, 0.05),
        slowly(OK + b"Content-Length: 400\r\n\r\n" + b"x" * 400, 0.02),
        lambda _client: time.sleep(5),
    ],
    ids=["headers", "body", "silence"],
)
def test_the_deadline_is_for_everything(serve: Callable[[socket.socket], None]) -> None:
    with byte_server(serve) as url:
        start = time.monotonic()
        assert told(url, deadline=0.5) == ("timeout", True)
        assert time.monotonic() - start < 1.5


def endless(start: bytes, part: bytes) -> Callable[[socket.socket], None]:
    def serve(client: socket.socket) -> None:
        client.sendall(start)
        while True:
            client.sendall(part)

    return serve


@pytest.mark.parametrize(
    ("serve", "code"),
    [
        (endless(OK, b"X-More: " + b"x" * 1000 + b"\r\n"), "cut"),
        (endless(OK + b"X-Long: ", b"x" * 10_000), "cut"),
        (endless(OK + b"\r\n", b"x" * 100_000), "too_large"),
        (
            endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"2710\r\n" + b"x" * 10_000 + b"\r\n"),
            "too_large",
        ),
        (endless(OK + b"Content-Length: 2000000000\r\n\r\n", b"x" * 100_000), "too_large"),
    ],
    ids=["headers", "header", "body", "chunks", "2 GB"],
)
def test_what_never_ends_costs_little(serve: Callable[[socket.socket], None], code: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with byte_server(serve) as url:
        start = time.monotonic()
        assert told(url) == (code, True)
        assert time.monotonic() - start < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KB


def test_a_megabyte_is_read_and_a_byte_more_is_not() -> None:
    with web_server(lambda path: (200, {}, b"x" * int(path[1:]))) as server:
        assert len(call(f"{server.url}/1000000")[0].body) == 1_000_000
        assert told(f"{server.url}/1000001") == ("too_large", True)


def test_a_zip_bomb_is_not_opened() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    with web_server(lambda _path: (200, {"Content-Encoding": "gzip"}, bomb)) as server:
        (answer,) = call(server.url)
    assert answer.body == bomb
    assert server.requests[0][2]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "body", [b"<html>Bad gateway</html>", b'{"id": "a', b"", b"[" * 100_000, b"\xff\xfe{"]
)
def test_an_answer_that_is_no_json_says_nothing_of_what_was_done(body: bytes) -> None:
    with web_server(lambda _path: (200, {}, body)) as server:
        (answer,) = call(server.url)
    with pytest.raises(CallFailed) as caught:
        answer.json()
    assert (caught.value.code, caught.value.is_unclear, caught.value.answer) == ("garbage", True, answer)


def reset(client: socket.socket) -> None:
    client.sendall(OK + b"Content-Length: 100\r\n\r\n{")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    "serve",
    [
        reset,
        lambda client: client.sendall(OK + b"Content-Length: 100\r\n\r\n{"),
        lambda client: client.sendall(b"HTTP/1.1 2"),
        lambda _client: None,
        lambda client: client.sendall(b"\x00\x01\x02 nonsense\r\n\r\n"),
        lambda client: client.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ],
    ids=["reset", "short", "no status", "nothing", "nonsense", "no chunk"],
)
def test_an_answer_that_breaks_off_may_have_been_given(serve: Callable[[socket.socket], None]) -> None:
    with byte_server(serve) as url:
        assert told(url) == ("cut", True)


@pytest.mark.parametrize("headers", [{"X-A": "1\r\nX-B: 2"}, {"X-A\r\nX-B": "2"}, {"X-A": "1\n2"}])
def test_a_header_of_two_lines_is_never_sent(headers: dict[str, str]) -> None:
    with web_server() as server:
        assert told(server.url, headers=headers) == ("url", False)
    assert server.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http:///x",
        "nothing",
        "ftp://127.0.0.1/",
        "http://[::1/",
        "http://a..b/",
        "http://x:99999/",
    ],
)
def test_what_is_no_address_is_said_to_be_none(url: str) -> None:
    failed = failure(url)
    assert failed.code in ("url", "dns") and not failed.is_unclear
