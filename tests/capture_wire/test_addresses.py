"""Strangers' URLs never lead us inside."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.capture import addresses
from archiver.capture.addresses import checked_addresses, destination, host_allowed, is_public, system_resolver
from archiver.http import AddressRefused, Fetcher, NameNotFound, TimedOut, redirect_target
from tests.capture_wire.conftest import MakeFetcher
from tests.effort import examples
from tests.servers import Authority, RawServer, answer

PORT = 0
"""Stands for the port of the listener in the corpus."""

INSIDE_HOSTS = [
    # loopback, plainly and in disguise
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001"),
    *(
        "0x7f.0.0.1",
        "0x7f.1",
        "0177.0.0.1",
        "0177.1",
        "127.0.0.01",
        "127.000.000.001",
        "0x7F.0x0.0x0.0x1",
        "127.0.0.1.",
    ),
    *("1２7.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "１２７．０．０．１", "127.0.0.1%00", "127.0.0.0x1", "00000177.0.0.1"),
    *(
        "localhost",
        "LOCALHOST",
        "localhost.",
        "ⓛocalhost",
        "loc\u00adalhost",
        "sub.localhost",
        "0",
        "0.0.0.0",
        "0x0",
        "00",
    ),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::7f00:1]"),
    *("[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]"),
    *("[2002:7f00:0001::1]", "[2001:0:7f00:1::]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[::1%25lo]", "[::1%lo]"),
    *("[::ffff:127.1]", "[0000::0001]", "[::0001]", "[fe80::5efe:127.0.0.1]", "[2607:f8b0::5efe:127.0.0.1]"),
    # private networks, cloud metadata, link-local, carrier, test, benchmark, multicast, reserved
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "167772161"),
    *("0xa000001", "012.0.0.1", "10.1", "192.168.257", "3232235777", "169.254.169.254", "2852039166", "0xa9fea9fe"),
    *("0251.0376.0251.0376", "169.254.43518", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]"),
    *("100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "198.18.0.1", "198.19.255.255"),
    *("198.51.100.1", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *(
        "100.100.100.200",
        "[fd00:ec2::254]",
        "[fc00::1]",
        "[fdff::1]",
        "[fe80::1]",
        "[febf::1]",
        "[fec0::1]",
        "[ff02::1]",
    ),
    *("[2001:db8::1]", "[100::1]", "[3fff::1]", "[5f00::1]", "[2001:2::1]", "[2001:10::1]", "[::ffff:10.0.0.1]"),
    *("[::ffff:a00:1]", "[::10.0.0.1]", "[64:ff9b::10.0.0.1]", "[2002:a00:1::]", "[2002:c0a8:1::1]", "[4000::1]"),
    # names that lead inside, by the resolver of the test
    *("inside.example", "INSIDE.example", "inside.example.", "half-inside.example", "six.example", "mapped.example"),
    *(
        "meta.example",
        "nat.example",
        "zone.example",
        "rubbish.example",
        "xn--nside-zza.example",
        "127.0.0.1.nip.example",
    ),
]
REFUSED_URLS = [
    # user names, look-alike separators, other parsers' readings
    *("https://user@127.0.0.1/", "https://public.example@127.0.0.1/", "https://127.0.0.1@public.example/"),
    *("https://user:pass@public.example/", "https://@public.example/", "https://a@b@public.example/"),
    *("https://public.example\\@127.0.0.1/", "https://127.0.0.1\\public.example/", "https:\\\\127.0.0.1/"),
    *("https:/127.0.0.1/", "https:127.0.0.1", "https:///127.0.0.1/", "//127.0.0.1/", "127.0.0.1", "", " ", "https://"),
    *("https://public.example:443@127.0.0.1/", "https://127.0.0.1#@public.example/", "https://?@127.0.0.1/"),
    *(
        "https://127.0.0.1%2f@public.example/",
        "https://%31%32%37.0.0.1/",
        "https://public.example%00.evil/",
        "https://%6c/",
    ),
    *("https://pub\tlic.example/", "https://pub\nlic.example/", "\thttps://127.0.0.1/", "https://127.0.0.1\r\n/"),
    *("https://pub lic.example/", "https://[::1/", "https://::1/", "https://[127.0.0.1]/", "https://[::1]x/"),
    *(
        "https://public.example:/",
        "https://public.example:0/",
        "https://public.example:65536/",
        "https://public.example:x/",
    ),
    *(
        "https://public.example:-1/",
        "https://public.example:4 43/",
        "https://public.example:４４３/",
        "https://[::ffff:1.2.3]/",
    ),
    *(
        "https://-.example/",
        "https://a..example/",
        "https://.example/",
        "https://" + "a" * 300 + ".example/",
        "https://ex_/",
    ),
    *(
        "https://xn--\u00e9.example/",
        "https://\u202e.example/",
        "https://\u00ad/",
        "https://..../",
        "https://256.256.256.256/",
    ),
    # other schemes and ports
    *(
        "http://public.example/",
        "HTTP://public.example/",
        "ftp://public.example/",
        "file:///etc/passwd",
        "file://localhost/x",
    ),
    *(
        "gopher://127.0.0.1:6379/_x",
        "dict://127.0.0.1:11211/",
        "data:text/html,x",
        "javascript:alert(1)",
        "ws://public.example/",
    ),
    *(
        "ldap://127.0.0.1/",
        "jar:https://public.example!/",
        "https+unix://x/",
        "blob:https://public.example/1",
        "about:blank",
    ),
    *(
        "https://public.example:22/",
        "https://public.example:80/",
        "https://public.example:8443/",
        "https://public.example:6379/",
    ),
    *(
        "https://public.example:25/",
        "http://public.example:443/",
        "http://127.0.0.1:80/",
        "http://169.254.169.254/latest",
    ),
]

NAMES: dict[str, list[str]] = {
    "public.example": ["93.184.216.34"],
    "inside.example": ["10.0.0.7"],
    "half-inside.example": ["93.184.216.34", "127.0.0.1"],
    "six.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "meta.example": ["169.254.169.254"],
    "nat.example": ["64:ff9b::a00:1"],
    "zone.example": ["fe80::1%eth0"],
    "rubbish.example": ["not an address"],
    "127.0.0.1.nip.example": ["127.0.0.1"],
    "localhost": ["127.0.0.1", "::1"],
    "sub.localhost": ["127.0.0.1"],
    "xn--nside-zza.example": ["127.0.0.1"],
}


def resolve(host: str) -> Sequence[str]:
    if host not in NAMES:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")
    return NAMES[host]


class Listener:
    """Counts connections to one loopback port, on IPv4 and IPv6."""

    def __init__(self) -> None:
        self.connections = 0
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port: int = self._sockets[0].getsockname()[1]
        if socket.has_ipv6:
            self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for each in self._sockets:
            threading.Thread(target=self._count, args=(each,), daemon=True).start()

    def _count(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def close(self) -> None:
        for each in self._sockets:
            each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


def corpus() -> list[str]:
    return [f"https://{host}/" for host in INSIDE_HOSTS] + REFUSED_URLS


def test_the_corpus_is_large_enough() -> None:
    assert len(set(corpus())) >= 150


def test_no_url_of_the_corpus_makes_a_connection(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection the fetcher would make is sent to the listener instead, so that none can go unseen."""
    true_connect = socket.create_connection

    def to_the_listener(address: tuple[str, int], *rest: object, **named: object) -> socket.socket:
        return true_connect(("127.0.0.1", listener.port))

    monkeypatch.setattr(socket, "create_connection", to_the_listener)
    fetcher = Fetcher(user_agent="x", resolver=resolve, connect_timeout=60, read_timeout=60, total_timeout=60)
    reached = []
    for url in corpus():
        reached.append(url)
        with pytest.raises((AddressRefused, NameNotFound)) as caught:
            fetcher.fetch("GET", url)
        assert caught.value.code in ("address_refused", "name_not_found"), url
    fetcher.close()
    assert len(reached) == len(corpus())
    assert listener.connections == 0


