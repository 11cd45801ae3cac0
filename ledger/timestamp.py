"""RFC 3161 timestamps: a time stamping authority's word that a checkpoint existed at some moment.

The message is the checkpoint's text (origin, size, root), so a timestamp speaks of the tree and of no signature. What
is kept is the authority's whole response in DER, as `openssl ts -verify -in` takes it. Whether an authority is to be
believed is the verifier's business, who brings its root certificate.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ledger.errors import NotGenuine, Refused

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

_SECONDS = 10
_MOST_BYTES = 100_000
_HEADERS = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
    "Accept-Encoding": "identity",
}
_SHA256 = "2.16.840.1.101.3.4.2.1"


def ask(url: str, message: bytes) -> bytes:
    """The response (DER) of the authority at `url` on the SHA-256 of `message`.

    Raises `Refused`, naming the authority, where it is down or slow, refuses, or answers another question; who it is
    and whether its signature holds is not looked at here.
    """
    import httpx
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    try:
        data, end = b"", time.monotonic() + _SECONDS
        with httpx.stream("POST", url, content=request.as_bytes(), headers=_HEADERS, timeout=_SECONDS) as answer:
            for part in answer.iter_raw():  # httpx waits so long for each part, and there may be ever more of them
                data += part
                if len(data) > _MOST_BYTES or time.monotonic() > end:
                    raise Refused(
                        f"The time stamping authority {url} did not answer within {_SECONDS} seconds and "
                        f"{_MOST_BYTES:,} bytes."
                    )
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise Refused(
            f"The time stamping authority {url} did not answer ({str(error) or type(error).__name__})."
        ) from None
    if answer.status_code != 200:
        raise Refused(f"The time stamping authority {url} answered with status {answer.status_code}.")
    try:
        response = _decoded(data)
        _check_message(response, message)
    except Refused as error:
        raise Refused(f"The time stamping authority {url} did not timestamp the checkpoint: {error}") from None
    if response.tst_info.nonce != request.nonce:
        raise Refused(f"The time stamping authority {url} answered another request.")
    return data


def _decoded(data: bytes) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response

    try:
        response = decode_timestamp_response(data)
        if response.status not in (0, 1):
            raise Refused(f"it refuses with status {response.status} {response.status_string}")
        _ = response.tst_info.gen_time, response.signed_data  # a response without its token has neither
    except ValueError as error:
        raise Refused(f"it is no RFC 3161 response ({error})") from None
    if response.as_bytes() != data:
        raise Refused("it is an RFC 3161 response with something after it")
    return response


def check_message(data: bytes, message: bytes) -> None:
    """Whether the response `data` speaks of `message` at all, whoever signed it. Raises `Refused` or `NotGenuine`."""
    _check_message(_decoded(data), message)


def claimed(data: bytes) -> datetime:
    """The time that the response `data` states, in UTC, whoever signed it: `verify` alone says whether to believe it.

    Raises `Refused` where it is no response.
    """
    return _decoded(data).tst_info.gen_time


def _check_message(response: TimeStampResponse, message: bytes) -> None:
    imprint = response.tst_info.message_imprint
    if imprint.hash_algorithm.dotted_string != _SHA256 or imprint.message != hashlib.sha256(message).digest():
        raise NotGenuine("it is a timestamp of something else.")


def certificates(data: bytes) -> list[Certificate]:
    """The certificates in PEM `data`, which the verifier trusts. Raises `Refused`."""
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(data)
    except ValueError as error:
        raise Refused(f"It holds no certificate in PEM: {error}.") from None


def verify(data: bytes, message: bytes, roots: Sequence[Certificate]) -> datetime:
    """When the authority whose root certificate is among `roots` says that `message` existed, in UTC.

    Raises `Refused` where `data` is no response, `NotGenuine` where it is of another message or no root signed it.
    """
    from rfc3161_client import VerificationError, VerifierBuilder

    response = _decoded(data)
    _check_message(response, message)
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(response, message)
    except (VerificationError, ValueError) as error:
        raise NotGenuine(f"the timestamp is not signed under a certificate that you gave ({error}).") from None
    return response.tst_info.gen_time
