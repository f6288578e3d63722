"""BoT-SORT on a short film of the demo world in which the camera pans."""

from __future__ import annotations

from bench.tracking.panning import film_panning, follow_panning


def test_people_keep_their_ids_better_where_the_movement_of_a_panning_camera_is_followed() -> None:
    film = film_panning(24)
    followed, lost = (follow_panning(film, seed=0, camera_motion=motion) for motion in (True, False))
    assert followed.idsw < lost.idsw
    assert followed.idf1 > lost.idf1 + 0.1 and followed.hota > lost.hota + 0.05
