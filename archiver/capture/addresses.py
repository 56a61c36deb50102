"""Where we may connect to. URLs in feeds and answers are written by strangers, and must not lead us inside.

The rules are pure; names are resolved through a :data:`Resolver` that is handed in. A connection is made to the very
address that was checked: nothing resolves the name a second time, TLS and ``Host`` keep the name.
"""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import idna

from archiver.capture.fetch_errors import AddressRefused, NameNotFound, TimedOut

IPv4 = ipaddress.IPv4Address
IPv6 = ipaddress.IPv6Address

#: Gives the IP addresses of a host name, as text, best first. Raises OSError when there are none.
Resolver = Callable[[str], Sequence[str]]

_PORTS = {"https": 443, "http": 80}
#: One reading of a URL (RFC 3986 §3). Whatever two parsers could read differently in front of the path is refused:
#: white space, control characters, backslashes, escapes in the host, an empty port, a second ``@``.
_URL = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://(?:(?P<user>[^/?#\\]*)@)?"
    r"(?P<host>\[[0-9a-fA-F:.%]*\]|[^\s\x00-\x20\x7f/?#@:\\%\[\]]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>(?:[/?][^#]*)?)(?:#.*)?",
    re.DOTALL,
)
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
#: Printable ASCII that a request target keeps; the rest is percent-encoded as UTF-8.
_TARGET_SAFE = "!$%&'()*+,-./:;=?@[]_~|^"

#: IANA special-purpose registries: not every Python version counts all of these as not global.
_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("100::/64", "100:0:0:1::/64", "2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20", "5f00::/16"),
        *("fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")
