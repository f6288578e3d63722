"""Who may call `haven serve`, from its first start on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from haven_client import SyncClient, UnauthenticatedError

if TYPE_CHECKING:
    from tests.e2e.conftest import RunHaven, Serve, World

TOKEN = re.compile(r"haven_[A-Za-z0-9_-]{43}")


@pytest.fixture
def tokenless(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the token that ``serve`` gives clients out of their environment."""
    monkeypatch.delenv("HAVEN_TOKEN")


def test_the_first_start_makes_a_token_and_prints_it_once(world: World, serve: Serve, tokenless: None) -> None:
    fresh = ("--config", world.config, "--set", "security.tokens_path=first/tokens.json")
    server = serve(*fresh)
    (token,) = TOKEN.findall(server.log.read_text())
    file = world.folder / "first" / "tokens.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert token not in file.read_text()
    with SyncClient(server.address) as stranger, pytest.raises(UnauthenticatedError):
        stranger.list_cameras()
    with SyncClient(server.address, token=token) as admin:
        assert len(admin.list_cameras().cameras) == 2
    assert server.stop() == 0
    again = serve(*fresh)
    assert TOKEN.findall(again.log.read_text()) == []
    with SyncClient(again.address, token=token) as admin:
        assert len(admin.list_cameras().cameras) == 2


def test_tokens_are_made_listed_and_revoked_while_the_server_runs(
    world: World, serve: Serve, haven: RunHaven, tokenless: None
) -> None:
    server = serve("--config", world.config, "--set", "general.log_level=DEBUG")
    file = ("--config", world.config, "--set", "security.tokens_path=tokens.json")
    made = haven("token", "create", "--role", "viewer", "--name", "wall", *file)
    token = made.stdout.strip()
    assert TOKEN.fullmatch(token) and token not in made.stderr
    asked = ("identities", "duplicates", "--server", server.address)
    assert haven(*asked, "--token", token).returncode == 0
    refused = haven("identities", "merge", "1", "2", "--server", server.address, "--token", token)
    assert refused.returncode == 2
    assert "role operator" in refused.stderr and "'wall'" in refused.stderr
    assert re.search(r"wall\W+viewer", haven("token", "list", *file).stdout)
    assert haven("token", "revoke", "wall", *file).returncode == 0
    late = haven(*asked, "--token", token)
    assert late.returncode == 2 and "revoked" in late.stderr
    assert haven(*asked).returncode == 2
    assert server.stop() == 0
    assert not TOKEN.search(server.log.read_text())


def test_a_wrong_token_is_not_quoted_by_the_command_nor_by_the_server(
    world: World, serve: Serve, haven: RunHaven
) -> None:
    server = serve("--config", world.config, "--set", "general.log_level=DEBUG")
    wrong = "haven_" + "x" * 43
    done = haven("explain", "hall:1", "--server", server.address, "--token", wrong)
    assert done.returncode == 2
    assert "nobody has this token" in done.stderr
    assert "a wrong token was refused" in server.log.read_text()
    assert wrong not in done.stderr + done.stdout + server.log.read_text()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (("api.grpc.host=0.0.0.0",), "security.tls.certificate"),
        (("api.grpc.host=0.0.0.0", "security.authentication=false"), "security.authentication"),
        (("security.tls.certificate=a.pem",), "both certificate and key"),
        (("security.tls.certificate=a.pem", "security.tls.key=b.pem"), "a.pem: No such file"),
    ],
)
def test_a_server_that_would_not_be_safe_does_not_start(
    world: World, haven: RunHaven, settings: tuple[str, ...], named: str
) -> None:
    options = [part for setting in settings for part in ("--set", setting)]
    done = haven("serve", "--config", world.config, "--set", "api.grpc.port=0", *options)
    assert done.returncode == 2
    assert named in done.stderr and "Traceback" not in done.stderr
    assert not TOKEN.search(done.stderr)


def test_a_file_of_tokens_that_others_may_write_stops_the_start(world: World, haven: RunHaven) -> None:
    file = world.folder / "tokens.json"
    file.write_text('{"tokens": []}')
    file.chmod(0o666)
    done = haven("serve", "--config", world.config, "--set", f"security.tokens_path={file}")
    assert done.returncode == 2
    assert f"{file}: others may read or write it: chmod 600" in done.stderr
