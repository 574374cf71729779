"""The scripts behind `make`: what they promise to someone who has just cloned Faturo."""

import os
import re
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import dotenv, packages, prepare, run, stamps, test
from scripts.console import Failed

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project folder that the scripts take for the real one."""
    for module in (prepare, stamps):
        monkeypatch.setattr(module, "ROOT", tmp_path)
        monkeypatch.setattr(module, "VAR", tmp_path / "var")
    (tmp_path / "requirements.txt").write_text("")
    return tmp_path


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_make_alone_lists_every_command() -> None:
    targets = re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make ([a-z-]+) +\S", listed, re.MULTILINE) == targets
    assert {"run", "test", "bench", "lint", "shell", "clean", "messages", "lock"} <= set(targets)


def test_a_fresh_clone_gets_a_private_file_with_its_own_secrets(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert dotenv.complete(first, {}) == ["SECRET_KEY", "DEMO_PASSWORD"]
    dotenv.complete(second, {})
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert len(dotenv.read(first)["SECRET_KEY"]) >= 50
    assert not set(dotenv.read(first).values()) & set(dotenv.read(second).values())


def test_an_existing_file_keeps_every_line_it_has(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# ours\nSECRET_KEY='kept # whole'\nPORT=9000  # busy\nDEMO_PASSWORD=")
    assert dotenv.complete(file, {}) == ["DEMO_PASSWORD"]
    assert file.read_text().startswith("# ours\nSECRET_KEY='kept # whole'\nPORT=9000  # busy\nDEMO_PASSWORD=")
    assert dotenv.read(file)["SECRET_KEY"] == "kept # whole"
    assert dotenv.read(file)["PORT"] == "9000"
    before = file.read_text()
    assert dotenv.complete(file, {}) == []
    assert file.read_text() == before


def test_a_secret_from_the_environment_is_not_written_down(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert dotenv.complete(file, {"SECRET_KEY": "from outside"}) == ["DEMO_PASSWORD"]
    assert "SECRET_KEY" not in dotenv.read(file)


def test_the_example_names_only_defaults_that_are_commented_out() -> None:
    assert dotenv.read(ROOT / ".env.example") == {}


def test_a_taken_port_is_named_before_anything_is_installed(taken_port: int) -> None:
    env = {**os.environ, "PORT": str(taken_port)}
    command = [sys.executable, "-m", "scripts.run"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"Port {taken_port} is already in use" in done.stderr
    assert "1/6" not in done.stdout


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_no_port_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(Failed, match="PORT must be a number"):
        run._port()


def test_an_old_python_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    script = shutil.copy(ROOT / "scripts" / "python", tmp_path / "scripts")
    for tool in ("sh", "dirname"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    env = {"PATH": str(tmp_path)}
    done = subprocess.run(
        [str(tmp_path / "sh"), script, "-V"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "needs Python 3.11" in done.stderr


def test_a_lock_entry_carries_its_hashes() -> None:
    entry = packages.locked("uv", ROOT / "requirements-dev.txt")
    assert re.match(r"uv==[\d.]+ \\\n( +--hash=sha256:[0-9a-f]{64}( \\)?\n)+$", entry)


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_package_has_a_hash_and_no_server_is_named(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.findall(r"^\S+==\S+.*\n(.*)", text, re.MULTILINE)
    assert entries and all("--hash=sha256:" in line for line in entries)
    assert "://" not in text and "--index" not in text


def test_a_changed_file_makes_its_step_run_again(project: Path) -> None:
    file = project / "app.css"
    file.write_text("a")
    stamps.done("static", stamps.digest([file]))
    assert stamps.is_done("static", stamps.digest([file]))
    file.write_text("b")
    assert not stamps.is_done("static", stamps.digest([file]))


def test_a_deleted_database_is_made_again_and_filled_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[str] = []

    def manage(command: str, *options: str) -> str:
        commands.append(command)
        return _migrate(project) if command == "migrate" else ""

    monkeypatch.setattr(prepare, "manage", manage)
    monkeypatch.setenv("DATABASE_URL", "sqlite:///app.sqlite3")
    for _ in range(2):
        prepare.database()
        prepare.demo()
    assert commands == ["migrate", "demo"]
    (project / "app.sqlite3").unlink()
    prepare.database()
    prepare.demo()
    assert commands == ["migrate", "demo"] * 2


def _migrate(project: Path) -> str:
    with sqlite3.connect(project / "app.sqlite3") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS django_migrations (id, app, name, applied)")
        connection.execute("INSERT INTO django_migrations VALUES (1, 'contenttypes', '1', random())")
    return "Applying contenttypes.0001_initial... OK"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [([0, 0], 0), ([1, 0], 1), ([0, 2], 2), ([0, 5], 0), ([5, 5], 5), ([5, 1], 1)],
)
def test_one_failed_database_fails_the_whole_and_an_empty_run_is_no_success(
    codes: list[int], expected: int
) -> None:
    assert test.verdict(codes) == expected


def test_a_missing_server_is_an_error_in_ci_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    test._not_tested("no PostgreSQL")
    assert "NOT TESTED: no PostgreSQL" in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    with pytest.raises(Failed, match="no PostgreSQL"):
        test._not_tested("no PostgreSQL")
