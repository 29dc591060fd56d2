"""kubectl and helm as a runbook's commands meet them in test_runbooks.py: no cluster, but the real programs behind.

A command line is parsed by the real program, which is given `--help` beside it: an unknown subcommand, flag or value fails. What
`kubectl get` prints of one object is what the real kubectl prints of the object that the chart renders. `helm upgrade`
renders the chart with the values it was given. All else is only noted. Run as `stand_in.py PROGRAM REAL STATE ARGUMENT...`;
STATE is a directory with objects.json, and calls.jsonl gets one list of arguments a line.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.helpers.patience import PATIENCE

#: Commands of which the next word is the command: `kubectl rollout` alone would take any word with --help.
PARENTS = frozenset({"rollout", "top", "set", "config", "auth", "certificate"})
#: What a short form of a kind stands for.
KINDS = {"pvc": "persistentvolumeclaim", "hpa": "horizontalpodautoscaler"}
#: Namespaced flags of ours come first: `kubectl -n NAMESPACE get ...`.
LEADING = ("-n", "--namespace")


class CommandRefused(Exception):
    """The command would fail, or does not say what it seems to say."""


def kind_of(word: str) -> str:
    """The kind of a resource word: deployments, hpa, PersistentVolumeClaim."""
    word = word.lower()
    return KINDS.get(word, KINDS.get(word.removesuffix("s"), word.removesuffix("s")))


def words(arguments: list[str]) -> list[str]:
    """The arguments behind the leading -n NAMESPACE."""
    return arguments[2:] if arguments and arguments[0] in LEADING else arguments


def parse(real: str, arguments: list[str]) -> None:
    """Raises CommandRefused where the real program does not take these arguments."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given = [*arguments[:end], "--help"]
    done = subprocess.run([real, *given], capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode != 0:
        raise CommandRefused(done.stderr)
    command = words(arguments)
    path = command[: 2 if command[0] in PARENTS else 1]
    usage = re.search(r"^Usage:\n\s+(.+)$", done.stdout, flags=re.MULTILINE)
    told = usage[1].split()[1 : len(path) + 1] if usage else []
    if [word.removesuffix("s") for word in told] != [word.removesuffix("s") for word in path]:
        raise CommandRefused(f"{' '.join(path)} is no command: {usage and usage[1]}")
    if "" in command:
        raise CommandRefused(f"an empty argument: {command}")


def _option(arguments: list[str], *names: str) -> str | None:
    for index, word in enumerate(arguments):
        for name in names:
            if word == name:
                return arguments[index + 1]
            if name.startswith("--") and word.startswith(f"{name}="):
                return word.partition("=")[2]
    return None


def _matches(item: dict[str, Any], selector: str) -> bool:
    labels = item["metadata"].get("labels", {})
    return all(labels.get(key) == value for key, _, value in (part.partition("=") for part in selector.split(",")))


def get(real: str, state: Path, arguments: list[str]) -> str:
    """What `kubectl get` prints as -o jsonpath of rendered objects; of others nothing is known."""
    form = _option(arguments, "-o", "--output") or ""
    rest = [word for word in words(arguments)[1:] if not word.startswith("-")]
    kind, objects = kind_of(rest[0].partition("/")[0]), json.loads((state / "objects.json").read_text(encoding="utf-8"))
    found = [item for item in objects if item["kind"].lower() == kind]
    if not form.startswith("jsonpath=") or not found or kind == "pod":  # pods are made by what the chart renders
        return "known-elsewhere"
    selector = _option(arguments, "-l", "--selector")
    if selector:
        found = [item for item in found if _matches(item, selector)]
    else:
        found = [item for item in found if item["metadata"]["name"] == rest[1]]
    if len(found) != 1:
        raise CommandRefused(f"{len(found)} objects: {arguments}")
    # Without a server kubectl has no list to print: of one object, it prints the object.
    form = form.replace("{.items[*].", "{.")
    local = [real, "annotate", "--local", "-f", "-", "stand=in", "-o", form]
    done = subprocess.run(
        local, input=json.dumps(found[0]), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if done.returncode != 0 or not done.stdout:
        raise CommandRefused(f"{form} finds nothing: {done.stderr}")
    return done.stdout


def upgrade(real: str, state: Path, arguments: list[str]) -> None:
    """Render what `helm upgrade` would send. Raises CommandRefused for values that the chart refuses, and where nothing changes."""
    if "--reset-then-reuse-values" not in arguments:
        raise CommandRefused("helm upgrade without --reset-then-reuse-values loses values, or hides new ones")
    keep = [word for word in arguments if word not in ("--reset-then-reuse-values", "--wait")]
    command = ["template" if word == "upgrade" else word for word in keep if not word.startswith("--timeout=")]
    values = ["--values", str(state / "values.yaml")]
    done = subprocess.run([real, *command, *values], capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode != 0:
        raise CommandRefused(done.stderr)
    if done.stdout == (state / "rendered.yaml").read_text(encoding="utf-8"):
        raise CommandRefused(f"nothing changes: {arguments}")


def main(program: str, real: str, state: Path, arguments: list[str]) -> None:
    parse(real, arguments)
    with (state / "calls.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps([program, *arguments]) + "\n")
    command = words(arguments)[0]
    if command == "exec" and "-i" in arguments:
        sys.stdin.read()
    if program == "kubectl" and command == "get":
        print(get(real, state, arguments))
    elif program == "helm" and command == "upgrade":
        upgrade(real, state, arguments)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
    except CommandRefused as error:
        sys.exit(f"{sys.argv[1]} {' '.join(sys.argv[4:])}\n{error}")
