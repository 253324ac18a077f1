# SPDX-License-Identifier: Apache-2.0
"""A certificate for 127.0.0.1 and a virtual host that uses it."""
import subprocess

from .ports import free_port

VHOST = """
SSLSessionCache "shmcb:${ROOT}/run/ssl(65536)"
Listen 127.0.0.1:%(port)d https
<VirtualHost 127.0.0.1:%(port)d>
    ServerName 127.0.0.1
    SSLEngine on
    SSLCertificateFile ${ROOT}/cert.pem
    SSLCertificateKeyFile ${ROOT}/key.pem
    %(config)s
</VirtualHost>
"""


def make_certificate(server):
    """Create key.pem and cert.pem in the server's root."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout",
                    str(server.root / "key.pem"), "-out", str(server.root / "cert.pem")], check=True,
                   stderr=subprocess.DEVNULL)
    (server.root / "key.pem").chmod(0o600)


def virtual_host(server, config=""):
    """Create the certificate; return the lines of the host, whose port is server.tls_port."""
    make_certificate(server)
    server.tls_port = free_port()
    return VHOST % {"port": server.tls_port, "config": config}
