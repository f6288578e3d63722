from __future__ import annotations

import pytest

from haven_server.access import failures
from haven_server.access.failures import BURST, PER_S, FailureLimit, network_of
from haven_server.clock import ManualClock


def test_an_address_waits_after_a_burst_and_then_for_each_one_more() -> None:
    clock = ManualClock()
    limit = FailureLimit(clock)
    for _ in range(BURST):
        assert limit.wait_s("192.0.2.7") == 0
        limit.note("192.0.2.7")
    assert limit.wait_s("192.0.2.7") == pytest.approx(1 / PER_S)
    assert limit.wait_s("192.0.2.8") == 0
    clock.advance(1 / PER_S)
    assert limit.wait_s("192.0.2.7") == 0
    limit.note("192.0.2.7")
    assert limit.wait_s("192.0.2.7") == pytest.approx(1 / PER_S)


def test_what_is_remembered_of_addresses_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "ADDRESSES", 2)
    limit = FailureLimit(ManualClock())
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        for _ in range(BURST):
            limit.note(address)
    assert [limit.wait_s(f"192.0.2.{last}") > 0 for last in (1, 2, 3)] == [False, True, True]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:/run/haven", "unix:/run/haven"),
    ],
)
def test_addresses_of_one_customer_count_as_one(address: str, network: str) -> None:
    assert network_of(address) == network
