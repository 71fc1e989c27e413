"""Every mapping that runs is written down, so that it can be compared with and gone back to. (R-MAP-09)"""

import asyncio
import logging

from isthmus.admin.revisions import kept_step
from isthmus.bootstrap.wiring import App
from isthmus.store.group import StoreError

log = logging.getLogger("isthmus.mapping")
#: Between two looks at the files by a process whose flows have nothing to do.
LOOK_EVERY_S = 5.0


async def keep_news(app: App) -> None:
    """Write down what has begun to run in this process."""
    for files in app.mappings:
        files()
        while files.news:
            live = files.news[0]
            await app.context.store.write(kept_step(live.flow, live, app.context.micros()))
            files.news.popleft()


async def keep_what_runs(app: App) -> None:
    """Do so until cancelled."""
    while True:
        try:
            await keep_news(app)
        except StoreError:
            log.exception("the store does not answer; writing down what runs again soon")
        await asyncio.sleep(LOOK_EVERY_S)
