# SPDX-License-Identifier: Apache-2.0
"""Conditions for tests that do not work with AddressSanitizer (make SANITIZE=1 check-sanitized)."""
import os

import pytest

SANITIZED = "PYWSGI_LD_PRELOAD" in os.environ


def left_out(reason):
    return pytest.mark.skipif(SANITIZED, reason=reason)


memory_is_measured = left_out("sanitizers have memory of their own")
memory_is_limited = left_out("sanitizers reserve more address space than there is memory")
time_is_measured = left_out("sanitizers are too slow for a load that is measured")
