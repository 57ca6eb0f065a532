"""`python -m gongpai.cli`, where the `gongpai` script is not on the PATH."""

from gongpai.cli import main

main()
