"""The file of tokens: who may be let in, as hashes, readable by its owner alone. JSON <-> Token."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from haven_server.access.roles import Role
from haven_server.access.tokens import NAME, Token, digest_of, new_text
from haven_server.errors import ConfigurationError, InvalidInputError, NotFoundError, StorageError, writing

OWNER_ONLY = 0o600


class TokenFile:
    """Tokens that are made, listed and revoked, by several processes at a time. Changes are whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Say whether a token was ever made here; the file outlives the last one that is revoked."""
        return self.path.exists()

    def read(self) -> tuple[Token, ...]:
        """Read every token in the order in which they were made; none where there is no file.

        Raises:
            ConfigurationError: others than its owner may read or write it, or it holds something else.
            StorageError: it cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                mode, text = os.fstat(file.fileno()).st_mode, file.read()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise StorageError(f"{self.path}: {error.strerror}: let whoever runs haven read it") from error
        if stat.S_IMODE(mode) & ~OWNER_ONLY & 0o777:
            raise ConfigurationError(f"{self.path}: others may read or write it: chmod 600, and look who is in it")
        try:
            return tuple(Token.from_json(entry) for entry in json.loads(text)["tokens"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigurationError(
                f"{self.path}: no file of tokens, or a damaged one: move it away, and make tokens anew"
            ) from error

    def create(self, role: Role, name: str | None = None) -> tuple[Token, str]:
        """Make a token.

        Args:
            name: by which it is revoked; None: role and number.
        Returns:
            It, and its text, which is kept nowhere.
        Raises:
            InvalidInputError: the name is taken or malformed.
            OutputError: the file cannot be written.  Whatever ``read`` raises.
        """
        if name is not None and not NAME.fullmatch(name):
            raise InvalidInputError(f"{name!r}: a token's name has up to 64 letters, digits, dots, - and _")
        text = new_text()
        with self._alone():
            known = self.read()
            taken = {token.name for token in known}
            if name in taken:
                raise InvalidInputError(f"{self.path}: there is a token {name!r} already: revoke it, or choose another")
            token = Token(name or _free_name(role, taken), role, digest_of(text), datetime.now(UTC))
            self._write([*known, token])
        return token, text

    def revoke(self, name: str) -> Token:
        """Take a token back; a server that runs knows at once.

        Raises:
            NotFoundError: there is none of that name.
            OutputError: the file cannot be written.  Whatever ``read`` raises.
        """
        with self._alone():
            known = self.read()
            revoked = next((token for token in known if token.name == name), None)
            if revoked is None:
                raise NotFoundError(
                    f"{self.path}: no token {name!r}; there are {', '.join(token.name for token in known) or 'none'}"
                )
            self._write([token for token in known if token is not revoked])
        return revoked

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from changing the file: the folder is locked, since the file itself is replaced."""
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)
                yield
            finally:
                os.close(folder)

    def _write(self, tokens: Sequence[Token]) -> None:
        """Replace the file; a reader sees the old one or the new one."""
        text = json.dumps({"tokens": [token.as_json() for token in tokens]}, indent=2) + "\n"
        draft = self.path.with_name(self.path.name + ".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)


def _free_name(role: Role, taken: set[str]) -> str:
    return next(name for number in range(1, len(taken) + 2) if (name := f"{role.word}-{number}") not in taken)
