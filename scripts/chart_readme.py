"""Write chart/README.md from chart/values.yaml and the report of `make e2e-full`, so that they cannot part.

A comment `# --` above a key says what the value is; a plain comment above a top-level key begins its
section. `--check` writes nothing and exits with 1 when the file differs; a value without a comment is an
error in both cases.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).resolve().parents[1] / "chart"
#: What the last `make e2e-full` measured.
REPORT = CHART.parent / "tests" / "e2e" / "report.json"
_KEY = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z][A-Za-z0-9]*):(?P<rest>.*)$")

INTRO = """\
# networkx-mcp chart

{description}. Chart {version}, server {app}; Kubernetes {kube} with Helm 3 or 4.

<!-- Written by scripts/chart_readme.py from values.yaml and Chart.yaml: change those, then `make docs`. -->

## Install

```console
$ kubectl create namespace graphs
$ scripts/make-secrets.sh --namespace graphs --release graphs --user me   # prints a token, once
$ helm install graphs chart --namespace graphs --wait
$ helm test graphs --namespace graphs
```

The pods name three existing Secrets and wait for them; the chart makes none, so that rendering it twice
gives the same bytes. The notes that `helm install` prints hold one working command for each way in, the
limits in force and the warnings that apply.

| Secret | Key | Mounted by | Holds |
|---|---|---|---|
| `<fullname>-auth` | any, `tokens.json` by the script | server | hashes of the tokens that may call; a change needs no restart |
| `<fullname>-store` | `password` (`previous` while it rotates) | server, store | password of the store |
| `<fullname>-client` | `smoke`, `backup` | `helm test`, backups | plain tokens; never the server |

`scripts/make-secrets.sh --rotate` renews the tokens without a restart, `--rotate-store` the password.

`ci/*-values.yaml` are whole cases: minimal, production, embedded, external store, Ingress with TLS,
HTTPRoute, an environment of Argo CD, and a small cluster for tests.

## Upgrade and roll back

`helm upgrade graphs chart --namespace graphs --values values.yaml`, with the values you keep in a file. `--reuse-values` hides the
values that are new in this chart, and those are then refused by name; `--reset-then-reuse-values` does not.

**From 0.1.0**, once: the StatefulSet of the store has another `podManagementPolicy`, which Kubernetes never changes in place
(`spec: Forbidden: updates to statefulset spec`). Take the object away and leave its pod, which serves on until the upgrade replaces it.
The way back to 0.1.0 begins with the same command:

```console
$ kubectl -n graphs delete statefulset graphs-networkx-mcp-store --cascade=orphan
$ helm upgrade graphs chart --namespace graphs --values values.yaml
```

An upgrade that cannot start (an image that does not exist, for instance) is taken back with `helm rollback graphs --namespace graphs`,
the store's too: its pod is replaced although it was never ready.

Requests below what the defaults fill are refused since this version. A node that runs short of memory evicts pods that use more than
they asked for first; where priority matters, make two classes and name them in `store.valkey.priorityClassName` and `priorityClassName`:

```console
$ kubectl create priorityclass graphs-store --value=1000
$ kubectl create priorityclass graphs --value=900
```

`helm uninstall` leaves the volume claims of the store and of the backups, and says so; a release of the same name finds
them again.

## Backup and restore

With `backup.enabled` a CronJob copies every graph of every tenant through `/admin` while the server serves on: each graph as
one version, read again and checked to the last byte, into `networkx-mcp-<time>.tar` with its SHA-256 beside it. Each
install and upgrade makes a backup, too. What was acknowledged before a run began is in it. Secrets are not: they come back from
where you keep them, or are made anew.

```console
$ JOB=backup-$(date +%s)
$ kubectl -n graphs create job --from=cronjob/graphs-networkx-mcp-backup "$JOB"
$ kubectl -n graphs wait "job/$JOB" --for=condition=Complete --timeout=30m
$ kubectl -n graphs logs "job/$JOB"            # file, graphs, bytes, seconds
```

A restore goes through `/admin` of the running server as well, so it is the same for every store, needs no second pod on
the embedded store's volume, and reads the newest backup that holds a graph (`backup.restoreFrom` names another). Where that one
is of the store that is there now, and an older one of the store before it, nobody can know which is meant: the job says so,
changes nothing, and wants the file named.

```console
$ JOB=restore-$(date +%s)
$ kubectl -n graphs create job --from=cronjob/graphs-networkx-mcp-restore "$JOB"
$ for try in $(seq 60); do kubectl -n graphs logs "job/$JOB" -f && break; sleep 5; done   # put back, already there, what differs
```

Graphs come back under their tenant, id and version. One that is there already and equal counts as restored, so a restore that
broke off is run again; one that differs is left alone, named, and ends the job with an error. `networkx-mcp restore --replace`, run
where the file and the server can be reached, overwrites it. Keep callers away until the restore is done, or they find graphs
missing.

### When the namespace is lost

The volume of the backups must outlive its claim: choose a storage class that retains, or say so of the volume now:

