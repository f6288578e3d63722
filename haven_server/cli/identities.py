"""`haven identities` and `haven explain`: who is who, put right and explained by a running server."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer
from haven_client import SyncClient

from haven_server.cli.common import CA, LOCAL, Server, Token, app, out
from haven_server.terminal.corrections import (
    correction_line,
    duplicates_table,
    explanation_tables,
    reviews_table,
)
from haven_server.terminal.names import WANTED_TIME, read_track

identities = typer.Typer(
    help="Put right who is who, on a running server (`haven serve`).",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(identities, name="identities")

TIMED = f", the newest of that number, or CAMERA:TRACK@TIME (as {WANTED_TIME}) for one followed then"
"""Numbers of tracks begin anew with the server."""

Actor = Annotated[str | None, typer.Option(help="Who orders it, for the ledger; default: the user's name.")]


@identities.command(epilog="Example: haven identities merge 3 7")
def merge(
    target: Annotated[int, typer.Argument(help="The identity that stays.", min=1)],
    source: Annotated[int, typer.Argument(help="The identity that becomes the other one.", min=1)],
    server: Server = LOCAL,
    token: Token = None,
    ca: CA = None,
    actor: Actor = None,
) -> None:
    """Let one identity be another from now on; `undo` takes that back."""
    with SyncClient(server, token=token, ca=ca) as client:
        out.print(correction_line(client.merge_identities(target, source, actor or _user())))


@identities.command(epilog="Example: haven identities split 3 hall:12 kitchen:4")
def split(
    global_id: Annotated[int, typer.Argument(help="The identity to split.", min=1)],
    tracks: Annotated[
        list[str], typer.Argument(help=f"CAMERA:TRACK{TIMED}; one or more of its tracks.", metavar="CAM:TRACK...")
    ],
    server: Server = LOCAL,
    token: Token = None,
    ca: CA = None,
    actor: Actor = None,
) -> None:
    """Make some tracks of an identity a new one."""
    names = [read_track(text) for text in tracks]
    with SyncClient(server, token=token, ca=ca) as client:
        out.print(correction_line(client.split_identity(global_id, names, actor or _user())))


@identities.command(epilog="Example: haven identities undo 3")
def undo(
    global_id: Annotated[int, typer.Argument(help="An identity that was corrected.", min=1)],
    server: Server = LOCAL,
    token: Token = None,
    ca: CA = None,
    actor: Actor = None,
) -> None:
    """Take back the newest correction that concerns an identity."""
    with SyncClient(server, token=token, ca=ca) as client:
        out.print(correction_line(client.undo_correction(global_id, actor or _user())))


@identities.command(epilog="Example: haven identities reject hall:12")
def reject(
    subject: Annotated[
        str, typer.Argument(help=f"CAMERA:TRACK{TIMED}; or the number of an identity.", metavar="CAM:TRACK|ID")
    ],
    person: Annotated[
        int | None, typer.Option(help="The identity that it is not; default: whoever the track is taken for.", min=1)
    ] = None,
    server: Server = LOCAL,
    token: Token = None,
    ca: CA = None,
    actor: Actor = None,
) -> None:
    """Say that a track, or an identity, is not some person; the two are kept apart for good."""
    who = int(subject) if subject.isdecimal() else read_track(subject)
    if isinstance(who, int) and person is None:
        raise typer.BadParameter("say with --person which identity it is not")
    with SyncClient(server, token=token, ca=ca) as client:
        out.print(correction_line(client.reject_match(who, person, actor or _user())))


@identities.command(epilog="Example: haven identities duplicates --limit 20")
def duplicates(
    limit: Annotated[int, typer.Option(help="Pairs at most.", min=1, max=1000)] = 100,
    server: Server = LOCAL,
    token: Token = None,
    ca: CA = None,
) -> None:
    """List identities that may be one person, with the evidence."""
    with SyncClient(server, token=token, ca=ca) as client:
        out.print(duplicates_table(client.list_duplicates(limit)))


@identities.command(epilog="Example: haven identities review --confirm 5")
def review(
    confirm: Annotated[int | None, typer.Option(help="Answer this review with yes.", metavar="N", min=1)] = None,
    refuse: Annotated[int | None, typer.Option(help="Answer this review with no.", metavar="N", min=1)] = None,
    server: Server = LOCAL,
    token: Token = None,
    ca: CA = None,
    actor: Actor = None,
) -> None:
    """List close decisions that wait for an answer, or answer one."""
    if confirm is not None and refuse is not None:
        raise typer.BadParameter("answer one review at a time: --confirm or --refuse")
    number = refuse if confirm is None else confirm
    with SyncClient(server, token=token, ca=ca) as client:
        if number is None:
            out.print(reviews_table(list(client.list_reviews())))
            return
        correction = client.answer_review(number, confirm is not None, actor or _user())
        out.print("answered; nothing had to be corrected" if correction is None else correction_line(correction))


@app.command(epilog="Example: haven explain hall:12")
def explain(
    track: Annotated[str | None, typer.Argument(help=f"CAMERA:TRACK{TIMED}.", metavar="CAM:TRACK")] = None,
    change: Annotated[int | None, typer.Option(help="A line of the ledger instead.", metavar="N", min=1)] = None,
    server: Server = LOCAL,
    token: Token = None,
    ca: CA = None,
) -> None:
    """Say why a track got its identity: scores, qualities, runner-up, margin, vetoes and thresholds."""
    if (track is None) == (change is None):
        raise typer.BadParameter("name a track as CAMERA:TRACK, or a line of the ledger with --change")
    name = None if track is None else read_track(track)
    with SyncClient(server, token=token, ca=ca) as client:
        for table in explanation_tables(client.explain_decision(name, change_id=change)):
            out.print(table)


def _user() -> str:
    """Return the name of whoever types; the server's own word where the system knows none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
