"""Proves a wrapped graph against the raw network and a NumPy decoder: two graphs -> the greatest difference.

Three stretches are compared one by one, each on numbers of its own: pixels to raw outputs, raw outputs to candidates,
candidates to chosen objects. The two ends alone would prove nothing on pictures in which a detector finds nobody; so
the score threshold is made an input here, and set so low that hundreds of candidates compete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from haven_server.errors import ModelError
from haven_server.models import reference
from haven_server.models.decode import CANDIDATE_BOXES, CANDIDATE_POINTS, CANDIDATE_SCORES
from haven_server.models.network import Network
from haven_server.models.probe import probe_images
from haven_server.models.suppression import SCORE_THRESHOLD
from haven_server.models.wrap import POINTS, PREPARED, head_name, object_count
from haven_server.perception.contract import BOXES, EMBEDDINGS, IMAGES, MIN_SCORE, NUM_DETECTIONS, SCORES

TOLERANCE: Final = 1e-3
"""Greatest difference allowed, relative to the greatest value compared where that is over 1."""
COMPETITORS: Final = 400
"""Candidates of a picture that are to pass the lowered score threshold."""

Arrays = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float32]
Heads = Sequence[Floats]
"""A raw network's outputs for one picture, in the order of ``Network.heads``, without a batch axis."""
Difference = tuple[str, float]
"""What was compared, and the greatest relative difference in it."""


def check_wrapped(wrapped: onnx.ModelProto, network: Network, raw: onnx.ModelProto | None = None) -> float:
    """Compare a wrapped graph with what it wraps, on noise and on drawn figures, in batches of one to three.

    Args:
        raw: the network as its maker exported it; None leaves that stretch out (an installed file is without it).
    Returns:
        The greatest difference found, relative as ``TOLERANCE`` is.
    Raises:
        ModelError: a difference over the tolerance, or a graph that does not run.
    """
    images = probe_images(network.height, network.width)
    expected = None if raw is None else _run_raw(raw, network, images)
    session = _open(_tap(wrapped, network))
    threshold = _lowered_threshold(session, images) if network.kind.is_detector else None
    greatest = 0.0
    for length in range(1, len(images) + 1):
        answers = _run(session, images[:length], threshold)
        for what, difference in _compare(network, images[:length], answers, expected, threshold):
            if not difference <= TOLERANCE:
                raise ModelError(f"the wrapped graph's {what} differ by {difference:.2g} in a batch of {length}")
            greatest = max(greatest, difference)
    return greatest


def _compare(
    network: Network,
    images: npt.NDArray[np.uint8],
    answers: Arrays,
    expected: Sequence[Heads] | None,
    threshold: float | None,
) -> Iterator[Difference]:
    """Walk through the graph stretch by stretch, picture by picture."""
    yield "prepared pixels", _difference(answers[PREPARED], reference.prepare(network, images))
    for row in range(len(images)):
        heads = [answers[head_name(index)][row] for index in range(len(network.heads))]
        if expected is not None:
            yield from (("raw outputs", _difference(*pair)) for pair in zip(heads, expected[row], strict=True))
        answer = {name: array[row] for name, array in answers.items()}
        if threshold is None:
            yield "embeddings", _difference(answer[EMBEDDINGS], heads[0] / np.linalg.norm(heads[0]))
        else:
            yield from _compare_objects(network, heads, answer, threshold)


def _compare_objects(network: Network, heads: Heads, answer: Arrays, threshold: float) -> Iterator[Difference]:
    """Compare a detector's candidates, and then the objects that NumPy would choose among the very same candidates."""
    predictions = reference.decode(network, heads)
    yield "candidate boxes", _difference(answer[CANDIDATE_BOXES], predictions.boxes)
    yield "candidate scores", _difference(answer[CANDIDATE_SCORES][0], predictions.scores)
    candidates = reference.Predictions(answer[CANDIDATE_BOXES], answer[CANDIDATE_SCORES][0], predictions.points)
    count = object_count(network)
    chosen = reference.suppress(candidates, network.kind.iou_threshold, threshold, count)
    yield "object counts", _difference(answer[NUM_DETECTIONS], np.asarray([len(chosen)]))
    yield "objects' scores", _difference(answer[SCORES], _padded(candidates.scores[chosen], count))
    yield "objects' boxes", _difference(answer[BOXES], _padded(candidates.boxes[chosen], count))
    if network.kind.role in POINTS:
        yield "candidate points", _difference(answer[CANDIDATE_POINTS], predictions.points)
        points = answer[POINTS[network.kind.role]].reshape(count, -1)
        yield "objects' points", _difference(points, _padded(answer[CANDIDATE_POINTS][chosen], count))


