from __future__ import annotations

from pathlib import Path

import grpc
import pytest
from haven_client import CertificateError, ClientError, InvalidRequestError, UnavailableError
from haven_client.access import metadata_of, open_channel
from haven_client.errors import translate


def test_the_token_of_the_environment_counts_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAVEN_TOKEN", raising=False)
    assert metadata_of(None) == ()
    monkeypatch.setenv("HAVEN_TOKEN", "haven_a")
    assert metadata_of(None) == (("authorization", "Bearer haven_a"),)
    assert metadata_of("haven_b") == (("authorization", "Bearer haven_b"),)
    assert metadata_of("") == ()


@pytest.mark.parametrize("token", ["haven_a\n", "haven a", "haven_ä"])
def test_a_token_that_cannot_be_one_is_refused_and_not_quoted(token: str) -> None:
    with pytest.raises(InvalidRequestError, match="line ends and blanks") as caught:
        metadata_of(token)
    assert token not in str(caught.value)


def test_a_file_of_certificates_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=r"ca\.pem: No such file"):
        open_channel("127.0.0.1:1", tmp_path / "ca.pem", ())


@pytest.mark.parametrize(
    ("riddle", "kind", "meaning"),
    [
        ("Tls handshake failed: CERTIFICATE_VERIFY_FAILED", CertificateError, "nobody this machine trusts"),
        ("Hostname Verification Check failed.", CertificateError, "for another name"),
        ("Tls handshake failed: WRONG_VERSION_NUMBER", UnavailableError, "has no TLS"),
        ("Socket closed", UnavailableError, "https://HOST:PORT"),
        ("Connection refused", UnavailableError, "start one with `haven serve`"),
    ],
)
def test_a_connection_that_cannot_be_made_is_told_with_its_mend(
    riddle: str, kind: type[ClientError], meaning: str
) -> None:
    message = f"failed to connect to all addresses; last error: {riddle}"
    none = grpc.aio.Metadata()
    error = translate(grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, none, none, message))
    assert type(error) is kind and meaning in str(error) and riddle in str(error)
