"""The few requests of `/admin` that a backup needs, with patience for a server that is busy or restarts."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

from networkx_mcp.backup.file import BackupError
from networkx_mcp.store.notes import NAMED

#: How long one request is repeated while the server is busy or away, in seconds: a rollout must not cost a backup.
PATIENCE_SECONDS = 120.0
_PAGE = 200


class FailedRequest(BackupError):
    """An answer that is no success, with its status and the code of its error."""

    def __init__(self, message: str, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


class AdminClient:
    """`/admin` of a server. `url` is its base, or that of /mcp."""

    def __init__(
        self, url: str, token: str | None, *, ca_file: Path | None = None, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._base = url.rstrip("/").removesuffix("/mcp") + "/admin"
        self._patience = patience
        # Only the URL given: no proxy of the environment stands between.
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=60.0,
            trust_env=False,
            verify=ssl.create_default_context(cafile=ca_file),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def _ask(
        self, method: str, path: str, params: Mapping[str, str | list[str]] | None = None, content: bytes = b""
    ) -> httpx.Response:
        end = time.monotonic() + self._patience
        while True:
            try:
                response = self._http.request(method, f"{self._base}/{path}", params=params, content=content or None)
            except httpx.TransportError as error:
                if time.monotonic() >= end:
                    raise BackupError(f"{self._base} does not answer: {error}") from None
                time.sleep(1.0)
                continue
            if response.is_success:
                return response
            if response.status_code not in (429, 502, 503, 504) or time.monotonic() >= end:
                code, message = _error(response)
                raise FailedRequest(
                    f"{method} /admin/{path}: {response.status_code}: {message}", response.status_code, code
                )
            after = response.headers.get("retry-after", "1")
            time.sleep(min(float(after) if after.isdigit() else 1.0, 10.0))

    def tenants(self) -> list[str]:
        """Tenants that have or had graphs."""
        found: list[str] = self._ask("GET", "tenants").json()["tenants"]
        return found

    def pages(self, tenant: str) -> Iterator[tuple[list[dict[str, Any]], list[str]]]:
        """A tenant's graphs in the order of their ids, and the ids of those that are damaged in the store, page by page."""
        after: str | None = ""
        while after is not None:
            params = {"after": after, "limit": str(_PAGE)}
            page = self._ask("GET", f"tenants/{quote(tenant, safe='')}/graphs", params).json()
            yield page["graphs"], page.get("damaged", [])
            after = page["next_after"]

    def graphs(self, tenant: str) -> Iterator[dict[str, Any]]:
        """A tenant's graphs that are sound, in the order of their ids."""
        for graphs, _ in self.pages(tenant):
            yield from graphs

    def graph(self, tenant: str, graph_id: str) -> dict[str, Any] | None:
        """A graph as the list tells it, or None."""
        page = self._ask("GET", f"tenants/{quote(tenant, safe='')}/graphs", {"prefix": graph_id, "limit": "1"}).json()
        return next((graph for graph in page["graphs"] if graph["graph_id"] == graph_id), None)

    def _archive(self, tenant: str, graph_id: str) -> str:
        return f"tenants/{quote(tenant, safe='')}/graphs/{quote(graph_id, safe='')}/archive"

    def get_archive(self, tenant: str, graph_id: str) -> bytes | None:
        """The archive of a graph, or None where it was deleted meanwhile."""
        try:
            return self._ask("GET", self._archive(tenant, graph_id)).content
        except FailedRequest as answer:
            if answer.status == 404:
                return None
            raise

    def put_archive(self, tenant: str, graph_id: str, data: bytes, *, replace: bool) -> dict[str, Any]:
        """Put a graph back. Raises FailedRequest 409 where it exists and may not be replaced."""
        params = {"replace": "true" if replace else "false"}
        done: dict[str, Any] = self._ask("PUT", self._archive(tenant, graph_id), params, data).json()
        return done

    def store_id(self) -> str:
        """What tells the store that is there now from those before it; "" where it cannot be told."""
        return str(self._ask("GET", "backup").json().get("store") or "")

    def report_success(self, began: float, left_out: Sequence[tuple[str, str]] = ()) -> None:
        """Tell that all written before `began` is in a backup that was verified, but for the graphs (tenant, id) of `left_out`."""
        named = [f"{quote(tenant, safe='')}/{graph_id}" for tenant, graph_id in left_out[:NAMED]]
        params: dict[str, str | list[str]] = {
            "last_success": f"{began:.3f}",
            "left_out_count": str(len(left_out)),
            "left_out": named,
        }
        self._ask("PUT", "backup", params)


def _error(response: httpx.Response) -> tuple[str, str]:
    """Code and message of an answer that is no success."""
    try:
        body = response.json()
        return str(body.get("error", "")), str(body.get("message") or body.get("error") or body)
    except (ValueError, AttributeError):
        return "", response.text[:300]
