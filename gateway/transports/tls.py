"""TLS towards subgraphs: whom the gateway trusts, and who it says it is."""

from __future__ import annotations

import ssl
from pathlib import Path

from gateway.errors import ConfigInvalid


def build_tls(
    *,
    ca_file: Path | None = None,
    certificate_file: Path | None = None,
    key_file: Path | None = None,
    http2: bool = False,
) -> ssl.SSLContext:
    """Return a context that verifies servers and their names.

    Args:
        ca_file: certificates to trust (PEM); ``None`` trusts what the system trusts.
        certificate_file: the client's certificate and its chain (PEM).
        key_file: its private key; ``None`` when it is in ``certificate_file``.
        http2: whether HTTP/2 is offered besides HTTP/1.1.

    Raises:
        ConfigInvalid: a file cannot be read or used.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise ConfigInvalid(f"{ca_file} holds no certificates to trust: {error}") from error
    if certificate_file is not None:
        try:
            # A password would be asked for at the terminal, where nobody sits: an empty one fails instead.
            context.load_cert_chain(certificate_file, key_file, password="")
        except (OSError, ssl.SSLError) as error:
            raise ConfigInvalid(
                f"{certificate_file} and {key_file or 'the key in it'} are no certificate and key "
                f"that belong together: {error}"
            ) from error
    if http2:
        context.set_alpn_protocols(["h2", "http/1.1"])
    return context
