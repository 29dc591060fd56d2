"""The viewer, one HTML document with all that it needs: the page at /view, and the MCP App. Built from viewer/ by `make viewer`."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("graph.html")
_INLINE = re.compile(rb"<(script|style)>(.*?)</\1>", re.DOTALL)


@cache
def document() -> bytes:
    """The document."""
    return _FILE.read_bytes()


@cache
def compressed() -> bytes:
    """The document in gzip."""
    return gzip.compress(document(), 9, mtime=0)


@cache
def etag() -> str:
    """Of the document, quotes included."""
    return f'"{hashlib.sha256(document()).hexdigest()[:32]}"'


@cache
def policy() -> str:
    """The Content-Security-Policy of the page: its own script and style by their hashes, calls to the server that sent it, nothing else."""
    hashes: dict[bytes, list[str]] = {b"script": [], b"style": []}
    for kind, text in _INLINE.findall(document()):
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
