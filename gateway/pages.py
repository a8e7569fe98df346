"""The gateway's pages and what they load; everything comes from this package, nothing from afar."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent / "static"
_POLICY = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_REVALIDATED = "no-cache"
_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Page:
    """A file that is served as it is."""

    body: bytes
    headers: Mapping[str, str]
    etag: str


def pages() -> dict[bytes, Page]:
    """Path -> page. Addresses with a version in them never change their content."""
    swagger = _HERE / "swagger-ui"
    return {
        b"/": _page(_HERE / "index.html", "text/html; charset=utf-8"),
        b"/docs": _page(_HERE / "docs.html", "text/html; charset=utf-8"),
        b"/docs/start.js": _page(_HERE / "start.js", "text/javascript; charset=utf-8"),
        b"/docs/swagger-ui-5.35.0.js": _page(
            swagger / "swagger-ui-bundle.js", "text/javascript; charset=utf-8", _FOREVER
        ),
        b"/docs/swagger-ui-5.35.0.css": _page(
            swagger / "swagger-ui.css", "text/css; charset=utf-8", _FOREVER
        ),
    }


def _page(path: Path, media_type: str, caching: str = _REVALIDATED) -> Page:
    body = path.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    headers = {
        "content-type": media_type,
        "cache-control": caching,
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "etag": etag,
    }
    return Page(body, headers, etag)
