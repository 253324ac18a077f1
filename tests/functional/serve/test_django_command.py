# SPDX-License-Identifier: Apache-2.0
"""The command runpywsgi of examples/django: `pywsgi serve` with what Django knows."""
import shutil
import subprocess

import pytest

from pyw import paths

pytest.importorskip("django")


def test_the_command_serves_the_site_with_its_static_files(tmp_path):
    site = tmp_path / "site"
    shutil.copytree(paths.TOP / "examples" / "django", site)
    (site / "static").mkdir()
    with open(site / "guestbook" / "settings.py", "a") as settings:
        settings.write("\nSTATIC_URL = '/static/'\nSTATIC_ROOT = %r\n" % str(site / "static"))
    result = subprocess.run(["/usr/bin/python3", "manage.py", "runpywsgi", "--bind", "8123", "--print"], cwd=site,
                            env={"PATH": "%s:%s" % (paths.snapshot(), paths.SYSTEM_PATH)}, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    assert "\nListen 127.0.0.1:8123\n" in result.stdout and '"env=DJANGO_SETTINGS_MODULE=guestbook.settings"' in result.stdout
    assert '\nAlias "/static" "%s/static"\n' % site in result.stdout
    assert '\nWSGIAppAlias "/" guestbook.wsgi:application ' in result.stdout
