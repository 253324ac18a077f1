# SPDX-License-Identifier: Apache-2.0
"""tools/embed-python, and the package with each Python for which an engine can be built."""
import re
import subprocess
import sys

import pytest

from pyw import paths, pythons

HERE = paths.TESTS / "functional" / "python"
EMBED = paths.TOP / "tools" / "embed-python"
PRINT = """
#include <stdio.h>
%s
int main(void)
{
    for (const pyw_package_module *module = pyw_package; module->name != NULL; module++) {
        printf("%%s\\n%%s", module->name, module->text);
    }
    return 0;
}
"""


@pytest.mark.long
@pytest.mark.parametrize("python", pythons.programs()[1:])
def test_the_package_on_other_pythons(python):
    result = subprocess.run([python, "-B", "-m", "unittest", "test_package", "test_mod_wsgi_interface"], cwd=HERE,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert result.returncode == 0 and re.search(r"^Ran [1-9]\d* tests", result.stdout, re.M), result.stdout


@pytest.fixture
def embed(tmp_path):
    """embed(name=text, ...) makes C of a package of these modules."""
    def embed(**modules):
        package = tmp_path / "package"
        package.mkdir()
        for name, text in modules.items():
            (package / ("%s.py" % name)).write_text(text)
        target = tmp_path / "package.c"
        result = subprocess.run([sys.executable, "-I", str(EMBED), str(package), str(target)], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        assert (result.returncode == 0) == target.exists()
        return result
    return embed


def texts(tmp_path):
    """Return the texts that a C program finds in package.c."""
    program = tmp_path / "print"
    subprocess.run(["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", str(paths.TOP / "src"), "-o", str(program),
                    "-x", "c", "-"], input=PRINT % (tmp_path / "package.c").read_text(), text=True, check=True)
    return subprocess.run([str(program)], stdout=subprocess.PIPE, text=True, check=True).stdout


def test_c_has_the_text_of_each_module(embed, tmp_path):
    text = "x = '\\\\ \\n ??= \\x41 %d \\0' + \"'\"\n\n\ny = x\n"
    assert embed(__init__="from package import _empty\n" + text, _empty="").returncode == 0
    assert texts(tmp_path) == "package._empty\npackage\nfrom package import _empty\n" + text


def test_a_module_follows_the_modules_that_it_imports(embed, tmp_path):
    assert embed(__init__="from package import _a\nfrom package._c import x\n", _a="from package import _b\n",
                 _b="import os\n", _c="x = 1\n").returncode == 0
    names = re.findall(r"^package(?:\._\w)?$", texts(tmp_path), re.M)
    assert sorted(names) == ["package", "package._a", "package._b", "package._c"]
    assert names.index("package._b") < names.index("package._a") < names.index("package")
    assert names.index("package._c") < names.index("package")


def test_a_syntax_error_fails_with_its_place(embed):
    result = embed(__init__="x = 1\nx = = 2\n")
    assert result.returncode != 0 and re.search(r"package/__init__\.py\", line 2\n.*\n.*\nSyntaxError", result.stdout)


def test_a_circle_of_imports_fails(embed):
    result = embed(__init__="", _a="from package import _b\n", _b="from package import _a\n")
    assert result.returncode != 0 and "CycleError" in result.stdout
