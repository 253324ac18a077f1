# SPDX-License-Identifier: Apache-2.0
"""Makes tests/pyw importable and its fixtures known, from wherever pytest is started."""
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent

# pytest rewrites the assertions of each module, which takes seconds. Its other processes read the result from here.
sys.pycache_prefix = os.path.join(HERE.parent, os.environ.get("PYWSGI_BUILD", "build"), "pycache")
sys.dont_write_bytecode = False

sys.path.insert(0, str(HERE))

pytest_plugins = ["pyw.plugin"]
