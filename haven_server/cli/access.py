"""`haven token`: who may call."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from haven_server.access.roles import Role
from haven_server.app import token_file
from haven_server.cli.common import Config, Overrides, app, err, out, settings_of
from haven_server.terminal.access import tokens_table

tokens = typer.Typer(
    help="Say who may call `haven serve`; a server that runs knows at once.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(tokens, name="token")


class RoleName(enum.Enum):
    """A role as it is typed."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@tokens.command(epilog="Example: haven token create --role operator --name front-desk")
def create(
    role: Annotated[
        RoleName,
        typer.Option(help="viewer reads; operator also corrects who is who and sends frames; admin may do everything."),
    ] = RoleName.VIEWER,
    name: Annotated[str | None, typer.Option(help="By which it is revoked; default: role and number.")] = None,
    config: Config = Path("config/sources.yaml"),
    overrides: Overrides = None,
) -> None:
    """Make a token and print it, this once; only its hash is kept."""
    file = token_file(settings_of(config, overrides))
    token, text = file.create(Role[role.name], name)
    err.print(f"token {token.name} of the role {token.role.word}; it is shown this once:", highlight=False)
    out.print(text, markup=False, highlight=False, soft_wrap=True)


@tokens.command("list", epilog="Example: haven token list")
def list_tokens(config: Config = Path("config/sources.yaml"), overrides: Overrides = None) -> None:
    """List who may call."""
    out.print(tokens_table(token_file(settings_of(config, overrides)).read()))


@tokens.command(epilog="Example: haven token revoke front-desk")
def revoke(
    name: Annotated[str, typer.Argument(help="The token's name, as `haven token list` tells it.")],
    config: Config = Path("config/sources.yaml"),
    overrides: Overrides = None,
) -> None:
    """Take a token back; streams that it opened end with their next message."""
    revoked = token_file(settings_of(config, overrides)).revoke(name)
    out.print(f"token {revoked.name} of the role {revoked.role.word} is revoked", highlight=False)
