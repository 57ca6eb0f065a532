"""The sign-in service: WeCom in front, standards behind. It uses the library and knows nothing of the sandbox."""
