"""The store's password and who knows it: what an operator would look at during a rotation, without a restart."""

from __future__ import annotations

import base64
import hashlib

from tests.e2e.cluster import Release, eventually

CLI = '"$(command -v valkey-cli || command -v redis-cli)"'
PING = f'REDISCLI_AUTH="$1" {CLI} ping 2>&1'
#: What happens by itself ten minutes after a rotation, and connections that must be made anew.
END_GRACE = f"""
export REDISCLI_AUTH="$1"
cli() {{ {CLI} -e "$@"; }}
cli ACL SETUSER default resetpass ">$1" > /dev/null
cli CLIENT KILL TYPE normal SKIPME yes > /dev/null
"""
#: Reads the store through each of the servers.
READ = """
import sys
import httpx
from networkx_mcp import mcp_wire
request = mcp_wire.post_call("list_graphs", {}, sys.argv[1])
request["headers"]["Host"] = "localhost"
for url in sys.argv[2:]:
    answer = httpx.post(url, **request, timeout=30)
    print(answer.status_code, '"isError":true' in answer.text.replace(" ", ""))
"""


class StorePassword:
    """Rotations of one release, from `__init__` on."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.lives = self._lives()
        self.old = self.secret("password")

    def secret(self, key: str, name: str = "store") -> str:
        data = self.release.get("secret", f"{self.release.fullname}-{name}").get("data", {})
        return base64.b64decode(data.get(key, "")).decode()

    def _lives(self) -> dict[str, tuple[str, int]]:
        """Each pod of the release: its uid, restarts of its containers."""
        pods = self.release.pods(self.release.server, ready=False) + self.release.pods(self.release.store, ready=False)
        return {
            pod["metadata"]["name"]: (
                pod["metadata"]["uid"],
                sum(status["restartCount"] for status in pod["status"]["containerStatuses"]),
            )
            for pod in pods
        }

    def _store(self, script: str, password: str) -> str:
        store = f"{self.release.fullname}-store-0"
        return self.release.kubectl("exec", store, "-c", "store", "--", "sh", "-c", script, "sh", password)

    def takes(self, password: str) -> bool:
        """Whether the store lets somebody in with it."""
        return self._store(PING, password).strip() == "PONG"

    def known_to_servers(self, password: str) -> bool:
        """Whether every server's copy of the Secret has it."""
        look = "import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())"
        digest = hashlib.sha256(password.encode()).hexdigest()
        pods = self.release.pods(self.release.server)
        file = "/etc/networkx-mcp/store/password"
        return bool(pods) and all(
            self.release.kubectl(
                "exec", pod["metadata"]["name"], "-c", "server", "--", "python", "-c", look, file
            ).strip()
            == digest
            for pod in pods
        )

    def _answered(self) -> bool:
        urls = [f"http://{pod['status']['podIP']}:8080/mcp" for pod in self.release.pods(self.release.server)]
        token = self.secret("smoke", "client").strip()
        lines = self.release.exec(READ, token, *urls).splitlines()
        return bool(lines) and lines == ["200 False"] * len(urls)

    def arrives(self) -> None:
        """Wait until the password that is in the Secret by now has come to everybody, take the one before away as the end
        of its ten minutes does, and see that calls are answered, from the same processes."""
        new = self.secret("password")
        assert new != self.old
        assert self.secret("previous") == self.old
        eventually("the store to take the new password", lambda: self.takes(new), 180)
        assert self.takes(self.old), "servers whose copy is older still send it"
        eventually("the servers to have the new password", lambda: self.known_to_servers(new), 180)
        self._store(END_GRACE, new)
        eventually("every server to read the store", self._answered, 30)
        assert not self.takes(self.old)
        assert self._lives() == self.lives, "nothing was restarted"
