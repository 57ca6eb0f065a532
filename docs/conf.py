"""Sphinx settings of both languages; `make docs` builds docs/en and docs/zh with them."""

import gongpai

project = "gongpai 工牌"
author = "The gongpai maintainers"
release = version = gongpai.__version__

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = f"{project} {release}"
html_show_sphinx = False
html_copy_source = False
