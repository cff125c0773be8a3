"""From where a request came: what its sender claims counts only through proxies of ours (W20)."""

from ipaddress import ip_network

import pytest

from app.web.client_address import farthest_believed

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
PEER = "203.0.113.9"


@pytest.mark.parametrize(
    ("peer", "forwarded", "believed"),
    [
        (PEER, [], PEER),
        (PEER, ["1.2.3.4"], PEER),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", ["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", ["6.6.6.6", "1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", ["1.2.3.4, 10.0.0.2"], "1.2.3.4"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["1.2.3.4:5678"], "1.2.3.4"),
        ("10.0.0.1", ["1.2.3.4, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4,"], "10.0.0.1"),
        ("10.0.0.1", ["[2001:db8:1:2:3::4]:443"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:3::4", ["1.2.3.4"], "2001:db8:1:2::/64"),
        ("fd00::1", ["1.2.3.4"], "1.2.3.4"),
        ("::ffff:203.0.113.9", [], PEER),
        ("::ffff:10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        ("unknown", ["1.2.3.4"], "unknown"),
        ("10.0.0.1", ["1.2.3.4, " * 10_000 + "5.6.7.8"], "5.6.7.8"),
    ],
)  # fmt: skip
def test_the_nearest_address_that_is_no_proxy_counts(peer: str, forwarded: list[str], believed: str) -> None:
    assert farthest_believed(peer, forwarded, TRUSTED) == believed


def test_without_proxies_nobody_is_believed() -> None:
    assert farthest_believed(PEER, ["1.2.3.4"], []) == PEER
