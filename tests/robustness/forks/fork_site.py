# SPDX-License-Identifier: Apache-2.0
"""The files of the suite's application."""
import pathlib

from pyw import paths

HERE = pathlib.Path(__file__).resolve().parent
APPS = {"app.wsgi": HERE / "forks.wsgi", "jobs.py": HERE / "jobs.py", "support.py": paths.SUPPORT}
