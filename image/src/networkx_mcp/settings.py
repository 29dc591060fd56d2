"""Every setting of the server, whole: its type, default, unit and bounds, what it is, and why its default is what it is.

A setting is an environment variable ``NETWORKX_MCP_<GROUP>_<NAME>`` (for example
``NETWORKX_MCP_LIMITS_CONNECTIONS``), named as the chart's value (``limits.connections``).
The chart's values, their schema and the document of settings are made from here by `make docs`. A default that names
loadtests/capacity.yaml may be raised by evidence, and by nothing else.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, cast
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from networkx_mcp.cgroup import cpu_limit, memory_limit
from networkx_mcp.errors import nearest_words

MIB = 1024 * 1024
KIB = 1024


def setting(
    default: Any,
    about: str,
    *,
    unit: str = "",
    why: str = "",
    chart: bool = True,
    value: str | None = None,
    in_pod: Any = None,
    **bounds: Any,
) -> Any:
    """A setting, whole: what it is, its unit and bounds, and why its default is what it is.

    `make docs` makes docs/settings.md of it and, unless `chart` is False, its value in the chart: the line of
    values.yaml, its rule in values.schema.json and its variable in _environment.tpl. `value` is that value's path where
    it does not follow from the name, `in_pod` its default where a pod needs another one.
    """
    record = {"unit": unit, "why": why, "chart": chart, "value": value, "in_pod": in_pod}
    return Field(default, description=about, json_schema_extra=record, **bounds)


class Group(BaseModel):
    """A group of settings: unknown names are refused, values do not change after start."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    #: Path of the group in the chart's values, where it is not the group's name.
    in_chart: ClassVar[str] = ""