def _difference(given: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> float:
    """Measure the greatest difference, relative where values exceed 1; infinite where shapes or finiteness differ."""
    if given.shape != wanted.shape or not np.isfinite(given).all():
        return float("inf")
    scale = max(1.0, float(np.abs(wanted).max(initial=0)))
    return float(np.abs(given.astype(np.float64) - wanted).max(initial=0)) / scale


def _padded(rows: Floats, count: int) -> Floats:
    """Fill up with zero rows to ``count``."""
    return np.concatenate([rows, np.zeros((count - len(rows), *rows.shape[1:]), np.float32)])


def _run_raw(raw: onnx.ModelProto, network: Network, images: npt.NDArray[np.uint8]) -> list[Heads]:
    """Ask the raw network about one picture after the other."""
    session = _open(raw)
    answers: list[Heads] = []
    for picture in reference.prepare(network, images):
        outputs = _answers(session, {network.input_name: picture[None]})
        try:
            answers.append([outputs[head.name].reshape(head.shape) for head in network.heads])
        except ValueError as error:
            raise ModelError(f"the raw network answers otherwise than it declares: {error}") from error
    return answers


def _tap(wrapped: onnx.ModelProto, network: Network) -> onnx.ModelProto:
    """Copy a wrapped graph, its inner tensors made outputs and a detector's score threshold an input."""
    tapped = onnx.ModelProto()
    tapped.CopyFrom(wrapped)
    graph = tapped.graph
    taps = [PREPARED, *(head_name(index) for index in range(len(network.heads)))]
    if network.kind.is_detector:
        taps += [CANDIDATE_BOXES, CANDIDATE_SCORES, *([CANDIDATE_POINTS] if network.kind.role in POINTS else [])]
        _open_threshold(graph)
    graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in taps)
    return tapped


def _open_threshold(graph: onnx.GraphProto) -> None:
    """Turn the score threshold into an input, once it is seen to be what the contract says."""
    constant = next((value for value in graph.initializer if value.name == SCORE_THRESHOLD), None)
    if constant is None or numpy_helper.to_array(constant).tolist() != [np.float32(MIN_SCORE)]:
        raise ModelError(f"the wrapped graph does not keep objects from a score of {MIN_SCORE} up")
    graph.initializer.remove(constant)
    graph.input.append(helper.make_tensor_value_info(SCORE_THRESHOLD, onnx.TensorProto.FLOAT, [1]))


def _lowered_threshold(session: onnxruntime.InferenceSession, images: npt.NDArray[np.uint8]) -> float:
    """Find a score that about ``COMPETITORS`` candidates of the middle one of the pictures pass."""
    nothing_passes = 1.0
    scores = _run(session, images, nothing_passes)[CANDIDATE_SCORES][:, 0]
    rank = min(COMPETITORS, scores.shape[1] - 1)
    return float(np.median(np.sort(scores, axis=1)[:, -1 - rank]))


def _open(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what fails is raised, and need not be logged as well
    options.intra_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own errors share no narrower base class
        raise ModelError(f"the graph cannot be loaded: {error}") from error


def _run(session: onnxruntime.InferenceSession, images: npt.NDArray[np.uint8], threshold: float | None) -> Arrays:
    """Run a tapped graph."""
    if threshold is None:
        return _answers(session, {IMAGES: images})
    return _answers(session, {IMAGES: images, SCORE_THRESHOLD: np.array([threshold], np.float32)})


def _answers(session: onnxruntime.InferenceSession, feed: Arrays) -> Arrays:
    """Run a graph once and name its outputs."""
    names = [output.name for output in session.get_outputs()]
    try:
        return dict(zip(names, session.run(names, feed), strict=True))
    except Exception as error:  # ONNX Runtime's own errors share no narrower base class
        given = ", ".join(f"{name} {tensor.shape}" for name, tensor in feed.items())
        raise ModelError(f"the graph does not run on {given}: {error}") from error
