"""Whom the server lets in, whatever the port: token, address, least role -> Token, or why not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TypeAlias

from haven_server.access.failures import ADDRESSES, FailureLimit, network_of
from haven_server.access.roles import Role
from haven_server.access.token_file import TokenFile
from haven_server.access.tokens import Token, digest_of
from haven_server.errors import (
    ConfigurationError,
    ForbiddenError,
    StorageError,
    TooManyFailuresError,
    UnauthenticatedError,
)
from haven_server.ports import Clock
from haven_server.telemetry import logger

log = logger(__name__)

HOW_TO = "make one on the server by `haven token create`"
_Stamp: TypeAlias = tuple[int, int, int] | None


class Guard:
    """Checks tokens against their file, which is read again whenever it changes."""

    def __init__(self, tokens: TokenFile, clock: Clock) -> None:
        """Read the tokens.

        Raises:
            ConfigurationError: their file is damaged, or open to others.  StorageError: it cannot be read.
        """
        self._file = tokens
        self._failures = FailureLimit(clock)
        # By address and digest: whom a neighbour with a wrong token does not lock out.
        self._welcome: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._complained_of: _Stamp = None
        self._stamp = self._look()
        self._tokens: Mapping[str, Token] = _by_digest(tokens)

    def admit(self, text: str | None, address: str, least: Role, what: str) -> Token:
        """Let a caller in.

        Args:
            text: of the token; None: there is none.
            address: the caller's IP address.
            least: role that the call needs.
            what: is called, for the message.
        Returns:
            The caller's token.
        Raises:
            UnauthenticatedError: there is no token, or nobody's.
            TooManyFailuresError: too many wrong ones came from this address; this one was not looked at.
            ForbiddenError: the token's role is less than ``least``.
            StorageError: the file of tokens became unreadable; nobody is let in.
        """
        if not text:
            raise UnauthenticatedError(
                f"this server asks who calls: send a token (HAVEN_TOKEN or --token; in metadata, authorization: "
                f"Bearer TOKEN); {HOW_TO}"
            )
        token = self._find(text, address)
        if token.role < least:
            raise ForbiddenError(
                f"{what} is for the role {least.word}, and token {token.name!r} is of the role {token.role.word}: "
                f"use another; {HOW_TO} --role {least.word}"
            )
        return token

    def require_valid(self, token: Token) -> None:
        """See to it that a caller who was let in may stay: for what goes on for long.

        Raises:
            UnauthenticatedError: the token was revoked meanwhile.  StorageError: see ``admit``.
        """
        if self._known().get(token.digest) != token:
            raise UnauthenticatedError(f"token {token.name!r} was revoked: use another")

    def _find(self, text: str, address: str) -> Token:
        digest = digest_of(text)
        place = network_of(address), digest
        wait_s = self._failures.wait_s(address)
        if wait_s and place not in self._welcome:
            raise TooManyFailuresError(wait_s)
        token = self._known().get(digest)
        if token is None:
            self._failures.note(address)
            log.warning("a wrong token was refused", address=address)
            raise UnauthenticatedError(f"nobody has this token here, or it was revoked; {HOW_TO}")
        self._welcome[place] = None
        self._welcome.move_to_end(place)
        if len(self._welcome) > ADDRESSES:
            self._welcome.popitem(last=False)
        return token

    def _known(self) -> Mapping[str, Token]:
        """Return the tokens by digest, as the file holds them now."""
        stamp = self._look()
        if stamp != self._stamp:
            try:
                self._tokens, self._stamp = _by_digest(self._file), stamp
            except (ConfigurationError, StorageError) as error:
                if stamp != self._complained_of:
                    log.error("tokens cannot be read: nobody is let in", problem=str(error))
                    self._complained_of = stamp
                raise StorageError("the server cannot read its tokens; its log tells why") from error
        return self._tokens

    def _look(self) -> _Stamp:
        """Tell one state of the file from another; it is replaced as a whole."""
        try:
            found = self._file.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_ctime_ns


def _by_digest(tokens: TokenFile) -> dict[str, Token]:
    return {token.digest: token for token in tokens.read()}
