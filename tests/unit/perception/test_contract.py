from __future__ import annotations

import numpy as np
import pytest

from haven_server.perception.contract import CONTRACTS, IMAGES
from haven_server.types import ModelRole


@pytest.mark.parametrize("role", ModelRole)
def test_every_role_takes_pictures_and_says_what_it_gives(role: ModelRole) -> None:
    contract = CONTRACTS[role]
    assert contract.image.name == IMAGES
    assert contract.image.dtype == np.uint8
    assert (contract.image.shape[0], contract.image.shape[3]) == ("N", 3)
    assert all(output.shape[0] == "N" for output in contract.outputs)
    assert len({output.name for output in contract.outputs}) == len(contract.outputs)
