"""What WSGIScriptAlias points to: a file that has an `application`. Everything else is in blog.py beside it."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from blog import app as application  # noqa: E402,F401
