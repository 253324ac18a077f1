# SPDX-License-Identifier: Apache-2.0
"""The names that docs/reference/stability.md promises to keep, read from the sources and from the program pywsgi.

    python3 tests/functional/release/public_interface.py >tests/functional/release/frozen

writes the list for the next release. Each line is a kind and a name.
"""
import ast
import os
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[3]
BUILD = TOP / os.environ.get("PYWSGI_BUILD", "build")
PACKAGE = TOP / "src" / "python" / "pywsgi"


def read(*names):
    return "\n".join((TOP / "src" / name).read_text() for name in names)


def read_all(directory, suffix):
    return "\n".join(path.read_text() for path in sorted((TOP / "src" / directory).rglob("*" + suffix)))


def directives():
    table = read("config/directives/table.c")
    return re.findall(r'(?:AP_INIT_\w+|PYTHON|IGNORED|MEANINGLESS)\("<?(WSGI\w+)"', table)


def options():
    """Return the options of WSGIDaemonProcess. The last but one member of a rule marks inherited ones."""
    rules = re.findall(r'^    \{"([a-z-]+)", PYW_KIND_\w+,(.*)\},$', read("config/options/table.c"), re.M)
    return [name for name, rest in rules if rest.split(",")[-2].strip() == "0"]


def alias_options():
    lists = re.findall(r"option_names\[\] = \{(.*?)\}", read("config/directives/alias.c"), re.S)
    return re.findall(r'"([a-z-]+)"', " ".join(lists))


def handlers():
    return re.findall(r'\{"(pywsgi-[a-z]+)", ', read("httpd/status/status.c"))


def complete(*words):
    return subprocess.run([str(BUILD / "pywsgi"), "--complete", *words], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout.split()


def verbs():
    """Return "reload", "reload --json" and so on."""
    found = complete()
    return found + ["%s %s" % (verb, option) for verb in found for option in complete(verb) if option.startswith("--")]


def metrics():
    return re.findall(r'"(pywsgi_[a-z_]+)[{"]', read_all("httpd/metrics", ".c"))


def values():
    """Return the values of labels, which are also states, reasons and causes in JSON."""
    text = read("httpd/metrics/text.c", "shm/group_state.c")
    lists = re.findall(r"\*const (?:classes|reasons|names)\[\w+\] = \{(.*?)\};", text, re.S)
    states = re.findall(r"\{(\"\w+\", \"\w+\")\}", text)
    return sorted(set(re.findall(r'"(\w+)"', " ".join(lists + states))))


def members_of_the_page():
    text = read("httpd/status/page/page_json.c")
    return re.findall(r'put_\w+\(r, "(\w+)"', text) + re.findall(r'\\"(\w+)\\": ', text)


def members_of_status():
    fields = re.findall(r'\{"([a-z-]+)", (FIELD_\w+)\}', read("command/status/json.c"))
    return [name.replace("-", "_") + ("s" if kind == "FIELD_LIST" else "") for name, kind in fields]


def members_of_commands():
    text = read("command/verbs/check.c", "command/verbs/control.c", "command/verbs/explain.c",
                "command/verbs/stacks_json.c")
    return re.findall(r'\\"(\w+)\\": ', text)


def members_of_the_log():
    text = read_all("httpd/log", ".c") + read_all("base/log", ".c") + read_all("manager/log", ".c")
    return (re.findall(r'pyw_log_json_(?:text|number)\([\w&]+, "(\w+)"', text)
            + re.findall(r'\\"(\w+)\\":', read("base/log/json.c")))


def names_of_pywsgi():
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    values = [node.value for node in tree.body if isinstance(node, ast.Assign)
              and [getattr(target, "id", "") for target in node.targets] == ["__all__"]]
    return ["__version__"] + [name for value in values for name in ast.literal_eval(value)]


def events():
    return re.findall(r'_publish\(.*?"([a-z]+_[a-z]+)"', read_all("python/pywsgi", ".py"))


def keys_of_environ():
    """Return the keys that are not those of CGI. pywsgi.* in lower case without an underscore are keys, not modules."""
    keys = re.findall(r'"((?:mod_wsgi|pywsgi|apache|wsgi)\.[a-z]\w+)"', read_all("wsgi", ".c") + read_all("httpd", ".c"))
    return [key for key in keys if key != "pywsgi.server_metrics"]


def notes():
    return re.findall(r'"(pywsgi-[a-z]+)"', read("httpd/log/notes.c"))


def lines_of_mod_status():
    text = read("httpd/status/server_status.c")
    return re.findall(r"PywsgiGroup\[%d\](\w+): ", text) + re.findall(r'^        \{"(\w+)", ', text, re.M)


KINDS = {
    "directive": directives, "option": options, "alias-option": alias_options, "handler": handlers, "verb": verbs,
    "metric": metrics, "value": values, "page-member": members_of_the_page, "status-member": members_of_status,
    "command-member": members_of_commands, "log-member": members_of_the_log, "pywsgi": names_of_pywsgi,
    "event": events, "environ": keys_of_environ, "note": notes, "mod_status": lines_of_mod_status,
}
HEAD = "# The names that version 1 keeps: docs/reference/stability.md. public_interface.py writes this list."


def public_interface():
    return {"%s %s" % (kind, name) for kind, names in KINDS.items() for name in names()}


if __name__ == "__main__":
    print("\n".join([HEAD, *sorted(public_interface())]))
