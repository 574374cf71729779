"""The few things that come from the operating system, not from Python's package index."""

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys

from scripts.console import Failed, environment, run

PDF_LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
PDF_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
PREFIXES = ("", "/opt/homebrew/lib/", "/usr/local/lib/")
HINTS = {
    "apt-get": f"sudo apt-get install -y {' '.join(PDF_PACKAGES)}",
    "brew": "brew install pango",
    "dnf": "sudo dnf install -y pango",
    "pacman": "sudo pacman -S pango",
    "apk": "apk add pango so:libharfbuzz-subset.so.0 so:libpangoft2-1.0.so.0",
    "zypper": "sudo zypper install libpango-1_0-0 libharfbuzz-subset0",
}


def pdf_libraries() -> str:
    """Installs what WeasyPrint draws with; without it all else still works, so it never stops the run."""
    wanted = [] if all(map(_loads, PDF_LIBRARIES)) else list(PDF_PACKAGES)
    if not wanted:
        return "already there"
    try:
        apt_install(*wanted)
    except Failed:
        return f"missing: PDFs will not work until you run\n    {hint()}"
    return "installed"


def apt_install(*packages: str) -> None:
    """Through apt-get as root or with passwordless sudo; Failed when there is neither."""
    apt = [*_as_root(), "apt-get", "-o", "DPkg::Lock::Timeout=60"]
    env = environment(DEBIAN_FRONTEND="noninteractive")
    run(*apt, "update", "-q", env=env, timeout=180)
    run(*apt, "install", "-q", "-y", "--no-install-recommends", *packages, env=env, timeout=600)


def has_ensurepip() -> bool:
    """False on a Debian without python3-venv, where a virtual environment can not have pip."""
    return importlib.util.find_spec("ensurepip") is not None


def hint() -> str:
    found = [line for tool, line in HINTS.items() if shutil.which(tool)]
    fallback = HINTS["brew"] if sys.platform == "darwin" else HINTS["apt-get"]
    return found[0] if found else fallback


def _loads(library: str) -> bool:
    names = [f"{prefix}lib{library}.{end}" for prefix in PREFIXES for end in ("so.0", "0.dylib")]
    return any(map(_opens, names))


def _opens(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _as_root() -> list[str]:
    if not shutil.which("apt-get"):
        raise Failed("There is no apt-get here.")
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n", "--preserve-env=DEBIAN_FRONTEND"]
    raise Failed("Installing needs root.")
