"""Asking a server for a file: https only, redirects as well, and what went wrong in words."""

from __future__ import annotations

import errno
import http.client
import ipaddress
import socket
import ssl
import urllib.error
import urllib.request
from typing import IO, Any
from urllib.parse import urlsplit

from biotk import __version__
from biotk.errors import FetchError

#: Answers after which it may be worth asking again.
BUSY = {408, 425, 429, 500, 502, 503, 504}
_NO_WAY = {errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}


class UnreachableError(FetchError):
    """There is no way to the server: no network, no such name, a firewall."""


class RefusedError(FetchError):
    """The server is there and does not give the file: 404 and the like."""


class BrokenError(Exception):
    """The connection broke or the server is busy: trying again may help."""


def check_url(url: str) -> None:
    """Refuse what is not https; plain http may only lead to this machine.

    :raises FetchError: the address may not be asked.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and _is_here(parts.hostname):
        return
    raise FetchError(f"{url} is not an https address: what comes from it could be anybody's")


def _is_here(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


class _CheckedRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        try:
            check_url(newurl)
            if urlsplit(req.full_url).scheme == "https" != urlsplit(newurl).scheme:
                raise FetchError(f"{newurl} is not an https address")
        except FetchError as error:
            raise FetchError(f"{req.full_url} redirects, but {error}") from error
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def open_url(url: str, headers: dict[str, str], *, timeout: float) -> Any:
    """Ask for an address. A proxy is taken from the usual environment variables.

    :param headers: of the request.
    :param timeout: how long the server may be silent, in seconds.
    :returns: the answer, of whatever status; a context manager.
    :raises UnreachableError: there is no way to the server.
    :raises BrokenError: the connection broke, or the server is busy.
    :raises FetchError: the address, a redirect or the certificate is not to be trusted.
    """
    check_url(url)
    opener = urllib.request.OpenerDirector()  # build_opener would take file: and ftp: along
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        _CheckedRedirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    asked = {"User-Agent": f"biotk/{__version__}", "Accept-Encoding": "identity", **headers}
    try:
        return opener.open(urllib.request.Request(url, headers=asked), timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code in BUSY:
            error.close()
            raise BrokenError(f"it answered {error.code} {error.reason}") from error
        return error
    except FetchError:
        raise
    except urllib.error.URLError as error:
        raise _explain(url, error.reason) from error
    except (OSError, http.client.HTTPException) as error:
        raise _explain(url, error) from error


def _explain(url: str, reason: str | BaseException) -> Exception:
    host = urlsplit(url).hostname
    if isinstance(reason, ssl.SSLCertVerificationError):
        return FetchError(
            f"the certificate of {host} is not trusted ({reason.verify_message}). Behind a proxy "
            "that reads along, set SSL_CERT_FILE to its certificate"
        )
    if isinstance(reason, socket.gaierror):
        return UnreachableError(f"{host} is not known here")
    if isinstance(reason, TimeoutError):
        return UnreachableError(f"{host} does not answer")
    if isinstance(reason, OSError) and reason.errno in _NO_WAY:
        return UnreachableError(f"{host}: {(reason.strerror or str(reason)).lower()}")
    if isinstance(reason, ConnectionError | http.client.HTTPException | ssl.SSLError):
        return BrokenError(f"{type(reason).__name__}: {reason}")
    return UnreachableError(f"{host}: {reason}")  # such as a proxy that refuses
