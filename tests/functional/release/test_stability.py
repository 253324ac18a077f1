# SPDX-License-Identifier: Apache-2.0
"""docs/reference/stability.md: version 1 keeps the names that were in its first release."""
import pathlib

import pytest
from public_interface import KINDS, public_interface

FROZEN = [line for line in (pathlib.Path(__file__).parent / "frozen").read_text().splitlines() if line[:1] != "#"]


@pytest.fixture(scope="module")
def present():
    return public_interface()


@pytest.mark.parametrize("kind", KINDS)
def test_no_name_was_removed(kind, present):
    kept = [line for line in FROZEN if line.split()[0] == kind]
    assert kept and [line for line in kept if line not in present] == []


def test_each_name_is_listed_once_with_a_known_kind():
    assert len(FROZEN) == len(set(FROZEN)) and {line.split()[0] for line in FROZEN} == set(KINDS)
