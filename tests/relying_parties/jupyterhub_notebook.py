"""What stands for somebody's notebook server in a JupyterHub: it asks the hub who came, and says so."""

import asyncio
import os
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from tornado.web import Application, RequestHandler, authenticated

PREFIX = os.environ["JUPYTERHUB_SERVICE_PREFIX"]


class Notebook(HubOAuthenticated, RequestHandler):  # type: ignore[misc]  # JupyterHub is in another environment
    """The one page."""

    @authenticated  # type: ignore[untyped-decorator]  # as above
    def get(self) -> None:
        """Say who came."""
        self.write(f"<h1>The notebook of {self.get_current_user()['name']}</h1>")


async def serve() -> None:
    """Listen where the hub said."""
    settings = {"cookie_secret": os.urandom(32)}
    callback = f"{PREFIX}oauth_callback"
    pages = [(callback, HubOAuthCallbackHandler), (f"{PREFIX}.*", Notebook)]
    where = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    Application(pages, **settings).listen(where.port, where.hostname)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
