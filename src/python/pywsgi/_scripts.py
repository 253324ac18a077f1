# SPDX-License-Identifier: Apache-2.0
"""The functions of scripts that httpd calls while it handles a request: WSGIAuthUserScript and similar directives.

Such a call is a request of its own. An application of this module takes the arguments out of its environ, calls the
function, and answers with a line that httpd/scripts parses. An exception is an error response, and denies access.
"""
import _thread
import sys
import types

_PREFIX = "pywsgi.call."
_TLS = _PREFIX + "tls."


def application(module, name):
    """Return the application of the function `name` of a script, or None if the script has no such function."""
    if name == "dispatch":
        function = [(setting, getattr(module, setting)) for setting in _settings
                    if callable(getattr(module, setting, None))]
    else:
        function = getattr(module, name, None)
        if not callable(function):
            return None
    ask = _functions[name]

    def answer(environ, start_response):
        arguments = {key: _text(environ.pop(key)) for key in list(environ) if key.startswith(_PREFIX)}
        _offer_mod_ssl(environ, arguments)
        body = ask(function, environ, arguments)
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    return answer


def with_reload_check(function, module, name):
    """Return the application `function`, which `name` of the script's module denotes.

    If the script has a function reload_required(file) that returns true, the script is executed again before a request.
    """
    if not callable(getattr(module, "reload_required", None)):
        return function
    lock = _thread.allocate_lock()

    def handle(environ, start_response):
        nonlocal module, function
        with lock:
            check = getattr(module, "reload_required", None)
            if check is not None and _is_reload_required(check, environ.get("SCRIPT_FILENAME", "")):
                renewed = _execute_again(module)
                function, module = _find_callable(renewed, name), renewed
            current = function
        return current(environ, start_response)

    return handle


def _find_callable(module, expression):
    """As pyw_loader_callable: "application", "site.app", or a factory, "create_app()"."""
    is_factory = expression.endswith("()")
    found = module
    for name in expression[:-2 if is_factory else None].split("."):
        found = getattr(found, name)
    return found() if is_factory else found


def _is_reload_required(reload_required, path):
    try:
        return reload_required(path)
    except Exception:
        import traceback

        traceback.print_exc()
        return False


def _execute_again(before):
    module = types.ModuleType(before.__name__)
    module.__dict__.update({name: value for name, value in vars(before).items()
                            if name in ("__file__", "__mtime__", "__pywsgi_stamp__")})
    with open(module.__file__, "rb") as file:
        code = compile(file.read(), module.__file__, "exec", dont_inherit=True)
    sys.modules[module.__name__] = module
    try:
        exec(code, module.__dict__)
    except BaseException:
        sys.modules[module.__name__] = before
        raise
    return module


def _offer_mod_ssl(environ, arguments):
    variables = {key[len(_TLS):]: value for key, value in arguments.items() if key.startswith(_TLS)}
    environ["mod_ssl.is_https"] = lambda: variables.get("HTTPS") == "on"
    environ["mod_ssl.var_lookup"] = variables.get


def _text(value):
    """Decode the bytes of an argument: UTF-8, or Latin-1 from an old client."""
    data = value.encode("latin-1")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return value


def _line(name, value):
    data = value.encode("utf-8")
    if not all(byte >= 0x20 and byte != 0x7f for byte in data):
        raise ValueError("%s() returned %r, which has a control character" % (name, value))
    return data


def _unexpected(name, result, allowed):
    # The value may be a secret.
    return TypeError("%s() returned an object of type %s; it must return %s" % (name, type(result).__name__, allowed))


def _check_password(function, environ, arguments):
    result = function(environ, arguments["pywsgi.call.user"], arguments["pywsgi.call.password"])
    if result is None:
        return b"unknown"
    if result is True or result is False:
        return b"granted" if result else b"denied"
    if isinstance(result, str) and result:
        return b"user " + _line("check_password", result)
    raise _unexpected("check_password", result, "True, False, None for an unknown user, or a name for the user")


def _get_realm_hash(function, environ, arguments):
    result = function(environ, arguments["pywsgi.call.user"], arguments["pywsgi.call.realm"])
    if result is None:
        return b"unknown"
    if isinstance(result, str) and len(result) == 32 and not set(result.lower()) - set("0123456789abcdef"):
        return b"hash " + result.lower().encode("ascii")
    raise _unexpected("get_realm_hash", result, "None, or an MD5 digest as 32 hexadecimal digits")


def _groups_for_user(function, environ, arguments):
    wanted = set(arguments["pywsgi.call.groups"].split("\n")) - {""}
    result = function(environ, arguments["pywsgi.call.user"])
    if isinstance(result, (str, bytes)) or not hasattr(result, "__iter__"):
        raise _unexpected("groups_for_user", result, "a list of names")
    groups = list(result)
    for group in groups:
        if not isinstance(group, str):
            raise _unexpected("groups_for_user", group, "only names of type str")
    return b"granted" if wanted.intersection(groups) else b"denied"


def _allow_access(function, environ, arguments):
    result = function(environ, arguments["pywsgi.call.host"])
    if result is None:
        return b"undecided"
    if result is True or result is False:
        return b"granted" if result else b"denied"
    raise _unexpected("allow_access", result, "True, False, or None to let the other directives decide")


def _dispatch(functions, environ, arguments):
    lines = []
    for setting, function in functions:
        result = function(environ)
        if isinstance(result, str) and (result or setting != "callable_object"):
            lines.append(setting.encode("ascii") + b"=" + _line(setting, result))
        elif result is not None:
            raise _unexpected(setting, result, "a name, or None to keep the setting")
    return b"\n".join(lines)


_settings = ("process_group", "application_group", "callable_object")
_functions = {
    "check_password": _check_password,
    "get_realm_hash": _get_realm_hash,
    "groups_for_user": _groups_for_user,
    "allow_access": _allow_access,
    "dispatch": _dispatch,
}
