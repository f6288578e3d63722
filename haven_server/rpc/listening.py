"""Where the server listens, and in which way: settings -> port. Other machines reach it by TLS alone, unless told."""

from __future__ import annotations

import ipaddress
import ssl

import grpc

from haven_server.errors import ConfigurationError
from haven_server.settings import GRPCSettings, SecuritySettings, TLSSettings
from haven_server.telemetry import logger

log = logger(__name__)


def listen(server: grpc.aio.Server, settings: GRPCSettings, security: SecuritySettings) -> str:
    """Take the port.

    Returns:
        What clients connect to: HOST:PORT, an IPv6 address in brackets; with TLS https://HOST:PORT.
    Raises:
        ConfigurationError: the address cannot be listened on, may not be in this way, or there is no such certificate.
    """
    check_reach(settings.host, security)
    address = _address(settings.host, settings.port)
    credentials = _credentials(security.tls)
    try:
        if credentials is None:
            return _address(settings.host, server.add_insecure_port(address))
        return f"https://{_address(settings.host, server.add_secure_port(address, credentials))}"
    except RuntimeError as error:
        raise ConfigurationError(
            f"cannot listen on {address}: another program does, or this machine has no such address; "
            "set api.grpc.host and api.grpc.port"
        ) from error


def check_reach(host: str, security: SecuritySettings) -> None:
    """Refuse an address that other machines could reach where they would be strangers, or be overheard.

    Raises:
        ConfigurationError: authentication is off, or there is no TLS and that was not asked for.
    """
    if is_loopback(host):
        return
    if not security.authentication:
        raise ConfigurationError(
            f"api.grpc.host: {host!r} can be reached by other machines, and nobody would be asked who they are: set "
            "security.authentication: true, or listen on 127.0.0.1"
        )
    if security.tls.certificate is None and not security.allow_cleartext:
        raise ConfigurationError(
            f"api.grpc.host: {host!r} can be reached by other machines, and tokens and pictures could be read on the "
            "way: set security.tls.certificate and key, or listen on 127.0.0.1; behind a proxy that has TLS, or in a "
            "network of its own, set security.allow_cleartext: true"
        )
    if security.tls.certificate is None:
        log.warning("served without TLS: tokens and pictures can be read on the way", host=host)


def is_loopback(host: str) -> bool:
    """Say whether an address is reached from this machine alone. Any name but localhost may mean anything."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _credentials(tls: TLSSettings) -> grpc.ServerCredentials | None:
    """Read the certificate; gRPC itself would take a wrong one, and fail each client with a riddle."""
    if tls.certificate is None or tls.key is None:
        return None
    try:
        chain, key = tls.certificate.read_bytes(), tls.key.read_bytes()
        # Asked for a password, OpenSSL would wait for somebody to type it.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.certificate, tls.key, password="")
    except ssl.SSLError as error:
        raise ConfigurationError(
            f"security.tls: {tls.certificate} and {tls.key}: wanted a certificate in PEM form and its own private key "
            f"without a password ({error.reason or 'unreadable'})"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"security.tls: {error.filename}: {error.strerror}") from error
    return grpc.ssl_server_credentials([(key, chain)])


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
