"""A web server on this machine that misbehaves as it is told, to test ``biotk kb fetch``."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CONTENT = b"format-version: 1.2\n\n[Term]\nid: X:1\nname: fever\n" * 4000


@dataclass
class Site:
    """What the server does.

    :param content: the file.
    :param etag: its ETag; empty for none.
    :param modified: its date; empty for none.
    :param ranges: whether parts can be asked for.
    :param cuts: after how many bytes each of the next answers breaks off.
    :param wrong_range: send parts from a place that was not asked for.
    :param keep_range: send a part even if the content is another than If-Range says.
    :param status: answer with this instead.
    :param to: redirect to this.
    :param after_cut: what changes once an answer was cut.
    :param seen: path and headers of each request.
    """

    content: bytes = CONTENT
    etag: str = '"one"'
    modified: str = ""
    ranges: bool = True
    length: bool = True
    cuts: list[int] = field(default_factory=list)
    wrong_range: bool = False
    keep_range: bool = False
    statuses: list[int] = field(default_factory=list)
    to: str = ""
    after_cut: dict[str, Any] = field(default_factory=dict)
    seen: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    site: Site

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        site = self.site
        site.seen.append({"path": self.path, **dict(self.headers)})
        if site.to and self.path != "/moved":
            self.answer(302, {"Location": site.to})
        elif site.statuses and (status := site.statuses.pop(0)) != 200:
            self.answer(status, {}, b"no")
        elif site.etag and self.headers.get("If-None-Match") == site.etag:
            self.answer(304, {})
        else:
            self.send_file()

    def answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def send_file(self) -> None:
        site = self.site
        first, body = 0, site.content
        asked = self.headers.get("Range", "")
        same = self.headers.get("If-Range") in (site.etag, site.modified) or site.keep_range
        if asked and site.ranges and same:
            first = int(asked.removeprefix("bytes=").partition("-")[0])
            if first >= len(body):
                self.answer(416, {"Content-Range": f"bytes */{len(body)}"})
                return
            first -= site.wrong_range
            body = body[first:]
            self.send_response(206)
            last = len(site.content)
            self.send_header("Content-Range", f"bytes {first}-{last - 1}/{last}")
        else:
            self.send_response(200)
        if site.length:
            self.send_header("Content-Length", str(len(body)))
        if site.etag:
            self.send_header("ETag", site.etag)
        if site.modified:
            self.send_header("Last-Modified", site.modified)
        self.end_headers()
        if site.cuts:
            self.wfile.write(body[: site.cuts.pop(0)])
            self.close_connection = True
            for name, value in site.after_cut.items():
                setattr(site, name, value)
        else:
            self.wfile.write(body)


@contextmanager
def serve() -> Iterator[Site]:
    """:returns: a running site; its ``url`` is that of the file."""
    site = Site()
    handler = type("Handler", (Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    site.url = f"http://127.0.0.1:{server.server_address[1]}/x.obo"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
