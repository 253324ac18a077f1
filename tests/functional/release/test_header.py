# SPDX-License-Identifier: Apache-2.0
"""mod_pywsgi.h: another module of httpd, compiled with the installed header, calls the functions."""
import subprocess

import pytest

from pyw import paths

SOURCE = """
#include <httpd.h>

#include <http_config.h>
#include <http_request.h>
#include <mod_pywsgi.h>

static APR_OPTIONAL_FN_TYPE(pywsgi_process_group) * process_group;

static void retrieve(void)
{
    process_group = APR_RETRIEVE_OPTIONAL_FN(pywsgi_process_group);
}

static int note_group(request_rec *r)
{
    const char *group = process_group ? process_group(r) : "no function";

    apr_table_setn(r->err_headers_out, "Process-Group", !group ? "NULL" : *group ? group : "embedded");
    return DECLINED;
}

static void register_hooks(apr_pool_t *pool)
{
    ap_hook_optional_fn_retrieve(retrieve, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_fixups(note_group, NULL, NULL, APR_HOOK_LAST);
}

module AP_MODULE_DECLARE_DATA other_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
};
"""
CONFIG = """
    LoadModule other_module %s
    WSGIDaemonProcess site
    WSGIScriptAlias /daemon ${APPS}/app.wsgi process-group=site
    WSGIScriptAlias /embedded ${APPS}/app.wsgi
    WSGIScriptAlias /missing ${APPS}/app.wsgi process-group=%%{ENV:NO_SUCH_GROUP}
"""
APP = """
def application(environ, start_response):
    start_response("200 OK", [])
    return []
"""


@pytest.fixture(scope="module")
def other_module(tmp_path_factory):
    directory = tmp_path_factory.mktemp("module")
    subprocess.run(["make", "-s", "-C", str(paths.TOP), "install", "DESTDIR=%s" % directory, "INCLUDEDIR=/include",
                    "BUILD=%s" % paths.BUILD], check=True, stdout=subprocess.DEVNULL)
    (directory / "mod_other.c").write_text(SOURCE)
    subprocess.run([paths.apxs_program(), "-I", str(directory / "include"), "-Wc,-Wall", "-Wc,-Werror", "-c", "mod_other.c"],
                   cwd=directory, check=True, stdout=subprocess.DEVNULL)
    return directory / ".libs" / "mod_other.so"


def test_another_module_learns_the_process_group_of_a_request(make_httpd, other_module):
    server = make_httpd(CONFIG % other_module, apps={"app.wsgi": APP})
    server.expect_log("PYW0203")
    groups = {path: server.get(path).header("Process-Group") for path in ("/daemon", "/embedded", "/missing", "/static.txt")}
    assert groups == {"/daemon": "site", "/embedded": "embedded", "/missing": "NULL", "/static.txt": "NULL"}


def test_without_mod_pywsgi_there_is_no_function(make_httpd, other_module):
    server = make_httpd("LoadModule other_module %s" % other_module, pywsgi=False)
    assert server.get("/static.txt").header("Process-Group") == "no function"
