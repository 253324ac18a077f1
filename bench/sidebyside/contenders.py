# SPDX-License-Identifier: Apache-2.0
"""The contenders and their configurations. All contenders in httpd share one configuration (event MPM, two children of
25 threads, keep-alive without a limit, no access log); all applications have the same shape, `processes` x `threads`,
and the same user. Embedded applications run in those two children.
"""
import functools
import shutil
import subprocess

from .server import Server, absent, is_root

USER = "www-data"
SHAPES = ((1, 8), (2, 4))
THREADS = (1, 4, 16, 32)

HTTPD = """
ServerRoot "{root}"
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
Listen 127.0.0.1:{h2_port}
PidFile "{root}/run/httpd.pid"
DefaultRuntimeDir "{root}/run"
ErrorLog "{root}/error.log"
LogLevel warn
DocumentRoot "{root}"
{modules}
{user}
StartServers 2
ServerLimit 2
ThreadsPerChild 25
MaxRequestWorkers 50
MinSpareThreads 1
MaxSpareThreads 50
AsyncRequestWorkerFactor 64
ListenBacklog 2048
Timeout 60
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 300
<Directory "/">
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<Directory "{apps}">
    Require all granted
</Directory>
{server}
{site}
<VirtualHost 127.0.0.1:{h2_port}>
    Protocols h2c http/1.1
    {site}
</VirtualHost>
"""

NGINX = """
{user}
worker_processes 2;
daemon off;
pid {root}/run/nginx.pid;
error_log {root}/error.log warn;
events {{
    worker_connections 4096;
}}
http {{
    access_log off;
    keepalive_requests 100000000;
    keepalive_timeout 300s;
    client_max_body_size 64m;
    sendfile on;
    tcp_nopush on;
    client_body_temp_path {root}/run/body;
    proxy_temp_path {root}/run/proxy;
    uwsgi_temp_path {root}/run/uwsgi;
    fastcgi_temp_path {root}/run/fastcgi;
    scgi_temp_path {root}/run/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=2048;
        listen 127.0.0.1:{h2_port} http2;
        location / {{
            include /etc/nginx/uwsgi_params;
            uwsgi_pass unix:{root}/run/uwsgi.sock;
        }}
    }}
}}
"""


