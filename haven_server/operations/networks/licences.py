"""Which licences a person must agree to before a network is fetched or exported."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from haven_server.errors import LicenceError

PERMISSIVE: Final = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT"})
"""Licences that allow any use, for mentioning their makers. To all others a person has to agree."""
AGPL: Final = "AGPL-3.0"
NON_COMMERCIAL: Final = "InsightFace-non-commercial"

_TERMS: Final[Mapping[str, str]] = {
    AGPL: "copyleft: whoever hands on the network, or offers a service that uses it, owes them the source of the "
    "whole program, or buys another licence of its makers",
    NON_COMMERCIAL: "for non-commercial research only",
}
"""What the licences say that networks known here come with; a manifest may name others."""


def terms(licence: str) -> str:
    """Say in a line what a licence asks of whoever uses the network."""
    if licence in PERMISSIVE:
        return "any use"
    return _TERMS.get(licence, "unknown to HAVEN: read it before you agree")


def require_consent(networks: Mapping[str, str], accepted: Collection[str]) -> None:
    """Refuse networks whose licence binds a person who has not agreed to it.

    Args:
        networks: licence by name of network.
        accepted: the licences that were agreed to.
    Raises:
        LicenceError: one was not; the message tells their terms and how to agree.
    """
    open_ones = {name: licence for name, licence in networks.items() if licence not in PERMISSIVE | set(accepted)}
    if open_ones:
        told = "; ".join(f"{name}: {licence} ({terms(licence)})" for name, licence in open_ones.items())
        options = " ".join(f"--accept-licence {licence}" for licence in dict.fromkeys(open_ones.values()))
        raise LicenceError(f"{told}. If you agree, add {options}")
