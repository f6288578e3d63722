"""Frozen settings, one section per consumer: the keys, units, bounds and defaults of config/sources.yaml."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from haven_server.redaction import credentials_in

CAMERA_ID_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
"""What a camera may be called; names of output files are made of it."""

_URL = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _ordered_corners(zone: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    if not (zone[0] < zone[2] and zone[1] < zone[3]):
        raise ValueError("wanted [x1, y1, x2, y2] with x1 < x2 and y1 < y2")
    return zone


Score = Annotated[float, Field(ge=0.0, le=1.0)]
Cosine = Annotated[float, Field(ge=-1.0, le=1.0)]
Port = Annotated[int, Field(ge=0, le=65535)]
Zone = Annotated[tuple[float, float, float, float], AfterValidator(_ordered_corners)]


class Section(BaseModel):
    """A frozen part of the configuration in which an unknown key is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True, allow_inf_nan=False
    )

    @field_validator("*", mode="before")
    @classmethod
    def _tell_numbers_from_truth(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse ``true`` as a number and 1 as ``true``, which pydantic takes for one another."""
        wants_truth = info.field_name is not None and cls.model_fields[info.field_name].annotation is bool
        if isinstance(value, bool) != wants_truth and isinstance(value, int | float):
            raise PydanticCustomError("truth_or_number", "wanted a number or true and false, not the other")
        return value


class GeneralSettings(Section):
    """`general`: what concerns all cameras."""

    fps_limit: float = Field(
        30.0, gt=0, le=240, description="Frames per second taken from a camera at most; others are skipped."
    )
    resize_width: int = Field(
        640,
        ge=64,
        le=4096,
        description="Width in px to which a frame is shrunk for the networks; boxes stay in source px.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged to stderr."
    )
    output_dir: Path = Field(Path("outputs"), description="Folder of every output that has no path of its own.")
    run_start: AwareDatetime = Field(
        datetime(2026, 1, 1, tzinfo=UTC), description="Capture time of a video file's first frame, with time zone."
    )

    @property
    def run_start_ns(self) -> int:
        """Nanoseconds since the epoch of ``run_start``, exact to its microsecond."""
        return (self.run_start - _EPOCH) // timedelta(microseconds=1) * 1000


class CameraSettings(Section):
    """`cameras[]`: one camera."""

    id: str = Field(min_length=1, max_length=64, pattern=CAMERA_ID_PATTERN, description="Unique name of the camera.")
    name: str = Field("", max_length=200, description="What people call it.")
    type: Literal["video", "rtsp", "pushed"] = Field(
        "video", description="A file, a network camera, or frames sent by a gRPC client."
    )
    source: SecretStr | None = Field(None, description="File path or RTSP URL; none for pushed cameras.")
    username: SecretStr | None = Field(None, description="RTSP user.")
    password: SecretStr | None = Field(None, description="RTSP password.")
    enabled: bool = Field(True, description="False: the camera is listed and not opened.")
    start_offset_s: float = Field(
        0.0, ge=0, le=604800, description="Seconds after general.run_start at which a file begins."
    )
    bed_zone: Zone | None = Field(None, description="x1, y1, x2, y2 in source px; overrides adl.bed_exit.bed_zone.")

    @model_validator(mode="after")
    def _source_suits_type(self) -> Self:
        if self.type != "pushed" and self.source is None:
            raise ValueError(f"a camera of type {self.type} needs source")
        if self.type == "video" and self.source is not None and _URL.match(self.source.get_secret_value()):
            raise ValueError("source looks like a URL; set type: rtsp")
        return self


class DetectorSettings(Section):
    """`inference.yolo`: the person detector."""

    model: str | None = Field(None, description="Name the installed network must have; none: whatever is installed.")
    conf_threshold: Score = Field(0.5, description="Least score that may start a track.")


class PoseSettings(Section):
    """`inference.pose`: the pose estimator."""

    enabled: bool = Field(True, description="False: no keypoints.")
    model: str | None = Field(None, description="Name the installed network must have; none: whatever is installed.")
    conf_threshold: Score = Field(0.3, description="Least score of a pose.")


class TrackerSettings(Section):
    """`inference.tracker`: how boxes become tracks."""

    type: Literal["bytetrack", "botsort"] = Field("bytetrack", description="The tracking algorithm.")
    persist: bool = Field(True, description="True: track ids go on when a camera reconnects; false: they start anew.")
    track_high_thresh: Score = Field(0.5, description="Least score of the first association pass.")
    track_low_thresh: Score = Field(0.1, description="Least score of the second pass, and least the detector hands on.")
    new_track_thresh: Score | None = Field(
        None, description="Least score that may start a track; none: inference.yolo.conf_threshold."
    )
    track_buffer_s: float = Field(1.0, gt=0, le=60, description="Seconds a lost track is remembered.")
    match_thresh: Score = Field(0.8, description="Greatest cost (1 - IoU, score fused) of the first pass.")
    fuse_score: bool = Field(True, description="Weigh IoU by the detection's score in the first pass.")
    # Live is a camera whose frames may be dropped: no file, nor what is pushed without loss.
    motion_dt: Literal["seconds", "frames"] | None = Field(
        None, description="What moves tracks on: the clock, or each frame alike; none: seconds if live, else frames."
    )
    # `python -m bench tracking`, ByteTrack on four real films: HOTA 48.8 % by HAVEN's rules, which were chosen on them,
    # 46.5 % by the reference's.
    rules: Literal["haven", "reference"] | None = Field(
        None, description="HAVEN's own rules, or ultralytics' id by id; none: haven if live, else reference."
    )
    camera_motion: bool = Field(True, description="Of botsort. True: follow the camera's own movement.")
    proximity_thresh: Score = Field(0.5, description="Of botsort. Least IoU at which looks count beside place.")
    # Of 178 368 pairs of different calibration people by the demo network, and 651 pairs of different people on real
    # crops by OSNet x1.0, 0.005 and 0.5 % are over 0.6, the reference's 0.8 on its own scale; none is over 0.7.
    # Of pairs of one person in one camera 46 and 87 % are over 0.6, and 25 and 62 % over 0.7.
    appearance_thresh: Cosine = Field(0.6, description="Of botsort. Least similarity of looks at which they count.")
    relink_thresh: Cosine = Field(
        0.7, description="Of botsort. Least similarity at which looks alone find a lost person; 1: never."
    )


class TritonSettings(Section):
    """`inference.triton`: where Triton answers."""

    url: str = Field("127.0.0.1:8001", description="HOST:PORT of Triton's gRPC endpoint.")
    timeout_s: float = Field(5.0, gt=0, le=600, description="How long one call of a network may take.")
    shared_memory_mb: int = Field(
        32, ge=0, le=4096, description="MB of memory shared with a Triton on this host; 0: pictures go over the wire."
    )


class InferenceSettings(Section):
    """`inference`: networks and tracking."""

    engine: Literal["embedded", "triton"] = Field(
        "embedded", description="embedded: ONNX Runtime inside the server; triton: a server of its own."
    )
    model_repository: Path = Field(
        Path("triton_models/production"), description="Folder with one sub-folder per model role."
    )
    device: Literal["auto", "cuda", "cpu", "mps"] = Field(
        "auto", description="Where networks run; a named one must be there."
    )
    # One thread a call and a call a core: two cameras on 2 cores ran 3 times as fast as with two threads a call
    # (`haven run` with --set inference.threads=1 and =2); a single camera on an idle machine gains from more.
    threads: int = Field(1, ge=1, le=64, description="CPU threads of one network call; fixed, so that results repeat.")
    # `python -m bench engine`: on a CPU a picture costs as much in a batch of eight as alone; on a GPU calls are dear.
    batch_wait_ms: float | None = Field(
        None,
        ge=0,
        le=8,
        description="ms a live frame waits for others at most; none: 8, or 0 where embedded and not on cuda.",
    )
    yolo: DetectorSettings = DetectorSettings()
    pose: PoseSettings = PoseSettings()
    tracker: TrackerSettings = TrackerSettings()
    triton: TritonSettings = TritonSettings()

    @property
    def batch_wait_s(self) -> float:
        """How long a live frame waits for those of other cameras, seconds."""
        if self.batch_wait_ms is not None:
            return self.batch_wait_ms / 1000
        return 0.008 if self.engine == "triton" or self.device == "cuda" else 0.0

    @property
    def new_track_thresh(self) -> float:
        """Least score that may start a track."""
        own = self.tracker.new_track_thresh
        return self.yolo.conf_threshold if own is None else own


class FaceSettings(Section):
    """`reid.face`."""

    enabled: bool = Field(True, description="False: faces are not looked for.")
    model: str | None = Field(
        None, description="Name the installed face embedder must have; none: whatever is installed."
    )
    min_face_size: int = Field(40, ge=8, le=2000, description="Least width and height of a face, source px.")
    quality_threshold: Score = Field(0.7, description="Least quality of a face that is used.")


class GaitSettings(Section):
    """`reid.gait`."""

    enabled: bool = Field(True, description="False: gait is not used.")
    sequence_length: int = Field(15, ge=5, le=120, description="Poses in one gait window.")
    min_motion: float = Field(5.0, ge=0, le=1000, description="Least movement over the window, source px.")


class AppearanceSettings(Section):
    """`reid.appearance`."""

    enabled: bool = Field(False, description="True: clothes and build count, as the weakest signal.")
    model: str | None = Field(None, description="Name the installed embedder must have; none: whatever is installed.")


class ThresholdSettings(Section):
    """`reid.thresholds`: cosine similarities; greater is stricter unless said otherwise."""

    face_similarity: Cosine = Field(0.6, description="A face over this is a match, high confidence.")
    gait_similarity: Cosine = Field(0.7, description="A gait over this is a match if appearance does not contradict.")
    appearance_similarity: Cosine = Field(
        0.5,
        description="Least appearance that settles a likely hand-over, or a gait that may not decide alone.",
    )
    appearance_alone: Cosine = Field(
        0.8, description="Appearance alone over this is a tentative match, low confidence."
    )
    appearance_contradicts: Cosine = Field(0.4, description="Appearance up to this contradicts a gait match.")
    unknown_threshold: Cosine = Field(
        0.4, description="A match by gait or appearance whose fused score is under this is a new person."
    )
    margin: float = Field(0.05, ge=0, le=1, description="Least lead over the best other identity.")
    face_disagrees: Cosine = Field(0.2, description="A usable face under this vetoes the candidate.")
    gait_alone_risk: float = Field(
        0.01,
        ge=0,
        le=1,
        description="Most false matches to expect (calibrated rate times identities) where gait decides alone.",
    )


class MemorySettings(Section):
    """`reid.multi_prototype`: what is remembered of a person."""

    memory_size: int = Field(10, ge=1, le=100, description="Prototypes kept per identity and signal.")
    ema_alpha: float = Field(0.3, gt=0, le=1, description="Weight of the newest view in the moving average.")
    embedding_ttl: float = Field(3600, gt=0, description="Seconds an appearance prototype lives.")
    biometric_ttl: float = Field(
        2592000, gt=0, description="Seconds a confirmed identity's face or gait prototype lives."
    )
    tentative_ttl: float = Field(
        86400, gt=0, description="Seconds a tentative identity's face or gait prototype lives."
    )


class QualitySettings(Section):
    """`reid.quality`: what a view must be to count."""

    min_bbox_size: float = Field(80, ge=8, le=4000, description="Least height of a person, source px.")
    min_sharpness: float = Field(
        100,
        ge=0,
        le=100000,
        description="Least Laplacian variance of a crop, grey levels squared; also read as max_blur_variance.",
    )
    min_quality: Score = Field(0.5, description="Least quality of a signal on which a decision may rest.")
    min_tracklet_frames: int = Field(
        5, ge=1, le=1000, description="Frames before a track is recognised, and for it to count at all."
    )


class ReIDSettings(Section):
    """`reid`: recognition."""

    enabled: bool = Field(True, description="False: tracks only, no identities.")
    face: FaceSettings = FaceSettings()
    gait: GaitSettings = GaitSettings()
    appearance: AppearanceSettings = AppearanceSettings()
    thresholds: ThresholdSettings = ThresholdSettings()
    multi_prototype: MemorySettings = MemorySettings()
    quality: QualitySettings = QualitySettings()
    samples: int = Field(5, ge=1, le=50, description="Views taken from one tracklet.")
    defer_max_s: float = Field(
        5.0, ge=0, le=600, description="Seconds a live track may stay undecided once its views are good."
    )
    refresh_s: float = Field(2.0, gt=0, le=600, description="Seconds between two looks at one live track.")
    active_window: float = Field(
        86400, gt=0, description="Seconds since last seen in which an identity is matched; confirmed faces always are."
    )


class FallSettings(Section):
    """`adl.fall_detection`."""

    enabled: bool = Field(True, description="False: no fall alarms.")
    min_ground_duration: float = Field(2.0, ge=0, le=600, description="Seconds on the ground that make a fall.")


class BedExitSettings(Section):
    """`adl.bed_exit`."""

    enabled: bool = Field(True, description="False: no bed-exit alarms.")
    bed_zone: Zone | None = Field(None, description="x1, y1, x2, y2 of the bed, source px.")


class ADLSettings(Section):
    """`adl`: care events."""

    enabled: bool = Field(True, description="False: no care events.")
    throttle_window: float = Field(20.0, ge=0, le=86400, description="Seconds in which the same alarm is not repeated.")
    fall_detection: FallSettings = FallSettings()
    bed_exit: BedExitSettings = BedExitSettings()


class StorageSettings(Section):
    """`storage`: what is kept, and where."""

    db_path: Path | None = Field(None, description="SQLite file; none: haven.db in general.output_dir.")
    lmdb_path: Path | None = Field(None, description="Prototype cache folder; none: beside the database, ending .lmdb.")
    save_snapshots: bool = Field(True, description="True: keep one picture per resolved track.")
    snapshot_dir: Path | None = Field(None, description="Where; none: snapshots in general.output_dir.")
    max_db_size_mb: float = Field(1000, gt=0, description="Size in MB of which 90 % raises an alert.")
    observation_interval_s: float = Field(
        1.0, gt=0, le=3600, description="Seconds between two observations of one track."
    )


class WebSocketSettings(Section):
    """`api.websocket`."""

    enabled: bool = Field(True, description="False: no bridge.")
    host: str = Field("127.0.0.1", description="Address the bridge listens on.")
    port: Port = Field(8765, description="TCP port of the bridge.")


class MJPEGSettings(Section):
    """`api.mjpeg`."""

    enabled: bool = Field(False, description="True: MJPEG on a listener of its own.")
    port: Port = Field(8080, description="TCP port of that listener.")


class GRPCSettings(Section):
    """`api.grpc`."""

    host: str = Field(
        "127.0.0.1", description="Address the server listens on; one that other machines reach wants security.tls."
    )
    port: Port = Field(50051, description="TCP port; 0: any free one.")
    accept_new_cameras: bool = Field(True, description="True: a client may stream a camera that sources.yaml lacks.")


class APISettings(Section):
    """`api`: what listens."""

    grpc: GRPCSettings = GRPCSettings()
    websocket: WebSocketSettings = WebSocketSettings()
    mjpeg: MJPEGSettings = MJPEGSettings()


class TLSSettings(Section):
    """`security.tls`: what clients know the server by; both or neither."""

    certificate: Path | None = Field(None, description="PEM file of the server's certificate and chain; none: no TLS.")
    key: Path | None = Field(None, description="PEM file of its private key, without a password.")

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("wanted both certificate and key, or neither")
        return self


class SecuritySettings(Section):
    """`security`: who may call, and who may listen in."""

    authentication: bool = Field(
        True, description="False: whoever reaches the server may do anything; it serves this machine alone then."
    )
    tokens_path: Path | None = Field(
        None, description="File of the tokens' hashes; none: tokens.json in general.output_dir."
    )
    allow_cleartext: bool = Field(
        False,
        description="True: other machines are served without TLS; tokens and pictures can be read on the way.",
    )
    tls: TLSSettings = TLSSettings()


class LinkSettings(Section):
    """`topology.links[]`: how people get from one camera to another."""

    from_: str = Field(alias="from", description="Camera id a person leaves.")
    to: str = Field(description="Camera id the person reaches.")
    min_s: float = Field(0.0, ge=0, description="Least travel time, s.")
    usual_s: float = Field(3.0, ge=0, description="Usual travel time, s.")
    max_s: float = Field(10.0, ge=0, description="Greatest travel time of a likely hand-over, s.")
    overlap: bool = Field(False, description="True: both cameras can see one person at once.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min_s <= self.usual_s <= self.max_s:
            raise ValueError("wanted min_s <= usual_s <= max_s")
        return self


class TopologySettings(Section):
    """`topology`: which cameras are near one another."""

    links: tuple[LinkSettings, ...] = Field((), description="Directed pairs; a pair not listed says nothing.")
    return_s: float = Field(
        0.0, ge=0, description="Greatest time, s, in which somebody is likely to be back where they left; 0: never."
    )


class Settings(Section):
    """The whole of config/sources.yaml."""

    general: GeneralSettings = GeneralSettings()
    cameras: tuple[CameraSettings, ...] = ()
    inference: InferenceSettings = InferenceSettings()
    reid: ReIDSettings = ReIDSettings()
    adl: ADLSettings = ADLSettings()
    storage: StorageSettings = StorageSettings()
    api: APISettings = APISettings()
    security: SecuritySettings = SecuritySettings()
    topology: TopologySettings = TopologySettings()

    @field_validator("cameras")
    @classmethod
    def _unique_ids(cls, cameras: tuple[CameraSettings, ...]) -> tuple[CameraSettings, ...]:
        twice = [name for name, count in Counter(camera.id for camera in cameras).items() if count > 1]
        if twice:
            raise ValueError(f"camera id {' and '.join(twice)} is given more than once; ids must be unique")
        return cameras

    @model_validator(mode="after")
    def _known_cameras(self) -> Self:
        known = {camera.id for camera in self.cameras}
        for index, link in enumerate(self.topology.links):
            for name in (name for name in (link.from_, link.to) if name not in known):
                raise ValueError(
                    f"topology.links.{index}: no camera has the id {name}; "
                    f"cameras are {', '.join(sorted(known)) or 'not given'}"
                )
        return self

    def secrets(self) -> frozenset[str]:
        """Return what no log, error or report may show: users, passwords, and sources that may hold them."""
        hidden: set[str] = set()
        for camera in self.cameras:
            hidden |= {secret.get_secret_value() for secret in (camera.username, camera.password) if secret is not None}
            if camera.source is not None:
                hidden |= credentials_in(camera.source.get_secret_value())
        return frozenset(hidden - {""})
