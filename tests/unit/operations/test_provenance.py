"""Figures say what they depend on: the same name for what does the same, another for all else."""

from __future__ import annotations

from pathlib import Path

import pytest

from haven_server.operations.provenance import digest_of

CODE = '''"""Adds."""

ONE = 1
"""What is added."""

def add(number: int) -> int:
    """Add one."""
    return number + ONE  # that is all
'''


def digest(folder: Path, name: str, content: str) -> str:
    path = folder / name
    path.write_text(content)
    return digest_of([path], "word")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("that is all", "nothing more"),
        ("Add one.", "Add just one."),
        ("What is added.", "How much."),
        ("ber + O", "ber  +  O"),
    ],
    ids=["comment", "docstring", "explained constant", "layout"],
)
def test_code_that_is_explained_otherwise_has_the_same_name(tmp_path: Path, old: str, new: str) -> None:
    assert CODE.replace(old, new) != CODE
    assert digest(tmp_path, "a.py", CODE) == digest(tmp_path, "a.py", CODE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"), [("ONE = 1", "ONE = 2"), ("number + ONE", "ONE + number"), ("def add", "def sum")]
)
def test_code_that_does_something_else_has_another_name(tmp_path: Path, old: str, new: str) -> None:
    assert digest(tmp_path, "a.py", CODE) != digest(tmp_path, "a.py", CODE.replace(old, new))


def test_of_other_files_every_byte_counts_and_so_do_words(tmp_path: Path) -> None:
    assert digest(tmp_path, "a.yaml", "a: 1 # one") != digest(tmp_path, "a.yaml", "a: 1 # two")
    assert digest_of([], "word") != digest_of([], "other word") != digest_of([])
