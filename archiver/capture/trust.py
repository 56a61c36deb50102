"""Which certificates count where others are asked."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

import certifi


def trust(certificate_authorities: Path | None) -> ssl.SSLContext:
    """The system's authorities, those of certifi (a slim machine has none of its own), and further ones. Without
    further ones it is the same object each time: reading them takes long."""
    if certificate_authorities is None:
        return _usual_trust()
    context = _new_trust()
    context.load_verify_locations(certificate_authorities)
    return context


@cache
def _usual_trust() -> ssl.SSLContext:
    return _new_trust()


def _new_trust() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # unlike the default one it never logs keys at SSLKEYLOGFILE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    context.load_verify_locations(certifi.where())
    return context
