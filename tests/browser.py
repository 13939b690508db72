"""Debian's chromium without a window, for the tests of the HTML report, its pictures in docs/img and its benchmark."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)


def why_no_browser() -> str:
    """What is missing to drive a browser; "" where nothing is."""
    if find_spec("selenium") is None:
        return "selenium is not installed (pip install selenium)"
    lacking = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"no {' and no '.join(lacking)} on the path (apt-get install chromium chromium-driver)" if lacking else ""


@contextmanager
def a_browser() -> Iterator[Any]:
    """A browser with an empty profile of its own. Browser and driver are the installed ones: nothing is downloaded."""
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    with TemporaryDirectory(prefix="xsim-browser-", ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = Chrome(options=options, service=ChromeService(shutil.which("chromedriver")))
        try:
            yield driver
        finally:
            driver.quit()


def show(
    driver: Any, page: Path, *, width: int = 1280, height: int = 1000, scheme: str = "light", at: str = ""
) -> None:
    """Open the page in a window of this size, for people who prefer this colour scheme; `at` is a "#..." of it."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    if at:
        driver.get("about:blank")  # An address that differs in its "#..." alone would not load the page anew.
    driver.get(page.resolve().as_uri() + at)


def picture_of(driver: Any, *, selector: str = "") -> bytes:
    """The window as a PNG, or the one element that `selector` finds."""
    clip = {}
    if selector:
        box = driver.execute_script(
            "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
            "return {x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height, scale: 1}",
            selector,
        )
        clip = {"clip": box, "captureBeyondViewport": True}
    return base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", **clip})["data"])
