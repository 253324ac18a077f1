# SPDX-License-Identifier: Apache-2.0
"""The example of a patch in docs/internals/HACKING.md shows lines that exist."""
import re

import pytest

from pyw import paths

PAGE = (paths.TOP / "docs" / "internals" / "HACKING.md").read_text()
PLACES = re.findall(r"^    ([\w./]+)\n((?:    \+.*\n)+)", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name, lines", PLACES, ids=[name for name, _ in PLACES])
def test_the_lines_are_in_the_file(name, lines):
    assert re.sub(r"^    \+", "", lines, flags=re.MULTILINE) in (paths.TOP / name).read_text()


def test_the_page_has_an_example():
    assert len(PLACES) == 3
