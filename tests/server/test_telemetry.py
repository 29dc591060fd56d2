"""Traces reach a collector, and one correlation id joins the lines of a request, its worker and its audit."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.helpers.server import Server, eventually, handshake, modern

Make = Callable[..., Server]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
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


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.mark.parametrize("era", [modern, handshake])
def test_a_request_is_a_span_below_its_caller_s_and_the_call_is_below_that(
    make_server: Make, collector: Collector, era: Any
) -> None:
    server = make_server(log_otlp_endpoint=collector.url).start()
    header = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    server.rpc("tools/call", {"name": "list_graphs", "arguments": {}}, headers=header, era=era)
    (end,) = eventually(lambda: server.events("mcp_request_end"))
    assert end["trace_id"] == TRACE
    assert server.stop() == 0  # what is waiting is sent before the end
    spans = {span.name: span for span in collector.spans if span.trace_id.hex() == TRACE}
    assert spans["POST /mcp"].parent_span_id.hex() == PARENT
    assert spans["tools/call list_graphs"].parent_span_id == spans["POST /mcp"].span_id


def test_a_request_without_a_parent_begins_a_trace_that_is_in_the_log(make_server: Make, collector: Collector) -> None:
    server = make_server(log_otlp_endpoint=collector.url).start()
    server.rpc("ping", era=handshake)
    (end,) = eventually(lambda: server.events("mcp_request_end"))
    assert server.stop() == 0
    assert end["trace_id"] in {span.trace_id.hex() for span in collector.spans}


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
    server.call("rank_nodes", {"graph_id": "g", "measure": "pagerank"}, headers=header)
    server.call("delete_graph", {"graph_id": "g"}, headers=header)
    eventually(lambda: len(server.events("mcp_request_end")) == 4)
    lines = [line for line in server.logs() if line["correlation_id"] == "one-id"]
    audits = [
        (line["action"], line["version_before"], line["version_after"]) for line in lines if line["event"] == "audit"
    ]
    assert audits == [("create", None, 1), ("edit", 1, 2), ("delete", 2, None)]

    def of_the_worker() -> list[Any]:
        """Written when its process is gone, after the answer."""
        return [line for line in server.events("worker_end") if line["correlation_id"] == "one-id"]

    assert eventually(of_the_worker)[0]["task"]
