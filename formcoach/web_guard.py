"""Who may read the pages of `formcoach web`: the browser's own tab of this computer, and no other page in it.

The server listens on the loopback address, but any page in the same browser can send requests there, and a name of its
own can be made to point there (DNS rebinding). So a request must name an address that is ours, and come from our own
pages or from the address bar; and no answer may be read, framed, opened or kept by others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from werkzeug.datastructures import Headers

METHODS = ("GET", "HEAD")
"""Nothing can be changed through the pages, so nothing else is answered."""
OWN_SITES = ("same-origin", "none")
"""What `Sec-Fetch-Site` says of our own pages, and of an address that the person typed or opened."""

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; media-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of our own pages: no inline script or style, nothing from elsewhere."""

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer. There is no CORS header, so no other origin may read one."""


def own_hosts(port: int) -> frozenset[str]:
    """What the Host header of a request to us may be."""
    names = ("127.0.0.1", "localhost", "[::1]")
    short = names if port == 80 else ()  # a browser leaves the usual port out
    return frozenset([*(f"{name}:{port}" for name in names), *short])


def refusal(method: str, headers: Headers, hosts: Collection[str]) -> tuple[int, str] | None:
    """The status and the reason with which to refuse a request; None for one that is answered.

    Args:
        method: of the request.
        headers: of the request.
        hosts: as `own_hosts` gives them.
    """
    host = headers.get("Host", "").lower()
    if host not in hosts:
        return 421, "This address is not one of FormCoach's. Open the one that it printed."
    if method not in METHODS:
        return 405, "Nothing can be changed here: pages are only read."
    if headers.get("Sec-Fetch-Site", "none").lower() not in OWN_SITES:
        return 403, "Another page asked for this. Type the address into a new tab instead."
    if headers.get("Origin", f"http://{host}").lower() != f"http://{host}":
        return 403, "Another page asked for this. Type the address into a new tab instead."
    return None