_ISATAP = (0x00005EFE, 0x02005EFE)


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL taken apart once, by the only parser that has a say."""

    scheme: str
    host: str
    """ASCII, lower case, without the root dot; IPv6 without brackets."""
    port: int
    target: str
    """Path and query as sent, ASCII."""
    trusted: bool = False
    """On the list of origins that are exempt from the address rules (practice, tests)."""

    @property
    def origin(self) -> str:
        """``scheme://host:port``, the port always named."""
        return f"{self.scheme}://{self._bracketed}:{self.port}"

    @property
    def authority(self) -> str:
        """What the ``Host`` header says: the port only where it is not the usual one."""
        return self._bracketed if self.port == _PORTS[self.scheme] else f"{self._bracketed}:{self.port}"

    @property
    def url(self) -> str:
        """The URL in the form it is asked."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def destination(
    url: str,
    *,
    hosts: Collection[str] | None = None,
    plain_http: bool = False,
    trusted_origins: Collection[str] = frozenset(),
) -> Destination:
    """Take a URL apart and check everything that can be known without asking anybody.

    Args:
        hosts: host suffixes that may be asked (on label boundaries), ``*`` for any; None for any.
        plain_http: also allow ``http`` on port 80, for an account a custodian registered so.
        trusted_origins: exact ``scheme://host:port`` that are exempt from every rule but being readable.

    Raises:
        AddressRefused: the URL is unreadable, or leads where we do not go.
    """
    found = _taken_apart(url)
    if found.origin in trusted_origins:
        return Destination(found.scheme, found.host, found.port, found.target, trusted=True)
    _check_scheme_and_port(found, plain_http)
    literal = literal_address(found.host)
    if literal is not None and not is_public(literal):
        raise AddressRefused(f"{found.host} is not a public address")
    if hosts is not None and not host_allowed(found.host, hosts):
        raise AddressRefused(f"{found.host} is not on the list of hosts for this ask")
    return found


def _check_scheme_and_port(found: Destination, plain_http: bool) -> None:
    if found.scheme == "http" and not plain_http:
        raise AddressRefused(f"{found.host} would be asked without encryption; only https is allowed")
    if found.port != _PORTS[found.scheme]:
        raise AddressRefused(f"port {found.port} of {found.host} is not the usual port of {found.scheme}")


def _taken_apart(url: str) -> Destination:
    match = _URL.fullmatch(url.strip(" "))
    if match is None:
        raise AddressRefused("not an absolute URL without spaces or control characters in front of its path")
    scheme = match["scheme"].lower()
    if scheme not in _PORTS:
        raise AddressRefused("only https addresses can be asked")
    if match["user"] is not None:
        raise AddressRefused("a URL with a user name in it")
    port = int(match["port"]) if match["port"] else _PORTS[scheme]
    if not 0 < port < 65536:
        raise AddressRefused("a URL whose port is not a port")
    return Destination(scheme, _host(match["host"]), port, _target(match["target"]))


def _target(text: str) -> str:
    encoded = quote(text.encode("utf-8", "surrogatepass"), safe=_TARGET_SAFE)
    return encoded if encoded.startswith("/") else "/" + encoded


def _host(text: str) -> str:
    """The host in one form: IPv6 as Python writes it, names through IDNA (UTS 46), numbers only as dotted quads.

    Raises:
        AddressRefused: a number in disguise (``0x7f.1``, ``2130706433``, ``0177.0.0.1``) or no host name at all.
    """
    if text.startswith("["):
        return str(_ipv6(text[1:-1]))
    name = _ascii_name(text)
    if _NUMERIC_LABEL.fullmatch(name.rpartition(".")[2]) and _ipv4(name) is None:
        raise AddressRefused("a host that is a number in disguise")
    if len(name) > 253 or not _HOST.fullmatch(name):
        raise AddressRefused("a URL without a usable host name")
    return name


def _ascii_name(text: str) -> str:
    try:
        if not text.isascii():
            text = idna.encode(text, uts46=True, transitional=False).decode()
    except (idna.IDNAError, UnicodeError):
        raise AddressRefused("a host name that is not a valid international name") from None
    return text.lower().removesuffix(".")


def _ipv6(text: str) -> IPv6:
    try:
        if "%" in text:
            raise ValueError
        return IPv6(text)
    except ValueError:
        raise AddressRefused("a host that is not an IPv6 address") from None


def _ipv4(text: str) -> IPv4 | None:
    try:
        return IPv4(text)
    except ValueError:
        return None


def literal_address(host: str) -> IPv4 | IPv6 | None:
    """The IP address a host is written as, or None for a name."""
    return IPv6(host) if ":" in host else _ipv4(host)


def host_allowed(host: str, suffixes: Collection[str]) -> bool:
    """Whether a host is one of the suffixes or below one of them."""
    names = (suffix.lower().strip(".") for suffix in suffixes)
    return any(name == "*" or host == name or host.endswith(f".{name}") for name in names)


def is_public(address: IPv4 | IPv6) -> bool:
    """Whether an address is on the public internet, judged by the innermost address a tunnel or translation leads to.

    Source: the IANA special-purpose address registries (RFC 6890); RFC 4291 §2.5.5, 3056, 4380, 5214, 6052.
    """
    inner = embedded(address)
    if inner:
        return all(is_public(each) for each in inner)
    if isinstance(address, IPv6) and (address not in _PUBLIC_V6 or _isatap_inside(address)):
        return False
    special = any(address in network for network in _SPECIAL if network.version == address.version)
    return address.is_global and not address.is_multicast and not special


def embedded(address: IPv4 | IPv6) -> tuple[IPv4, ...]:
    """The IPv4 addresses that a mapped, compatible, translated, 6to4, Teredo or NAT64 address stands for."""
    if isinstance(address, IPv4):
        return ()
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if any(address in network for network in (_NAT64, _COMPATIBLE, _TRANSLATED)):
        return (IPv4(int(address) & 0xFFFFFFFF),)
    return ()


def _isatap_inside(address: IPv6) -> bool:
    number = int(address)
    return number >> 32 & 0xFFFFFFFF in _ISATAP and not is_public(IPv4(number & 0xFFFFFFFF))


def checked_addresses(target: Destination, resolve: Resolver) -> tuple[str, ...]:
    """The addresses a connection to ``target`` may be made to; resolves the name exactly once.

    Raises:
        AddressRefused: one of them is not public (all are refused then: a name that leads inside is not to be trusted).
        NameNotFound: there are none.
    """
    literal = literal_address(target.host)
    found = [str(literal)] if literal is not None else _resolved(target.host, resolve)
    if not target.trusted and not all(_usable(address) for address in found):
        raise AddressRefused(f"{target.host} leads to an address that is not public")
    return tuple(dict.fromkeys(found))


def _resolved(host: str, resolve: Resolver) -> Sequence[str]:
    try:
        found = resolve(host)
    except (OSError, UnicodeError):
        found = ()
    if not found:
        raise NameNotFound(f"the name {host} has no address")
    return found


def _usable(text: str) -> bool:
    try:
        return is_public(ipaddress.ip_address(text))
    except ValueError:  # a scope (fe80::1%eth0) or something else that is no plain address
        return False


def system_resolver(timeout: float) -> Resolver:
    """The machine's resolver with a time limit of ``timeout`` seconds, which it does not have by itself.

    The returned function raises TimedOut when the limit passes.
    """

    def resolve(host: str) -> Sequence[str]:
        answers: queue.SimpleQueue[Sequence[str] | OSError] = queue.SimpleQueue()
        threading.Thread(target=_look_up, args=(host, answers), daemon=True, name="resolver").start()
        try:
            answer = answers.get(timeout=timeout)
        except queue.Empty:
            raise TimedOut(f"the name {host} was not resolved in {timeout:g} seconds") from None
        if isinstance(answer, OSError):
            raise answer
        return answer

    return resolve


def _look_up(host: str, answers: queue.SimpleQueue[Sequence[str] | OSError]) -> None:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        answers.put([str(entry[4][0]) for entry in found])
    except OSError as error:
        answers.put(error)
    except UnicodeError:
        answers.put(OSError("not a name"))
