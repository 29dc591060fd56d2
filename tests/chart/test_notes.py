"""What `helm install` prints: a working command for each way in, the limits, the warnings that apply."""

from __future__ import annotations

import shlex

import pytest
from tests.chart.charts import CASES, FULLNAME, notes

EVERY = [None, *CASES]


def commands(text: str) -> list[str]:
    return [
        line.strip() for line in text.splitlines() if line.strip().startswith(("curl ", "kubectl ", "HOST=", "PORT="))
    ]


@pytest.mark.parametrize(
    ("case", "sets", "expected"),
    [
        (None, (), ["kubectl -n agents port-forward", "http://localhost:8080/mcp"]),
        ("ingress-tls", (), ["https://graphs.example.org/mcp"]),
        ("httproute", (), ["https://graphs.example.org/mcp"]),
        ("ingress-tls", ("ingress.tls.enabled=false",), ["http://graphs.example.org/mcp"]),
        (None, ("service.type=LoadBalancer",), ["HOST=", '"http://$HOST:8080/mcp"']),
        (None, ("service.type=NodePort",), ["HOST=", "PORT=", '"http://$HOST:$PORT/mcp"']),
    ],
)
def test_each_way_in_has_its_command(case: str | None, sets: tuple[str, ...], expected: list[str]) -> None:
    first, *found = commands(notes(case, *sets))
    assert first == f"kubectl -n agents rollout status deployment/{FULLNAME}", "a call before that would find nobody"
    assert len(found) == len(expected)
    for line, part in zip(found, expected, strict=True):
        assert part in line
        shlex.split(line)  # quotes are closed


@pytest.mark.parametrize("case", EVERY)
def test_the_secrets_the_limits_and_the_test_are_told(case: str | None) -> None:
    text = notes(case)
    assert f"scripts/make-secrets.sh --namespace agents --fullname {FULLNAME} --user me" in text
    assert "helm test graphs --namespace agents" in text
    assert "45 requests run at once, 360 more wait up to 10 s" in text
    assert "180000 nodes, 540000 edges" in text
    assert "e+0" not in text


def test_where_the_graphs_live_is_told() -> None:
    assert f"volume claim {FULLNAME}-store; `helm uninstall` leaves it" in notes()
    assert f"volume claim {FULLNAME}-data; `helm uninstall` leaves it" in notes("embedded")
    assert "rediss://graphs.cache.example.org:6380/0; `helm uninstall` does not touch them" in notes("external-store")


def test_how_to_make_a_backup_and_bring_it_back_is_told_where_backups_are_made() -> None:
    text = notes("production")
    assert f"volume claim {FULLNAME}-backup" in text
    for name in ("backup", "restore"):
        assert f"kubectl -n agents create job --from=cronjob/{FULLNAME}-{name} {name}-$(date +%s)" in text
    assert "BACKUPS" not in notes()
    assert "volume claim mine" in notes("production", "backup.persistence.existingClaim=mine")


def warnings(case: str | None = None, *sets: str) -> list[str]:
    _, _, tail = notes(case, *sets).partition("WARNINGS\n")
    return [line.strip("- \n") for line in tail.splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("case", "sets", "beginning"),
    [
        ("embedded", (), "store.type=embedded runs one pod"),
        ("minimal", (), "One pod runs"),
        (None, ("store.allowVolatile=true",), "store.allowVolatile"),
        ("ingress-tls", ("ingress.tls.enabled=false",), "ingress.tls.enabled=false"),
        (None, ("service.type=LoadBalancer",), "service.type=LoadBalancer serves plain HTTP"),
        (None, ("networkPolicy.enabled=false",), "networkPolicy.enabled=false"),
        (None, ("rateLimit.enabled=false",), "rateLimit.enabled=false"),
        (None, (), "image.digest is empty"),
        (None, (), "backup.enabled=false"),
    ],
)
def test_a_warning_is_there_when_it_applies(case: str | None, sets: tuple[str, ...], beginning: str) -> None:
    assert any(line.startswith(beginning) for line in warnings(case, *sets))


def test_no_warning_is_there_when_none_applies() -> None:
    assert warnings("production") == []
    assert len(warnings()) == 2
