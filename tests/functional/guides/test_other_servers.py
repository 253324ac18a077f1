# SPDX-License-Identifier: Apache-2.0
"""docs/guide/from-other-servers.md: the options and directives that it names exist, and each has one row."""
import re

import pytest

from pyw import paths

PAGE = (paths.TOP / "docs" / "guide" / "from-other-servers.md").read_text()
OPTIONS = (paths.TOP / "src" / "config" / "options" / "table.c").read_text()
DIRECTIVES = {path.stem for path in (paths.TOP / "docs" / "directives").glob("WSGI*.md")}
SERVERS = ["gunicorn", "uWSGI", "Passenger"]


def rows(server):
    """Return the cells of the table of a server that has three columns, without its two head lines."""
    section = PAGE.split("\n## %s\n" % server)[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return [row for row in cells if len(row) == 3][2:]


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("server", SERVERS)
def test_every_name_of_the_other_server_occurs_once(server):
    found = [name for row in rows(server) for name in names(row[0])]
    assert len(found) > 25 and len(found) == len(set(found)), sorted(found)


@pytest.mark.parametrize("server", SERVERS)
def test_the_options_and_directives_exist(server):
    found = [name for row in rows(server) for name in names(row[1])]
    options = [name.split("=")[0] for name in found if re.match(r"[a-z-]+=", name)]
    assert not [name for name in options if '{"%s", ' % name not in OPTIONS and name not in ("env", "env-file")]
    assert not [name for name in found if name.startswith("WSGI") and name not in DIRECTIVES]


@pytest.mark.parametrize("server", SERVERS)
def test_a_row_has_a_counterpart_or_says_that_there_is_none(server):
    assert not [row for row in rows(server) if not row[1] and not row[2]]
