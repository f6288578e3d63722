"""What a server does before it says that it is ready."""

from __future__ import annotations

from pathlib import Path

from structlog.testing import capture_logs

from haven_server.access.roles import Role
from haven_server.app import token_file
from haven_server.server import make_first_token
from haven_server.settings import GeneralSettings, SecuritySettings, Settings


def settings_in(folder: Path, *, authentication: bool = True) -> Settings:
    return Settings(
        general=GeneralSettings(output_dir=folder / "out"), security=SecuritySettings(authentication=authentication)
    )


def test_the_first_start_makes_an_admin_of_whoever_reads_its_token_and_later_ones_nobody(tmp_path: Path) -> None:
    told: list[str] = []
    settings = settings_in(tmp_path)
    for _ in range(2):
        make_first_token(settings, told.append)
    assert [token.role for token in token_file(settings).read()] == [Role.ADMIN]
    assert len(told) == 1


def test_where_every_token_was_revoked_none_is_made_and_the_log_says_so(tmp_path: Path) -> None:
    told: list[str] = []
    settings = settings_in(tmp_path)
    token_file(settings).create(Role.ADMIN, "ann")
    token_file(settings).revoke("ann")
    with capture_logs() as lines:
        make_first_token(settings, told.append)
    assert told == []
    assert "haven token create" in lines[0]["event"]


def test_without_authentication_no_token_is_made_and_the_log_warns(tmp_path: Path) -> None:
    told: list[str] = []
    with capture_logs() as lines:
        make_first_token(settings_in(tmp_path, authentication=False), told.append)
    assert told == [] and not (tmp_path / "out").exists()
    assert lines[0]["log_level"] == "warning"
