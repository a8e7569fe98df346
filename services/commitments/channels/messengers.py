"""Group robots and other messengers, spoken to by the `apprise` library in a thread of its own."""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import apprise
import requests.adapters
import requests.sessions
import urllib3

from services.commitments.channels.addresses import ForbiddenAddress, pinned
from services.commitments.channels.outcome import Outcome

TIMEOUT_SECONDS = 20.0

ROBOTS: Mapping[str, tuple[str, ...]] = {
    "wecom": ("key",),
    "dingtalk": ("token", "secret"),
    "feishu": ("token",),
}
"""The group robots 企业微信, 钉钉 and 飞书, with the members of their credentials."""

OTHERS = frozenset(
    ("bark", "barks", "discord", "gchat", "gotify", "gotifys", "json", "jsons", "kook", "lark",
     "line", "matrix", "matrixs", "mmost", "mmosts", "nctalk", "nctalks", "ntfy", "ntfys",
     "pover", "pushplus", "rocket", "rockets", "signal", "signals", "slack", "tgram", "workflows",
     "wxpusher", "wxteams", "zulip")
)  # fmt: skip
"""Of the library's messengers those that speak HTTP, and so are held to public addresses."""

ANSWER_SECONDS = 15.0
MOST_ANSWER = 64 * 1024
"""A target that answers more, or slower, is not read to the end."""

TOO_MUCH = frozenset((429, 45009, 45033, 130101, 410100, 9499, 11232, 11247))
"""What 企业微信, 钉钉 and 飞书 answer to a robot that says too much, and HTTP."""

# A thread is busy until its target has answered: these are no other channel's.
_speakers = ThreadPoolExecutor(32, thread_name_prefix="messenger")

# The library logs what it sends, credentials included.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


class _Call(threading.local):
    """What the thread's present call may do, and what it was answered."""

    allow_private = False
    status: int | None = None
    error: str | None = None
    code: int | None = None
    """What the target answered to say no."""


_call = _Call()


class _Guarded(requests.adapters.HTTPAdapter):
    """Connects to a pinned public address, follows no redirect, and reads what a robot answers."""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        # A proxy of the environment would connect in our place, to wherever it likes.
        own = {"proxies": {}, "stream": True, "timeout": (5, ANSWER_SECONDS)}
        response = super().send(request, *args, **{**kwargs, **own})
        _call.status = response.status_code
        _read(response)
        if response.is_redirect:
            raise _refused(f"answered {response.status_code}, a redirect")
        if not response.ok:
            _call.error = f"answered {response.status_code}"
            _call.code = response.status_code if response.status_code < 500 else None
        elif said := _robot_error(response):
            raise _refused(said)
        return response

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        name, port = host["host"], host["port"] or (443 if host["scheme"] == "https" else 80)
        try:
            address = pinned(name, port, allow_private=_call.allow_private)
        except (ForbiddenAddress, OSError) as error:
            raise _refused(str(error)) from error
        # The certificate is checked against the name, the connection goes to the address.
        request.headers["Host"] = urlsplit(request.url or "").netloc.rpartition("@")[2]
        if host["scheme"] == "https":
            pool |= {"server_hostname": name, "assert_hostname": name}
        return {**host, "host": address}, pool


def _read(response: requests.Response) -> None:
    """Keep the start of the answer; whoever drips or floods is left."""
    kept, began = b"", time.monotonic()
    try:
        while len(kept) < MOST_ANSWER and (part := response.raw.read1(8192, decode_content=True)):
            kept += part
            if time.monotonic() - began > ANSWER_SECONDS:
                raise _refused(f"no end of the answer within {ANSWER_SECONDS:.0f} s")
    except (OSError, urllib3.exceptions.HTTPError) as error:
        raise _refused(f"{type(error).__name__}: {error}"[:300]) from error
    finally:
        response.close()
    response._content, response._content_consumed = kept, True


# The library calls `requests.post`, which makes its sessions from this name. Exporters of traces
# and metrics use requests too, with an adapter of their own.
requests.sessions.HTTPAdapter = _Guarded  # type: ignore[attr-defined]


def faults(kind: str, credential: Mapping[str, str]) -> str | None:
    """What is wrong with a credential, in English; None when the library can use it."""
    if kind in ROBOTS:
        needed = set(ROBOTS[kind][:1])
        if not needed <= credential.keys() <= set(ROBOTS[kind]):
            return f"A credential of {kind} has: {', '.join(ROBOTS[kind])}."
    elif set(credential) != {"url"}:
        return "A credential of apprise has: url."
    else:
        parts = urlsplit(credential["url"])
        if parts.scheme not in OTHERS:
            return f"The scheme is one of {', '.join(sorted(OTHERS))}."
        # `template` would read a file of this machine.
        if any(name.lower() == "template" for name, _ in parse_qsl(parts.query)):
            return "A template is not allowed."
    usable = apprise.Apprise.instantiate(_url(kind, credential), suppress_exceptions=True)
    return None if usable else "The library cannot read this credential."


def _url(kind: str, credential: Mapping[str, str]) -> str:
    quoted = {name: quote(value, safe="") for name, value in credential.items()}
    match kind:
        case "wecom":
            return "wecombot://{key}/".format(**quoted)
        case "dingtalk" if "secret" in credential:
            return "dingtalk://{secret}@{token}/".format(**quoted)
        case "dingtalk" | "feishu":
            return f"{kind}://{quoted['token']}/"
    return credential["url"]


async def send(
    kind: str, credential: Mapping[str, str], title: str, text: str, *, allow_private: bool
) -> Outcome:
    """Say this in the group or to the account that the credential leads to."""
    if kind in ROBOTS:
        # What a ticket is called must not mention a whole group.
        title, text = title.replace("<", "＜"), text.replace("<", "＜")
    loop, url = asyncio.get_running_loop(), _url(kind, credential)
    said = loop.run_in_executor(_speakers, _notify, url, title, text, allow_private)
    try:
        return await asyncio.wait_for(said, TIMEOUT_SECONDS)
    except TimeoutError:
        return Outcome(f"no answer within {TIMEOUT_SECONDS:.0f} s")


def _notify(url: str, title: str, text: str, allow_private: bool) -> Outcome:
    _call.allow_private, _call.status, _call.error, _call.code = allow_private, None, None, None
    target = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    if target is None:
        return Outcome("the credential cannot be read", refused=True)
    if target.notify(body=text, title=title, body_format=apprise.NotifyFormat.TEXT):
        return Outcome(status=_call.status)
    return _failed()


def _failed() -> Outcome:
    code = _call.code
    return Outcome(
        _call.error or "not delivered",
        _call.status,
        answered_no=code is not None,
        throttled=code in TOO_MUCH,
    )


def _refused(said: str) -> requests.ConnectionError:
    _call.error = said
    return requests.ConnectionError(said)


def _robot_error(response: requests.Response) -> str | None:
    """The error in the answer of a group robot: they say 200 and mean it only with code 0."""
    try:
        said = response.json()
    except ValueError:
        return None
    if not isinstance(said, dict):
        return None
    code = said.get("errcode", said.get("code", said.get("StatusCode", 0)))
    if code in (0, "0", 200):
        return None
    _call.code = code if isinstance(code, int) else 0
    return f"answered code {code}: {said.get('errmsg') or said.get('msg') or ''}"[:300]
