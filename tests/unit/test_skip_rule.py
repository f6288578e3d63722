"""The rule of tests/conftest.py, tried on runs of pytest of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"
ALLOWED = "import pytest\ndef test_a(): pytest.skip('HAVEN_TEST_DATA is missing: here')\ndef test_b(): pass\n"
FORBIDDEN = "import pytest\ndef test_a(): pytest.skip('flaky')\ndef test_b(): pass\n"
WHOLE_MODULE = "import pytest\npytest.importorskip('no_such_module_anywhere')\n"


def run_pytest(folder: Path, module: str, ci: bool) -> subprocess.CompletedProcess[str]:
    shutil.copy(CONFTEST, folder)
    (folder / "test_it.py").write_text(module)
    environ = {name: value for name, value in os.environ.items() if name != "CI"} | ({"CI": "true"} if ci else {})
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, check=False)


def test_a_skip_for_want_of_test_data_is_allowed(tmp_path: Path) -> None:
    assert run_pytest(tmp_path, ALLOWED, ci=True).returncode == 0


@pytest.mark.parametrize("module", [FORBIDDEN, WHOLE_MODULE + FORBIDDEN])
def test_any_other_skip_fails_a_run_in_ci(tmp_path: Path, module: str) -> None:
    result = run_pytest(tmp_path, module, ci=True)
    assert result.returncode != 0
    assert "SKIP NOT ALLOWED test_it.py" in result.stdout


def test_outside_ci_a_skip_is_nobodys_fault(tmp_path: Path) -> None:
    assert run_pytest(tmp_path, FORBIDDEN, ci=False).returncode == 0
