"""The only file that names concrete classes and wires them: Settings -> Application."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from haven_server.access.guard import Guard
from haven_server.access.token_file import TokenFile
from haven_server.clock import SystemClock
from haven_server.engine.batcher import BatchingEngine
from haven_server.engine.embedded import EmbeddedEngine
from haven_server.engine.guarded import GuardedEngine, PatientEngine
from haven_server.engine.health import NetworkHealth
from haven_server.engine.triton import TritonEngine
from haven_server.errors import ConfigurationError
from haven_server.events.bus import EventBus
from haven_server.events.overlay import Overlay
from haven_server.models.requirements import calibrated, find_gait_model, require_models, required_models
from haven_server.perception.appearance import AppearanceDescriber
from haven_server.perception.detector import PersonDetector
from haven_server.perception.features import FeatureExtractor
from haven_server.perception.pose import PoseEstimator
from haven_server.pipeline.camera import CameraPipeline
from haven_server.pipeline.desk import CorrectionDesk
from haven_server.pipeline.diary import Diary
from haven_server.pipeline.merge import CaptureOrder, Channel
from haven_server.pipeline.networks import NetworkReporter
from haven_server.pipeline.site import Site
from haven_server.pipeline.snapshots import Snapshots
from haven_server.pipeline.supervisor import Supervisor
from haven_server.ports import Clock, Engine, Source
from haven_server.reid.correction_book import CorrectionBook
from haven_server.reid.corrections import Corrector
from haven_server.reid.duplicates import DuplicateSearch
from haven_server.reid.gallery import Gallery
from haven_server.reid.resolver import Resolver
from haven_server.reid.tracklets import TrackletBuilder
from haven_server.rpc.server import Backend, RPCServer
from haven_server.settings import ReIDSettings, Settings
from haven_server.sources.video import VideoSource
from haven_server.storage.store import SQLStore
from haven_server.storage.writer import StoreWriter
from haven_server.telemetry import StageTimes, logger
from haven_server.tracking import Tracker, make_tracker
from haven_server.types import Confidence, Event, EventKind, GaitModel, Identification, Modality, ModelInfo, ModelRole

EMBEDDERS = {Modality.FACE: ModelRole.FACE_EMBEDDER, Modality.APPEARANCE: ModelRole.APPEARANCE_EMBEDDER}
IDENTIFYING = {
    EventKind.IDENTITY_CREATED,
    EventKind.IDENTITY_MATCHED,
    EventKind.IDENTITY_CORRECTED,
    EventKind.TRACK_ENDED,
}

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Application:
    """Everything one process runs, wired and not yet started."""

    settings: Settings
    clock: Clock
    engine: Engine
    networks: NetworkHealth
    store: SQLStore
    writer: StoreWriter
    bus: EventBus
    overlay: Overlay
    merge: CaptureOrder
    site: Site
    desk: CorrectionDesk
    supervisor: Supervisor
    times: StageTimes

    def rpc_server(self, guard: Guard | None) -> RPCServer:
        """Make the server that offers all this over gRPC to whom the guard lets in; None: to everybody."""
        backend = Backend(
            self.supervisor, self.supervisor, self.overlay, self.bus, self.store, self.desk, self.networks
        )
        return RPCServer(self.settings.api.grpc, self.settings.security, backend, guard)

    async def start(self) -> None:
        """Load every network the settings need, so that one that cannot run shows before the first frame.

        Raises:
            ConfigurationError: the device failed.  ModelError: a network is damaged, or refused by the engine.
            EngineError: a network fails, or the engine is away.
        """
        await self.engine.open(required_models(self.settings))

    async def close(self) -> None:
        """Stop in order: cameras, what they handed on, the database, the networks; whatever fails, the rest too."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.engine.close)
            stack.callback(self.store.close)
            stack.push_async_callback(self.writer.close)
            stack.callback(self.bus.close)
            stack.callback(self.overlay.close)
            stack.push_async_callback(self.networks.close)
            stack.push_async_callback(self.supervisor.abort)


