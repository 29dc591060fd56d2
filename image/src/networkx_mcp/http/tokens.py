"""Token entries: what a mounted Secret holds instead of tokens, and the table that follows its changes.

A token is 256 random bits, so one SHA-256 is enough to keep it from whoever reads the Secret. A file
holds a JSON list of entries or one entry a line; see `TokenEntry`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from networkx_mcp.context import SCOPES
from networkx_mcp.telemetry import logs

TOKEN_PREFIX = "nmcp_"  # noqa: S105 -- how our tokens begin, so that scanners find a leaked one
#: Tenants are part of store keys.
TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NAME = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FIELDS = frozenset({"name", "sha256", "tenant", "scopes", "expires"})
_MAX_FILE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class TokenEntry:
    """One token: its name, the SHA-256 of its text, whom it stands for and until when (Unix seconds)."""

    name: str
    digest: bytes
    tenant: str
    scopes: frozenset[str]
    expires: float | None


def mint() -> str:
    """A new token: the prefix and 43 url-safe characters of 256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """The SHA-256 of a token's text."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def describe(token: str, *, name: str, tenant: str, scopes: Iterable[str], days: float | None) -> dict[str, Any]:
    """The entry of a new token. Raises ValueError where `parse` would refuse it."""
    expires = None
    if days is not None:
        if days <= 0:
            raise ValueError("days must be above 0")
        expires = (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    entry = {
        "name": name,
        "sha256": digest(token).hex(),
        "tenant": tenant,
        "scopes": list(scopes),
        "expires": expires,
    }
    _entry(entry)
    return entry


def _entry(raw: Any) -> TokenEntry:
    if not isinstance(raw, dict):
        raise ValueError("an entry must be a JSON object")
    if unknown := set(raw) - _FIELDS:
        raise ValueError(f"unknown field {min(unknown)!r}; the fields are {', '.join(sorted(_FIELDS))}")
    name, sha256, tenant = raw.get("name"), raw.get("sha256"), raw.get("tenant")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError("name must be 1 to 64 printable ASCII characters")
    if not isinstance(sha256, str) or not _DIGEST.fullmatch(sha256):
        raise ValueError(f"{name}: sha256 must be 64 lower-case hexadecimal digits")
    if not isinstance(tenant, str) or not TENANT.fullmatch(tenant):
        raise ValueError(f"{name}: tenant must match {TENANT.pattern}")
    scopes = raw.get("scopes")
    if not isinstance(scopes, list) or not scopes or not set(map(str, scopes)) <= set(SCOPES):
        raise ValueError(f"{name}: scopes must be a list of {', '.join(SCOPES)}")
    expires = raw.get("expires")
    moment: float | None = None
    if expires is not None:
        try:
            parsed = datetime.fromisoformat(expires)
        except (TypeError, ValueError):
            raise ValueError(f"{name}: expires must be a time such as 2027-01-01T00:00:00Z, or null") from None
        if parsed.tzinfo is None:
            raise ValueError(f"{name}: expires needs a time zone, for example a Z at its end")
        moment = parsed.timestamp()
    return TokenEntry(name, bytes.fromhex(sha256), tenant, frozenset(scopes), moment)


def parse(text: str) -> list[TokenEntry]:
    """Entries of one file: a JSON list, one object, or one object a line.

    Raises ValueError naming the entry and its field, never its hash.
    """
    stripped = text.strip()
    if not stripped:
        return []
    try:
        whole = json.loads(stripped)
        raws = whole if isinstance(whole, list) else [whole]
        places = [f"entry {number}" for number in range(1, len(raws) + 1)]
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        raws, places = [], []
        for number, line in enumerate(stripped.splitlines(), 1):
            if line.strip():
                try:
                    raws.append(json.loads(line))
                except (ValueError, RecursionError):
                    raise ValueError(f"line {number} is not JSON") from None
                places.append(f"line {number}")
    entries: list[TokenEntry] = []
    for place, raw in zip(places, raws, strict=True):
        try:
            entries.append(_entry(raw))
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None
    return entries


#: What tells that a file is another one: inode, time of change in ns, size. Kubernetes swaps a
#: symbolic link of the whole volume, so the inode behind the name changes.
_Stamp = tuple[int, int, int]


class TokenTable:
    """The valid entries of a directory, looked at again every few seconds.

    A file that cannot be read or parsed keeps the entries it had: a broken Secret locks nobody out.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._files: dict[str, tuple[_Stamp, list[TokenEntry]]] = {}
        self._complaints: dict[str, str] = {}
        self._entries: dict[bytes, TokenEntry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, token: str) -> TokenEntry | None:
        """The entry of a token, expired ones too; None for an unknown token.

        Looked up by its hash, which a caller cannot steer towards a neighbour's, and then compared in
        constant time.
        """
        hashed = digest(token)
        entry = self._entries.get(hashed)
        if entry is not None and hmac.compare_digest(entry.digest, hashed):
            return entry
        return None

    def load(self) -> bool:
        """Look at the directory once. Returns whether anything changed; never raises."""
        try:
            paths = sorted(
                path for path in self.directory.iterdir() if not path.name.startswith(".") and path.is_file()
            )
        except OSError as error:
            self._complain("", f"cannot be listed: {error.strerror}")
            return False
        self._complaints.pop("", None)
        changed = False
        for gone in set(self._files) - {path.name for path in paths}:
            del self._files[gone]
            self._complaints.pop(gone, None)
            changed = True
        for path in paths:
            changed |= self._load_file(path)
        if changed:
            self._merge()
        return changed

    def _load_file(self, path: Path) -> bool:
        known = self._files.get(path.name)
        try:
            status = path.stat()
            stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
            if known is not None and known[0] == stamp:
                return False
            if status.st_size > _MAX_FILE:
                raise ValueError(f"is larger than {_MAX_FILE} bytes")
            entries = parse(path.read_text(encoding="utf-8"))
        except OSError as error:
            self._complain(path.name, f"cannot be read: {error.strerror}")
            return False
        except ValueError as error:
            self._complain(path.name, f"{error}")
            return False
        self._files[path.name] = (stamp, entries)
        self._complaints.pop(path.name, None)
        return True

    def _complain(self, name: str, text: str) -> None:
        if self._complaints.get(name) != text:  # once, not every two seconds
            self._complaints[name] = text
            kept = len(self._files[name][1]) if name in self._files else len(self._entries) if not name else 0
            logs.event("tokens_invalid", level=logging.ERROR, file=name or ".", message=text, kept_entries=kept)

    def _merge(self) -> None:
        merged: dict[bytes, TokenEntry] = {}
        for _, entries in self._files.values():
            for entry in entries:
                if merged.setdefault(entry.digest, entry) != entry:
                    logs.event(
                        "tokens_duplicate", level=logging.ERROR, message=f"{entry.name}: hash seen before, ignored"
                    )
        self._entries = merged
        now = time.time()
        valid = sum(1 for entry in merged.values() if entry.expires is None or entry.expires > now)
        logs.event("tokens_loaded", entries=len(merged), valid=valid, files=len(self._files))

    async def watch(self, every: float) -> None:
        """Look again every `every` seconds, for ever."""
        while True:
            await asyncio.sleep(every)
            self.load()
