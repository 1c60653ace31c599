"""Personal data at rest: AES-256-GCM text with rotating keys, and blind indexes to find it by."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
EXTENSION: Final = re.compile(r"转|分机|ext|x|#", re.IGNORECASE)


class DecryptionError(ValueError):
    """The stored text is no ciphertext of ours, its key is missing, or it was moved or altered.

    The message never holds the value.
    """


@lru_cache(maxsize=8)
def _keys(entries: tuple[str, ...]) -> dict[str, bytes]:
    """Keys by their id, in the order of the setting."""
    keys: dict[str, bytes] = {}
    for entry in entries:
        key_id, _, encoded = entry.partition(":")
        if not KEY_ID.fullmatch(key_id) or key_id in keys:
            raise ImproperlyConfigured(
                "FIELD_KEYS: each entry needs its own key id (A-Z a-z 0-9 _ -)."
            )
        try:
            key = base64.b64decode(
                encoded, altchars=b"-_" if set("-_") & set(encoded) else None, validate=True
            )
        except binascii.Error as error:
            raise ImproperlyConfigured(f"FIELD_KEYS: key {key_id} is not base64.") from error
        if len(key) != KEY_BYTES:
            raise ImproperlyConfigured(f"FIELD_KEYS: key {key_id} must be {KEY_BYTES} bytes.")
        keys[key_id] = key
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is empty: personal data cannot be stored.")
    return keys


@lru_cache(maxsize=8)
def _keyring(entries: tuple[str, ...]) -> dict[str, AESGCM]:
    """Ciphers by key id, in the order of the setting; the first one encrypts."""
    return {key_id: AESGCM(key) for key_id, key in _keys(entries).items()}


def _ring() -> dict[str, AESGCM]:
    return _keyring(tuple(settings.FIELD_KEYS))


def key_ids() -> tuple[str, ...]:
    """The ids of all keys; the first one encrypts."""
    return tuple(_ring())


def current_key_id() -> str:
    """The id of the key that encrypts now."""
    return key_ids()[0]


def under_current_key(value: str) -> bool:
    """Whether ``value`` needs no other key than the first: its ciphertext, or nothing at all."""
    return value == "" or value.startswith(f"{current_key_id()}.")


def derived_cipher(key_id: str, *, salt: bytes, purpose: str) -> AESGCM:
    """A cipher of its own for one file or the like, from a key of ``FIELD_KEYS`` (HKDF-SHA256).

    The same key id, salt and purpose always give the same cipher. Raises ``DecryptionError`` for
    a key that is gone.
    """
    key = _keys(tuple(settings.FIELD_KEYS)).get(key_id)
    if key is None:
        raise DecryptionError("not encrypted by a key of FIELD_KEYS")
    hkdf = HKDF(hashes.SHA256(), length=KEY_BYTES, salt=salt, info=purpose.encode())
    return AESGCM(hkdf.derive(key))


def check_keys(**_kwargs: Any) -> list[CheckMessage]:
    """System check: the keys are there and well formed, so nobody finds out while saving."""
    try:
        _ring()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="core.E001")]
    if not settings.BLIND_INDEX_KEY:
        return [Error("BLIND_INDEX_KEY is empty.", id="core.E002")]
    return []


def encrypt(value: str, *, context: str = "") -> str:
    """``<key id>.<url-safe base64>`` of ``value``; the empty string stays empty.

    ``context`` is bound to the text (additional authenticated data): decrypting with another
    context fails, so a ciphertext cannot be moved to another column.
    """
    if value == "":
        return ""
    key_id, cipher = next(iter(_ring().items()))
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = nonce + cipher.encrypt(nonce, value.encode(), context.encode())
    return f"{key_id}.{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"


def decrypt(value: str, *, context: str = "") -> str:
    """The text behind ``encrypt(…, context=context)``. Raises ``DecryptionError``."""
    if value == "":
        return ""
    key_id, dot, encoded = value.partition(".")
    cipher = _ring().get(key_id)
    if not dot or cipher is None:
        raise DecryptionError("not encrypted by a key of FIELD_KEYS")
    try:
        sealed = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise DecryptionError(
            f"damaged, or from another place ({context or 'no context'})"
        ) from error


class EncryptedTextField(models.TextField):
    """Text that the database never sees; decrypted when read, bound to its model and field.

    It cannot be searched or compared: keep a blind index beside it and declare the pair in the
    model's ``blind_indexes`` (see ``refresh_blind_indexes``).
    """

    description = "Encrypted text"

    @property
    def context(self) -> str:
        """What a ciphertext of this column is bound to."""
        return f"{self.model._meta.label_lower}.{self.name}"

    def get_db_prep_value(
        self,
        value: Any,
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002 -- Django's signature
    ) -> Any:
        value = super().get_db_prep_value(value, connection, prepared)
        return encrypt(value, context=self.context) if isinstance(value, str) else value

    def from_db_value(
        self, value: str | None, _expression: Expression, _connection: BaseDatabaseWrapper
    ) -> str | None:
        return None if value is None else decrypt(value, context=self.context)

    def get_lookup(self, lookup_name: str) -> Any:
        """Only ``isnull``: equal texts have different ciphertexts, so a comparison would lie."""
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError(
            f"{self.name} is encrypted and cannot be compared ({lookup_name}); use its blind index."
        )


# --- Blind indexes --------------------------------------------------------------------------


def normalise_phone(value: str) -> str:
    """Digits only: full-width digits, spaces, dashes, +86 / 0086 and extensions are dropped."""
    main = EXTENSION.split(unicodedata.normalize("NFKC", value), maxsplit=1)[0]
    digits = "".join(str(unicodedata.decimal(c)) for c in main if c.isdecimal())
    return re.sub(r"^(?:00)?86(?=1\d{10}$|0\d{9,11}$)", "", digits)


def normalise_text(value: str) -> str:
    """One spelling for width, case and surrounding space; inner spaces are dropped."""
    return "".join(unicodedata.normalize("NFKC", value).casefold().split())


NORMALISERS: Final[Mapping[str, Callable[[str], str]]] = {"phone": normalise_phone}


def blind_index(value: str, *, purpose: str) -> str:
    """64 hex digits that are equal for equal values of one ``purpose``; "" for nothing.

    ``purpose`` separates columns that must not be joined ("contacts.household.phone"); its last
    part chooses the normaliser: ``phone`` compares digits, anything else compares text.
    """
    normalised = NORMALISERS.get(purpose.rpartition(".")[2], normalise_text)(value)
    if not normalised:
        return ""
    key = hmac.digest(settings.BLIND_INDEX_KEY.encode(), purpose.encode(), hashlib.sha256)
    return hmac.new(key, normalised.encode(), hashlib.sha256).hexdigest()


def refresh_blind_indexes(instance: models.Model) -> list[str]:
    """Set every index that the model declares; the names of those that changed.

    A model declares ``blind_indexes = {"phone_index": ("phone", "contacts.household.phone")}``:
    index field → (encrypted field, purpose). Services call this before saving.
    """
    changed = []
    for index, (source, purpose) in declared_indexes(type(instance)).items():
        value = blind_index(getattr(instance, source) or "", purpose=purpose)
        if getattr(instance, index) != value:
            setattr(instance, index, value)
            changed.append(index)
    return changed


def declared_indexes(model: type[models.Model]) -> Mapping[str, tuple[str, str]]:
    """The model's ``blind_indexes``, or nothing."""
    declared: Mapping[str, tuple[str, str]] = getattr(model, "blind_indexes", {})
    return declared
