from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from haven_server.access.roles import Role
from haven_server.access.token_file import TokenFile
from haven_server.access.tokens import digest_of
from haven_server.errors import ConfigurationError, HavenError, InvalidInputError, NotFoundError, OutputError
from haven_server.redaction import Redactor


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "state" / "tokens.json")


def test_a_new_token_is_known_by_its_hash_and_read_by_its_owner_alone(tokens: TokenFile) -> None:
    assert not tokens.exists()
    token, text = tokens.create(Role.OPERATOR)
    assert (token.name, token.role, token.digest) == ("operator-1", Role.OPERATOR, digest_of(text))
    assert tokens.read() == (TokenFile(tokens.path).read()[0],)
    assert tokens.path.stat().st_mode & 0o777 == 0o600
    assert text not in tokens.path.read_text()
    assert list(tokens.path.parent.iterdir()) == [tokens.path]


def test_no_two_tokens_are_alike_and_each_is_masked_wherever_it_turns_up(tokens: TokenFile) -> None:
    texts = {tokens.create(Role.VIEWER)[1] for _ in range(20)}
    assert len(texts) == 20
    assert {Redactor()(f"authorization: Bearer {text}, denied") for text in texts} == {
        "authorization: Bearer ***, denied"
    }


def test_tokens_are_numbered_by_role_unless_they_are_named(tokens: TokenFile) -> None:
    for role, name in ((Role.VIEWER, None), (Role.VIEWER, "wall"), (Role.VIEWER, None), (Role.ADMIN, None)):
        tokens.create(role, name)
    assert [token.name for token in tokens.read()] == ["viewer-1", "wall", "viewer-2", "admin-1"]


def test_a_revoked_token_is_gone_and_the_file_stays(tokens: TokenFile) -> None:
    tokens.create(Role.VIEWER, "wall")
    assert tokens.revoke("wall").role is Role.VIEWER
    assert (tokens.read(), tokens.exists()) == ((), True)


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 65, "ä", "a\n"])
def test_a_name_that_would_not_fit_a_line_is_refused(tokens: TokenFile, name: str) -> None:
    with pytest.raises(InvalidInputError, match="letters, digits"):
        tokens.create(Role.VIEWER, name)
    assert not tokens.exists()


def test_a_name_is_given_once(tokens: TokenFile) -> None:
    tokens.create(Role.VIEWER, "wall")
    with pytest.raises(InvalidInputError, match="'wall' already"):
        tokens.create(Role.ADMIN, "wall")


def test_an_unknown_name_is_told_which_there_are(tokens: TokenFile) -> None:
    tokens.create(Role.VIEWER, "wall")
    with pytest.raises(NotFoundError, match="no token 'door'; there are wall"):
        tokens.revoke("door")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_file_that_others_can_open_is_refused(tokens: TokenFile, mode: int) -> None:
    tokens.create(Role.VIEWER)
    tokens.path.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        tokens.read()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"tokens": 3}',
        '{"tokens": [3]}',
        '{"tokens": [{"name": "a"}]}',
        b"\xff".decode("latin-1"),
        *(
            json.dumps({"tokens": [{"name": "a", "role": "viewer", "sha256": "0" * 64, "created_at": at} | change]})
            for at, change in (
                ("2026-01-01T00:00:00", {}),
                ("2026-01-01T00:00:00Z", {"role": "root"}),
                ("2026-01-01T00:00:00Z", {"sha256": "0"}),
                ("2026-01-01T00:00:00Z", {"name": "a b"}),
            )
        ),
    ],
)
def test_a_damaged_file_is_named(tokens: TokenFile, text: str) -> None:
    tokens.create(Role.VIEWER)
    tokens.path.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigurationError, match=r"tokens\.json: no file of tokens"):
        tokens.read()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        TokenFile(tmp_path / "file" / "tokens.json").create(Role.VIEWER)


def test_tokens_made_at_the_same_time_are_all_kept(tokens: TokenFile) -> None:
    failed: list[HavenError] = []

    def make() -> None:
        try:
            for _ in range(10):
                TokenFile(tokens.path).create(Role.VIEWER)
        except HavenError as error:
            failed.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert {token.name for token in tokens.read()} == {f"viewer-{number}" for number in range(1, 41)}
