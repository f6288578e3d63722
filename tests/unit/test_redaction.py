from __future__ import annotations

import pytest

from haven_server.redaction import Redactor


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("open rtsp://admin:s3cret@10.0.0.1:554/1 failed", "open rtsp://***@10.0.0.1:554/1 failed"),
        ("rtsp://admin@host/1", "rtsp://***@host/1"),
        ("rtsp://a:p@ss@host/1", "rtsp://***@host/1"),
        ("http://host/path?mail=a@b", "http://host/path?mail=a@b"),
        ("a@b and rtsp://host/1", "a@b and rtsp://host/1"),
    ],
)
def test_user_and_password_of_urls_are_masked(text: str, masked: str) -> None:
    assert Redactor()(text) == masked


def test_known_secrets_are_masked_as_they_stand_and_as_urls_spell_them() -> None:
    redact = Redactor(["p@ss/word", ""])
    assert redact("p@ss/word p%40ss%2Fword password") == "*** *** password"


def test_a_secret_that_holds_another_goes_as_a_whole() -> None:
    assert Redactor(["key", "rtsp://host/?key=key"])("see rtsp://host/?key=key") == "see ***"
