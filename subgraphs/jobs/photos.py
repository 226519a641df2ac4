"""What a ``photoRef`` may say: the photo itself, as a ``data:`` URL, or the name of one that was uploaded. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import TypeAlias

from .errors import PhotoInvalid, PhotoTooLarge

MAX_INLINE_BYTES = 500_000
MAX_UPLOAD_BYTES = 5_000_000
MEDIA_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})

_DATA_URL = re.compile(r"data:(?P<media>[a-z]+/[a-z0-9.+-]+);base64,(?P<content>.+)", re.DOTALL)
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class InlinePhoto:
    """A photo that came with the request."""

    content: bytes


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo that was uploaded before."""

    ref: str


Photo: TypeAlias = InlinePhoto | StoredPhoto


def digest_of(content: bytes) -> str:
    """Return the sha256 in lower-case hexadecimal: a blob's name."""
    return hashlib.sha256(content).hexdigest()


def is_digest(text: str) -> bool:
    """Whether the text is a sha256 in lower-case hexadecimal."""
    return _DIGEST.fullmatch(text) is not None


def parse_photo(ref: str, *, sha256: str) -> Photo:
    """Return what ``ref`` says.

    Raises:
        PhotoInvalid: it is neither a ``data:`` URL of a photo nor a blob's name, or ``sha256`` says something else.
        PhotoTooLarge: the inline photo is too large.
    """
    if is_digest(ref):
        if ref != sha256:
            raise PhotoInvalid("The sha256 is not that of the photo.")
        return StoredPhoto(ref)
    found = _DATA_URL.fullmatch(ref)
    if found is None:
        raise PhotoInvalid(
            "A photo is a data: URL with base64, or the ref that PUT /blobs has answered."
        )
    if found["media"] not in MEDIA_TYPES:
        raise PhotoInvalid(f"A photo is one of {', '.join(sorted(MEDIA_TYPES))}.")
    # Base64 has four characters for three bytes: no need to decode what is too large anyway.
    if len(found["content"]) > MAX_INLINE_BYTES * 4 // 3 + 4:
        raise PhotoTooLarge(
            f"An inline photo has at most {MAX_INLINE_BYTES} bytes; upload larger ones."
        )
    try:
        content = base64.b64decode(found["content"], validate=True)
    except binascii.Error as error:
        raise PhotoInvalid("The photo is not base64.") from error
    if digest_of(content) != sha256:
        raise PhotoInvalid("The sha256 is not that of the photo.")
    return InlinePhoto(content)
