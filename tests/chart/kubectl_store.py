#!/usr/bin/env python3
"""`kubectl` as far as scripts/make-secrets.sh needs it: Secrets in one file, every command line recorded.

The script runs against a real cluster in the end-to-end tests; here its command lines can be read.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(os.environ["KUBECTL_STORE"])
STATE, CALLS = HERE / "secrets.json", HERE / "calls.jsonl"


def main(arguments: list[str]) -> int:
    with CALLS.open("a", encoding="utf-8") as calls:
        calls.write(json.dumps(arguments) + "\n")
    secrets: dict[str, dict[str, Any]] = json.loads(STATE.read_text(encoding="utf-8")) if STATE.exists() else {}
    words = [word for word in arguments if not word.startswith("-")]
    if "--namespace" in arguments:
        words.remove(arguments[arguments.index("--namespace") + 1])
    match words[:2]:
        case ["get", "secret"]:
            if (secret := secrets.get(words[2])) is None:
                return 1
            template = arguments[-1]
            if key := re.search(r'index \.data "([^"]+)"', template):
                sys.stdout.write(base64.b64decode(secret.get(key[1], "")).decode())
        case ["create"]:
            manifest = json.load(sys.stdin)
            if manifest["metadata"]["name"] in secrets:
                return 1
            secrets[manifest["metadata"]["name"]] = manifest["data"]
        case ["patch", "secret"]:
            secrets[words[2]].update(json.load(sys.stdin)["data"])
        case ["get", "statefulset"] if (HERE / "external").exists():
            return 1
        case ["get", "statefulset"]:
            pass
        case _:
            return 2
    STATE.write_text(json.dumps(secrets), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
