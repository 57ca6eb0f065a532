"""The control API under /_sandbox/: what a test or a script tells the sandbox, and asks it.

Not for: what WeCom itself would answer, and pages. `operations` is the table from which routes and the OpenAPI
description both come.
"""

from gongpai.sandbox.control.endpoint import problem, serve_control

__all__ = ["problem", "serve_control"]
