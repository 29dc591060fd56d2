"""The viewer, one HTML document with all that it needs: the page at /view, and the MCP App. Built from viewer/ by `make viewer`."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).with_name("graph.html")
_INLINE = re.compile(rb"<(script|style)>(.*?)</\1>", re.DOTALL)


@cache
def document() -> bytes:
    """The document."""
    return _FILE.read_bytes()


class Page(NamedTuple):
    """The document as it is sent: in gzip, too, with its etag (quotes included) and its policy."""

    plain: bytes
    packed: bytes
    etag: str
    policy: str


@cache
def page() -> Page:
    """The page. The first call compresses, which takes too long for an event loop."""
    plain = document()
    etag = f'"{hashlib.sha256(plain).hexdigest()[:32]}"'
    return Page(plain, gzip.compress(plain, 9, mtime=0), etag, _policy(plain))


def _policy(document: bytes) -> str:
    """The Content-Security-Policy of the page: its own script and style by their hashes, calls to the server that sent it, nothing else."""
    hashes: dict[bytes, list[str]] = {b"script": [], b"style": []}
    for kind, text in _INLINE.findall(document):
        hashes[kind].append(f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'")
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(hashes[b'script'])}",
            f"style-src {' '.join(hashes[b'style'])}",
            "img-src data: blob:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )
