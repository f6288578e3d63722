"""The same client for code without an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from haven_client.client import Client
from haven_client.corrections import Correction, Duplicate, Explanation, Review, TrackName
from haven_client.messages import CameraList, Event, Identity, Update

T = TypeVar("T")


class SyncClient:
    """A connection to one server, driven by a thread of its own; a context.

    It asks and watches as ``Client`` does; frames are sent by ``Client`` alone.

    Args:
        address, token, ca, timeout_s: as for ``Client``.
    """

    def __init__(
        self, address: str, *, token: str | None = None, ca: Path | None = None, timeout_s: float = 10.0
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="haven-client", daemon=True)
        self._thread.start()
        self._client = self._run(_connect(address, token, ca, timeout_s))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection and end the thread. Safe to call twice."""
        if self._loop.is_closed():
            return
        self._run(self._loop.shutdown_asyncgens())
        self._run(self._client.close())
        self._run(_end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def list_cameras(self) -> CameraList:
        """List every camera by id."""
        return self._run(self._client.list_cameras())

    def list_identities(self, page_size: int = 100) -> Generator[Identity, None, None]:
        """Yield every active identity by ascending global id."""
        return self._each(self._client.list_identities(page_size))

    def get_identity(self, global_id: int) -> Identity:
        """Read one identity."""
        return self._run(self._client.get_identity(global_id))

    def merge_identities(self, target: int, source: int, actor: str = "") -> Correction:
        """Let one identity be another from now on."""
        return self._run(self._client.merge_identities(target, source, actor))

    def split_identity(self, global_id: int, tracks: Sequence[TrackName], actor: str = "") -> Correction:
        """Make some tracks of an identity a new one."""
        return self._run(self._client.split_identity(global_id, tracks, actor))

    def undo_correction(self, global_id: int, actor: str = "") -> Correction:
        """Take back the newest correction that concerns an identity."""
        return self._run(self._client.undo_correction(global_id, actor))

    def reject_match(self, subject: TrackName | int, global_id: int | None = None, actor: str = "") -> Correction:
        """Say that a track, or a whole identity, is not some person."""
        return self._run(self._client.reject_match(subject, global_id, actor))

    def list_duplicates(self, limit: int = 100) -> list[Duplicate]:
        """List identities that may be one person."""
        return self._run(self._client.list_duplicates(limit))

    def list_reviews(self, page_size: int = 100) -> Generator[Review, None, None]:
        """Yield close decisions that wait for an answer."""
        return self._each(self._client.list_reviews(page_size))

    def answer_review(self, review_id: int, confirmed: bool, actor: str = "") -> Correction | None:
        """Answer a review with yes or no."""
        return self._run(self._client.answer_review(review_id, confirmed, actor))

    def explain_decision(self, track: TrackName | None = None, *, change_id: int | None = None) -> Explanation:
        """Say why a track got its identity."""
        return self._run(self._client.explain_decision(track, change_id=change_id))

    def watch_tracks(
        self,
        cameras: Sequence[str] = (),
        *,
        max_fps: float | None = None,
        image: bool = False,
        max_width: int | None = None,
    ) -> Generator[Update, None, None]:
        """Yield frames' tracks, and on request pictures, as they pass through the server."""
        return self._each(self._client.watch_tracks(cameras, max_fps=max_fps, image=image, max_width=max_width))

    def watch_events(
        self, after: int | None = None, *, kinds: Sequence[str] = (), cameras: Sequence[str] = ()
    ) -> Generator[Event, None, None]:
        """Yield events in order, none lost and none twice."""
        return self._each(self._client.watch_events(after, kinds=kinds, cameras=cameras))

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the thread; on Ctrl-C cancel it, and wait until it has let go of what it holds."""
        begun: Future[asyncio.Task[T]] = Future()
        ended = threading.Event()

        def begin() -> None:
            task = self._loop.create_task(work)
            task.add_done_callback(lambda _: ended.set())
            begun.set_result(task)

        def abandon() -> None:
            if begun.done():
                begun.result().cancel()
            else:  # the loop runs calls in their order: `begin` never reached it
                work.close()
                ended.set()

        try:
            self._loop.call_soon_threadsafe(begin)
            ended.wait()
        except BaseException:
            self._loop.call_soon_threadsafe(abandon)
            ended.wait()
            raise
        return begun.result().result()

    def _each(self, items: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        try:
            while True:
                try:
                    item = self._run(_next(items))
                except StopAsyncIteration:
                    return
                yield item
        finally:
            if not self._loop.is_closed():
                self._run(items.aclose())


async def _connect(address: str, token: str | None, ca: Path | None, timeout_s: float) -> Client:
    return Client(address, token=token, ca=ca, timeout_s=timeout_s)


async def _end_tasks() -> None:
    """Let nothing outlive the loop, as ``asyncio.run`` does: calls that were cut short end in tasks of their own."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def _next(items: AsyncGenerator[T, None]) -> T:
    return await anext(items)
