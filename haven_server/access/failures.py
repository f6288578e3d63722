"""How often an address may be wrong: wrong tokens -> how long it has to wait."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict

from haven_server.ports import Clock

BURST = 10
"""Wrong tokens that an address may send at once."""
PER_S = 0.1
"""Wrong tokens a second that an address may send on and on."""
ADDRESSES = 4096
"""Addresses remembered at most; the one that has been quiet for longest is forgotten first."""


class FailureLimit:
    """A leaky bucket for each address: a wrong token fills it, time empties it. Of bounded memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def note(self, address: str) -> None:
        """Count a wrong token of an address."""
        network = network_of(address)
        self._buckets[network] = (self._level(network) + 1, self._clock.monotonic())
        self._buckets.move_to_end(network)
        if len(self._buckets) > ADDRESSES:
            self._buckets.popitem(last=False)

    def wait_s(self, address: str) -> float:
        """Say how long an address has to wait before another token of it is looked at, s; 0: not at all."""
        return max(0.0, (self._level(network_of(address)) - (BURST - 1)) / PER_S)

    def _level(self, network: str) -> float:
        level, at = self._buckets.get(network, (0.0, 0.0))
        return max(0.0, level - (self._clock.monotonic() - at) * PER_S)


def network_of(address: str) -> str:
    """Name whom an address belongs to: an IPv6 network of 64 bits is one customer's, who may use all of it.

    Args:
        address: an IP address; anything else, such as the name of a socket, stands for itself.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(ip) >> 64 << 64, 64)))
