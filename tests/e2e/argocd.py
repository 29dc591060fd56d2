"""A git repository that Argo CD reads, and what Argo CD says of its applications."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from tests.e2e.cluster import ROOT, Namespace, Release, eventually, run

NAME = "networkx-mcp-e2e"
BRANCH = "e2e"
#: What Argo CD reads of a checkout.
PARTS = ("argocd", "chart", "alerts")


class Repository:
    """A bare clone of this checkout's HEAD where Argo CD can read it, and a work tree that pushes to it."""

    def __init__(self, directory: str, url: str, work: Path) -> None:
        """`directory` plus the name is what git pushes to, `url` plus the name what Argo CD reads."""
        self.url, self.work = f"{url.rstrip('/')}/{NAME}.git", work
        target = f"{directory.rstrip('/')}/{NAME}.git"
        run("git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(work))
        if ":" not in directory:  # else one on another machine, which is there
            shutil.rmtree(target, ignore_errors=True)
            run("git", "init", "--quiet", "--bare", "--initial-branch", BRANCH, target)
            run("git", "-C", target, "config", "receive.shallowUpdate", "true")
            run("git", "-C", target, "config", "uploadpack.allowAnySHA1InWant", "true")
        self.git("checkout", "--quiet", "-B", BRANCH)
        self.git("remote", "set-url", "origin", target)
        for part in PARTS:  # like every other test of e2e: what lies in the checkout, committed or not
            shutil.rmtree(work / part, ignore_errors=True)
            shutil.copytree(ROOT / part, work / part, symlinks=True)

    def git(self, *arguments: str) -> str:
        """Standard output of git in the work tree."""
        who = {"GIT_AUTHOR_NAME": "e2e", "GIT_AUTHOR_EMAIL": "e2e@localhost"}
        who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
        command = ["git", "-C", str(self.work), *arguments]
        done = subprocess.run(command, env={**os.environ, **who}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return str(done.stdout).strip()

    def push(self, message: str, tag: str = "") -> str:
        """Commit what changed in the work tree and push it; the commit's name."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        refs = [BRANCH]
        if tag:
            self.git("tag", "--force", tag)
            refs.append(f"refs/tags/{tag}")
        self.git("push", "--quiet", "--force", "origin", *refs)
        return self.git("rev-parse", "HEAD")

    def revert(self) -> None:
        """Take the last commit back and push that."""
        self.git("revert", "--no-edit", "HEAD")
        self.git("push", "--quiet", "origin", BRANCH)

    def edit(self, path: str, **changes: Any) -> None:
        """Merge `changes` into a YAML file, dictionaries deeply."""
        file = self.work / path
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        file.write_text(yaml.safe_dump(merged(document, changes)), encoding="utf-8")


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Two documents as one, as helm merges values."""
    found = dict(below)
    for key, value in above.items():
        old = found.get(key)
        found[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return found


def as_values(sets: list[str], strings: list[str]) -> dict[str, Any]:
    """`a.b=1` of --set and --set-string as a document. Paths are plain: no lists, no escapes."""
    found: dict[str, Any] = {}
    for items, parse in ((sets, yaml.safe_load), (strings, str)):
        for item in items:
            path, _, text = item.partition("=")
            value: Any = parse(text)
            for key in reversed(path.split(".")):
                value = {key: value}
            found = merged(found, value)
    return found


def digest_of(image: str) -> str:
    """The digest under which the nodes know an image. A kubelet tells of one some time after it was loaded."""

    def told() -> set[str]:
        found: set[str] = set()
        for node in json.loads(run("kubectl", "get", "nodes", "-o", "json"))["items"]:
            for entry in node["status"]["images"]:
                names = entry.get("names") or []
                if any(name == image or name.endswith(f"/{image}") for name in names):
                    found |= {name.partition("@")[2] for name in names if "@" in name}
        return found

    found = eventually(f"a node that knows {image}", told, 120)
    assert len(found) == 1, (
        f"the nodes know {image} by the digests {sorted(found)}, but one is needed: Argo CD pins images by digest. "
        "Push the image to a registry that the nodes pull from; see tests/e2e/README.md"
    )
    return str(found.pop())


CALL = """
import json, sys
import httpx
from networkx_mcp import mcp_wire
url, tool, arguments = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
request = mcp_wire.post_call(tool, arguments, open("/tokens/smoke").read().strip())
answer = httpx.post(url, **request, timeout=30)
print(json.dumps(mcp_wire.parsed(answer.content)["result"]["structuredContent"]))
"""


class Environment(Release):
    """The release that Argo CD keeps in one environment's namespace; clients as of any release."""

    fullname = "graphs-networkx-mcp"
    server = "app.kubernetes.io/instance=graphs,app.kubernetes.io/component=server"
    store = "app.kubernetes.io/instance=graphs,app.kubernetes.io/component=store"

    def __init__(self, environment: str, image: str) -> None:
        super().__init__(f"graphs-{environment}", image, [])
        self.environment, self.application = environment, f"networkx-mcp-{environment}"

    def prepare(self) -> None:
        """The namespace and its Secrets, which no commit brings."""
        run("kubectl", "create", "namespace", self.name)
        run(str(ROOT / "scripts/make-secrets.sh"), "--namespace", self.name, "--release", "graphs")

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Structured content of one tool's answer, asked by the client pod."""
        found: dict[str, Any] = json.loads(self.exec(CALL, self.url, tool, json.dumps(arguments)))
        return found


class Argo(Namespace):
    """Argo CD by its objects, so that neither its web page nor its command is needed."""

    def __init__(self) -> None:
        super().__init__("argocd")

    def application(self, name: str) -> dict[str, Any]:
        return self.get("application", name)

    def look(self) -> None:
        """Read the environments in git now and not within three minutes."""
        refresh = "argocd.argoproj.io/application-set-refresh=true"
        self.kubectl("annotate", "applicationset", "networkx-mcp", refresh, "--overwrite")

    def runs(self, name: str, what: str = "", seconds: float = 480) -> dict[str, Any]:
        """Wait until an application is synced, its hooks have ended and all is healthy. `what` is a text of its sources
        that the state must be about: a digest, a value."""

        def state() -> dict[str, Any] | None:
            application = self.application(name)
            status = application.get("status", {})
            sync, operation = status.get("sync", {}), status.get("operationState", {})
            about = (application["spec"], sync.get("comparedTo"), operation.get("syncResult"))
            good = (
                sync.get("status") == "Synced"
                and status["health"]["status"] == "Healthy"
                and operation.get("phase") == "Succeeded"
                and all(what in json.dumps(document) for document in about)
            )
            return status if good else None

        try:
            found: dict[str, Any] = eventually(f"{name} to be Synced and Healthy with {what!r}", state, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.explain(name)}") from error
        return found

    def sync(self, name: str) -> None:
        """Apply everything again, whether it differs or not, and wait for the end."""
        begun = self.application(name)["status"]["operationState"]["startedAt"]
        options = ["ServerSideApply=true", "RespectIgnoreDifferences=true"]
        self.kubectl(
            *("patch", "application", name, "--type=merge", "-p"),
            json.dumps({"operation": {"initiatedBy": {"username": "e2e"}, "sync": {"syncOptions": options}}}),
        )

        def ended() -> bool:
            state = self.application(name)["status"]["operationState"]
            assert state["phase"] not in ("Failed", "Error"), state["message"]
            return bool(state["startedAt"] != begun and state["phase"] == "Succeeded")

        eventually(f"a sync of {name}", ended, 180)

    def explain(self, name: str) -> str:
        """What an operator would read first."""
        status = self.application(name).get("status", {})
        resources = [
            f"{r['kind']}/{r['name']} {r.get('status')} {r.get('health', {}).get('status', '')}"
            for r in status.get("resources", [])
            if r.get("status") != "Synced" or r.get("health", {}).get("status", "Healthy") != "Healthy"
        ]
        facts = {
            "sync": {k: status.get("sync", {}).get(k) for k in ("status", "revision", "revisions")},
            "health": status.get("health"),
            "conditions": status.get("conditions"),
            "operation": {k: status.get("operationState", {}).get(k) for k in ("phase", "message", "retryCount")},
            "not well": resources,
        }
        return json.dumps(facts, indent=1)

    def clear(self, wait: bool = True) -> None:
        """Take away what this suite applies, releases and data included. `wait`: until the namespaces are gone."""
        kinds = "applicationset,application,appproject"
        ours = ("-l", "app.kubernetes.io/part-of=networkx-mcp", "--ignore-not-found")
        self.kubectl("delete", "application", "networkx-mcp-root", "--ignore-not-found", "--wait=false")
        self.kubectl("delete", "applicationset", "networkx-mcp", "--ignore-not-found")
        for name in ("staging", "production", "alerts"):
            application = f"networkx-mcp-{name}"
            patch = ("patch", "application", application, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
            self.kubectl(*patch, check=False)
            self.kubectl("delete", "application", application, "--ignore-not-found")
        self.kubectl("delete", kinds, *ours)
        names = [f"graphs-{name}" for name in ("staging", "production", "alerts")]
        run("kubectl", "delete", "namespace", *names, "--ignore-not-found", f"--wait={str(wait).lower()}", timeout=300)


def config_file(environment: str) -> str:
    """What git says of an environment, as a path in the repository."""
    return f"argocd/environments/{environment}/config.yaml"


class Gitops:
    """The repository, the Argo CD that reads it, and the image under test."""

    def __init__(self, option: Callable[[str], Any], work: Path) -> None:
        """`option` reads the options of the run, `work` is where the work tree goes."""
        directory, url = option("--git-directory"), option("--git-url")
        assert "" not in (directory, url), (
            "Argo CD needs a git repository that it can read: give --git-directory (where this test puts a bare clone) "
            "and --git-url (what Argo CD calls that directory); tests/e2e/README.md shows how"
        )
        self.image: str = option("--image")
        self.repository = Repository(directory, url, work)
        self.repository.edit("argocd/source.yaml", data={"repoURL": self.repository.url, "branch": BRANCH})
        self.digest = digest_of(self.image)
        self.argo = Argo()
        self._values = Path(option("--values")).read_text(encoding="utf-8")
        self._given = as_values(option("--set"), option("--set-string"))

    def small(self, values: str = "") -> dict[str, Any]:
        """Values of the run, or `values` (YAML) in place of its file, for a small cluster."""
        name, _, tag = self.image.rpartition(":")
        return merged(
            merged(yaml.safe_load(values or self._values), self._given),
            {
                "image": {"repository": name, "tag": tag},
                "autoscaling": {"minReplicas": 2},
                "backup": {"persistence": {"size": "1Gi"}},
                "store": {"valkey": {"persistence": {"size": "1Gi"}}},
            },
        )

    def start(self) -> None:
        """The Secrets of staging, then the one command that argocd/README.md asks for."""
        self.argo.clear()
        Environment("staging", self.image).prepare()
        run("kubectl", "apply", "-k", str(self.repository.work / "argocd"))

    def end(self, explained: tuple[str, ...] = ()) -> None:
        """Say how these applications are, then take all away."""
        for name in explained:
            try:
                print(name, self.argo.explain(f"networkx-mcp-{name}"))
            except AssertionError as error:
                print(name, error)
        self.argo.clear(wait=False)