def build(settings: Settings, engine: Engine | None = None, write_patience_s: float | None = None) -> Application:
    """Wire the application. Where that fails, nothing stays open but an engine that was handed in.

    Args:
        engine: runs the networks instead of the engine that the settings name; closed with the application.
        write_patience_s: how long the database may refuse a commit before that is a fault for good; None: for ever.
    Raises:
        ModelError: a network is missing, or not the one configured.
        StorageError: the database cannot be opened, or has another writer.
        ConfigurationError: the device is not there.
    """
    # An engine that is made here holds nothing until it is started.
    engine = engine or make_engine(settings)
    models = require_models(settings, engine)
    gait = find_gait_model(settings, models)
    with ExitStack() as opened:
        store = opened.enter_context(closing(SQLStore.open(database_path(settings), lmdb_path(settings))))
        application = _wire(settings, engine, models, gait, store, write_patience_s)
        opened.pop_all()
    return application


def make_guard(settings: Settings) -> Guard | None:
    """Make whoever asks callers for their token on every port, None where authentication is off.

    Raises:
        ConfigurationError: the file of tokens is damaged, or open to others.  StorageError: it cannot be read.
    """
    return Guard(token_file(settings), SystemClock()) if settings.security.authentication else None


def _wire(
    settings: Settings,
    engine: Engine,
    models: dict[ModelRole, ModelInfo],
    gait: GaitModel | None,
    store: SQLStore,
    write_patience_s: float | None,
) -> Application:
    """Wire all that needs the networks' descriptions and an open database."""
    clock = SystemClock()
    times = StageTimes()
    overlay = Overlay(clock)
    bus = EventBus(store.last_sequence(), store.events_after, store.oldest_sequence)
    writer = StoreWriter(
        store,
        _publisher(bus, overlay),
        clock,
        max_db_size_mb=settings.storage.max_db_size_mb,
        patience_s=write_patience_s,
    )
    reid = settings.reid.model_copy(update={"thresholds": calibrated(settings.reid.thresholds, models, gait)})
    gallery = _open_gallery(reid, models, gait, store, str(database_path(settings)))
    book = CorrectionBook(store.ledger.corrections())
    resolver = Resolver(gallery, reid, settings.topology, gait.false_match_rate if gait else None, book)
    site = Site(
        resolver,
        Diary(settings.storage.observation_interval_s, gallery.root),
        Snapshots(snapshot_folder(settings)) if settings.storage.save_snapshots else None,
        writer,
        overlay,
        clock,
        times,
    )
    corrector = Corrector(gallery, resolver.tracks, resolver.topology, book, store.ledger, store.read_banks, clock.now)
    duplicates = DuplicateSearch(gallery, corrector.obstacles, reid.thresholds)
    desk = CorrectionDesk(site, gallery, corrector, duplicates, store.ledger, clock)
    networks = NetworkHealth(engine, clock, times.registry)
    networks.listen(NetworkReporter(writer).report)
    wait_s = settings.inference.batch_wait_s
    together = BatchingEngine(engine, clock, wait_s, times.registry) if wait_s else engine
    # A file's pictures never share a batch with others: results must not depend on who else was quick.
    alone = PatientEngine(GuardedEngine(engine, networks), networks, clock)
    engines: dict[bool, Engine] = {True: alone, False: GuardedEngine(together, networks)}
    extract, patiently = (FeatureExtractor(engines[lossless], reid, gait).extract for lossless in (False, True))
    merge = CaptureOrder(clock, extract, patiently)
    make_pipeline = _pipeline_maker(settings, engines, networks, gait, overlay, times)
    supervisor = Supervisor(settings, make_pipeline, merge, writer, clock)
    return Application(
        settings, clock, engine, networks, store, writer, bus, overlay, merge, site, desk, supervisor, times
    )


def _open_gallery(
    settings: ReIDSettings, models: dict[ModelRole, ModelInfo], gait: GaitModel | None, store: SQLStore, database: str
) -> Gallery:
    """Go on with the people known before, in the signals that the installed models make."""
    known = store.load_gallery()
    if known.identities:
        log.info("going on with people known before", people=len(known.identities), database=database)
    hashes = {modality: models[role].model_hash for modality, role in EMBEDDERS.items() if role in models}
    if gait is not None:
        hashes[Modality.GAIT] = gait.model_hash
    outfit = settings.thresholds.appearance_contradicts
    return Gallery(known, settings.multi_prototype, hashes, store.read_banks, outfit)


