"""A headless Chromium that says what it thought of a page: for the tests of the screens and for their pictures."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)


def find() -> str:
    """The browser's own file; empty when this machine has none."""
    found = next(filter(None, map(shutil.which, NAMES)), "")
    return found or (str(MAC) if MAC.exists() else "")


@contextlib.contextmanager
def opened(language: str) -> Iterator[Chrome]:
    """A browser of someone who reads `language`, with a profile of its own that is gone afterwards."""
    with TemporaryDirectory(prefix="faturo-chrome-", ignore_cleanup_errors=True) as profile:
        browser = Chrome(options=_options(language, profile), service=_service(language))
        try:
            yield browser
        finally:
            browser.quit()


def _options(language: str, profile: str) -> ChromeOptions:
    options = ChromeOptions()
    options.binary_location = find()
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--lang={language}", f"--accept-lang={language}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return options


def _service(language: str) -> ChromeService:
    """Without a driver of the system's own, Selenium looks for one itself. Linux takes the language from LANGUAGE."""
    words = {"LANGUAGE": language.replace("-br", "_BR")}
    return ChromeService(executable_path=shutil.which("chromedriver"), env={**os.environ, **words})


def resize(browser: Chrome, width: int, height: int, *, scale: float = 1) -> None:
    """A phone is narrower than a window can be, hence through the page's own metrics."""
    metrics: dict[str, Any] = {"width": width, "height": height, "deviceScaleFactor": scale}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**metrics, "mobile": width < 600})


def complaints(browser: Chrome) -> list[str]:
    """Errors since the last time: broken scripts, blocked or missing files."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
