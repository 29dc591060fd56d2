"""What only Linux has (`linux.py`), and what stands in for it elsewhere (`portable.py`): macOS runs by that, and Linux with
NETWORKX_MCP_PORTABLE=1, which tests use. Both modules have the same names; this one chooses, and nobody else asks.

| Linux | elsewhere |
|---|---|
| sealed memfds | files without a name, of which only descriptors that cannot write are left |
| pidfds | a pipe of which the process alone holds the other end |
| SOCK_SEQPACKET | a stream of packets with their lengths |
| workers are forks of a warm process | workers are programs, started anew: after a fork, frameworks of macOS may crash |
| RLIMIT_DATA | the resident set, looked at by the API 50 times a second (`workers/watch.py`) |
| PR_SET_PDEATHSIG | the zygote ends its workers when its socket does, the API those of a zygote that is gone |
| seccomp (`workers/sandbox.py`) | nothing: who reads bytes of others could open files |
| /proc | psutil, /dev/fd |
"""

from __future__ import annotations

import os
import sys

if sys.platform == "linux" and os.environ.get("NETWORKX_MCP_PORTABLE") != "1":
    from networkx_mcp.platform.linux import *  # noqa: F403
else:
    from networkx_mcp.platform.portable import *  # noqa: F403