def make_engine(settings: Settings) -> Engine:
    """Make the engine that the settings name.

    Raises:
        ConfigurationError: the device is not there.
    """
    inference = settings.inference
    if inference.engine == "triton":
        triton = inference.triton
        return TritonEngine(inference.model_repository, triton.url, triton.timeout_s, triton.shared_memory_mb)
    return EmbeddedEngine(inference.model_repository, inference.device, inference.threads)


def _pipeline_maker(
    settings: Settings,
    engines: Mapping[bool, Engine],
    networks: NetworkHealth,
    gait: GaitModel | None,
    overlay: Overlay,
    times: StageTimes,
) -> Callable[[Source, Channel], CameraPipeline]:
    """Make the function that wires one camera's stages; it keeps each camera's tracker, whose ids go on.

    Args:
        engines: for lossless cameras under True, for others under False.
    """
    inference, reid = settings.inference, settings.reid
    width = settings.general.resize_width
    by_looks = inference.tracker.type == "botsort" and reid.enabled and reid.appearance.enabled
    trackers: dict[str, Tracker] = {}

    def make(source: Source, channel: Channel) -> CameraPipeline:
        camera_id, live = source.camera_id, not source.lossless
        engine = engines[source.lossless]
        detector = PersonDetector(engine, width, inference.tracker.track_low_thresh)
        poses = PoseEstimator(engine, width, inference.pose.conf_threshold) if inference.pose.enabled else None
        looks = AppearanceDescriber(engine) if by_looks else None
        if camera_id in trackers:
            trackers[camera_id].reconnect(live)
        else:
            trackers[camera_id] = make_tracker(camera_id, inference.tracker, inference.new_track_thresh, live)
        walks = reid.gait if gait else None
        tracklets = TrackletBuilder(camera_id, reid.quality, reid.samples, reid.refresh_s, walks)
        return CameraPipeline(
            source,
            detector,
            trackers[camera_id],
            looks,
            poses,
            tracklets,
            overlay,
            channel,
            times,
            lambda: networks.recoveries,
        )

    return make


def _publisher(bus: EventBus, overlay: Overlay) -> Callable[[Sequence[Event]], None]:
    """Make the function that tells the world of committed events: subscribers, and viewers who a track is."""

    def publish(events: Sequence[Event]) -> None:
        bus.publish(events)
        for event in events:
            if (identification := _identification(event)) is not None:
                overlay.identify(identification)

    return publish


def _identification(event: Event) -> Identification | None:
    """Read from an event who a track is, None where it does not say."""
    if event.kind not in IDENTIFYING or event.camera_id is None or event.track_id is None:
        return None
    confidence = event.detail.get("confidence")
    return Identification(
        event.camera_id,
        event.track_id,
        event.global_id,
        None if confidence is None else Confidence(confidence),
        final=event.kind is EventKind.TRACK_ENDED,
    )


def video_sources(settings: Settings) -> list[Source]:
    """Make a source for every enabled camera of type video.

    Raises:
        ConfigurationError: there is none.
    """
    sources: list[Source] = [
        VideoSource(
            camera.id,
            Path(camera.source.get_secret_value()),
            settings.general.run_start_ns,
            camera.start_offset_s,
            settings.general.fps_limit,
        )
        for camera in settings.cameras
        if camera.enabled and camera.type == "video" and camera.source is not None
    ]
    if not sources:
        raise ConfigurationError("no enabled camera of type video: add one to cameras, with its file as source")
    return sources


def token_file(settings: Settings) -> TokenFile:
    """Give the file of those who may call."""
    return TokenFile(settings.security.tokens_path or settings.general.output_dir / "tokens.json")


def database_path(settings: Settings) -> Path:
    """Where the database is."""
    return settings.storage.db_path or settings.general.output_dir / "haven.db"


def lmdb_path(settings: Settings) -> Path:
    """Where the prototype cache is."""
    return settings.storage.lmdb_path or database_path(settings).with_suffix(".lmdb")


def snapshot_folder(settings: Settings) -> Path:
    """Where pictures of people are kept."""
    return settings.storage.snapshot_dir or settings.general.output_dir / "snapshots"
