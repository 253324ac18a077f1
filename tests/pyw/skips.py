# SPDX-License-Identifier: Apache-2.0
"""In CI, tests may be skipped only for a reason in tests/expected-skips."""
import os

from . import paths, sanitizers

WHERE = {
    "anywhere": True, "root": paths.is_root(), "user": not paths.is_root(), "sanitized": sanitizers.SANITIZED,
}


def expected():
    """Return the beginnings of the reasons."""
    lines = (paths.TOP / "tests" / "expected-skips").read_text().splitlines()
    entries = [line.split(": ", 1) for line in lines if line and not line.startswith("#")]
    return tuple(reason for where, reason in entries if WHERE[where])


def fail_if_unexpected(report):
    """In CI, turn a skip for any other reason into a failure."""
    reason = report.longrepr[2].replace("Skipped: ", "", 1)
    if os.environ.get("CI") and not reason.startswith(expected()):
        report.outcome = "failed"
        report.longrepr = "skipped, and not in tests/expected-skips: " + reason