class Limits(Group):
    """What one process admits. Every one of them is exported as a metric or named in its error."""

    connections: int = setting(
        45,
        "Requests that run at once in a pod (0.9 x 50 users); more wait in the queue.",
        unit="requests",
        why="`connections` of loadtests/capacity.yaml",
        ge=1,
    )
    queue: int = setting(
        360,
        "Requests that may wait for a slot; the server answers the next one 503 with Retry-After.",
        unit="requests",
        why="`queue` of loadtests/capacity.yaml",
        ge=0,
    )
    queue_timeout_seconds: float = setting(
        10,
        "Longest wait of one request in both queues together, in seconds; then it is answered 503.",
        unit="s",
        why="`queue_timeout` of loadtests/capacity.yaml",
        gt=0,
    )
    workers: int = setting(
        0,
        "Heavy calls (algorithms, parsing, drawing) that run at once; 0: the CPU limit, rounded up.",
        unit="calls",
        why="a heavy call fills a core",
        ge=0,
    )
    reserved_workers: int = setting(
        1,
        "Further heavy calls, each for a tenant that has none running, so that a long call of one tenant does not hold up"
        " another's.",
        unit="calls",
        why="a call runs up to 20 s and a request waits 10: turns alone would let one tenant shut the others out",
        ge=0,
    )
    inline_elements: int = setting(
        5000,
        "Largest graph, nodes and edges together, whose short analyses (degrees, core numbers, components, hops, a "
        "shortest path, pagerank, betweenness) the API computes itself, each in less than 1 ms; 0: workers compute all.",
        unit="nodes and edges",
        why="a worker costs more than they compute (`benchmarks/README.md`)",
        ge=0,
    )
    graph_nodes: int = setting(
        180_000, "Nodes of one graph.", unit="nodes", why="`graph_nodes` of loadtests/capacity.yaml", ge=1
    )
    graph_edges: int = setting(
        540_000, "Edges of one graph.", unit="edges", why="`graph_edges` of loadtests/capacity.yaml", ge=1
    )
    value_kib: int = setting(
        256,
        "Largest JSON of one attribute value, in KiB. Longer values that a graph already holds stay; answers cut them "
        "short.",
        unit="KiB",
        why="chosen: a quarter of what the body of a call holds",
        ge=1,
    )
    graph_mb: int = setting(
        64,
        "Largest size of one graph, in MiB, both as stored and in memory.",
        unit="MiB",
        why="chosen: ten such graphs fit into `memory.resident_mb`",
        ge=1,
    )
    tenant_mb: int = setting(
        512,
        "Stored size of all graphs of one tenant, in MiB.",
        unit="MiB",
        why="chosen: eight of the largest graphs",
        ge=1,
    )
    tenant_memory_mb: int = setting(
        8192,
        "Size in memory of all graphs of one tenant, in MiB, as if all were loaded at once. Beyond it the server refuses "
        "writes that add; what is there stays readable, and a backup brings it back.",
        unit="MiB",
        why="sixteen times `limits.tenant_mb`: benchmarks/raw_sizes.py",
        ge=1,
    )
    tenant_graphs: int = setting(1000, "Graphs of one tenant.", unit="graphs", why="chosen", ge=1)
    tool_body_kib: int = setting(
        1024,
        "Largest body of one request to /mcp, in KiB; a larger one is answered 413.",
        unit="KiB",
        why="chosen: what is larger is a file, for PUT /graphs",
        ge=1,
    )
    tool_body_values: int = setting(
        300_000,
        "JSON values in the body of one request to /mcp: lists, objects, and what stands between commas. At most a third "
        "may be lists or objects. More is answered 413.",
        unit="values",
        why="parsing holds the event loop: http/body_values.py",
        ge=1000,
    )
    upload_mb: int = setting(
        64,
        "Largest body of one PUT /graphs/{id}, in MiB; the server answers 413 as soon as it is passed. The spool volume "
        "is sized by it as well.",
        unit="MiB",
        why="as `limits.graph_mb`",
        ge=1,
    )
    upload_concurrent: int = setting(
        4,
        "Uploads that run at once, and as many downloads. One tenant may use all slots but one; the last stays free for "
        "others.",
        unit="transfers",
        why="chosen: it sizes the spool volume, with `limits.upload_mb`",
        ge=1,
    )
    upload_min_kib_per_second: int = setting(
        64,
        "Slowest rate of an upload or a download, in KiB/s. The server ends slower ones, so that a slow client holds "
        "nothing.",
        unit="KiB/s",
        why="chosen; it is measured over any 10 seconds",
        ge=1,
    )
    body_budget_mb: int = setting(
        64,
        "Request bodies held in memory at once, of all requests together, in MiB.",
        unit="MiB",
        why="chosen: 64 of the largest bodies, more than run at once",
        ge=1,
    )
    sockets: int = setting(
        2048,
        "Open client sockets of a pod. When all are taken, the server closes idle ones, first those that never showed a "
        "token; if none is idle, it refuses the next. Each can take 192 KiB of the kernel's memory. The hard limit of "
        "open files (`ulimit -Hn`) must allow them; otherwise the server opens fewer, and the log says so.",
        unit="sockets",
        why="chosen: five times what may run and wait",
        ge=16,
    )
    memory_mb: int = setting(
        2048,
        "Memory of the container, in MiB; must equal resources.limits.memory, because the server divides it.",
        unit="MiB",
        why="`memory_mib` of loadtests/capacity.yaml; a lower limit of the cgroup wins",
        ge=128,
    )
    request_timeout_seconds: float = setting(
        20, "Longest run of one call, in seconds.", unit="s", why="`request_timeout` of loadtests/capacity.yaml", gt=0
    )
    connection_timeout_seconds: float = setting(
        30,
        "Longest time from a complete request to its answer, queues included, in seconds.",
        unit="s",
        why="`connection_timeout` of loadtests/capacity.yaml",
        gt=0,
    )
    body_timeout_seconds: float = setting(
        10,
        "Longest time for headers and body of a request to /mcp to arrive, in seconds.",
        unit="s",
        why="chosen: 1 MiB in 10 s is 0.8 Mbit/s",
        gt=0,
    )
    shutdown_timeout_seconds: float = setting(
        30,
        "Time that running requests get after SIGTERM, in seconds. The pod's grace period is computed from it.",
        unit="s",
        why="`shutdown_timeout` of loadtests/capacity.yaml",
        gt=0,
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

    resident_mb: int = setting(
        640,
        "Most memory that cached graphs take, in MiB; workers and bodies count beside it. With 640 an idle pod full of "
        "graphs stays below autoscaling.memoryPerPod, so a full cache alone never adds a pod.",
        unit="MiB",
        why="with `memory.results_mb` and the processes it stays below autoscaling.memoryPerPod",
        ge=16,
    )
    results_mb: int = setting(
        32,
        "Results of analyses cached in memory, in MiB; 0 caches none. A change of a graph voids its results.",
        unit="MiB",
        why="chosen; what a cached result saves: benchmarks/results_cache.py",
        ge=0,
    )
    worker_mb: int = setting(
        384,
        "Memory reserved for one heavy call, in MiB; a worker that needs more ends with `memory_limit`.",
        unit="MiB",
        why="the algorithms that `graph_nodes` of loadtests/capacity.yaml rests on end within it",
        ge=32,
    )
    constrained_ratio: float = setting(
        0.80,
        "Share of memory at which the server drops caches and refuses large loads.",
        unit="share",
        why="`memory_constrained` of loadtests/capacity.yaml",
        gt=0,
        lt=1,
    )
    protective_ratio: float = setting(
        0.90,
        "Share of memory at which the server refuses writes and heavy calls.",
        unit="share",
        why="`memory_protective` of loadtests/capacity.yaml",
        gt=0,
        lt=1,
    )


class RateLimit(Group):
    """Token bucket per bearer token, shared by all replicas through leases."""

    in_chart: ClassVar[str] = "rateLimit"

    enabled: bool = setting(True, "Whether the limit applies.", why="a runaway client meets it, nobody else")
    requests_per_second: float = setting(
        2000,
        "Sustained rate of one token, in requests per second. It is above what one pod carries, so only a runaway client "
        "meets it.",
        unit="requests/s",
        why="`rate` of loadtests/capacity.yaml",
        gt=0,
    )
    burst: int = setting(
        4000,
        "Requests that one token may send at once after a pause.",
        unit="requests",
        why="two seconds of the rate",
        ge=1,
    )
    lease: int = setting(
        200,
        "Requests that a replica takes from the shared budget at once; it can overshoot by at most so many.",
        unit="requests",
        why="ten round trips a second at the full rate",
        ge=1,
    )
    replicas: int = setting(
        1,
        "Replicas that share the budget. A replica that has lost the store allows its share: rate / replicas.",
        unit="replicas",
        why="one process; the chart says how many pods there are",
        chart=False,
        ge=1,
    )


class Auth(Group):
    """Who may call."""

    tokens_dir: Path | None = setting(
        None,
        "Directory of token entries (the mounted Secret). With neither this nor OIDC the server listens on loopback only.",
        why="without tokens the server serves the machine itself only",
        chart=False,
    )
    anonymous: bool = setting(
        False,
        "Serve everybody who reaches the address, without tokens: for a container whose port is published on loopback alone.",
        why="serving others without tokens must be said",
        chart=False,
    )
    reload_seconds: float = setting(
        2,
        "How often the server looks at the token directory, in seconds.",
        unit="s",
        why="chosen: a revoked token ends soon, and a look costs one stat a file",
        chart=False,
        gt=0,
    )


class Oidc(Group):
    """JSON Web Tokens of an OpenID Connect issuer; off unless ``issuer`` is set."""

    in_chart: ClassVar[str] = "auth.oidc"

    issuer: str = setting(
        "",
        "Issuer URL of an OpenID Connect provider whose JWTs are accepted; empty: off.",
        unit="URL",
        why="off until there is one",
    )
    audience: str = setting(
        "", "Audience that a JWT must carry. Required with an issuer.", why="only the issuer's owner knows it"
    )
    jwks_url: str = setting(
        "", "URL of the key set; empty: discovered from the issuer.", unit="URL", why="providers publish it"
    )
    resource_url: str = setting(
        "",
        "Public URL of /mcp, named in the RFC 9728 metadata; empty: http or https as the request came, and its "
        "Host if http.allowed_hosts has it.",
        unit="URL",
        why="the request tells; the chart takes it from Ingress or HTTPRoute",
        chart=False,
    )
    tenant_claim: str = setting("tenant", "Claim that names the tenant.", why="chosen: no standard names one")
    scope_claim: str = setting("scope", "Claim that lists the scopes.", why="RFC 9068")
    leeway_seconds: float = setting(
        30,
        "Clock difference that is tolerated, in seconds.",
        unit="s",
        why="chosen: clocks that NTP keeps differ by less",
        ge=0,
    )


class StoreSettings(Group):
    """Where graphs are durable."""

    type: Literal["embedded", "redis"] = setting(
        "embedded", "embedded (SQLite) or redis (Redis/Valkey).", why="it needs no other process", chart=False
    )
    path: Path = setting(
        Path("data/networkx-mcp.sqlite3"), "SQLite file of the embedded store.", why="beside the process", chart=False
    )
    url: str = setting(
        "redis://127.0.0.1:6379/0", "Redis/Valkey URL without its password.", why="the port of Redis", chart=False
    )
    username: str = setting(
        "",
        "User of the store's access list; empty: the default user.",
        why="a store of one's own has none",
        chart=False,
    )
    password_file: Path | None = setting(
        None,
        "File with the store's password, read at each connect.",
        why="a rotated Secret counts without a restart",
        chart=False,
    )
    tls_ca_file: Path | None = setting(
        None, "Certificate authority of a rediss:// store.", why="the public authorities", chart=False
    )
    prefix: str = setting(
        "nmcp",
        "First part of every key, so that several releases may share an external store.",
        why="short: it stands in every key",
        pattern=r"^[a-z0-9-]{1,16}$",
    )
    allow_volatile: bool = setting(
        False,
        "Start although the store may evict or lose acknowledged writes. For experiments only.",
        why="an acknowledged write must stay",
    )
    timeout_seconds: float = setting(
        2,
        "Longest wait for one answer of the store, in seconds.",
        unit="s",
        why="chosen: a call that waits for it still ends in time",
        gt=0,
    )
    results_mb: int = setting(
        8,
        "Results of analyses that replicas share through Redis, of one tenant, in MiB; 0: none.",
        unit="MiB",
        why="chosen; what a cached result saves: benchmarks/results_cache.py",
        chart=False,
        ge=0,
    )
    results_seconds: int = setting(
        900,
        "How long a shared result is cached, in seconds.",
        unit="s",
        why="chosen: a session of work",
        chart=False,
        ge=1,
    )
    compact_operations: int = setting(
        1000,
        "Operations in a graph's log before it becomes a snapshot.",
        unit="operations",
        why="chosen: what a cold read applies on top of a snapshot",
        ge=2,
    )
    compact_kib: int = setting(
        4096,
        "Size of a graph's log before it becomes a snapshot, in KiB.",
        unit="KiB",
        why="chosen: what a cold read fetches on top of a snapshot",
        ge=64,
    )
    operation_id_seconds: int = setting(
        600,
        "How long the server recognises a repeated operation_id for certain, in seconds.",
        unit="s",
        why="chosen: longer than clients repeat a call",
        chart=False,
        ge=1,
    )
    operation_id_max_seconds: int = setting(
        86_400, "When the server forgets an operation_id, in seconds.", unit="s", why="chosen: a day", chart=False, ge=1
    )
    operation_id_keep: int = setting(
        1000,
        "How many operation_ids of a graph, the newest, the server remembers beyond the certain time.",
        unit="operations",
        why="as `store.compact_operations`",
        chart=False,
        ge=1,
    )


class Http(Group):
    """Sockets and headers."""

    host: str = setting(
        "127.0.0.1",
        'Address to listen on: 0.0.0.0 is every address of IPv4. Use "::" on a cluster of IPv6 alone, or where probes '
        "come by IPv6 first.",
        why="only the machine itself, until you say otherwise",
        in_pod="0.0.0.0",  # noqa: S104 (who may call it, tokens and the network policy say)
    )
    port: int = setting(
        8080, "Port to listen on.", why="the usual one; it needs no privilege", chart=False, ge=0, le=65535
    )
    socket: Path | None = setting(
        None,
        "Unix socket to listen on instead of host and port, for processes of the same user (mode 0600).",
        why="`networkx-mcp stdio` uses it; others call by network",
        chart=False,
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = setting(
        ("localhost", "127.0.0.1", "[::1]"),
        "Host names accepted on /mcp, /graphs, /view and /admin, comma-separated; `*.example.org`, `*` allowed.",
        why="a page of a stranger must not reach a local server by another name (DNS rebinding)",
        chart=False,
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = setting(
        (), "Origins of browser pages that may call; none by default.", why="agents are not browsers"
    )
    viewer: bool = setting(
        True,
        "Whether people may look at graphs with a browser, at /view. The page asks for a token and reads what its caller may.",
        why="the page is the same for all; what it shows needs a token",
    )
    keep_alive_seconds: int = setting(
        120,
        "Idle time before a connection is closed, in seconds: above the idle time of usual proxies (90 s).",
        unit="s",
        why="Traefik closes after 90 s, nginx and ALB after 60: the proxy must be first",
        ge=1,
    )
    connection_max_seconds: float = setting(
        300,
        "Age at which a keep-alive connection is closed, in seconds, so that clients find new pods.",
        unit="s",
        why="chosen: after five minutes a new pod has its share of the load",
        gt=0,
    )
    connection_max_requests: int = setting(
        10_000, "Requests after which a connection is closed.", unit="requests", why="chosen, as the age", ge=1
    )
    drain_seconds: float = setting(
        0,
        "Seconds after SIGTERM in which /ready says 503 and each answer closes its connection, so that clients leave "
        "before the server cuts them off; part of limits.shutdownTimeoutSeconds.",
        unit="s",
        why="alone, nobody routes to it; in a pod two seconds let connections end",
        value="shutdown.drainSeconds",
        in_pod=2,
        ge=0,
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

    level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "debug, info, warning or error. One JSON object a line on stdout.", why="one record a request"
    )
    format: Literal["auto", "json", "text"] = setting(
        "auto",
        "json: one object a line; text: short lines for people; auto: text where stdout is a terminal.",
        why="people who start it by hand read text; log collectors read JSON",
        chart=False,
    )
    otlp_endpoint: str = setting(
        "", "OTLP/HTTP endpoint of a trace collector; empty: no traces.", unit="URL", why="off until there is one"
    )


#: Variables of the environment that begin as settings do and are none: what reads them is not here.
NO_SETTINGS = frozenset({"NETWORKX_MCP_BUILD_COMMIT", "NETWORKX_MCP_KERNEL_LIBRARY", "NETWORKX_MCP_PORTABLE"})
_PREFIX = "NETWORKX_MCP_"
#: What Kubernetes tells each pod of a namespace of its Services: one called networkx-mcp or networkx-mcp-store begins as we do.
_SERVICE_LINK = re.compile(
    r"_SERVICE_(HOST|PORT(_.+)?)$|_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$", re.IGNORECASE
)
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://")


def _is_service_link(name: str, value: str) -> bool:
    """Whether a variable is one of `enableServiceLinks`, whatever its Service is called."""
    address = name.upper().endswith("_PORT") and _SERVICE_ADDRESS.match(value)
    return bool(_SERVICE_LINK.search(name) or address)


class Environment(EnvSettingsSource):
    """The environment but for service links: that of a Service networkx-mcp-store would be settings of the group `store`."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        found = super()._load_env_vars()
        return {name: value for name, value in found.items() if not _is_service_link(name, value or "")}


def unknown_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that look like settings and are none, with the name of the setting that is nearest ("" where none is near)."""
    names = [
        f"{_PREFIX}{group}_{name}".upper()
        for group, info in Settings.model_fields.items()
        for name in cast("type[Group]", info.annotation).model_fields
    ]
    known, found = {*names, *NO_SETTINGS}, {}
    for name, value in sorted(environment.items()):
        if name.upper().startswith(_PREFIX) and name.upper() not in known and not _is_service_link(name, value):
            own = name.upper().removeprefix(_PREFIX)
            ends = [one for one in names if one.endswith(f"_{own}")]
            near = ends or [
                _PREFIX + one for one in nearest_words(own, (one.removeprefix(_PREFIX) for one in names), 1)
            ]
            found[name] = near[0] if near else ""
    return found


class Settings(BaseSettings):
    """All settings. Raises pydantic.ValidationError naming the field when one contradicts itself."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="_", env_nested_max_split=1, extra="forbid", frozen=True
    )

    http: Http = Field(default_factory=lambda: Http())
    limits: Limits = Field(default_factory=lambda: Limits())
    memory: Memory = Field(default_factory=lambda: Memory())
    ratelimit: RateLimit = Field(default_factory=lambda: RateLimit())
    auth: Auth = Field(default_factory=lambda: Auth())
    oidc: Oidc = Field(default_factory=lambda: Oidc())
    store: StoreSettings = Field(default_factory=lambda: StoreSettings())
    log: Log = Field(default_factory=lambda: Log())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment is read without what Kubernetes puts into it."""
        return init_settings, Environment(settings_cls), dotenv_settings, file_secret_settings

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


def store_password(store: StoreSettings) -> SecretStr | None:
    """The store's password, read now so that a rotated Secret is seen at the next connect."""
    if store.password_file is None:
        return None
    return SecretStr(store.password_file.read_text(encoding="utf-8").strip())


def spool_directory() -> Path:
    """Where uploads are spooled: $TMPDIR, a sized volume in the chart."""
    return Path(tempfile.gettempdir())
