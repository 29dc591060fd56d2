"""Every setting of the server, with its unit and where its default comes from.

A setting is an environment variable ``NETWORKX_MCP_<GROUP>_<NAME>`` (for example
``NETWORKX_MCP_LIMITS_CONNECTIONS``), named as the chart's value (``limits.connections``).
Defaults marked *contract* are promised in the README; evidence may raise them, nothing else may.
"""

from __future__ import annotations

import math
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from networkx_mcp.cgroup import cpu_limit, memory_limit

MIB = 1024 * 1024
KIB = 1024


class Group(BaseModel):
    """A group of settings: unknown names are refused, values do not change after start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(Group):
    """What one process admits. Every one of them is exported as a metric or named in its error."""

    connections: int = Field(45, ge=1, description="Requests that run at once (contract: 0.9 x 50 users).")
    queue: int = Field(360, ge=0, description="Requests that may wait for a slot; the next one is shed with 503.")
    queue_timeout_seconds: float = Field(
        10, gt=0, description="Longest wait of one request over both queues, in seconds; then 503."
    )
    workers: int = Field(0, ge=0, description="Heavy calls that run at once; 0 means the CPU limit, rounded up.")
    reserved_workers: int = Field(
        1,
        ge=0,
        description="Heavy calls beyond these, each of a tenant that has none running: a long call of one tenant "
        "does not hold up another's.",
    )
    graph_nodes: int = Field(180_000, ge=1, description="Nodes of one graph.")
    graph_edges: int = Field(540_000, ge=1, description="Edges of one graph.")
    value_kib: int = Field(
        256,
        ge=1,
        description="JSON of one attribute value, in KiB. Longer ones that a graph already holds stay; answers clip them.",
    )
    graph_mb: int = Field(64, ge=1, description="Size of one graph, in MiB: as it is stored, and as it is in memory.")
    tenant_mb: int = Field(512, ge=1, description="Stored size of all graphs of one tenant, in MiB.")
    tenant_graphs: int = Field(1000, ge=1, description="Graphs of one tenant.")
    tool_body_kib: int = Field(1024, ge=1, description="Body of one request to /mcp, in KiB; 413 past it.")
    tool_body_values: int = Field(
        300_000,
        ge=1000,
        description="JSON values (lists, objects and what commas part) in the body of one request to /mcp; 413 past it.",
    )
    upload_mb: int = Field(64, ge=1, description="Body of one PUT /graphs/{id}, in MiB; 413 as soon as it is passed.")
    upload_concurrent: int = Field(
        4,
        ge=1,
        description="Uploads that are received at once, and downloads; the next one is shed. One tenant has all but one.",
    )
    upload_min_kib_per_second: int = Field(
        64, ge=1, description="Slowest rate of an upload or a download, in KiB/s, over any 10 seconds."
    )
    body_budget_mb: int = Field(64, ge=1, description="Bodies of all requests held in memory at once, in MiB.")
    sockets: int = Field(2048, ge=16, description="Open client sockets; the next connection is refused.")
    memory_mb: int = Field(
        2048, ge=128, description="Memory of the container, in MiB (contract); a lower cgroup limit wins."
    )
    request_timeout_seconds: float = Field(20, gt=0, description="Longest run of one call, in seconds (contract).")
    connection_timeout_seconds: float = Field(
        30, gt=0, description="Longest time from a complete request to its answer, in seconds (contract)."
    )
    shutdown_timeout_seconds: float = Field(
        30, gt=0, description="Time that running requests get after SIGTERM, in seconds (contract)."
    )
    body_timeout_seconds: float = Field(
        10, gt=0, description="Longest time for headers and body of a request to /mcp to arrive, in seconds."
    )

    @cached_property
    def effective_workers(self) -> int:
        """Heavy calls that run at once: the setting, else the CPU limit rounded up."""
        return self.workers or max(1, math.ceil(cpu_limit()))

    @cached_property
    def memory_bytes(self) -> int:
        """The container's memory in bytes: the setting, or the cgroup's limit where that is lower."""
        limit = memory_limit()
        configured = self.memory_mb * MIB
        return min(limit, configured) if limit else configured


class Memory(Group):
    """How the memory of the container is divided; see ARCHITECTURE.md, "Memory is promised before it is used"."""

    resident_mb: int = Field(
        640, ge=16, description="Graphs held in memory between calls, in MiB; the rest is for workers."
    )
    results_mb: int = Field(
        32,
        ge=0,
        description="Results of analyses held in memory, in MiB; 0 keeps none. A change of a graph voids its own.",
    )
    worker_mb: int = Field(384, ge=32, description="Reservation of one heavy call on top of the zygote, in MiB.")
    constrained_ratio: float = Field(0.80, gt=0, lt=1, description="Share of memory at which caches are dropped.")
    protective_ratio: float = Field(0.90, gt=0, lt=1, description="Share at which writes and heavy calls are refused.")


class RateLimit(Group):
    """Token bucket per bearer token, shared by all replicas through leases."""

    enabled: bool = True
    requests_per_second: float = Field(2000, gt=0, description="Sustained rate of one token, in requests per second.")
    burst: int = Field(4000, ge=1, description="Requests that one token may send at once after a pause.")
    lease: int = Field(
        200,
        ge=1,
        description="Requests that a replica takes from the shared budget at once: the overshoot per replica.",
    )
    replicas: int = Field(
        1,
        ge=1,
        description="Replicas that share the budget: one that has lost the store allows its share, rate / replicas.",
    )


class Auth(Group):
    """Who may call."""

    tokens_dir: Path | None = Field(
        None, description="Directory of token entries (the mounted Secret); None and no OIDC: loopback only."
    )
    reload_seconds: float = Field(2, gt=0, description="How often the token directory is looked at, in seconds.")


class Oidc(Group):
    """JSON Web Tokens of an OpenID Connect issuer; off unless ``issuer`` is set."""

    issuer: str = Field("", description="Issuer URL, as in the token's `iss`.")
    audience: str = Field("", description="Audience that a token must carry; required with an issuer.")
    jwks_url: str = Field("", description="Key set URL; empty: discovered from the issuer.")
    resource_url: str = Field(
        "",
        description="Public URL of /mcp, named in the RFC 9728 metadata; empty: http or https as the request came, and its "
        "Host if http.allowed_hosts has it.",
    )
    tenant_claim: str = "tenant"
    scope_claim: str = "scope"
    leeway_seconds: float = Field(30, ge=0, description="Clock difference tolerated in `exp` and `nbf`, in seconds.")


class Store(Group):
    """Where graphs are durable."""

    type: Literal["embedded", "redis"] = Field("embedded", description="embedded (SQLite) or redis (Redis/Valkey).")
    path: Path = Field(Path("data/networkx-mcp.sqlite3"), description="SQLite file of the embedded store.")
    url: str = Field("redis://127.0.0.1:6379/0", description="Redis/Valkey URL without its password.")
    username: str = ""
    password_file: Path | None = Field(None, description="File with the store's password, read at each connect.")
    tls_ca_file: Path | None = Field(None, description="Certificate authority of a rediss:// store.")
    prefix: str = Field("nmcp", pattern=r"^[a-z0-9-]{1,16}$", description="First part of every key.")
    allow_volatile: bool = Field(False, description="Start although the store may evict or lose acknowledged writes.")
    timeout_seconds: float = Field(2, gt=0, description="Longest wait for one answer of the store, in seconds.")
    results_mb: int = Field(
        8, ge=0, description="Results of analyses that replicas share through Redis, of one tenant, in MiB; 0: none."
    )
    results_seconds: int = Field(900, ge=1, description="How long a shared result is kept, in seconds.")
    compact_operations: int = Field(1000, ge=2, description="Operations in a log before it becomes a snapshot.")
    compact_kib: int = Field(4096, ge=64, description="Size of a log before it becomes a snapshot, in KiB.")
    operation_id_seconds: int = Field(600, ge=1, description="How long a repeated operation_id is surely recognised.")
    operation_id_max_seconds: int = Field(86_400, ge=1, description="After this an operation_id is forgotten.")
    operation_id_keep: int = Field(1000, ge=1, description="Newest operation_ids of a graph kept beyond the sure time.")


class Http(Group):
    """Sockets and headers."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("localhost", "127.0.0.1", "[::1]"),
        description="Host names accepted on /mcp, /graphs and /admin, comma-separated; `*.example.org`, `*` allowed.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins of browsers that may call, comma-separated; none by default."
    )
    keep_alive_seconds: int = Field(
        120, ge=1, description="Idle time before a connection is closed; above the proxies'."
    )
    connection_max_seconds: float = Field(300, gt=0, description="Age at which a keep-alive connection is closed.")
    connection_max_requests: int = Field(10_000, ge=1, description="Requests after which a connection is closed.")
    drain_seconds: float = Field(
        0,
        ge=0,
        description="Time between /ready turning 503 and listeners closing, for endpoints to notice, in seconds.",
    )

    @model_validator(mode="before")
    @classmethod
    def _split(cls, data: object) -> object:
        if isinstance(data, dict):
            for name in ("allowed_hosts", "allowed_origins"):
                if isinstance(value := data.get(name), str):
                    data[name] = tuple(part.strip() for part in value.split(",") if part.strip())
        return data


