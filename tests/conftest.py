# SPDX-License-Identifier: Apache-2.0
"""Makes tests/pyw importable and its fixtures known, from wherever pytest is started."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

pytest_plugins = ["pyw.plugin"]
