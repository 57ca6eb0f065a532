"""A JupyterHub that signs people in as the recipe says; the rest keeps it on loopback and in the test's folder."""

import os
import sys
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821  JupyterHub runs this file with that name in it
load_subconfig(str(Path.cwd() / "jupyterhub_config.py"))  # type: ignore[name-defined]  # noqa: F821  as the one above

c.JupyterHub.bind_url = os.environ["PARTY_URL"]
c.JupyterHub.hub_port = int(os.environ["HUB_PORT"])
c.ConfigurableHTTPProxy.command = os.environ["PROXY_COMMAND"].split("\n")
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['PROXY_API_PORT']}"
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{Path.cwd()}/home-{{username}}"
c.Spawner.cmd = [sys.executable, str(Path(__file__).with_name("jupyterhub_notebook.py"))]
# Two busy cores: what is slow is no failure.
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
# So that every page looks at the person again, and the test may see what came of it.
c.Authenticator.auth_refresh_age = 1
c.JupyterHub.services = [{"name": "test", "api_token": os.environ["HUB_TOKEN"]}]
c.JupyterHub.load_roles = [
    {"name": "test", "services": ["test"], "scopes": ["admin:users", "admin:auth_state", "read:users:groups"]}
]
