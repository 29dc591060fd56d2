"""JSON Web Tokens of an OpenID Connect issuer, checked with PyJWT against the issuer's key set.

The key set is fetched without blocking the loop, kept, refreshed in the background, and fetched
again when a token names a key that is not in it, though not more often than every `_COOLDOWN_SECONDS`:
tokens with invented key ids must not turn this server against its issuer.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any
from urllib.parse import urlsplit

import jwt
import msgspec
from jwt.exceptions import InvalidJTIError, InvalidSubjectError

from networkx_mcp.context import SCOPES, Caller
from networkx_mcp.errors import InvalidInput, Unavailable
from networkx_mcp.http.auth_failure import AuthFailure
from networkx_mcp.http.exposure import is_loopback
from networkx_mcp.http.tokens import TENANT, digest
from networkx_mcp.settings import Oidc
from networkx_mcp.telemetry import logs

#: Asymmetric algorithms only: with a shared secret whoever checks a token could make one.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_REFRESH_SECONDS = 300.0
_COOLDOWN_SECONDS = 10.0
_FETCH_SECONDS = 5.0
_MAX_DOCUMENT = 1024 * 1024
#: A token that was checked is believed for this long without being checked again, in seconds.
_REMEMBER_SECONDS = 30.0
_REMEMBER_TOKENS = 4096
#: Times in tokens are seconds since 1970 within what a double tells apart, so that sums with them are exact.
_LATEST = 2**53


class KeySet:
    """The issuer's public keys by key id."""

    def __init__(self, settings: Oidc) -> None:
        self._settings = settings
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._fetch: asyncio.Task[None] | None = None

    async def key(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key a token names (or the only one), None where the issuer has no such key.

        Raises errors.Unavailable where no key set could be had at all.
        """
        now = time.monotonic()
        found = self._find(key_id)
        if found is None and now - self._tried >= _COOLDOWN_SECONDS:
            await self._refresh()
            found = self._find(key_id)
        elif found is not None and now - self._fetched >= _REFRESH_SECONDS and now - self._tried >= _COOLDOWN_SECONDS:
            self._start()
        elif found is None and self._fetch is not None:
            await self._refresh()
            found = self._find(key_id)
        if found is None and not self._keys:
            raise Unavailable(
                "The issuer's keys could not be fetched, so no token can be checked. "
                "Repeat after the time in Retry-After.",
                retry_after=5,
            )
        return found

    def _find(self, key_id: str | None) -> jwt.PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id) if key_id is not None else None

    def _start(self) -> asyncio.Task[None]:
        if self._fetch is None:
            self._tried = time.monotonic()
            self._fetch = asyncio.get_running_loop().create_task(self._run())
        return self._fetch

    async def _refresh(self) -> None:
        await asyncio.shield(self._start())

    async def _run(self) -> None:
        try:
            async with asyncio.timeout(_FETCH_SECONDS):
                self._keys = _public_keys(await self._download())
            self._fetched = time.monotonic()
            logs.event("oidc_keys_loaded", keys=len(self._keys))
        except Exception as error:  # the keys that are known stay valid
            text = f"{type(error).__name__}: {error}"
            logs.event("oidc_keys_failed", level=logging.WARNING, message=text, kept_keys=len(self._keys))
        finally:
            self._fetch = None

    async def _download(self) -> Any:
        import httpx

        async with httpx.AsyncClient(follow_redirects=False, timeout=_FETCH_SECONDS) as client:
            url = self._settings.jwks_url
            if not url:
                issuer = self._settings.issuer
                document = await _get(client, issuer.rstrip("/") + "/.well-known/openid-configuration")
                if document.get("issuer") != issuer:
                    raise ValueError("the discovery document names another issuer")
                url = document.get("jwks_uri", "")
                _check_url(url, "jwks_uri")
            return await _get(client, url)


async def _get(client: Any, url: str) -> Any:
    async with client.stream("GET", url) as response:
        response.raise_for_status()
        content = bytearray()
        async for part in response.aiter_bytes():
            content += part
            if len(content) > _MAX_DOCUMENT:
                raise ValueError(f"{url} is larger than {_MAX_DOCUMENT} bytes")
    return msgspec.json.decode(bytes(content), type=dict)


def _public_keys(document: Any) -> dict[str | None, jwt.PyJWK]:
    """The usable keys of a key set. One that cannot be used is left out and spoils no other; the log tells.

    Raises ValueError where none is left.
    """
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise ValueError("the key set holds no list `keys`")
    keys: dict[str | None, jwt.PyJWK] = {}
    faults: list[str] = []
    for number, raw in enumerate(listed, 1):
        # A secret, or a key to encrypt with: another service's business.
        if isinstance(raw, dict) and (raw.get("kty") == "oct" or raw.get("use", "sig") != "sig"):
            continue
        try:
            kid, key = _public_key(raw)
        except Exception as error:  # whatever an issuer may write into a key, the others stay valid
            faults.append(f"key {number}: {type(error).__name__}: {error}"[:200])
        else:
            if key.algorithm_name in ALGORITHMS:
                keys[kid] = key
    if faults:
        logs.event("oidc_keys_skipped", level=logging.WARNING, keys=len(faults), message="; ".join(faults[:5]))
    if not keys:
        raise ValueError("the key set holds no usable public key")
    return keys


def _public_key(raw: Any) -> tuple[str | None, jwt.PyJWK]:
    if not isinstance(raw, dict):
        raise TypeError("it is no object")
    kid = raw.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise TypeError("its kid is no text")
    return kid, jwt.PyJWK(raw)


def _check_url(url: str, name: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return
    raise InvalidInput(f"{name} must be an https URL: {url!r}", field=name)


def _check_types(claims: dict[str, Any]) -> None:
    """What PyJWT takes for numbers and texts and is none. Raises AuthFailure naming the claim."""
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name)
        # Written so that neither nan nor an integer of any size passes.
        if value is not None and (type(value) not in (int, float) or not -_LATEST < value < _LATEST):
            raise AuthFailure("claims", f"The token's claim {name} must be a number of seconds since 1970.")
    if not claims["sub"].strip():
        raise AuthFailure("claims", "The token's claim sub must name somebody.")


class IssuedTokens:
    """Checks tokens of one issuer."""

    def __init__(self, settings: Oidc) -> None:
        _check_url(settings.issuer, "oidc.issuer")
        if settings.jwks_url:
            _check_url(settings.jwks_url, "oidc.jwks_url")
        self._settings = settings
        self.keys = KeySet(settings)
        self._known: dict[bytes, tuple[float, Caller]] = {}

    async def caller(self, token: str) -> Caller:
        """The caller that a token stands for. Raises AuthFailure, errors.Unavailable."""
        hashed, now = digest(token), time.time()
        known = self._known.get(hashed)
        if known is not None and known[0] > now:
            return known[1]
        claims = await self._claims(token)
        caller = self._caller(claims)
        until = min(now + _REMEMBER_SECONDS, claims["exp"] + self._settings.leeway_seconds)
        if len(self._known) >= _REMEMBER_TOKENS:
            self._known.clear()
        self._known[hashed] = (until, caller)
        return caller

    async def _claims(self, token: str) -> dict[str, Any]:
        settings = self._settings
        try:
            header = jwt.get_unverified_header(token)
        except Exception:  # besides PyJWT's own what its parts raise for the caller's bytes
            raise AuthFailure(
                "malformed", "The token is neither a token of this server nor a JSON Web Token."
            ) from None
        if header.get("alg") not in ALGORITHMS:
            raise AuthFailure("signature", "The token's algorithm is not accepted.")
        key = await self.keys.key(header.get("kid"))
        if key is None:
            raise AuthFailure("signature", "The token is signed with a key that its issuer does not publish.")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=settings.audience,
                issuer=settings.issuer,
                leeway=settings.leeway_seconds,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError:
            raise AuthFailure("expired", "The token has expired.") from None
        except jwt.InvalidIssuerError:
            raise AuthFailure("issuer", "The token is of another issuer.") from None
        except jwt.InvalidAudienceError:
            raise AuthFailure("audience", "The token is for another service.") from None
        except jwt.InvalidSignatureError:
            raise AuthFailure("signature", "The token's signature does not fit.") from None
        except jwt.MissingRequiredClaimError as error:
            raise AuthFailure("claims", f"The token lacks the claim {error.claim}.") from None
        except jwt.ImmatureSignatureError:
            raise AuthFailure("claims", "The token is not valid yet (nbf or iat).") from None
        except (InvalidSubjectError, InvalidJTIError) as error:
            name = "sub" if isinstance(error, InvalidSubjectError) else "jti"
            raise AuthFailure("claims", f"The token's claim {name} must be text.") from None
        except (jwt.InvalidIssuedAtError, jwt.DecodeError) as error:
            raise AuthFailure("claims", f"The token's claims cannot be read: {error}".rstrip(".") + ".") from None
        except jwt.InvalidKeyError:
            raise AuthFailure("signature", "The token's key does not fit its algorithm.") from None
        except jwt.PyJWTError as error:
            raise AuthFailure("signature", f"The token is not valid ({type(error).__name__}).") from None
        except Exception:  # a claim of a type or size for which PyJWT has no error of its own
            raise AuthFailure("claims", "The token's claims cannot be read.") from None
        _check_types(claims)
        return claims

    def _caller(self, claims: dict[str, Any]) -> Caller:
        settings = self._settings
        tenant = claims.get(settings.tenant_claim)
        if not isinstance(tenant, str) or not TENANT.fullmatch(tenant):
            raise AuthFailure("claims", f"The token's claim {settings.tenant_claim} must name a tenant.")
        raw = claims.get(settings.scope_claim, "")
        granted = raw.split() if isinstance(raw, str) else raw if isinstance(raw, list) else []
        scopes = frozenset(scope for scope in granted if scope in SCOPES)
        # An issuer's user never shares a name, and so a rate budget, with a token of the table.
        return Caller(f"oidc:{claims['sub']}"[:200], tenant, scopes)
