from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from haven_server.errors import ConfigurationError
from haven_server.settings import Settings
from haven_server.settings_file import load_settings

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write sources.yaml, and .env beside it where one is given."""

    def write(text: str, env: str | None = None) -> Path:
        path = tmp_path / "config" / "sources.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))
        if env is not None:
            (path.parent / ".env").write_text(env)
        return path

    return write


def refusal(path: Path | None, *overrides: str, **environ: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        load_settings(path, overrides, environ)
    return str(raised.value)


def camera_source(settings: Settings, index: int = 0) -> str:
    source = settings.cameras[index].source
    assert source is not None
    return source.get_secret_value()


CAMERAS = """
cameras:
  - {id: cam1, source: a.mp4}
  - {id: cam2, source: b.mp4}
"""


def test_keys_of_the_file_replace_defaults(write: Write) -> None:
    settings = load_settings(write("general: {fps_limit: 10}\n" + CAMERAS), (), {})
    assert settings.general.fps_limit == 10
    assert settings.general.resize_width == 640
    assert [camera.id for camera in settings.cameras] == ["cam1", "cam2"]


@pytest.mark.parametrize("text", ["", "# nothing\n", "reid:\ncameras:\ngeneral:\n  # fps_limit: 5\n"])
def test_a_file_or_section_that_holds_nothing_means_defaults(write: Write, text: str) -> None:
    assert load_settings(write(text), (), {}) == Settings()


def test_no_file_means_defaults() -> None:
    assert load_settings(None, (), {}) == Settings()


def test_a_missing_file_is_named_with_the_mend(tmp_path: Path) -> None:
    message = refusal(tmp_path / "sources.yaml")
    assert str(tmp_path / "sources.yaml") in message
    assert "copy config/sources.example.yaml" in message


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(b"general: {log_level: \xff}")
    assert "not UTF-8" in refusal(path)


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words", "3"])
def test_a_file_without_sections_is_refused(write: Write, text: str) -> None:
    assert "wanted sections" in refusal(write(text))


@pytest.mark.parametrize(
    "text",
    [
        "general: {fps_limit: 1\n",
        "a: b: c\n",
        "general:\n\tfps_limit: 1\n",
        "x: &x [*x]\n",
        "general: {run_start: 2026-13-45}\n",
        "general: !!python/object:os.system x\n",
    ],
)
def test_what_is_not_plain_yaml_is_refused(write: Write, text: str) -> None:
    assert "not YAML" in refusal(write(text))


@pytest.mark.parametrize(
    "value", ["*hunter2", "!hunter2", "&hunter2 &hunter2 x", "%hunter2", "@hunter2", "a: hunter2: c"]
)
def test_a_fault_in_the_yaml_does_not_quote_the_file(write: Write, value: str) -> None:
    assert "hunter2" not in refusal(write(f"cameras:\n  - password: {value}\n"))


def test_a_key_given_twice_is_refused_with_both_lines(write: Write) -> None:
    message = refusal(write("general:\n  fps_limit: 5\n  fps_limit: 6\n"))
    assert "general.fps_limit (line 3): given twice, first on line 2" in message


def test_an_unknown_key_is_refused_with_the_nearest_known_one(write: Write) -> None:
    path = write("reid:\n  thresholds:\n    face_similarty: 0.5\n")
    message = refusal(path)
    assert message.startswith(f"{path}: reid.thresholds.face_similarty (line 3): unknown key")
    assert "did you mean reid.thresholds.face_similarity?" in message


def test_an_unknown_key_of_another_section_is_told_its_place(write: Write) -> None:
    assert "did you mean reid.thresholds.face_similarity?" in refusal(
        write("reid:\n  face:\n    face_similarity: 0.5\n")
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("general: {fps_limit: fast}", "general.fps_limit (line 1): wanted a number over 0 and up to 240, got text"),
        ("general: {fps_limit: true}", "general.fps_limit (line 1): wanted a number over 0 and up to 240, got true"),
        ("general: {fps_limit: 500}", "general.fps_limit (line 1): wanted a number over 0 and up to 240, got 500"),
        ("general: {log_level: loud}", "wanted DEBUG | INFO | WARNING | ERROR, got text"),
        ("general: {run_start: 2026-01-01}", "wanted a date and time with time zone"),
        ("general: 5", "general (line 1): wanted a section (fps_limit, resize_width"),
        ("inference: {threads: 1.5}", "wanted a whole number from 1 to 64, got 1.5"),
        ("cameras: {}", "cameras (line 1): wanted a list, got a section"),
        ("cameras: [{source: x}]", "cameras.0.id (line 1): is missing"),
        ("adl: {bed_exit: {bed_zone: [1, 2, 3, x]}}", "adl.bed_exit.bed_zone.3 (line 1): wanted a number, got text"),
        ("adl: {bed_exit: {bed_zone: 5}}", "wanted a list of 4 numbers or null, got 5"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place_and_what_is_allowed(write: Write, text: str, expected: str) -> None:
    assert expected in refusal(write(text))


@pytest.mark.parametrize("password", ["8271", "82.71", "yes"])
def test_a_number_in_place_of_a_password_is_not_quoted_but_wants_quotes(write: Write, password: str) -> None:
    message = refusal(write(f"cameras: [{{id: c, source: x, password: {password}}}]"))
    assert "cameras.0.password (line 1): wanted text or null, got a number or truth value: put it in quotes" in message
    assert password not in message
    assert "8271" not in message


def test_all_faults_come_in_one_message(write: Write) -> None:
    path = write(
        CAMERAS + "general: {fps: 3, fps_limit: 0}\nreid: {samples: ${NOPE}}\n".replace("${NOPE}", '"${NOPE}"')
    )
    lines = refusal(path, HAVEN_API__GRPC__PORT="70000").splitlines()
    assert lines[0] == f"{path}: 4 settings are wrong"
    for key in ("general.fps (", "general.fps_limit (", "reid.samples (", "api.grpc.port (HAVEN_API__GRPC__PORT)"):
        assert sum(key in line for line in lines) == 1


def test_a_camera_id_given_twice_is_refused(write: Write) -> None:
    path = write(CAMERAS + "  - {id: cam1, source: c.mp4}\n")
    assert "cameras (line 2): camera id cam1 is given more than once" in refusal(path)


def test_a_topology_that_names_an_unknown_camera_is_refused(write: Write) -> None:
    message = refusal(write(CAMERAS + "topology: {links: [{from: cam1, to: attic}]}\n"))
    assert "topology.links.0: no camera has the id attic; cameras are cam1, cam2" in message


def test_variables_come_from_the_environment_before_the_env_file(write: Write) -> None:
    path = write('cameras: [{id: c, source: "${FOLDER}/${NAME}.mp4"}]', env="FOLDER=/videos\nNAME=file\n")
    assert camera_source(load_settings(path, (), {"NAME": "hall"})) == "/videos/hall.mp4"


def test_the_env_file_may_stand_beside_the_configurations_folder(write: Write) -> None:
    path = write('cameras: [{id: c, source: "${NAME}"}]')
    (path.parent.parent / ".env").write_text("export NAME='with space'  # comment\n")
    assert camera_source(load_settings(path, (), {})) == "with space"


def test_the_env_file_is_not_exported_to_the_process(write: Write) -> None:
    load_settings(write("", env="HAVEN_EXAMPLE_SECRET=x\n"), (), {})
    assert "HAVEN_EXAMPLE_SECRET" not in os.environ


def test_the_env_file_may_hold_settings(write: Write) -> None:
    path = write("", env="HAVEN_REID__SAMPLES=7\n")
    assert load_settings(path, (), {}).reid.samples == 7
    assert load_settings(path, (), {"HAVEN_REID__SAMPLES": "8"}).reid.samples == 8


def test_an_empty_env_file_holds_nothing(write: Write) -> None:
    assert load_settings(write("", env=""), (), {}) == Settings()


def test_a_line_of_the_env_file_that_is_no_assignment_is_named_without_its_text(write: Write) -> None:
    message = refusal(write("", env="GOOD=1\nhunter2 'and more\n"))
    assert ".env: line 2: wanted NAME=value" in message
    assert "hunter2" not in message


def test_a_variable_that_is_not_set_is_named_with_its_key(write: Write) -> None:
    message = refusal(write('cameras:\n  - id: c\n    source: "${RTSP_URL}"\n', env="RTSP_URL\n"))
    assert "cameras.0.source (line 3): variable RTSP_URL is not set" in message


def test_a_variable_that_is_empty_is_set(write: Write) -> None:
    assert load_settings(write('cameras: [{id: c, source: x, name: "${N}"}]'), (), {"N": ""}).cameras[0].name == ""


def test_a_doubled_dollar_stands_for_itself(write: Write) -> None:
    path = write('cameras: [{id: c, source: "$${NAME} $5 $$", name: "a$b"}]')
    settings = load_settings(path, (), {"NAME": "x"})
    assert camera_source(settings) == "${NAME} $5 $$"
    assert settings.cameras[0].name == "a$b"


@pytest.mark.parametrize("text", ["${}", "${A B}", "${UNCLOSED"])
def test_a_broken_reference_is_refused(write: Write, text: str) -> None:
    assert "a ${ without NAME}" in refusal(write(f'cameras: [{{id: c, source: "{text}"}}]'), A="1")


def test_a_variables_value_is_not_looked_into_for_variables(write: Write) -> None:
    settings = load_settings(write('cameras: [{id: c, source: "${A}"}]'), (), {"A": "${B}", "B": "x"})
    assert camera_source(settings) == "${B}"


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(write: Write) -> None:
    path = write("reid: {thresholds: {face_similarity: 0.1, margin: 0.1}, samples: 1}\n")
    environ = {"HAVEN_REID__THRESHOLDS__FACE_SIMILARITY": "0.2", "HAVEN_REID__THRESHOLDS__MARGIN": "0.2"}
    settings = load_settings(path, ["reid.thresholds.face_similarity=0.3"], environ)
    assert settings.reid.thresholds.face_similarity == 0.3
    assert settings.reid.thresholds.margin == 0.2
    assert settings.reid.samples == 1


def test_list_items_are_overridden_by_index_and_appended_at_the_end(write: Write) -> None:
    overrides = ["cameras.2.id=cam3", "cameras.2.source=c.mp4"]
    settings = load_settings(write(CAMERAS), overrides, {"HAVEN_CAMERAS__0__ENABLED": "false"})
    assert [camera.enabled for camera in settings.cameras] == [False, True, True]
    assert camera_source(settings, 2) == "c.mp4"


def test_an_override_may_hold_a_list_or_unset_a_key() -> None:
    settings = load_settings(None, ["adl.bed_exit.bed_zone=[1, 2, 3, 4]", "storage.db_path=null"], {})
    assert settings.adl.bed_exit.bed_zone == (1.0, 2.0, 3.0, 4.0)
    assert settings.storage.db_path is None


@pytest.mark.parametrize("password", ["12345", "true", "[x", "*a", "a: b", "a=b", " "])
def test_an_override_of_a_text_setting_is_taken_as_it_stands(write: Write, password: str) -> None:
    settings = load_settings(write(CAMERAS), (), {"HAVEN_CAMERAS__0__PASSWORD": password})
    assert settings.cameras[0].password is not None
    assert settings.cameras[0].password.get_secret_value() == password


@pytest.mark.parametrize(
    ("override", "place"),
    [
        (
            "cameras.9.enabled=false",
            "cameras.9.enabled (--set cameras.9.enabled): there is no such section or list item",
        ),
        ("cameras.cam1.enabled=false", "cameras.cam1.enabled (--set cameras.cam1.enabled): there is no such section"),
        (
            "general.fps_limt=3",
            "general.fps_limt (--set general.fps_limt): unknown key; did you mean general.fps_limit?",
        ),
        ("general.fps_limit=", "general.fps_limit (--set general.fps_limit): wanted a number"),
        ("general.fps_limit.x=1", "general.fps_limit (--set general.fps_limit.x): wanted a number"),
    ],
)
def test_an_override_that_fits_nowhere_is_refused_by_its_name(write: Write, override: str, place: str) -> None:
    assert place in refusal(write(CAMERAS), override)


@pytest.mark.parametrize("override", ["hunter2", "=hunter2", "a..b=hunter2"])
def test_an_override_of_the_wrong_form_is_refused_without_quoting_it(override: str) -> None:
    message = refusal(None, override)
    assert "wanted KEY=VALUE" in message
    assert "hunter2" not in message


def test_an_unknown_setting_in_the_environment_is_refused_and_other_variables_are_left_alone() -> None:
    assert "HAVEN_REIDD__SAMPLES" in refusal(None, HAVEN_REIDD__SAMPLES="3")
    load_settings(None, (), {"HAVEN_TEST_DATA": "/data", "HAVENLY__X": "1", "PATH": "/bin"})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("inference: {yolo: {device: cpu}}", "inference: {device: cpu}"),
        ("reid: {quality: {max_blur_variance: 50}}", "reid: {quality: {min_sharpness: 50}}"),
    ],
)
def test_an_older_name_is_read_as_the_name_of_now(write: Write, old: str, new: str) -> None:
    assert load_settings(write(old), (), {}) == load_settings(write(new), (), {}) != Settings()


def test_an_older_name_may_be_overridden_by_the_name_of_now(write: Write) -> None:
    path = write("reid: {quality: {max_blur_variance: 50}}")
    assert load_settings(path, ["reid.quality.min_sharpness=60"], {}).reid.quality.min_sharpness == 60
    assert load_settings(path, ["reid.quality.max_blur_variance=70"], {}).reid.quality.min_sharpness == 70


@pytest.mark.parametrize(
    ("text", "old"),
    [
        (
            "inference: {yolo: {device: cpu}, device: cuda}",
            "inference.yolo.device (line 1): an older name of inference.device",
        ),
        ("reid: {quality: {max_blur_variance: 5, min_sharpness: 6}}", "reid.quality.max_blur_variance (line 1)"),
    ],
)
def test_both_names_of_one_setting_are_refused(write: Write, text: str, old: str) -> None:
    assert old in refusal(write(text))


def test_both_names_of_one_setting_on_the_command_line_are_refused() -> None:
    message = refusal(None, "inference.device=cpu", "inference.yolo.device=cuda")
    assert "given as inference.device and as inference.yolo.device" in message


def test_an_override_with_a_wrong_value_under_an_older_name_still_names_the_setting() -> None:
    assert "inference.device (HAVEN_INFERENCE__YOLO__DEVICE)" in refusal(None, HAVEN_INFERENCE__YOLO__DEVICE="gpu")


@pytest.mark.parametrize(
    "text",
    [
        "cameras: [{id: c, type: rtsp, source: 'rtsp://u:hunter2@h/1', password: [hunter2]}]",
        "cameras: [{id: c, source: x, pasword: hunter2}]",
        "cameras: [{id: hunter2 hunter2, source: x}]",
        "cameras: hunter2",
        "cameras: [{'rtsp://u:hunter2@host/1': x}]",
        "inference: {threads: 'hunter2'}",
        "inference: {threads: {hunter2: 1}}",
    ],
)
def test_no_message_quotes_a_text_value(write: Write, text: str) -> None:
    assert "hunter2" not in refusal(write(text))
    with pytest.raises(ConfigurationError) as raised:
        load_settings(write(text), (), {})
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
