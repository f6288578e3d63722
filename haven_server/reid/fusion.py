"""Say how signals are weighed and gated: ThresholdSettings -> Rules."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from haven_core.search import Rules
from haven_server.settings import ThresholdSettings
from haven_server.types import Modality

SIGNALS = tuple(Modality)
"""The signals in the order the prototype bank has them, strongest first."""

WEIGHTS: Mapping[Modality, float] = {Modality.FACE: 0.6, Modality.GAIT: 0.3, Modality.APPEARANCE: 0.1}
"""Share of each signal in the fused score, renormalised over those both sides have (SEED 7.2)."""

TOLD_BEYOND_MARGIN = 0.25
"""How much further behind the best one than the margin another is still told. Decisions rest on the margin alone, this
is for those who read them; at any distance it would cost much reading where people are much like themselves."""


def make_rules(thresholds: ThresholdSettings, gait_alone: bool) -> Rules:
    """Write the gates and the veto down as the prototype bank reads them.

    Args:
        gait_alone: True: gait may match where appearance cannot be compared, and it must not contradict where it can.
            False: appearance must speak for it, as for any tentative match; among many, somebody walks alike, and that
            clothes do not contradict is true of most strangers.
    """
    face, gait, appearance = (SIGNALS.index(modality) for modality in Modality)
    floors = np.full((len(SIGNALS), len(SIGNALS)), -np.inf)
    agrees = max(thresholds.appearance_contradicts, thresholds.appearance_similarity)
    floors[gait, appearance] = thresholds.appearance_contradicts if gait_alone else agrees
    required = np.zeros((len(SIGNALS), len(SIGNALS)), np.uint8)
    required[gait, appearance] = not gait_alone
    vetoes = np.full(len(SIGNALS), -np.inf)
    vetoes[face] = thresholds.face_disagrees
    return Rules(
        weights=np.array([WEIGHTS[modality] for modality in SIGNALS]),
        thresholds=np.array([thresholds.face_similarity, thresholds.gait_similarity, thresholds.appearance_alone]),
        floors=floors,
        required=required,
        vetoes=vetoes,
        reaches=np.full(len(SIGNALS), thresholds.margin + TOLD_BEYOND_MARGIN),
    )
