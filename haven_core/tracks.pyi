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
    """The tracks, numbered in the order in which they begin.

    Attributes:
        frame: frames taken in since the table was made or cleared.
        next_id: number of the track that begins next.
    """

    frame: int
    next_id: int

    def __init__(
        self,
        by_width: bool = False,
        *,
        near: float = 0.0,
        alike: float = 1.0,
        kept: float = 0.9,
        first_id: int = 1,
    ) -> None:
        """Begin without tracks.

        Args:
            by_width: the filter follows width and height; otherwise aspect and height.
            near: greatest distance (1 - IoU) at which looks count in an association, in [0, 1].
            alike: least cosine similarity at which they count.
            kept: share of what a track looked like that stays when it is given a box that is described.
            first_id: number of the first track.
        Raises:
            ValueError: near is out of range.
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
            elapsed: steps of the motion filter since the frame before, 0 or more.
        Raises:
            ValueError: wrong shape or dtype; a corner that is NaN or beyond 1e9 px, a box that is inside out, a score
                or time out of range. Nothing has changed then.
        """

    def warp(self, motion: npt.NDArray[np.float64]) -> None:
        """Carry all tracks along with the picture, which moved as a whole.

        What a turn of the picture brings into the covariance between x and y is left out.

        Args:
            motion: (2, 3) float64, contiguous: maps a place in the frame before to its place in this one, px.
        Raises:
            ValueError: wrong shape, dtype or values; or the table is not ``by_width``.
        """

    def in_doubt(self, limit: float, looked_since: int) -> npt.NDArray[np.intp]:
        """Tell which confident boxes' looks may change who gets them, or are due to be remembered.

        These are boxes near several tracks or near one with several, near a track that was not looked at since a frame,
        and boxes near nobody while somebody is lost whose looks are known.

        Args:
            limit: tracks nearer than this (1 - IoU) are near, in [0, 1].
            looked_since: number of that frame.
        Returns:
            (K,) places of the boxes, ascending.
        Raises:
            ValueError: the limit is out of range.
        """

    def describe(self, places: npt.NDArray[np.intp], vectors: npt.NDArray[np.float32]) -> None:
        """Say what some of the frame's boxes look like; a second time in a frame, what was said before is forgotten.

        In the associations that follow, a pair that is near and alike costs half its cosine distance if that is less;
        and a track that is given a described box, or begins on one, remembers its look.

        Args:
            places: (K,) which boxes.
            vectors: (K, D) float32 of unit norm, contiguous; must not change before the frame is settled. D is the same
                in all frames.
        Raises:
            ValueError: wrong shape, dtype, place or norm. Nothing has changed then.
        """

    def associate_confident(self, limit: float, by_score: bool) -> None:
        """Give confident boxes to those followed and those lost, so that the distances are least in sum.

        Args:
            limit: greatest distance, exclusive, in [0, 1]: 1 - IoU.
            by_score: multiply the IoU by the box's score.
        Raises:
            ValueError: the limit is out of range.
        """

    def associate_doubtful(self, limit: float, find_lost: bool = False) -> None:
        """Give doubtful boxes to those who were followed and have none yet; like `associate_confident`.

        Args:
            find_lost: those lost may have one, too.
        """

    def associate_tentative(self, limit: float, by_score: bool) -> None:
        """Give confident boxes that are left to tentative tracks, where they were; like `associate_confident`."""

    def relink(self, alike: float, reach: float, margin: float) -> None:
        """Give confident boxes that are left to those lost, by looks alone.

        Args:
            alike: least cosine similarity.
            reach: how far somebody may get in a frame from where the filter has them, in their heights.
            margin: least lead, over 0, in similarity over any other pair of the same box or track within reach.
        Raises:
            ValueError: the margin is not over 0.
        """

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

    def remembered(
        self,
    ) -> tuple[
        npt.NDArray[np.int64],
        npt.NDArray[np.float32],
        npt.NDArray[np.float32],
        npt.NDArray[np.int64],
        npt.NDArray[np.bool_],
        npt.NDArray[np.bool_],
    ]:
        """Tell of all tracks that have not ended, by ascending id.

        Returns:
            As `visible`; then (T,) whether each is confirmed, and (T,) whether it has a box in this frame.
        """

    def clear(self) -> tuple[int, ...]:
        """Forget all tracks and frames; ids go on.

        Returns:
            The ids, ascending, of those that were visible once.
        """
