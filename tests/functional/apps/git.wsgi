# SPDX-License-Identifier: Apache-2.0
"""dulwich's Git server for the bare repository beside the application."""
import os

from dulwich.repo import Repo
from dulwich.server import DictBackend
from dulwich.web import make_wsgi_chain

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
application = make_wsgi_chain(DictBackend({"/repo": Repo(os.path.join(DATA, "repo.git"))}))
