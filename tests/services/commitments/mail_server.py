"""A mail server of this machine that keeps what it gets."""

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession


class Mailbox:
    """A mail server that keeps what it gets, and knows one mailbox that it refuses."""

    def __init__(self) -> None:
        self.kept: list[Envelope] = []

    async def handle_RCPT(  # noqa: N802 - the server's own name
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, to: str, _options: list[str]
    ) -> str:
        if to.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the server's own name
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope
    ) -> str:
        self.kept.append(envelope)
        return "250 OK"
