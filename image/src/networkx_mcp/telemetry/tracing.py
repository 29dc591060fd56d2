"""Traces over OTLP/HTTP when `log.otlp_endpoint` is set; otherwise nothing is imported or done.

A request's span continues the caller's `traceparent`; the SDK's span of the call is its child. The
trace id goes into the logs either way, so that a caller's own trace finds our lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from networkx_mcp import __version__, extras

_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_NONE = b"0" * 32


def trace_id_of(traceparent: bytes) -> str:
    """The trace id of a W3C traceparent header, empty where it is not valid."""
    match = _TRACEPARENT.fullmatch(traceparent)
    if match is None or match[1] == _NONE or match[2] == _NONE[:16] or traceparent.startswith(b"ff"):
        return ""
    return match[1].decode()


class Tracing:
    """Spans of requests; a Tracing without an endpoint does nothing."""

    def __init__(self, endpoint: str) -> None:
        self._provider: Any = None
        self._tracer: Any = None
        if endpoint:
            self._start(endpoint)

    @property
    def on(self) -> bool:
        """Whether spans are recorded."""
        return self._tracer is not None

    def _start(self, endpoint: str) -> None:
        with extras.needed("otel", "log.otlp_endpoint", "log.otlp_endpoint"):
            from opentelemetry import trace
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor

        url = endpoint if endpoint.rstrip("/").endswith("/v1/traces") else endpoint.rstrip("/") + "/v1/traces"
        resource = Resource.create({"service.name": "networkx-mcp", "service.version": __version__})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=5)))
        trace.set_tracer_provider(self._provider)
        self._tracer = trace.get_tracer("networkx_mcp", __version__)

    @contextmanager
    def request(self, name: str, traceparent: bytes, tracestate: bytes, correlation_id: str) -> Iterator[Any]:
        """The span of one request, current inside the block."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier = {"traceparent": traceparent.decode("latin-1"), "tracestate": tracestate.decode("latin-1")}
        parent = TraceContextTextMapPropagator().extract(carrier)
        with self._tracer.start_as_current_span(
            name, context=parent, kind=SpanKind.SERVER, attributes={"networkx_mcp.correlation_id": correlation_id}
        ) as span:
            yield span

    def close(self) -> None:
        """Send what is waiting; blocks for at most a few seconds, so call it from a thread."""
        if self._provider is not None:
            self._provider.shutdown()


def span_trace_id(span: Any) -> str:
    """The trace id of a span as 32 hexadecimal digits."""
    return format(span.get_span_context().trace_id, "032x")
