"""Names of materials lead to surfaces, the same ones every time."""

from __future__ import annotations

import numpy as np
import pytest

from haven_server.errors import InvalidInputError
from haven_server.sources.synthetic.rooms.materials import GLOWING, PRINTS, WEAVES, material
from haven_server.sources.synthetic.rooms.palette import RGB, bgr


@pytest.mark.parametrize("kind", [*WEAVES, *PRINTS, *GLOWING])
def test_every_kind_can_be_made(kind: str) -> None:
    made = material(f"{kind}:sage:3")
    assert min(made.layers[-1].shape[:2]) < 16
    assert made.layers[0].dtype == np.uint8
    assert ((made.mean >= 0) & (made.mean <= 1)).all()


@pytest.mark.parametrize("kind", WEAVES)
def test_a_weave_joins_at_its_edges(kind: str) -> None:
    tile = material(f"{kind}:oak:1").layers[0].astype(np.float32)
    for along in (tile, tile.T):
        inner = np.abs(np.diff(along, axis=0)).mean(axis=1)
        assert np.abs(along[0] - along[-1]).mean() <= inner.max() + 1


@pytest.mark.parametrize("kind", WEAVES)
def test_a_weave_is_of_middle_brightness_so_that_its_colour_is_the_one_asked_for(kind: str) -> None:
    assert 0.3 < material(f"{kind}:oak:2").layers[0].mean() / 255 < 0.7


def test_the_same_name_is_drawn_alike_and_another_variant_otherwise() -> None:
    first = material("planks:oak:1").layers[0].copy()
    assert np.array_equal(
        WEAVES["planks"].draw(np.random.default_rng(5)), WEAVES["planks"].draw(np.random.default_rng(5))
    )
    assert not np.array_equal(first, material("planks:oak:2").layers[0])


def test_two_colours_share_one_drawing() -> None:
    assert material("wood:oak:1").layers is material("wood:walnut:1").layers


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("granite:oak", "parquet"),
        ("planks:oak:red", "whole number"),
        ("planks", "sage"),
        ("planks:beige", "sage"),
        ("planks:#12345", "#rrggbb"),
    ],
)
def test_an_unknown_name_is_refused_with_what_there_is(name: str, offered: str) -> None:
    with pytest.raises(InvalidInputError, match=offered):
        material(name)


def test_colours_are_read_as_blue_green_red() -> None:
    assert bgr("#ff8000") == pytest.approx([0, 128 / 255, 1])
    assert all(bgr(name).shape == (3,) for name in RGB)
