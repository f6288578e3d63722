"""A real HTTP server, which can be told to break off, to forget and to lie."""

from __future__ import annotations

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """Serves files from memory.

    Attributes:
        files: bytes by path.
        cuts: after so many bytes each connection breaks off, one entry for one connection; then none does.
        ranges: whether parts of a file can be had.
        asked: the header `Range` of each request, None where it had none.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cuts: list[int] = []
        self.ranges = True
        self.asked: list[str | None] = []
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def url(self, path: str) -> str:
        """Name a file from outside."""
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def close(self) -> None:
        """End it; nobody listens at its port then."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    owner: FileServer

    def do_GET(self) -> None:
        """Give a file, or what is asked of it."""
        wanted = self.headers["Range"]
        self.owner.asked.append(wanted)
        content = self.owner.files.get(self.path)
        if content is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.owner.ranges else 0
        if start >= len(content):
            self.send_error(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            return
        self.send_response(HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        cut = self.owner.cuts.pop(0) if self.owner.cuts else None
        self.wfile.write(content[start:][:cut])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
