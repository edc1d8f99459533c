"""RS256 tokens: signed with the current key; verified with the current public key and, for a while after a rotation, former ones."""
from __future__ import annotations

import hashlib
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, load_pem_public_key

from .settings import Settings, SettingsError

KEY_BITS = 4096


class TokenRefused(Exception):
    """The token is missing, expired, or signed with a key that is not accepted."""


class Tokens:
    """Raises SettingsError where the keys are not RSA-4096 or are no pair."""

    def __init__(self, settings: Settings) -> None:
        problems: list[str] = []
        private = _private(settings.jwt_private_key, problems)
        first, *former = settings.jwt_public_keys
        publics = [_public("JWT_PUBLIC_KEY_FILE", first, problems)]
        publics += [_public("JWT_PREVIOUS_PUBLIC_KEYS_FILE", pem, problems) for pem in former]
        if not problems and private is not None and publics[0] is not None and _key_id(private.public_key()) != _key_id(publics[0]):
            problems.append("JWT_PUBLIC_KEY_FILE: does not belong to the private key in JWT_PRIVATE_KEY_FILE; deploy both from one pair")
        if problems or private is None:
            raise SettingsError(settings.role, problems)
        self._private = private
        self._publics = {_key_id(key): key for key in publics if key is not None}
        self._key_id = _key_id(private.public_key())
        self.lifetime = settings.token_seconds
        self._issuer = settings.public_origins[0]

    def issue(self, name: str) -> str:
        now = int(time.time())
        claims = {"sub": name, "iss": self._issuer, "iat": now, "exp": now + self.lifetime}
        return jwt.encode(claims, self._private, algorithm="RS256", headers={"kid": self._key_id})

    def verify(self, token: str) -> dict[str, Any]:
        """The claims. Raises TokenRefused."""
        try:
            key = self._publics.get(jwt.get_unverified_header(token).get("kid", ""))
            if key is None:
                raise TokenRefused("the token's key is not accepted")
            return jwt.decode(token, key, algorithms=["RS256"], issuer=self._issuer, options={"require": ["exp", "sub"]})
        except jwt.PyJWTError as error:
            raise TokenRefused(type(error).__name__) from None


def _private(pem: str, problems: list[str]) -> RSAPrivateKey | None:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        problems.append("JWT_PRIVATE_KEY_FILE: cannot be read as a private key without a passphrase")
        return None
    if not isinstance(key, RSAPrivateKey) or key.key_size < KEY_BITS:
        problems.append(f"JWT_PRIVATE_KEY_FILE: must be an RSA key of {KEY_BITS} bits or more")
        return None
    return key


def _public(name: str, pem: str, problems: list[str]) -> RSAPublicKey | None:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError:
        problems.append(f"{name}: cannot be read as a public key")
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < KEY_BITS:
        problems.append(f"{name}: must be an RSA key of {KEY_BITS} bits or more")
        return None
    return key


def _key_id(key: RSAPublicKey) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()[:16]
