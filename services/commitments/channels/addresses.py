"""Where a connection to the outside may go: to no private network, unless a setting allows it."""

import asyncio
import ipaddress
import socket
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""All of the internet's IPv6 lies in here; what embeds an IPv4 address elsewhere does not."""

_NEVER = tuple(
    ipaddress.ip_network(each)
    for each in (
        "168.63.129.16/32",  # the host of a virtual machine of Azure, though it looks public
        "192.0.0.0/24",
        "192.88.99.0/24",
        "2001::/23",
        "3fff::/20",
    )
)
"""What the standard library's tables take for public, in one version or another."""


_resolvers = ThreadPoolExecutor(128, thread_name_prefix="resolver")


class ForbiddenAddress(Exception):  # noqa: N818 - it states a fact that callers record
    """A name that leads into a private network, or to this machine."""


def is_public(address: Address) -> bool:
    """Whether the address is one of the internet's, also where it hides within another form."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address not in _UNICAST:
            return False
    if any(address in network for network in _NEVER):
        return False
    return address.is_global and not address.is_multicast


async def resolved(host: str, port: int, *, allow_private: bool) -> str:
    """`pinned`, without waiting for the resolver; names that are slow hold up no other work."""
    ask = partial(pinned, host, port, allow_private=allow_private)
    return await asyncio.get_running_loop().run_in_executor(_resolvers, ask)


def pinned(host: str, port: int, *, allow_private: bool) -> str:
    """The address to connect to: resolved once, so that no second answer can lead elsewhere.

    Raises ForbiddenAddress when any address of the name is private, OSError when it has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not allow_private and not all(is_public(address) for address in addresses):
        raise ForbiddenAddress(f"{host} leads into a private network")
    return str(addresses[0])


def is_private_literal(url: str) -> bool:
    """Whether the URL names a private address itself, or this machine, rather than a name."""
    # Resolvers read full-width digits and dots, a dot at the end, and numbers in other forms.
    plain = unicodedata.normalize("NFKC", urlsplit(url).hostname or "").replace("。", ".")
    host = plain.lower().rstrip(".").partition("%")[0]
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        return _is_private_number(host)


def _is_private_number(host: str) -> bool:
    """Whether it is a decimal, octal, hexadecimal or shortened form of a private address."""
    if not host or not set(host) <= set("0123456789abcdefx."):
        return False
    try:
        return not is_public(ipaddress.IPv4Address(socket.inet_aton(host)))
    except OSError:
        return False
