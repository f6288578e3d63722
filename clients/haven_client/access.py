"""How a client shows who it is, and knows the server: token, address, certificate -> channel and metadata."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc

from haven_client.errors import CertificateError, InvalidRequestError

TOKEN_VARIABLE, CA_VARIABLE = "HAVEN_TOKEN", "HAVEN_CA"
TLS = "https://"
"""How an address begins whose server has TLS."""


def metadata_of(token: str | None) -> tuple[tuple[str, str], ...]:
    """Return what each call carries; None: the token of the environment, if there is one.

    Raises:
        InvalidRequestError: the token holds what cannot be sent; it is not quoted.
    """
    text = os.environ.get(TOKEN_VARIABLE, "") if token is None else token
    if not text:
        return ()
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise InvalidRequestError("the token holds letters that no token has: look for line ends and blanks in it")
    return (("authorization", f"Bearer {text}"),)


def open_channel(address: str, ca: Path | None, options: Sequence[tuple[str, Any]]) -> grpc.aio.Channel:
    """Open a channel, with TLS where the address says so or a certificate authority is named.

    Raises:
        CertificateError: its file cannot be read.
    """
    if ca is None and os.environ.get(CA_VARIABLE):
        ca = Path(os.environ[CA_VARIABLE])
    target = address.removeprefix(TLS)
    if target == address and ca is None:
        return grpc.aio.insecure_channel(target, options=options)
    try:
        roots = None if ca is None else ca.read_bytes()
    except OSError as error:
        raise CertificateError(f"{ca}: {error.strerror}: name the PEM file of who signed the certificate") from error
    return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(roots), options=options)
