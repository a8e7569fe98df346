"""Targets that lead astray: rebinding names, private hosts, many mailboxes, endless answers."""

import asyncio
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from services.commitments.channels import addresses, messengers
from services.commitments.channels.mail import Mailer
from services.commitments.channels.messengers import OTHERS
from services.commitments.channels.outcome import Outcome
from services.commitments.channels.webhook import Webhooks, new_secret
from tests.services.commitments.mail_server import Mailbox
from tests.services.commitments.receivers import Receiver, receiving

_watching: list[list[tuple[str, int]]] = []


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        for made in _watching:
            made.append(arguments[1][:2])


sys.addaudithook(_heard)


@contextmanager
def connections() -> Iterator[list[tuple[str, int]]]:
    """Every connection that this process tries to make meanwhile, by whichever library."""
    made: list[tuple[str, int]] = []
    _watching.append(made)
    try:
        yield made
    finally:
        _watching.remove(made)


async def test_a_name_that_answers_otherwise_the_second_time_leads_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "127.0.0.2" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    async with receiving(Receiver()) as target:
        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        # As if the other address of this machine, where nobody listens, were the internet.
        monkeypatch.setattr(addresses, "is_public", lambda a: str(a) == "127.0.0.2")
        webhooks = Webhooks(allow_private=False)
        url = target.url.replace("127.0.0.1", "rebinds.example")
        with connections() as made:
            tries = [await _sent(webhooks, url) for _ in range(2)]
        await webhooks.close()
    # One question a try, and the connection goes to what was checked of its answer.
    assert asked == ["rebinds.example"] * 2
    assert [address for address, _ in made] == ["127.0.0.2"]
    assert "private network" in (tries[1].error or "")
    assert target.requests == []


async def _sent(webhooks: Webhooks, url: str) -> Outcome:
    return await webhooks.send(url, [new_secret()], "ntf_1", b"{}", datetime.now(UTC))


async def test_no_connection_is_shared_by_names_whose_certificates_differ() -> None:
    webhooks = Webhooks(allow_private=True)
    secured = webhooks._client._transport_for_url(httpx.URL("https://a.example/"))
    assert isinstance(secured, httpx.AsyncHTTPTransport)
    assert secured._pool._max_keepalive_connections == 0
    await webhooks.close()


TOKENS = {
    "bark": "bark://{host}/device", "gotify": "gotify://{host}/token", "json": "json://{host}/",
    "matrix": "matrix://user:pass@{host}/#room", "mmost": "mmost://{host}/" + "a" * 24,
    "nctalk": "nctalk://user:pass@{host}/room", "ntfy": "ntfy://{host}/topic",
    "rocket": "rocket://user:pass@{host}/#room", "signal": "signal://{host}/+15551234567/+15551234568",
    "workflows": "workflows://{host}/workflow/signature/",
}  # fmt: skip


@pytest.mark.parametrize("scheme", TOKENS)
async def test_a_messenger_at_a_private_host_is_not_even_connected_to(scheme: str) -> None:
    assert scheme in OTHERS
    for host in ("127.0.0.1:9", "localhost:9", "2130706433:9", "0x7f000001:9"):
        credential = {"url": TOKENS[scheme].format(host=host)}
        if messengers.faults("apprise", credential) is not None:
            continue
        with connections() as made:
            outcome = await messengers.send("apprise", credential, "t", "x", allow_private=False)
        assert not outcome.delivered, host
        assert made == [], host


async def test_a_messenger_that_drips_or_floods_is_left_and_holds_up_no_other() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
        sent = 0
        try:
            while sent < 50_000_000:
                writer.write(b"x" * 65536)
                await writer.drain()
                sent += 65536
        except ConnectionError:
            return
        finally:
            flooded.append(sent)
            writer.close()

    flooded: list[int] = []
    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    began = time.monotonic()
    outcome = await messengers.send(
        "apprise", {"url": f"json://127.0.0.1:{port}/"}, "t", "x", allow_private=True
    )
    server.close()
    await asyncio.sleep(0.2)
    assert outcome.delivered
    assert time.monotonic() - began < 10
    assert flooded
    assert flooded[0] < 20_000_000


HOSTILE = (
    "a@example.com, b@example.com", "a@example.com\r\nBcc: b@example.com", "a@example.com\nX: y",
    "team: a@example.com, b@example.com;", "\"a\" <a@example.com>", "a@example.com\0", "@", "",
    "a@example.com>, <b@example.com",
)  # fmt: skip


@pytest.mark.parametrize("to", HOSTILE)
async def test_one_address_is_one_mailbox_and_no_header(
    to: str, mailbox: tuple[Mailbox, str]
) -> None:
    kept, url = mailbox
    outcome = await Mailer(url, "see@example.com").send("ntf_1", to, "x", "y")
    assert (outcome.delivered, outcome.refused) == (False, True)
    assert kept.kept == []


async def test_a_case_named_like_a_header_stays_within_the_subject(
    mailbox: tuple[Mailbox, str],
) -> None:
    kept, url = mailbox
    subject = "【告警】INC1\r\nBcc: all@example.com\u2028X: y\x00 已超过"
    await Mailer(url, "see@example.com").send("ntf_1", "a@example.com", subject, "x\r\n.\r\ny")
    for envelope in kept.kept:
        assert envelope.rcpt_tos == ["a@example.com"]
        assert isinstance(envelope.content, bytes)
        assert b"\r\nBcc:" not in envelope.content
