"""Where a connection to the outside may go: to no private network, unless a setting allows it."""

import ipaddress
import socket
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


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
    return address.is_global and not address.is_multicast


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
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        return False
