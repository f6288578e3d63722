from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from haven_server.access.failures import BURST, PER_S
from haven_server.access.guard import Guard
from haven_server.access.roles import Role
from haven_server.access.token_file import TokenFile
from haven_server.clock import ManualClock
from haven_server.errors import ForbiddenError, StorageError, TooManyFailuresError, UnauthenticatedError

HERE, ELSEWHERE = "192.0.2.7", "192.0.2.8"


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "tokens.json")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def guard(tokens: TokenFile, clock: ManualClock) -> Guard:
    return Guard(tokens, clock)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("least", Role)
def test_a_role_may_do_what_lesser_ones_may(tokens: TokenFile, guard: Guard, role: Role, least: Role) -> None:
    token, text = tokens.create(role)
    if role >= least:
        assert guard.admit(text, HERE, least, "MergeIdentities") == tokens.read()[0]
    else:
        with pytest.raises(ForbiddenError, match=f"MergeIdentities is for the role {least.word}.*{token.name}"):
            guard.admit(text, HERE, least, "MergeIdentities")


@pytest.mark.parametrize("text", [None, ""])
def test_no_token_is_told_how_to_send_one(guard: Guard, text: str | None) -> None:
    with pytest.raises(UnauthenticatedError, match=r"HAVEN_TOKEN.*haven token create"):
        guard.admit(text, HERE, Role.VIEWER, "ListCameras")


def test_a_wrong_token_is_refused_and_never_told_of(tokens: TokenFile, guard: Guard) -> None:
    _, text = tokens.create(Role.ADMIN)
    wrong = text[:-1] + ("a" if text[-1] != "a" else "b")
    with capture_logs() as lines, pytest.raises(UnauthenticatedError) as caught:
        guard.admit(wrong, HERE, Role.VIEWER, "ListCameras")
    assert [line["address"] for line in lines] == [HERE]
    assert wrong not in f"{lines} {caught.value}"


def test_a_token_made_or_revoked_while_the_server_runs_counts_at_once(tokens: TokenFile, guard: Guard) -> None:
    _, text = tokens.create(Role.VIEWER, "wall")
    token = guard.admit(text, HERE, Role.VIEWER, "WatchTracks")
    guard.require_valid(token)
    tokens.revoke("wall")
    with pytest.raises(UnauthenticatedError, match="'wall' was revoked"):
        guard.require_valid(token)
    with pytest.raises(UnauthenticatedError):
        guard.admit(text, HERE, Role.VIEWER, "WatchTracks")


def test_whoever_was_wrong_too_often_waits_even_with_the_right_token(
    tokens: TokenFile, guard: Guard, clock: ManualClock
) -> None:
    _, text = tokens.create(Role.VIEWER)
    lock_out(guard, HERE)
    with pytest.raises(TooManyFailuresError, match=f"wait {1 / PER_S:.0f} s"):
        guard.admit(text, HERE, Role.VIEWER, "ListCameras")
    guard.admit(text, ELSEWHERE, Role.VIEWER, "ListCameras")
    clock.advance(1 / PER_S)
    guard.admit(text, HERE, Role.VIEWER, "ListCameras")


def test_a_neighbour_with_a_wrong_token_locks_out_nobody_who_was_let_in_before(tokens: TokenFile, guard: Guard) -> None:
    _, text = tokens.create(Role.VIEWER, "wall")
    guard.admit(text, HERE, Role.VIEWER, "ListCameras")
    lock_out(guard, HERE)
    guard.admit(text, HERE, Role.VIEWER, "ListCameras")
    tokens.revoke("wall")
    with pytest.raises(UnauthenticatedError):
        guard.admit(text, HERE, Role.VIEWER, "ListCameras")


def test_calls_without_a_token_lock_nobody_out(tokens: TokenFile, guard: Guard) -> None:
    for _ in range(2 * BURST):
        with pytest.raises(UnauthenticatedError):
            guard.admit(None, HERE, Role.VIEWER, "ListCameras")
    guard.admit(tokens.create(Role.VIEWER)[1], HERE, Role.VIEWER, "ListCameras")


@pytest.mark.parametrize("spoil", [lambda path: path.write_text("{"), lambda path: path.chmod(0o644)])
def test_while_the_file_is_damaged_nobody_is_let_in(tokens: TokenFile, guard: Guard, spoil: object) -> None:
    _, text = tokens.create(Role.VIEWER)
    whole = tokens.path.read_text()
    assert callable(spoil)
    spoil(tokens.path)
    with capture_logs() as lines:
        for _ in range(2):
            with pytest.raises(StorageError, match="log tells why") as caught:
                guard.admit(text, HERE, Role.VIEWER, "ListCameras")
            assert str(tokens.path) not in str(caught.value)
    assert [str(tokens.path) in line["problem"] for line in lines] == [True]
    tokens.path.chmod(0o600)
    tokens.path.write_text(whole)
    guard.admit(text, HERE, Role.VIEWER, "ListCameras")


def test_a_file_that_vanishes_lets_nobody_in(tokens: TokenFile, guard: Guard) -> None:
    _, text = tokens.create(Role.VIEWER)
    tokens.path.unlink()
    with pytest.raises(UnauthenticatedError):
        guard.admit(text, HERE, Role.VIEWER, "ListCameras")


def lock_out(guard: Guard, address: str) -> None:
    for _ in range(BURST):
        with pytest.raises(UnauthenticatedError):
            guard.admit("haven_wrong", address, Role.VIEWER, "ListCameras")
