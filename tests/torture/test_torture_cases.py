# SPDX-License-Identifier: Apache-2.0
"""make check-torture continues an interrupted run, also after the last case."""
import os
import subprocess
import sys

import pytest
import test_torture
import test_torture_events

from pyw import paths


def collect(passed):
    """Return the output of pytest, which collects the cases of a run that has passed `passed`."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", paths.TESTS / "torture"]
    done = subprocess.run(command, cwd=paths.TOP, env={**os.environ, "PYWSGI_TORTURE": str(passed)},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("cases", [test_torture.cases(), test_torture_events.cases()], ids=["requests", "events"])
def test_cases_that_have_passed_are_left_out(tmp_path, cases):
    first, second = ("[%s]" % "-".join(case) for case in cases[:2])
    passed = tmp_path / "passed"
    passed.write_text("".join(" ".join(case) + "\n" for case in cases[1:]))
    collected = collect(passed)
    assert first in collected and second not in collected
    passed.write_text("".join(" ".join(case) + "\n" for case in cases))
    assert first not in collect(passed)