@functools.lru_cache(maxsize=None)
def apxs(variable):
    program = shutil.which("apxs") or shutil.which("apxs2")
    return subprocess.run([program, "-q", variable], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def module_file(name):
    return "%s/mod_%s.so" % (apxs("LIBEXECDIR"), name)


class Httpd(Server):
    modules = ()
    extra = ()      # (module name, file)

    def missing(self):
        return absent(*(module_file(name) for name in self.modules), *(path for _, path in self.extra))

    def site(self):
        """Return lines for both virtual hosts."""
        raise NotImplementedError

    def server(self):
        """Return lines for the whole server."""
        return ""

    def load_modules(self):
        names = ("mpm_event", "authz_core", "mime", "http2", *self.modules)
        pairs = [(name, module_file(name)) for name in names] + list(self.extra)
        lines = ['LoadModule %s_module "%s"' % pair for pair in pairs]
        return "\n".join([*lines, "TypesConfig /dev/null"])

    def commands(self):
        config = self.root / "httpd.conf"
        config.write_text(HTTPD.format(
            root=self.root, port=self.port, h2_port=self.h2_port, apps=self.apps, modules=self.load_modules(),
            user="User %s\nGroup %s" % (USER, USER) if is_root() else "", site=self.site(), server=self.server()))
        yield ["%s/%s" % (apxs("SBINDIR"), apxs("PROGNAME")), "-f", config, "-DFOREGROUND"]


class Floor(Httpd):
    families = ("floor",)

    def __init__(self, key, scratch, module):
        super().__init__(key, scratch)
        self.extra = (("bench_floor", str(module)),)

    def site(self):
        return '<Location "/">\n    SetHandler bench-floor\n    Require all granted\n</Location>'


class WsgiModule(Httpd):
    """mod_pywsgi and mod_wsgi, which have the same directives."""

    def __init__(self, key, scratch, module, mode, processes=2, threads=4):
        super().__init__(key, scratch, processes, threads)
        self.extra, self.mode = (module,), mode

    def site(self):
        group = " process-group=bench application-group=%{GLOBAL}"
        return 'WSGIScriptAlias / "%s/bench_application.py"%s' % (
            self.apps, group if self.mode == "daemon" else " application-group=%{GLOBAL}")

    def server(self):
        if self.mode != "daemon":
            return ""
        lines = "WSGISocketPrefix %s/run/wsgi\nWSGIDaemonProcess bench processes=%d threads=%d display-name=%%{GROUP}"
        return lines % (self.root, self.processes, self.threads)


class Gunicorn(Httpd):
    modules = ("proxy", "proxy_http")

    def missing(self):
        return super().missing() + ([] if shutil.which("gunicorn") else ["gunicorn"])

    def site(self):
        return 'ProxyPass "/" "unix:%s/run/gunicorn.sock|http://127.0.0.1/"' % self.root

    def commands(self):
        user = ["--user", USER, "--group", USER] if is_root() else []
        yield [shutil.which("gunicorn"), "--worker-class", "gthread", "--workers", self.processes, "--threads",
               self.threads, "--bind", "unix:%s/run/gunicorn.sock" % self.root, "--chdir", self.apps, "--log-level",
               "warning", "--worker-tmp-dir", "/dev/shm", *user, "bench_application:application"]
        yield from super().commands()


def uwsgi_command(server):
    user = ["--uid", USER, "--gid", USER] if is_root() else []
    return ["uwsgi", "--plugin", "python3", "--master", "--processes", server.processes, "--threads", server.threads,
            "--thunder-lock", "--disable-logging", "--listen", "100", "--die-on-term", "--need-app", "--chdir",
            server.apps, "--wsgi-file", "%s/bench_application.py" % server.apps, "--uwsgi-socket",
            "%s/run/uwsgi.sock" % server.root, "--chmod-socket=666", *user]


def uwsgi_missing():
    return ([] if shutil.which("uwsgi") else ["uwsgi"]) + absent("/usr/lib/uwsgi/plugins/python3_plugin.so")


class HttpdUwsgi(Httpd):
    modules = ("proxy", "proxy_uwsgi")

    def missing(self):
        return super().missing() + uwsgi_missing()

    def site(self):
        return 'ProxyPass "/" "unix:%s/run/uwsgi.sock|uwsgi://127.0.0.1/"' % self.root

    def commands(self):
        yield uwsgi_command(self)
        yield from super().commands()


class NginxUwsgi(Server):
    def missing(self):
        return uwsgi_missing() + ([] if shutil.which("nginx", path="/usr/sbin:/usr/bin") else ["nginx"])

    def commands(self):
        config = self.root / "nginx.conf"
        config.write_text(NGINX.format(root=self.root, port=self.port, h2_port=self.h2_port,
                                       user="user %s %s;" % (USER, USER) if is_root() else ""))
        yield uwsgi_command(self)
        yield ["/usr/sbin/nginx", "-e", self.root / "error.log", "-p", self.root, "-c", config]


def _of_module(scratch, name, module, peer):
    """Return the contenders of a module: embedded, both daemon configurations, and one process with 1 to 32 threads."""
    def add(shape, mode, *size):
        server = WsgiModule("%s-%s" % (name, shape), scratch, module, mode, *size)
        server.peer = "%s-%s" % (peer, shape)
        return server

    found = [add("embedded", "embedded")]
    found += [add("daemon-%dx%d" % shape, "daemon", *shape) for shape in SHAPES]
    for threads in THREADS:
        server = add("threads-%d" % threads, "daemon", 1, threads)
        server.families = ("threads",)
        found.append(server)
    return found


def everyone(scratch, builds, floor):
    """Return all contenders; `builds`: (name, directory of the artifacts) of ours, floor: the module's file."""
    found = [Floor("floor", scratch, floor)]
    for name, directory in builds:
        found += _of_module(scratch, name, ("pywsgi", "%s/mod_pywsgi.so" % directory), "mod_wsgi")
    found += _of_module(scratch, "mod_wsgi", ("wsgi", module_file("wsgi")), "mod_wsgi")
    found += [Gunicorn("httpd-gunicorn", scratch), HttpdUwsgi("httpd-uwsgi", scratch),
              NginxUwsgi("nginx-uwsgi", scratch)]
    for server in found[-3:]:
        server.peer = "mod_wsgi-daemon-2x4"
    return found
