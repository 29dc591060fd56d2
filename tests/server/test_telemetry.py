"""Traces reach a collector, and one correlation id joins the lines of a request, its worker and its audit."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.helpers.patience import eventually
from tests.helpers.server import Server, handshake, modern

Make = Callable[..., Server]
#: Traces of a caller of either era.
MODERN, HANDSHAKE = "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"
PARENT = "00f067aa0ba902b7"


class Collector:
    """An OTLP/HTTP collector that keeps what it gets."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                assert self.path == "/v1/traces"
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    for scope in resource.scope_spans:
                        collector.spans += scope.spans
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@dataclass(frozen=True)
class Told:
    """What a server that has ended wrote to its log of requests, and all that reached its collector."""

    ends: list[dict[str, Any]]
    spans: list[Any]

    def of(self, trace: str) -> dict[str, Any]:
        """Spans of a trace by their names."""
        return {span.name: span for span in self.spans if span.trace_id.hex() == trace}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A call of each era below a trace of its caller's, and a request without one."""
    collector = Collector()
    with Server(tmp_path_factory.mktemp("traced"), log_otlp_endpoint=collector.url) as server:
        for trace, era in ((MODERN, modern), (HANDSHAKE, handshake)):
            header = {"traceparent": f"00-{trace}-{PARENT}-01"}
            server.rpc("tools/call", {"name": "list_graphs", "arguments": {}}, headers=header, era=era)
        server.rpc("ping", era=handshake)
        eventually(lambda: len(server.events("mcp_request_end")) == 3)
        assert server.stop() == 0  # what is waiting is sent before the end
        yield Told(server.events("mcp_request_end"), collector.spans)
    collector.server.shutdown()
    collector.server.server_close()


@pytest.mark.parametrize("trace", [MODERN, HANDSHAKE])
def test_a_request_is_a_span_below_its_caller_s_and_the_call_is_below_that(told: Told, trace: str) -> None:
    assert trace in {end["trace_id"] for end in told.ends}
    spans = told.of(trace)
    assert spans["POST /mcp"].parent_span_id.hex() == PARENT
    assert spans["tools/call list_graphs"].parent_span_id == spans["POST /mcp"].span_id


def test_a_request_without_a_parent_begins_a_trace_that_is_in_the_log(told: Told) -> None:
    (trace,) = {end["trace_id"] for end in told.ends} - {MODERN, HANDSHAKE}
    assert told.of(trace)


def test_a_collector_that_is_away_stops_nothing(make_server: Make) -> None:
    server = make_server(log_otlp_endpoint="http://127.0.0.1:1").start()
    assert server.rpc("tools/list").status_code == 200
    assert server.stop() == 0


def test_one_correlation_id_from_the_request_to_its_worker_and_its_audit(make_server: Make) -> None:
    server = make_server(log_level="debug").start()
    header = {"x-request-id": "one-id"}
    server.call("create_graph", {"graph_id": "g"}, headers=header)
    edits = [{"action": "add_edges", "edges": [["a", "b"]]}]
    server.call("edit_graph", {"graph_id": "g", "edits": edits}, headers=header)
    server.call("rank_nodes", {"graph_id": "g", "measure": "closeness"}, headers=header)
    server.call("delete_graph", {"graph_id": "g"}, headers=header)
    eventually(lambda: len(server.events("mcp_request_end")) == 4)
    lines = [line for line in server.logs() if line["correlation_id"] == "one-id"]
    audits = [
        (line["action"], line["version_before"], line["version_after"]) for line in lines if line["event"] == "audit"
    ]
    assert audits == [("create", None, 1), ("edit", 1, 2), ("delete", 2, None)]

    def of_the_worker() -> list[Any]:
        """Written when it has answered, or when its process is gone."""
        return [line for line in server.events("worker_job") if line["correlation_id"] == "one-id"]

    assert eventually(of_the_worker)[0]["task"]
