from __future__ import annotations

import pytest

from haven_server.redaction import Redactor, credentials_in


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("open rtsp://admin:s3cret@10.0.0.1:554/1 failed", "open rtsp://***@10.0.0.1:554/1 failed"),
        ("rtsp://admin@host/1", "rtsp://***@host/1"),
        ("rtsp://a:p@ss@host/1", "rtsp://***@host/1"),
        ("rtsp:/admin:s3cret@10.0.0.1/1: no such file", "rtsp:/***@10.0.0.1/1: no such file"),
        ("C:/films/a@b.mp4", "C:/films/a@b.mp4"),
        ("C:/a@b.mp4", "C:/a@b.mp4"),
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


def test_a_short_secret_is_masked_as_a_word_and_leaves_other_words_readable() -> None:
    assert Redactor(["u", "cam"])("user u of cam1 at (cam)") == "user *** of cam1 at (***)"


@pytest.mark.parametrize(
    ("source", "secrets"),
    [
        ("videos/hall.mp4", set()),
        ("rtsp://10.0.0.1/1", {"rtsp://10.0.0.1/1"}),
        ("rtsp://admin@host/1", {"rtsp://admin@host/1", "admin"}),
        ("admin:s3cret@host/1", {"admin:s3cret@host/1", "admin:s3cret", "admin", "s3cret"}),
        ("rtsp://host/?mail=a@b", {"rtsp://host/?mail=a@b", "host/?mail=a"}),
    ],
)
def test_what_may_be_secret_in_a_source(source: str, secrets: set[str]) -> None:
    assert credentials_in(source) == secrets


@pytest.mark.parametrize(
    ("source", "password"),
    [
        ("rtsp://admin:s3cret@host/1?mail=a@b", "s3cret"),
        ("rtsp://admin:s3cr/et@host/1", "s3cr/et"),
        ("rtsp://admin:s3:cr@et@host/1", "s3:cr@et"),
        ("rtsp://admin:s3%40cret@host/1", "s3%40cret"),
        ("rtsp://admin:s3%40cret@host/1", "s3@cret"),
        ("rtsp:/admin:s3cret@host/1", "s3cret"),
    ],
)
def test_a_password_in_a_source_is_found_however_it_is_written(source: str, password: str) -> None:
    assert Redactor(credentials_in(source))(f"denied: {password}") == "denied: ***"
