"""A headless Chromium, driven through chromedriver's own protocol: JSON over HTTP, no library between."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
PATIENCE_S = 60.0
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"space": " ", "right": "\ue014", "left": "\ue012", "tab": "\ue004", "enter": "\ue007"}


def needs_browser() -> None:
    """Skip the test where there is no Chromium to drive."""
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no chromium and chromedriver here")


class Browser:
    """A browser with one page. Context manager."""

    def __init__(self, width: int = 1280, height: int = 900, *, dark: bool = False, calm: bool = False) -> None:
        self._size, self._dark, self._calm = (width, height), dark, calm

    def __enter__(self) -> Browser:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._driver = subprocess.Popen(
            [str(DRIVER), f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._base = f"http://127.0.0.1:{port}"
        try:
            self._wait_for_driver()
            self._base += "/session/" + str(self._call("POST", "/session", self._wishes())["sessionId"])
            self._emulate()
        except BaseException:
            self._driver.kill()
            self._driver.wait()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._call("DELETE", "")
        finally:
            self._driver.kill()
            self._driver.wait()

    def _wait_for_driver(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert time.monotonic() < until, "chromedriver does not answer"
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            self._call("GET", "/status")
        except OSError:
            return False
        return True

    def _wishes(self) -> dict[str, Any]:
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio"]
        chrome = {
            "binary": CHROMIUM,
            "args": [*arguments, "--hide-scrollbars", "--autoplay-policy=no-user-gesture-required"],
        }
        logs = {"browser": "ALL", "performance": "ALL"}
        return {"capabilities": {"alwaysMatch": {"goog:chromeOptions": chrome, "goog:loggingPrefs": logs}}}

    def _emulate(self) -> None:
        width, height = self._size
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if self._dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if self._calm else "no-preference"},
        ]
        self.command("Emulation.setEmulatedMedia", features=features)
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(  # noqa: S310  # our own driver
            self._base + path, data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def command(self, name: str, **params: Any) -> Any:
        """A command of the DevTools protocol."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": name, "params": params})

    def open(self, path: Path, fragment: str = "") -> None:
        """Open a local file."""
        self._call("POST", "/url", {"url": path.absolute().as_uri() + fragment})

    def run(self, script: str, *args: Any) -> Any:
        """Run JavaScript, the body of a function."""
        return self._call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def wait(self, script: str, *args: Any) -> Any:
        """What a script gives as soon as it gives something true."""
        until = time.monotonic() + PATIENCE_S
        while not (value := self.run(script, *args)):
            assert time.monotonic() < until, f"never true: {script}"
            time.sleep(0.05)
        return value

    def click(self, selector: str) -> None:
        """Click an element, as a person would."""
        self.run(
            "document.querySelector(arguments[0]).scrollIntoView({behavior: 'instant', block: 'center'})", selector
        )
        element = self._call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]
        self._call("POST", f"/element/{element}/click")

    def press(self, *keys: str) -> None:
        """Press keys, named as in `KEYS`."""
        actions = [{"type": kind, "value": KEYS[key]} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def complaints(self) -> list[str]:
        """What the console said since the last time."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def requests(self) -> list[str]:
        """The addresses asked for since the last time."""
        entries = [json.loads(e["message"])["message"] for e in self._call("POST", "/se/log", {"type": "performance"})]
        return [e["params"]["request"]["url"] for e in entries if e["method"] == "Network.requestWillBeSent"]

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """Save a picture of the page."""
        shot = self.command("Page.captureScreenshot", captureBeyondViewport=whole, format="png")
        path.write_bytes(base64.b64decode(shot["data"]))
