# SPDX-License-Identifier: Apache-2.0
"""docs/internals/security.md names tests that exist."""
import re

import pytest

from pyw import paths

PAGE = paths.TOP / "docs" / "internals" / "security.md"
NAMES = sorted(set(re.findall(r"`(test_\w+\.(?:py|c))(?:::(\w+))?`", PAGE.read_text())))


@pytest.mark.parametrize("file, name", NAMES, ids=["::".join(filter(None, pair)) for pair in NAMES])
def test_a_test_that_the_page_names_exists(file, name):
    path, = (paths.TOP / "tests").rglob(file)
    assert re.search(r"^ *(class|def|static void) %s\b" % name, path.read_text(), re.MULTILINE) or not name


def test_the_page_names_tests():
    assert len(NAMES) > 20
