"""Where the server may listen: other machines reach it by TLS and with a token, or not at all."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
import trustme
from structlog.testing import capture_logs

from haven_server.errors import ConfigurationError
from haven_server.rpc.listening import check_reach, listen
from haven_server.settings import GRPCSettings, SecuritySettings, TLSSettings

EVERYWHERE = ("0.0.0.0", "::", "192.0.2.7", "example.org", "")
TLS = TLSSettings(certificate=Path("server.pem"), key=Path("server.key"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_this_machine_alone_is_served_in_any_way(host: str) -> None:
    check_reach(host, SecuritySettings(authentication=False))


@pytest.mark.parametrize("host", EVERYWHERE)
def test_without_authentication_no_other_machine_is_served(host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"api\.grpc\.host: .*security\.authentication"):
        check_reach(host, SecuritySettings(authentication=False, allow_cleartext=True, tls=TLS))


@pytest.mark.parametrize("host", EVERYWHERE)
def test_without_tls_no_other_machine_is_served_unless_that_is_wanted(host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"api\.grpc\.host: .*security\.tls\.certificate.*allow_cleartext"):
        check_reach(host, SecuritySettings())
    with capture_logs() as lines:
        check_reach(host, SecuritySettings(allow_cleartext=True))
    assert [line["log_level"] for line in lines] == ["warning"]


@pytest.mark.parametrize("host", EVERYWHERE)
def test_with_tls_and_tokens_every_machine_is_served_without_a_warning(host: str) -> None:
    with capture_logs() as lines:
        check_reach(host, SecuritySettings(tls=TLS))
    assert lines == []


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Files of a certificate, its key, another key, and none of these."""
    first, second = (trustme.CA().issue_cert("localhost") for _ in range(2))
    made = {name: tmp_path / f"{name}.pem" for name in ("certificate", "key", "other", "text", "missing")}
    first.cert_chain_pems[0].write_to_path(made["certificate"])
    first.private_key_pem.write_to_path(made["key"])
    second.private_key_pem.write_to_path(made["other"])
    made["text"].write_text("no certificate")
    return made


@pytest.mark.parametrize(
    ("certificate", "key", "named"),
    [
        ("certificate", "other", "other.pem"),
        ("text", "key", "text.pem"),
        ("certificate", "text", "text.pem"),
        ("key", "certificate", "key.pem"),
        ("missing", "key", "missing.pem: No such file"),
        ("certificate", "missing", "missing.pem: No such file"),
    ],
)
async def test_a_certificate_that_cannot_be_used_is_named_before_anybody_connects(
    files: dict[str, Path], certificate: str, key: str, named: str
) -> None:
    tls = TLSSettings(certificate=files[certificate], key=files[key])
    with pytest.raises(ConfigurationError, match=rf"security\.tls: .*{named}"):
        listen(grpc.aio.server(), GRPCSettings(port=0), SecuritySettings(tls=tls))


def test_a_certificate_without_its_key_is_half_a_setting() -> None:
    with pytest.raises(ValueError, match="both certificate and key"):
        TLSSettings(certificate=Path("server.pem"))
