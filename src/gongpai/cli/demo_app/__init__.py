"""What ``gongpai demo`` shows beside the gateway: the page that explains, and a small app that only colleagues see.

Not for: anything that is kept. All of it lives in memory and ends with the command.
"""