```console
$ VOLUME=$(kubectl -n graphs get pvc graphs-networkx-mcp-backup -o jsonpath='{{.spec.volumeName}}')
$ kubectl patch persistentvolume "$VOLUME" --patch '{{"spec": {{"persistentVolumeReclaimPolicy": "Retain"}}}}'
```

Then a new namespace takes it over. The volume tells whose claim it had:

```console
$ kubectl get persistentvolumes -o custom-columns=NAME:.metadata.name,NAMESPACE:.spec.claimRef.namespace,CLAIM:.spec.claimRef.name,STATUS:.status.phase
$ VOLUME=...                                   # the one of graphs and graphs-networkx-mcp-backup
$ kubectl patch persistentvolume "$VOLUME" --type=json --patch '[{{"op": "remove", "path": "/spec/claimRef"}}]'
$ kubectl create namespace graphs
$ kubectl -n graphs apply -f - <<EOF
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: saved
spec:
  volumeName: $VOLUME
  storageClassName: $(kubectl get persistentvolume "$VOLUME" -o jsonpath='{{.spec.storageClassName}}')
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: $(kubectl get persistentvolume "$VOLUME" -o jsonpath='{{.spec.capacity.storage}}')
EOF
$ scripts/make-secrets.sh --namespace graphs --release graphs --user me
$ helm install graphs chart --namespace graphs -f values.yaml --set backup.persistence.existingClaim=saved --wait
$ JOB=restore-$(date +%s)
$ kubectl -n graphs create job --from=cronjob/graphs-networkx-mcp-restore "$JOB"
$ kubectl -n graphs wait "job/$JOB" --for=condition=Complete --timeout=30m
```

`tests/e2e/test_restore.py` is this drill, with both stores: graphs of two tenants made by a real client, a backup, the namespace
deleted with its volume, and every graph compared, to the byte of its export, in a new one. On two busy cores {graphs} small
graphs were back (RTO) {rto_valkey:.0f} s after the claims were gone with Valkey, {rto_embedded:.0f} s embedded, most of it pods that start. What is lost (RPO)
is what came after the last copy: at most the time between two runs and the length of one. `make e2e-full` measures again.

## Values
"""


def comments(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Descriptions by dotted path, and introductions of top-level keys."""
    described: dict[str, str] = {}
    introduced: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    pending: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("#"):
            pending.append(stripped.removeprefix("#").strip())
            continue
        match = _KEY.match(line)
        if match:
            indent = len(match["indent"])
            while path and path[-1][0] >= indent:
                path.pop()
            path.append((indent, match["key"]))
            name = ".".join(key for _, key in path)
            start = next((i for i, part in enumerate(pending) if part.startswith("-- ")), None)
            if start is not None:
                described.setdefault(name, " ".join(pending[start:]).removeprefix("-- "))
            if indent == 0 and (plain := pending[:start]):
                introduced[name] = " ".join(plain)
        pending = []
    return described, introduced


def rows(values: dict[str, Any], described: dict[str, str], prefix: str = "") -> list[tuple[str, str, str]]:
    """(path, default, description) of every value. Raises SystemExit naming one without a comment."""
    found: list[tuple[str, str, str]] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value and name not in described:
            found += rows(value, described, f"{name}.")
        elif name not in described:
            raise SystemExit(f"chart/values.yaml: {name} has no `# --` comment above it")
        else:
            found.append((name, json.dumps(value), described[name]))
    return found


def render() -> str:
    """The whole README."""
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    values: dict[str, Any] = yaml.safe_load(text)
    described, introduced = comments(text)
    facts = json.loads(REPORT.read_text(encoding="utf-8"))["facts"]
    parts = [
        INTRO.format(
            graphs=facts["restore_valkey"]["graphs"],
            rto_valkey=facts["restore_valkey"]["rto_s"],
            rto_embedded=facts["restore_embedded"]["rto_s"],
            description=chart["description"],
            version=chart["version"],
            app=chart["appVersion"],
            kube=chart["kubeVersion"].removesuffix("-0").replace(">=", "") + " or later",
        )
    ]
    follows = False  # whether the value above stood alone too: such values share a table
    for key, value in values.items():
        table = rows({key: value}, described)
        alone = table[0][0] == key
        if not (alone and follows):
            title = key if not alone else "pods" if parts[1:] else "names"
            parts.append(f"\n### {title}\n")
            if key in introduced:
                parts.append(f"\n{introduced[key]}\n")
            parts.append("\n| Value | Default | What it is |\n|---|---|---|\n")
        follows = alone
        for name, default, description in table:
            cells = (f"`{name}`", f"`{default}`", description)
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return "".join(parts)


def main() -> int:
    """The command line. Returns the exit status."""
    target = CHART / "README.md"
    text = render()
    if "--check" in sys.argv[1:]:
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            print(
                "chart/README.md is not what values.yaml and tests/e2e/report.json say: run `make docs`",
                file=sys.stderr,
            )
            return 1
        return 0
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
