"""Our own style sheet, script and sign; nothing on a page comes from anywhere else."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

YEAR_S = 31_536_000


class Static(StaticFiles):
    """Files whose address changes when they do."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file; browsers keep it when its version was asked for."""
        response = await super().get_response(path, scope)
        versioned = scope["query_string"].startswith(b"v=")
        keep = f"public, max-age={YEAR_S}, immutable" if versioned else "no-cache"
        response.headers["Cache-Control"] = keep
        return response
