"""All tracks of one camera: the filters, who is followed and who is lost, and the steps that take in a frame.

A frame is taken in by ``advance``, then associations, ``begin`` and ``settle``, in this order; then ``visible`` tells
how things stand. Which steps are made, with which limits, is the tracker's to say. One thread at a time.

A track seen once is tentative, unless it was begun in the first frame; seen again it is confirmed. A confirmed track
without a box is lost, until it is found again or *removed*. A removed track can still be taken up in the very next
frame, and is then dropped for good as soon as it is lost again. That follows from the order in which the reference
tracker updates its lists, and ids equal its ids only if it is kept.

Source: Zhang et al., ByteTrack, ECCV 2022; the BYTETracker of ultralytics 8.4 for what the paper leaves open.
"""

import numpy as np
import numpy.typing as npt

class TrackTable:
    """The tracks, numbered from 1.

    Attributes:
        frame: frames taken in since the table was made or cleared.
    """

    frame: int

    def __init__(self, by_width: bool = False) -> None:
        """Begin without tracks.

        Args:
            by_width: the filter follows width and height; otherwise aspect and height.
        """

    def advance(
        self,
        boxes: npt.NDArray[np.float32],
        scores: npt.NDArray[np.float32],
        low: float,
        high: float,
        elapsed: float = 1.0,
    ) -> None:
        """Begin a frame: take its boxes, and move all confirmed tracks to where they should be by now.

        A box is confident from ``high`` on and doubtful over ``low``. Others, and boxes without area, are passed over.

        Args:
            boxes: (N, 4) float32 xyxy px, contiguous; must not change before the frame is settled.
            scores: (N,) float32 in [0, 1].
            elapsed: frames since the last one, 0 or more.
        Raises:
            ValueError: wrong shape or dtype; a corner that is NaN or beyond 1e9 px, a box that is inside out, a score
                or time out of range. Nothing has changed then.
        """

    def associate_confident(self, limit: float, by_score: bool) -> None:
        """Give confident boxes to those followed and those lost, so that the distances are least in sum.

        Args:
            limit: greatest distance, exclusive, in [0, 1]: 1 - IoU.
            by_score: multiply the IoU by the box's score.
        Raises:
            ValueError: the limit is out of range.
        """

    def associate_doubtful(self, limit: float) -> None:
        """Give doubtful boxes to those who were followed and have none yet; like `associate_confident`."""

    def associate_tentative(self, limit: float, by_score: bool) -> None:
        """Give confident boxes that are left to tentative tracks, where they were; like `associate_confident`."""

    def begin(self, least_score: float) -> None:
        """Follow new people: confident boxes that are left and score enough, numbered in the order given."""

    def settle(self, remembered_from: int, duplicate_distance: float, remembered_removals: int) -> tuple[int, ...]:
        """Sort the tracks anew once all boxes of a frame are given out.

        Args:
            remembered_from: a lost track last seen in an earlier frame than this is removed.
            duplicate_distance: of a followed and a lost track nearer than this (1 - IoU) the one seen for longer stays,
                the lost one if in doubt; in [0, 1].
            remembered_removals: a track taken up again counts as removed for so many removals.
        Returns:
            The ids, ascending, of tracks that ended and were visible once.
        """

    def visible(
        self,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Tell of the confirmed tracks that have a box in this frame, by ascending id.

        Returns:
            (T,) ids; (T, 4) boxes xyxy px, as the filter has them; (T,) scores of their newest boxes; (T,) ages: frames
            since their first.
        """

    def clear(self) -> tuple[int, ...]:
        """Forget all tracks and frames; ids go on.

        Returns:
            The ids, ascending, of those that were visible once.
        """

    def restart_ids(self) -> None:
        """Let the next track be number 1."""
