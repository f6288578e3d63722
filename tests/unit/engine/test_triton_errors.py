"""Each cause of a failed call has its own error, whatever status Triton gives it."""

from __future__ import annotations

import pytest
from tritonclient.utils import InferenceServerException

from haven_server.engine.triton_errors import translate
from haven_server.errors import (
    EngineError,
    EngineOverloadedError,
    EngineTimeoutError,
    EngineUnavailableError,
    NetworkUnavailableError,
)
from haven_server.types import ModelRole


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("DEADLINE_EXCEEDED", "Deadline Exceeded", EngineTimeoutError),
        ("UNAVAILABLE", "Exceeds maximum queue size", EngineOverloadedError),
        ("UNAVAILABLE", "Request timeout expired", EngineOverloadedError),
        ("UNAVAILABLE", "failed to connect to all addresses", EngineUnavailableError),
        ("NOT_FOUND", "Request for unknown model: 'face_embedder' is not found", NetworkUnavailableError),
        ("INTERNAL", "Stub process 'face_embedder_0' is not healthy.", NetworkUnavailableError),
        ("INTERNAL", "[ONNXRuntimeError] : 1 : FAIL", EngineError),
    ],
)
def test_each_cause_has_its_own_error_with_what_was_said(status: str, said: str, kind: type[EngineError]) -> None:
    error = translate(InferenceServerException(said, f"StatusCode.{status}"), ModelRole.FACE_EMBEDDER, "gpu:8001")
    assert type(error) is kind
    assert "gpu:8001" in str(error)


def test_an_error_without_words_is_told_all_the_same() -> None:
    error = translate(InferenceServerException(None), ModelRole.FACE_EMBEDDER, "gpu:8001")
    assert str(error) == "face_embedder failed in Triton at gpu:8001: no message"
