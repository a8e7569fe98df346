"""E-mail over SMTP, one message a recipient, sent in a thread because the library waits."""

import asyncio
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from services.commitments.channels.outcome import Outcome

TIMEOUT_SECONDS = 15.0

# A server that is slow holds up the mail and nothing else.
_senders = ThreadPoolExecutor(16, thread_name_prefix="mail")


@dataclass(frozen=True, slots=True)
class Mailer:
    """A mail server, from `smtp://`, `smtp+starttls://` or `smtps://user:password@host:port`."""

    url: str = field(repr=False)
    sender: str

    async def send(self, message_id: str, to: str, subject: str, text: str) -> Outcome:
        """One message; its `Message-ID` is the notification's, over all tries."""
        try:
            message = self._message(message_id, to, subject, text)
            await asyncio.get_running_loop().run_in_executor(_senders, self._deliver, message)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            return Outcome(_said(code, said), refused=code >= 500)
        except smtplib.SMTPResponseException as error:
            return Outcome(_said(error.smtp_code, error.smtp_error))
        except (smtplib.SMTPException, OSError) as error:
            return Outcome(f"{type(error).__name__}: {error}"[:300])
        except (ValueError, IndexError, MessageError) as error:
            return Outcome(f"not a mailbox: {error}"[:300], refused=True)
        return Outcome()

    def _message(self, message_id: str, to: str, subject: str, text: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.sender
        # One mailbox: a comma or a group would let one address be many.
        message["To"] = Address(addr_spec=to)
        message["Subject"] = " ".join(subject.split())
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{message_id}@{self.sender.rpartition('@')[2].strip('<> ')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text, charset="utf-8")
        return message

    def _deliver(self, message: EmailMessage) -> None:
        parts = urlsplit(self.url)
        secured = ssl.create_default_context()
        host, port = parts.hostname or "127.0.0.1", parts.port or 0
        with (
            smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=secured)
            if parts.scheme == "smtps"
            else smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        ) as server:
            if parts.scheme == "smtp+starttls":
                server.starttls(context=secured)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)


def _said(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return f"answered {code}: {text}"[:300]
