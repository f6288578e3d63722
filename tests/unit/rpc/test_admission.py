"""Every method has its least role, and its comment says which."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from google.protobuf.descriptor_pool import Default
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection

from haven_server.rpc.admission import LEAST_ROLE, OPEN, address_of
from haven_server.rpc.server import SERVICES

PROTOS = Path(__file__).parents[3] / "proto" / "haven" / "v1"
COMMENTED_RPC = re.compile(r"((?:^  //.*\n)+)  rpc (\w+)\(", re.MULTILINE)


def methods_of(service: str) -> set[str]:
    descriptor = Default().FindServiceByName(service)
    return {f"/{service}/{method.name}" for method in descriptor.methods}


def test_every_method_that_is_served_has_its_least_role_or_is_open_to_all() -> None:
    served = {
        method for name in (*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME) for method in methods_of(name)
    }
    assert set(LEAST_ROLE) | OPEN == served
    assert not set(LEAST_ROLE) & OPEN


def test_the_comment_of_every_method_names_its_least_role() -> None:
    told = {
        f"/haven.v1.{path.stem.title().replace('_', '')}/{name}": found[1]
        for path in PROTOS.glob("*_service.proto")
        for comment, name in COMMENTED_RPC.findall(path.read_text())
        if (found := re.search(r"^  // Least role: (\w+)\.$", comment, re.MULTILINE))
    }
    ours = {method: role.word for method, role in LEAST_ROLE.items() if method.startswith("/haven.v1.")}
    assert told == ours


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:192.0.2.7:4242", "192.0.2.7"),
        ("ipv6:%5B2001:db8::1%5D:4242", "2001:db8::1"),
        ("ipv6:[::1]:4242", "::1"),
        ("unix:/run/haven.sock", "unix:/run/haven.sock"),
    ],
)
def test_a_peers_address_is_read_without_its_port(peer: str, address: str) -> None:
    assert address_of(peer) == address
