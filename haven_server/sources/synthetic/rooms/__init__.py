"""Rooms as cameras see them: Room, Camera -> Backdrop, frame."""
