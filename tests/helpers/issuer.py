"""An OpenID Connect issuer for tests: a discovery document, a key set and a signature, over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

AUDIENCE = "https://graphs.example.org/mcp"


class Issuer:
    """Runs until `close`. Its keys may be changed at any time."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"one": rsa.generate_private_key(public_exponent=65537, key_size=2048)}
        #: Members of the key set besides `keys`, as they are.
        self.extra: list[dict[str, Any]] = []
        #: Paths that were asked for.
        self.requests: list[str] = []
        self.broken = False
        issuer = self

        class _IssuerHandler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.requests.append(self.path)
                body = json.dumps(issuer.document(self.path)).encode()
                self.send_response(500 if issuer.broken else 200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _IssuerHandler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()

    def document(self, path: str) -> Any:
        """What is served at a path."""
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return {"keys": [*map(self.public, self.keys), *self.extra]}

    def public(self, kid: str) -> dict[str, Any]:
        """The public part of a key, as a JSON Web Key."""
        key = self.keys[kid].public_key()
        maker = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPublicKey) else jwt.algorithms.ECAlgorithm
        return {**json.loads(maker.to_jwk(key)), "kid": kid, "use": "sig"}

    def token(self, kid: str | None = "one", *, key: Any = None, alg: str = "RS256", **claims: Any) -> str:
        """A token; a claim of None is left out."""
        full = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ann",
            "exp": time.time() + 600,
            "tenant": "acme",
            "scope": "openid read write",
            **claims,
        }
        full = {name: value for name, value in full.items() if value is not None}
        headers = {} if kid is None else {"kid": kid}
        return jwt.encode(full, key or self.keys[kid or "one"], algorithm=alg, headers=headers)