def test_a_public_address_does_reach_the_listener(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above can fail: the same arrangement lets a good URL through."""
    true_connect = socket.create_connection
    asked = []

    def to_the_listener(address: tuple[str, int], *rest: object, **named: object) -> socket.socket:
        asked.append(address)
        return true_connect(("127.0.0.1", listener.port))

    monkeypatch.setattr(socket, "create_connection", to_the_listener)
    fetcher = Fetcher(user_agent="x", resolver=resolve, connect_timeout=60, read_timeout=60, total_timeout=60)
    with pytest.raises(Exception, match=r"TLS|nobody"):
        fetcher.fetch("GET", "https://public.example/")
    fetcher.close()
    assert asked == [("93.184.216.34", 443)], "the very address that was checked"
    assert listener.connections == 1


def test_a_name_that_changes_its_mind_is_asked_only_once(monkeypatch: pytest.MonkeyPatch, listener: Listener) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    asked: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], *rest: object, **named: object) -> socket.socket:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    fetcher = Fetcher(user_agent="x", resolver=lambda host: next(answers), total_timeout=60)
    with pytest.raises(Exception, match="nobody answers"):
        fetcher.fetch("GET", "https://rebinding.example/")
    assert asked == [("93.184.216.34", 443)]
    with pytest.raises(AddressRefused):
        fetcher.fetch("GET", "https://rebinding.example/")
    assert len(asked) == 1
    assert listener.connections == 0
    fetcher.close()


def test_the_name_stays_in_tls_and_host_while_the_address_is_the_checked_one(
    authority: Authority, fetcher_for: MakeFetcher
) -> None:
    names: list[str] = []
    context = authority.server("peer.example")
    context.sni_callback = lambda _socket, name, _context: names.append(str(name))
    with RawServer(answer(b"x"), tls=context) as server:
        fetcher = fetcher_for(resolver=lambda host: {"peer.example": ["127.0.0.1"]}[host])
        fetcher._trusted = frozenset([f"https://peer.example:{server.port}"])
        exchange = fetcher.fetch("GET", f"https://peer.example:{server.port}/")
    assert names == ["peer.example"]
    assert b"Host: peer.example:%d\r\n" % server.port in exchange.request
    assert exchange.network.ip == "127.0.0.1"


def test_a_redirect_inside_is_refused_by_the_same_check(fetcher_for: MakeFetcher, listener: Listener) -> None:
    for location in (
        f"http://127.0.0.1:{listener.port}/",
        f"https://localhost:{listener.port}/",
        "file:///etc/passwd",
        f"//127.0.0.1:{listener.port}/x",
        "https://169.254.169.254/latest/meta-data/",
        "gopher://127.0.0.1/",
    ):
        with RawServer(answer(b"", f"Location: {location}", status="302 Found")) as server:
            fetcher = fetcher_for(server)
            target = redirect_target(fetcher.fetch("GET", server.url("/a")))
            assert target is not None
            with pytest.raises(AddressRefused):
                fetcher.fetch("GET", target)
    assert listener.connections == 0


@pytest.mark.parametrize(
    ("status", "location", "target"),
    [
        ("302 Found", "/b?c=d#e", "/b?c=d"),
        ("301 Moved", "b", "/dir/b"),
        ("307 Temporary Redirect", "https://public.example/x y", "https://public.example/x y"),
        ("308 Permanent Redirect", "?n=2", "/dir/a?n=2"),
        ("303 See Other", "/caf\xc3\xa9", "/caf\u00e9"),
        ("304 Not Modified", "/b", None),
        ("200 OK", "/b", None),
        ("302 Found", "", None),
        ("302 Found", "https://[::1/", None),
        ("302 Found", "/next?access_token=abcdef123456", None),
    ],
)
def test_a_redirect_leads_to_its_absolute_target(
    status: str, location: str, target: str | None, fetcher_for: MakeFetcher
) -> None:
    with RawServer(answer(b"", f"Location: {location}", status=status)) as server:
        found = redirect_target(fetcher_for(server).fetch("GET", server.url("/dir/a?x=1")))
        assert found == (server.url(target) if target and target.startswith("/") else target)


def test_two_targets_are_no_target(fetcher_for: MakeFetcher) -> None:
    with RawServer(answer(b"", "Location: /a", "Location: /b", status="302 Found")) as server:
        assert redirect_target(fetcher_for(server).fetch("GET", server.url())) is None


def test_only_the_exact_origin_is_trusted(listener: Listener) -> None:
    trusted = frozenset([f"http://127.0.0.1:{listener.port}"])
    assert destination(f"http://127.0.0.1:{listener.port}/x", trusted_origins=trusted).trusted
    for url in (
        f"https://127.0.0.1:{listener.port}/",
        f"http://127.0.0.1:{listener.port + 1}/",
        f"http://localhost:{listener.port}/",
        f"http://127.0.0.2:{listener.port}/",
        "http://127.0.0.1/",
    ):
        with pytest.raises(AddressRefused):
            destination(url, trusted_origins=trusted)


def test_plain_http_is_only_for_those_who_ask_for_it_and_only_on_its_port() -> None:
    assert destination("http://public.example/feed", plain_http=True).port == 80
    with pytest.raises(AddressRefused, match="encryption"):
        destination("http://public.example/feed")
    for url in ("http://public.example:8080/", "http://127.0.0.1/", "http://10.0.0.1/"):
        with pytest.raises(AddressRefused):
            destination(url, plain_http=True)


def test_hosts_are_matched_on_label_boundaries() -> None:
    suffixes = ["cdn.example", ".Media.Example."]
    assert [host_allowed(host, suffixes) for host in ("cdn.example", "a.cdn.example", "b.media.example")] == [True] * 3
    for host in ("evilcdn.example", "cdn.example.evil", "example", "cdn.exampl", "xcdn.example"):
        assert not host_allowed(host, suffixes)
    assert host_allowed("anything.example", ["*"])
    assert not host_allowed("anything.example", [])
    with pytest.raises(AddressRefused, match="list of hosts"):
        destination("https://evil.example/", hosts=suffixes)
    with pytest.raises(AddressRefused, match="not a public"):
        destination("https://127.0.0.1/", hosts=["*"])


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://Public.Example:443/a", "https://public.example/a"),
        ("https://public.example", "https://public.example/"),
        ("https://public.example?x=1#f", "https://public.example/?x=1"),
        (
            'https://m\u00fcnchen.example/\u00fc "<>?q=\u4e2d#x',
            "https://xn--mnchen-3ya.example/%C3%BC%20%22%3C%3E?q=%E4%B8%AD",
        ),
        ("https://public.example/%41%2f%zz?a[]=1&b='", "https://public.example/%41%2f%zz?a[]=1&b='"),
        ("https://public.example/a\r\nHost: evil", "https://public.example/a%0D%0AHost:%20evil"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://under_score.example/", "https://under_score.example/"),
    ],
)
def test_a_good_url_is_sent_in_one_form(url: str, sent: str) -> None:
    assert destination(url).url == sent


@settings(max_examples=examples(400), deadline=None)
@given(st.text(max_size=40), st.sampled_from(["https://", "https://public.example", "https://8.8.8.8", ""]))
def test_any_text_is_refused_or_leads_to_a_public_https_address(text: str, before: str) -> None:
    try:
        found = destination(before + text)
    except AddressRefused:
        return
    assert (found.scheme, found.port) == ("https", 443)
    assert found.target.isascii()
    assert found.target.startswith("/")
    assert found.host == found.host.lower()
    assert not set(found.url) & set(" \r\n\t\0\\@") - set(found.target)
    literal = addresses.literal_address(found.host)
    assert literal is None or is_public(literal)


@settings(max_examples=examples(400), deadline=None)
@given(st.ip_addresses(v=4))
def test_a_hidden_address_is_as_public_as_itself(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for hidden in (
        ipaddress.IPv6Address(0xFFFF << 32 | number),
        ipaddress.IPv6Address(0x64FF9B << 96 | number),
        ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 5),
        ipaddress.IPv6Address(number or 2**40),
    ):
        assert is_public(hidden) == is_public(address) or number < 2
    if not address.is_global:
        assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_one_bad_address_refuses_the_name() -> None:
    found = destination("https://half-inside.example/")
    with pytest.raises(AddressRefused):
        checked_addresses(found, resolve)
    assert checked_addresses(destination("https://public.example/"), resolve) == ("93.184.216.34",)


def _knows_nothing(host: str) -> Sequence[str]:
    return []


def test_unknown_names_are_not_found() -> None:
    for resolver in (resolve, _knows_nothing):
        with pytest.raises(NameNotFound) as caught:
            checked_addresses(destination("https://nowhere.example/"), resolver)
        assert caught.value.code == "name_not_found"


def test_a_resolver_that_hangs_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [("", "", "", "", ("", hanging.wait(120)))])
    with pytest.raises(TimedOut):
        system_resolver(0.05)("slow.example")
    hanging.set()


def test_the_system_resolver_knows_this_machine_and_not_nonsense() -> None:
    assert "127.0.0.1" in system_resolver(60)("localhost")
    with pytest.raises(OSError):
        system_resolver(60)("a" * 64 + ".example")


def test_addresses_are_tried_in_turn(fetcher_for: MakeFetcher) -> None:
    with RawServer(answer(b"second")) as server:
        fetcher = fetcher_for(resolver=lambda host: ["::1", "127.0.0.1"])
        fetcher._trusted = frozenset([f"http://two.example:{server.port}"])
        exchange = fetcher.fetch("GET", f"http://two.example:{server.port}/")
    assert (exchange.body, exchange.network.ip) == (b"second", "127.0.0.1")
