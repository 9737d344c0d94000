"""A file server on a loopback port, like the one from which Discord serves attachments."""

from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web


@dataclass
class FileServer:
    """Serves the files that it keeps, or fails in the way that `trouble` names; records request headers."""

    origin: str = ""
    trouble: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0
    _files: dict[str, bytes] = field(default_factory=dict)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.origin = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def keep(self, path: str, content: bytes) -> str:
        """Keep a file; return its URL."""
        self._files[path] = content
        return f"{self.origin}/{path}"

    def attachment(self, number: str, name: str, content: bytes) -> dict[str, Any]:
        """Keep a file; return the attachment object with which Discord describes it."""
        url = self.keep(f"ephemeral-attachments/{number}/{name}", content)
        return {
            "id": number,
            "filename": name,
            "size": len(content),
            "url": url,
            "proxy_url": url,
            "content_type": "text/csv; charset=utf-8",
            "ephemeral": True,
        }

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.headers))
        content = self._files.get(request.match_info["path"])
        match self.trouble:
            case "elsewhere":
                raise web.HTTPFound(f"{self.origin}/elsewhere")
            case "endless":
                return await self._endless(request)
            case "broken":
                raise web.HTTPInternalServerError
            case "gzip":
                return web.Response(body=content, headers={"Content-Encoding": "gzip"})
        if content is None:
            raise web.HTTPNotFound
        return web.Response(body=content)

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b"x" * 10_000)
                self.sent += 10_000
        except ConnectionError:
            return answer