class Log(Group):
    """Logs and traces."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    otlp_endpoint: str = Field("", description="OTLP/HTTP endpoint of a trace collector; empty: no traces.")


class Settings(BaseSettings):
    """All settings. Raises pydantic.ValidationError naming the field when one contradicts itself."""

    model_config = SettingsConfigDict(
        env_prefix="NETWORKX_MCP_",
        env_nested_delimiter="_",
        env_nested_max_split=1,
        extra="forbid",
        frozen=True,
    )

    http: Http = Field(default_factory=lambda: Http())
    limits: Limits = Field(default_factory=lambda: Limits())
    memory: Memory = Field(default_factory=lambda: Memory())
    ratelimit: RateLimit = Field(default_factory=lambda: RateLimit())
    auth: Auth = Field(default_factory=lambda: Auth())
    oidc: Oidc = Field(default_factory=lambda: Oidc())
    store: Store = Field(default_factory=lambda: Store())
    log: Log = Field(default_factory=lambda: Log())

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        limits = self.limits
        if limits.request_timeout_seconds > limits.connection_timeout_seconds:
            raise ValueError(
                "limits.request_timeout_seconds must not exceed limits.connection_timeout_seconds: "
                "raise the connection timeout or lower the request timeout"
            )
        if limits.queue_timeout_seconds + limits.request_timeout_seconds > limits.connection_timeout_seconds:
            raise ValueError(
                "limits.queue_timeout_seconds + limits.request_timeout_seconds must fit into "
                "limits.connection_timeout_seconds: lower one of the first two or raise the third"
            )
        if self.memory.constrained_ratio >= self.memory.protective_ratio:
            raise ValueError("memory.constrained_ratio must be below memory.protective_ratio")
        if self.oidc.issuer and not self.oidc.audience:
            raise ValueError("oidc.audience must be set when oidc.issuer is: a token for another service would pass")
        return self

    @property
    def authenticated(self) -> bool:
        """Whether callers must present a token."""
        return bool(self.auth.tokens_dir or self.oidc.issuer)


def shown(settings: Settings) -> dict[str, Any]:
    """The settings as JSON for people. Secrets are in files that settings only name; what somebody may
    have put before the host of a URL is left out."""
    values: dict[str, Any] = settings.model_dump(mode="json")
    for group in values.values():
        for name, value in group.items():
            if isinstance(value, str) and "://" in value:
                parts = urlsplit(value)
                group[name] = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return values


def store_password(store: Store) -> SecretStr | None:
    """The store's password, read now so that a rotated Secret is seen at the next connect."""
    if store.password_file is None:
        return None
    return SecretStr(store.password_file.read_text(encoding="utf-8").strip())


def spool_directory() -> Path:
    """Where uploads are spooled: $TMPDIR, a sized volume in the chart."""
    return Path(tempfile.gettempdir())
