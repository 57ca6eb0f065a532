"""What stands around each nginx configuration of tests: one process in the foreground, with its files in a folder."""

import getpass
from pathlib import Path

_TEMPORARY = "\n".join(
    f"    {name}_temp_path {{folder}}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)
_FRAME = f"""\
# The workers keep the user that runs the test, and with it the way into its folder.
user {{user}};
daemon off;
worker_processes 1;
pid {{folder}}/nginx.pid;
events {{{{}}}}
http {{{{
{_TEMPORARY}
{{site}}
}}}}
"""


def write_nginx_config(folder: Path, site: str) -> Path:
    """Write *site*, which stands in ``http``, into a whole configuration in *folder*; return the file."""
    config = folder / "nginx.conf"
    config.write_text(_FRAME.format(user=getpass.getuser(), folder=folder, site=site), encoding="utf-8")
    return config
