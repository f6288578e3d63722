"""People as they are drawn: Person, Outfit, Posture -> pixels."""
