"""Each rule of the threat review has a file of tests here; what of a rule cannot be broken yet, its file says."""

import re
from pathlib import Path

_RULES = range(1, 32)
_NAMED = re.compile(r"test_t(\d{2})_[a-z0-9_]+\.py")


def test_every_rule_has_its_tests() -> None:
    files = {int(found[1]) for path in Path(__file__).parent.iterdir() if (found := _NAMED.fullmatch(path.name))}
    assert [rule for rule in _RULES if rule not in files] == []
    assert sorted(files - set(_RULES)) == []
