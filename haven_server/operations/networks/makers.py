"""Which networks can be exported, by whose tools, and under which licence: name -> Maker."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from haven_server.errors import NotFoundError
from haven_server.operations.networks.licences import AGPL, NON_COMMERCIAL
from haven_server.operations.networks.manifest import require_one_per_role
from haven_server.types import ModelRole


@dataclass(frozen=True, slots=True)
class Maker:
    """Tools that export networks of their own.

    Attributes:
        package: that has them; the module `with_PACKAGE` of `triton_models.export` calls it.
        names: known ones, as a person reads them.
        roles: by pattern of name, what a network is made for; a pack of several fills several.
        licence: of tools and weights together, by that which binds most.
        fetches: the tools have weights for what HAVEN does; without, a person has to name a file.
        packs: they give packs of finished files, which take neither weights nor a size.
    """

    package: str
    names: str
    roles: Mapping[str, tuple[ModelRole, ...]]
    licence: str
    fetches: bool = True
    packs: bool = False

    def roles_of(self, name: str) -> tuple[ModelRole, ...]:
        """Say what a network is made for; nothing where these tools do not know it."""
        return next((roles for pattern, roles in self.roles.items() if re.fullmatch(pattern, name)), ())


ULTRALYTICS: Final = Maker(
    "ultralytics",
    "yolov8n to yolov8x, yolo11n to yolo11x, each also with -pose",
    {
        "yolo(v8|11)[nsmlx]": (ModelRole.PERSON_DETECTOR,),
        "yolo(v8|11)[nsmlx]-pose": (ModelRole.POSE_ESTIMATOR,),
    },
    AGPL,
)
TORCHREID: Final = Maker(
    "torchreid",
    "osnet_x1_0, osnet_x0_75, osnet_x0_5, osnet_x0_25, the same as osnet_ain_…, osnet_ibn_x1_0",
    {r"osnet(_ain)?_x(1_0|0_75|0_5|0_25)|osnet_ibn_x1_0": (ModelRole.APPEARANCE_EMBEDDER,)},
    "MIT",
    fetches=False,
)
INSIGHTFACE: Final = Maker(
    "insightface",
    "buffalo_l, buffalo_m, buffalo_s, buffalo_sc, antelopev2",
    {"buffalo_(l|m|s|sc)|antelopev2": (ModelRole.FACE_DETECTOR, ModelRole.FACE_EMBEDDER)},
    NON_COMMERCIAL,
    packs=True,
)
MAKERS: Final = (ULTRALYTICS, TORCHREID, INSIGHTFACE)


def makers_of(names: Sequence[str]) -> dict[str, Maker]:
    """Find whose network each is.

    Raises:
        NotFoundError: nobody's; the message lists what is known.
        InvalidInputError: two fill one role.
    """
    found = {}
    for name in names:
        maker = next((maker for maker in MAKERS if maker.roles_of(name)), None)
        if maker is None:
            known = "; ".join(f"{maker.package}: {maker.names}" for maker in MAKERS)
            raise NotFoundError(f"no network {name!r} can be exported. {known}")
        found[name] = maker
    require_one_per_role((role, name) for name, maker in found.items() for role in maker.roles_of(name))
    return found
