"""GalleryService's corrections over a real connection: every order, every answer, every refusal with its code."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from haven.v1 import gallery_service_pb2
from haven_client import (
    Client,
    ClientError,
    InvalidRequestError,
    NotFoundError,
    RefusedError,
    SyncClient,
    TrackName,
)

from haven_server.types import NANOSECONDS

if TYPE_CHECKING:
    from tests.e2e.grpc_service.conftest import Serve, Service

Order = Callable[[Client], Awaitable[Any]]


@pytest.fixture
async def two(service: Service) -> Service:
    """Two people, the first seen in tracks 1 and 3."""
    await service.people.meet(1, 1.0)
    await service.people.meet(2, 0.0, 1.0, at=5)
    await service.people.meet(3, 0.8, 0.0, 0.6, at=9)
    return service


async def test_a_merge_is_answered_with_all_its_facts_and_told(client: Client, two: Service) -> None:
    made = await client.merge_identities(1, 2, "ann")
    assert (made.number, made.action, made.global_id, made.other, made.actor) == (1, "merged", 1, 2, "ann")
    assert [identity.global_id async for identity in client.list_identities()] == [1]
    async with aclosing(client.watch_events(0, kinds=["IDENTITY_CORRECTED"])) as events:
        event = await anext(events)
    assert (event.global_id, event.detail["action"], event.detail["other"]) == (1, "merged", 2)
    assert (await client.undo_correction(2)).undoes == 1
    assert [identity.global_id async for identity in client.list_identities()] == [1, 2]


async def test_tracks_are_split_off_and_rejected(client: Client, two: Service) -> None:
    split = await client.split_identity(1, [TrackName("cam1", 3)])
    assert (split.action, split.other, split.actor) == ("split", 3, "operator")
    (track,) = split.tracks
    assert (track.camera_id, track.track_id, track.first_seen, track.last_seen) == ("cam1", 3, 9 * 10**9, 10**10)
    assert (await client.reject_match(3, 2)).action == "rejected"
    await client.undo_correction(3)
    await client.undo_correction(1)
    assert (await client.reject_match(TrackName("cam1", 3, at=9_500_000_000))).other == 4


@pytest.mark.parametrize(
    ("order", "error", "status", "message"),
    [
        (lambda c: c.merge_identities(1, 9), NotFoundError, "NOT_FOUND", "identity 9 does not exist"),
        (lambda c: c.merge_identities(1, 2**64 - 1), NotFoundError, "NOT_FOUND", "there is no such number"),
        (lambda c: c.merge_identities(1, 1), RefusedError, "FAILED_PRECONDITION", "cannot be merged with itself"),
        (
            lambda c: c.merge_identities(1, 2, "x" * 101),
            InvalidRequestError,
            "INVALID_ARGUMENT",
            "actor: wanted",
        ),
        (lambda c: c.split_identity(1, []), InvalidRequestError, "INVALID_ARGUMENT", "tracks: name one or more"),
        (lambda c: c.split_identity(1, [TrackName("", 1)]), InvalidRequestError, "INVALID_ARGUMENT", "track: wanted"),
        (lambda c: c.split_identity(1, [TrackName("cam1", 2)]), NotFoundError, "NOT_FOUND", "is not of identity 1"),
        (lambda c: c.split_identity(2, [TrackName("cam1", 2)]), RefusedError, "FAILED_PRECONDITION", "no other track"),
        (lambda c: c.undo_correction(1), RefusedError, "FAILED_PRECONDITION", "was never corrected"),
        (lambda c: c.undo_correction(9), NotFoundError, "NOT_FOUND", "identity 9 does not exist"),
        (lambda c: c.reject_match(TrackName("cam1", 2)), RefusedError, "FAILED_PRECONDITION", "no other track"),
        (lambda c: c.reject_match(TrackName("cam1", 8)), NotFoundError, "NOT_FOUND", "no such track"),
        (lambda c: c.reject_match(1), InvalidRequestError, "INVALID_ARGUMENT", "subject: name a track"),
        (lambda c: c.list_duplicates(1001), InvalidRequestError, "INVALID_ARGUMENT", "limit: wanted at most 1000"),
        (lambda c: anext(c.list_reviews(1001)), InvalidRequestError, "INVALID_ARGUMENT", "page_size: wanted at most"),
        (lambda c: c.answer_review(5, True), NotFoundError, "NOT_FOUND", "review 5 does not exist"),
        (lambda c: c.answer_review(2**63, True), NotFoundError, "NOT_FOUND", "review 9.*: there is no such number"),
        (lambda c: c.explain_decision(TrackName("cam1", 8)), NotFoundError, "NOT_FOUND", "nothing was decided on it"),
        (lambda c: c.explain_decision(change_id=2**63), NotFoundError, "NOT_FOUND", "there is no such number"),
        (lambda c: c.explain_decision(change_id=99), NotFoundError, "NOT_FOUND", "change 99: the ledger has no such"),
        (lambda c: c.explain_decision(change_id=2), NotFoundError, "NOT_FOUND", "holds no decision"),
        (lambda c: c.explain_decision(), InvalidRequestError, "", "give one of them"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_code_and_its_mend(
    client: Client, two: Service, order: Order, error: type[ClientError], status: str, message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        await order(client)
    assert caught.value.status == status


async def test_an_answer_that_is_none_is_refused(client: Client) -> None:
    request = gallery_service_pb2.AnswerReviewRequest(review_id=1)
    with pytest.raises(InvalidRequestError, match="answer: wanted confirmed or refused"):
        await client._call(client._gallery.AnswerReview, request)


async def test_reviews_and_duplicates_are_listed_and_answered(client: Client, service: Service) -> None:
    await service.people.meet(1, 1.0)
    await service.people.meet(2, 0.5, 0.866, at=5)
    await service.people.meet(3, 0.86, 0.51, at=9)
    (review,) = [review async for review in client.list_reviews()]
    assert (review.question, review.global_id, review.other, review.track_id) == ("duplicate", 3, 2, 3)
    assert review.margin is not None and review.margin < 0.05
    (asked, *others) = await client.list_duplicates()
    assert (asked.global_id, asked.other, asked.origin, asked.review_id) == (2, 3, "decision", 1)
    assert [(pair.global_id, pair.other, pair.origin) for pair in others] == [(1, 3, "gallery")]
    made = await client.answer_review(1, True, "ann")
    assert made is not None and (made.action, made.global_id, made.other) == ("merged", 2, 3)
    assert [review async for review in client.list_reviews()] == []


async def test_an_explanation_tells_all_the_decision_rests_on(client: Client, two: Service) -> None:
    explained = await client.explain_decision(TrackName("cam1", 3))
    decision = explained.decision
    assert (decision.verdict, decision.global_id, decision.confidence, decision.gate) == ("match", 1, "high", "face")
    assert decision.similarities["face"] == pytest.approx(0.8)
    assert decision.qualities["face"] == pytest.approx(0.9)
    assert (decision.candidate, decision.runner_up, decision.margin, decision.considered) == (1, None, None, 2)
    assert decision.vetoes == {}
    assert (explained.thresholds["face_similarity"], explained.thresholds["min_quality"]) == (0.6, 0.5)
    assert explained.reproduced is True


async def test_a_live_track_is_explained_while_it_waits_whoever_had_its_number_before(
    tmp_path: Path, serving: Serve
) -> None:
    async with serving(tmp_path / "haven.db") as first:
        await first.people.meet(1, 1.0)
        await first.people.meet(2, 0.0, 1.0, at=5)
    async with serving(tmp_path / "haven.db") as second, Client(second.address) as client:
        await second.people.meet(2, 0.4, 0.0, 0.92, at=20, ended=False)
        waits = await client.explain_decision(TrackName("cam1", 2))
        assert (waits.change_id, waits.decision.verdict, waits.decision.candidate) == (None, "defer", 1)
        assert (waits.decision.reason[:23], waits.reproduced) == ("Waits for better views:", True)
        before = await client.explain_decision(TrackName("cam1", 2, at=waits.at - 10 * NANOSECONDS))
        assert (before.decision.verdict, before.decision.global_id) == ("new", 2)
        await second.people.meet(2, 0.4, 0.0, 0.92, at=21)
        assert (await client.explain_decision(TrackName("cam1", 2))).decision.verdict == "new"


async def test_a_new_server_knows_what_was_put_right(tmp_path: Path, serving: Serve) -> None:
    async with serving(tmp_path / "haven.db") as first, Client(first.address) as client:
        await first.people.meet(1, 1.0)
        await first.people.meet(2, 0.0, 1.0, at=5)
        await client.reject_match(1, 2, "ann")
    async with serving(tmp_path / "haven.db") as second, Client(second.address) as client:
        with pytest.raises(RefusedError, match="ann said that they are two people: undo that first"):
            await client.merge_identities(1, 2)


async def test_the_synchronous_client_orders_and_asks_alike(two: Service) -> None:
    def work() -> None:
        with SyncClient(two.address) as client:
            made = client.merge_identities(1, 2, "ann")
            assert (made.action, made.other) == ("merged", 2)
            assert client.undo_correction(1).undoes == made.number
            assert client.split_identity(1, [TrackName("cam1", 3)]).other == 3
            assert client.reject_match(3, 2).action == "rejected"
            assert list(client.list_reviews()) == []
            assert [(pair.global_id, pair.other) for pair in client.list_duplicates()] == [(1, 3)]
            with pytest.raises(NotFoundError):
                client.answer_review(1, True)
            assert client.explain_decision(TrackName("cam1", 1)).reproduced

    await asyncio.to_thread(work)
