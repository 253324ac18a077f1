# SPDX-License-Identifier: Apache-2.0
"""docs/internals/MODEL.md names functions of the code, and the bugs that the models are checked with."""
import re

import pytest

from pyw import paths

PAGE = (paths.TOP / "docs" / "internals" / "MODEL.md").read_text()
MODELS = paths.TOP / "tests" / "model"
STEPS = [row for table in re.findall(r"^\| step \| code \|\n\|-+\|-+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
         for row in table.splitlines()]
FUNCTIONS = sorted(set(re.findall(r"`(\w+)`(?: in ([\w/]+\.c))?", "\n".join(row.split("|")[2] for row in STEPS))))


def sources():
    return {str(path.relative_to(paths.TOP / "src")): path.read_text() for path in (paths.TOP / "src").rglob("*.c")}


@pytest.mark.parametrize("name, file", FUNCTIONS, ids=[name for name, _ in FUNCTIONS])
def test_a_function_that_the_page_names_is_defined(name, file):
    found = [path for path, text in sources().items()
             if re.search(r"^[\w *]+\b%s\([^;{]*\)\n\{" % name, text, re.MULTILINE)]
    assert found and (not file or file in found)


def test_the_page_names_functions():
    assert len(FUNCTIONS) > 60


def test_each_seeded_bug_is_in_a_model_and_is_looked_for():
    described = set(re.findall(r"BUG_[A-Z_]+[A-Z]", PAGE))
    seeded = set(re.findall(r"BUG_[A-Z_]+[A-Z]", "".join(path.read_text() for path in MODELS.glob("*.pml"))))
    violated = set(re.findall(r"^run violated .*-D(BUG_[A-Z_]+[A-Z])$", (MODELS / "check-model").read_text(),
                              re.MULTILINE))
    assert described == seeded == violated and len(seeded) > 10
