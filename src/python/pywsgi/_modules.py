# SPDX-License-Identifier: Apache-2.0
"""The modules mod_wsgi and apache, which applications written for mod_wsgi import."""
import sys
import types

MOD_WSGI_VERSION = (6, 0, 5)  # whose functions the module offers


def _import(name):
    """Return an installed module of that name, or None."""
    import importlib
    import importlib.machinery

    if name not in sys.modules and importlib.machinery.PathFinder.find_spec(name) is None:
        return None
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def offer_mod_wsgi(names, find):
    """Set the `names` in the module mod_wsgi, whether or not the package of that name from PyPI is installed.

    `find`: a function that returns the value of any other name, or raises AttributeError.
    """
    module = _import("mod_wsgi")
    if module is None:
        module = types.ModuleType("mod_wsgi", "Provided by mod_pywsgi: see the module pywsgi.")
    module.__dict__.update(names, version=MOD_WSGI_VERSION)
    module.__dict__.setdefault("__getattr__", find)
    sys.modules["mod_wsgi"] = module


def apache_version(server):
    """Return the version of httpd as a tuple. `server`: see pyw_engine_host."""
    return tuple(int(part) for part in server.partition("\t")[0].split(".") if part.isdigit())


def offer_apache(server):
    """Provide the module apache, unless the application has one. `server`: see pyw_engine_host."""
    if _import("apache") is not None:
        return
    _, mpm_name, processes, threads, build_date, description = (server.split("\t") + [""] * 6)[:6]
    module = types.ModuleType("apache", "Facts about httpd. Provided by mod_pywsgi.")
    module.version = apache_version(server)
    module.mpm_name = mpm_name
    module.maximum_processes = int(processes or 0)
    module.threads_per_process = int(threads or 0)
    module.build_date = build_date
    module.description = description
    sys.modules["apache"] = module
