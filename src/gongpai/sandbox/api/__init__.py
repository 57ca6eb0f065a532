"""The server API: what WeCom answers under /cgi-bin/.

Not for: pages that people see (`gongpai.sandbox.pages`), what a test tells the sandbox (`gongpai.sandbox.control`).
"""
