"""People as they move: Person, places, time -> Posture."""
