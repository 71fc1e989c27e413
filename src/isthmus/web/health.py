"""Is the process alive, and may it get traffic?"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from isthmus.engine.engine import Engine
from isthmus.store.group import StoreError


class Health:
    """`/health/live` and `/health/ready`."""

    def __init__(self, engine: Engine) -> None:
        """Ask the engine's store."""
        self._engine = engine

    async def live(self, _request: Request) -> Response:
        """Answer as long as the loop turns."""
        return JSONResponse({"live": True})

    async def ready(self, _request: Request) -> Response:
        """Answer 200 when deliveries can be stored, 503 otherwise."""
        try:
            pending = await self._engine.context.store.pending()
        except StoreError as wrong:
            return JSONResponse({"ready": False, "because": str(wrong)}, status_code=503)
        if pending:
            return JSONResponse({"ready": False, "because": "the schema is not up to date"}, status_code=503)
        return JSONResponse({"ready": True})
