"""Reads a QR code off the markup of a page, as a phone's camera reads it off the screen."""

import re

import zxingcpp
from PIL import Image, ImageDraw

_SCALE = 8
_STROKE = re.compile(r"([Mmh])([-\d.]+)(?:[ ,]([-\d.]+))?")


def read_drawn_qr(page: str) -> str:
    """Return what the one QR code of *page* says."""
    size = re.search(r'viewBox="0 0 (\d+) ', page)
    path = re.search(r'stroke="#000" d="([^"]+)"', page)
    assert size is not None
    assert path is not None
    image = Image.new("L", (int(size[1]) * _SCALE,) * 2, 255)
    draw = ImageDraw.Draw(image)
    x = y = 0.0
    for kind, first, second in _STROKE.findall(path[1]):
        if kind == "h":
            draw.rectangle((x * _SCALE, (y - 0.5) * _SCALE, (x + float(first)) * _SCALE - 1, (y + 0.5) * _SCALE - 1), 0)
            x += float(first)
        elif kind == "M":
            x, y = float(first), float(second)
        else:
            x, y = x + float(first), y + float(second)
    found = zxingcpp.read_barcodes(image)
    assert len(found) == 1, found
    text: str = found[0].text
    return text
