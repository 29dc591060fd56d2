"""What the kernel holds for the sockets of a server, asked of the kernel: sock_diag(7)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

#: NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY with NLM_F_REQUEST | NLM_F_DUMP, NLMSG_DONE.
_SOCK_DIAG, _BY_FAMILY, _DUMP, _DONE = 4, 20, 0x301, 3
#: INET_DIAG_SKMEMINFO, as a bit of what is asked and as the type of an attribute.
_SKMEMINFO = 7
_HEADER, _ASKED, _ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=BBBBI48x"), struct.Struct("=HH")
#: Bytes of an inet_diag_msg; its ports stand at 4.
_MESSAGE = 72
#: Of the attribute's numbers: held for what came, set aside, and queued to be sent.
_HELD = (0, 4, 5)


def held(port: int) -> int:
    """Bytes that the kernel holds for the TCP sockets of this machine whose own port is `port`. Raises OSError where it does not tell."""
    return sum(_of_sockets(port))


def _of_sockets(port: int) -> Iterator[int]:
    for family in (socket.AF_INET, socket.AF_INET6):
        asked = _ASKED.pack(family, socket.IPPROTO_TCP, 1 << (_SKMEMINFO - 1), 0, 0xFFF)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG) as link:
            link.send(_HEADER.pack(_HEADER.size + len(asked), _BY_FAMILY, _DUMP, 1, 0) + asked)
            for message in _messages(link):
                if struct.unpack_from("!H", message, 4)[0] == port:
                    yield _held(message[_MESSAGE:])


def _messages(link: socket.socket) -> Iterator[bytes]:
    while True:
        data = link.recv(1 << 20)
        while data:
            size, kind, *_ = _HEADER.unpack_from(data)
            if kind == _DONE:
                return
            if kind != _BY_FAMILY:
                raise OSError("the kernel does not tell what sockets hold")
            yield data[_HEADER.size : size]
            data = data[_aligned(size) :]


def _held(attributes: bytes) -> int:
    while len(attributes) >= _ATTRIBUTE.size:
        size, kind = _ATTRIBUTE.unpack_from(attributes)
        if kind == _SKMEMINFO:
            return sum(struct.unpack_from("=I", attributes, _ATTRIBUTE.size + 4 * place)[0] for place in _HELD)
        attributes = attributes[_aligned(size) :]
    return 0


def _aligned(size: int) -> int:
    return (size + 3) & ~3
