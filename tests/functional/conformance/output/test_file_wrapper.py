# SPDX-License-Identifier: Apache-2.0
"""wsgi.file_wrapper: httpd sends real files; other objects are read in blocks."""
import contextlib
import gzip
import os

import pytest

from pyw import processes, wait_for

APP = "files.wsgi"
CONTENT = bytes(range(256)) * 1024
NOISE = 16 << 20

LOCATIONS = """
<LocationMatch "/real">
    WSGIEnableSendfile On
</LocationMatch>
<LocationMatch "/blocks">
    WSGIEnableSendfile Off
    EnableSendfile On
</LocationMatch>
<LocationMatch "/httpd_sendfile">
    EnableSendfile On
</LocationMatch>
<LocationMatch "/no_mmap">
    EnableMMAP Off
</LocationMatch>
<LocationMatch "/filtered">
    SetOutputFilter DEFLATE
</LocationMatch>
AliasMatch "^/static/[a-z_]+/(.*)" "${DATA}/$1"
<Directory "${DATA}">
    Require all granted
</Directory>
"""


def users(server, name):
    """Return the children of httpd that have opened or mapped the file."""
    path = str(server.data / name)
    return [child.pid for child in server.children()
            if path in processes.maps(child.pid) or path in processes.descriptors(child.pid).values()]


@contextlib.contextmanager
def stalled(server, path, name):
    """Return a connection that has read the response head and a part of the file, and reads no further."""
    with server.connect(receive_buffer=65536) as connection:
        connection.start("GET", path, [("Accept-Encoding", "gzip")])
        connection.read_head()
        connection._take(100000)
        yield connection
    wait_for(lambda: not users(server, name))


def system_call(server, name):
    """Return the system call that sends the file, judged by the child's use of the file while the client does not read.
    """
    path = str(server.data / name)
    for pid in users(server, name):
        if path in processes.maps(pid):
            return "mmap"
        is_read = any(processes.position(pid, fd) > 0 for fd, target in processes.descriptors(pid).items()
                      if target == path)
        return "read" if is_read else "sendfile"
    return None


def is_sent_by(server, path, call, name="noise"):
    """Wait until the file is sent by that system call: between two parts of the file nothing is mapped."""
    with stalled(server, path, name):
        wait_for(lambda: system_call(server, name) == call)


class TestSystemCall:
    """With the same EnableSendfile and EnableMMAP, httpd sends an application's file like its own files."""
    CONFIG = LOCATIONS
    MODULES = ("deflate",)

    @pytest.fixture(scope="class", autouse=True)
    def noise(self, server):
        (server.data / "noise").write_bytes(os.urandom(NOISE))

    @pytest.mark.parametrize("path, call", [("default", "mmap"), ("httpd_sendfile", "sendfile"), ("no_mmap", "read")])
    def test_it_is_that_of_a_static_file(self, site, server, path, call):
        is_sent_by(server, "/static/%s/noise" % path, call)
        is_sent_by(server, "%s/%s?file=noise" % (site.prefix, path), call)

    @pytest.mark.parametrize("path, call", [("real", "sendfile"), ("blocks", "mmap")])
    def test_wsgi_enable_sendfile_overrides_enable_sendfile(self, site, server, path, call):
        is_sent_by(server, "%s/%s?file=noise" % (site.prefix, path), call)

    def test_a_file_that_a_filter_reads_is_not_mapped(self, site, server):
        is_sent_by(server, site.prefix + "/filtered?file=noise", "read")

    @pytest.mark.parametrize("path", ["default", "httpd_sendfile", "no_mmap", "filtered"])
    def test_a_file_that_is_truncated_meanwhile_is_a_cut_response(self, site, server, path):
        """Rule A. httpd's child survives, which it would not if a filter read a mapping."""
        server.allow_log(r"AH00574|AH10298|core_output_filter|end of file")
        (server.data / "shrinking").write_bytes((server.data / "noise").read_bytes())
        pids = sorted(child.pid for child in server.children())
        with stalled(server, "%s/%s?file=shrinking" % (site.prefix, path), "shrinking") as connection:
            os.truncate(server.data / "shrinking", 1000)
            rest = connection._take(NOISE)
            assert len(rest) < NOISE - 100000 and not rest.endswith(b"\r\n0\r\n\r\n")
            assert connection.ended
        assert sorted(child.pid for child in server.children()) == pids
        assert site.get("/%s?file=noise" % path).complete

    def test_a_client_without_chunks_sees_the_cut_of_a_filter_by_a_reset(self, site, server):
        server.allow_log(r"AH10298|end of file")
        (server.data / "shrinking").write_bytes((server.data / "noise").read_bytes())
        with server.connect(receive_buffer=65536) as connection:
            connection.send(b"GET %s/filtered?file=shrinking HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n"
                            % site.prefix.encode())
            connection.read_head()
            connection._take(100000)
            os.truncate(server.data / "shrinking", 1000)
            with pytest.raises(ConnectionResetError):
                while connection.socket.recv(65536):
                    pass


class TestFileWrapper:
    CONFIG = LOCATIONS
    MODULES = ("deflate",)

    @pytest.fixture(scope="class", autouse=True)
    def files(self, server):
        (server.data / "large").write_bytes(CONTENT)
        (server.data / "empty").write_bytes(b"")
        (server.data / "packed.gz").write_bytes(gzip.compress(CONTENT))
        with open(server.data / "sparse", "wb") as file:
            file.truncate(16 << 20)

    @pytest.mark.parametrize("path", ["/real", "/unbuffered", "/default", "/blocks"])
    def test_a_real_file_has_its_length(self, site, path):
        response = site.get(path + "?file=large")
        assert (response.framing, response.complete) == ("length", True)
        assert response.body == CONTENT

    def test_it_starts_at_the_current_position(self, site):
        response = site.get("/real?file=large&seek=1000")
        assert response.body == CONTENT[1000:] and response.header("Content-Length") == str(len(CONTENT) - 1000)

    def test_the_position_is_that_of_the_buffered_file(self, site):
        assert site.get("/partly_read?file=large").body == CONTENT[3:]

    def test_a_position_behind_the_end(self, site):
        response = site.get("/real?file=large&seek=999999999")
        assert response.complete and response.body == b""

    def test_an_empty_file(self, site):
        response = site.get("/real?file=empty")
        assert (response.status, response.body, response.complete) == (200, b"", True)

    def test_a_shorter_content_length_clips_the_file(self, site):
        response = site.get("/real?file=large&length=100")
        assert response.complete and response.body == CONTENT[:100]

    def test_a_longer_content_length_is_a_cut_response(self, site):
        """F6: truncated at the end of the file, visibly for the client."""
        site.expect_log("PYW0602")
        response = site.get("/real?file=large&length=%d" % (len(CONTENT) + 10))
        assert not response.complete and response.body == CONTENT

    def test_head_sends_the_length_and_no_file(self, site):
        with site.connect() as connection:
            response = connection.request("HEAD", site.prefix + "/real?file=large")
            assert response.header("Content-Length") == str(len(CONTENT))
            assert connection.request("GET", site.prefix + "/real?file=empty").status == 200

    def test_a_status_other_than_200(self, site):
        response = site.get("/real?file=large&status=206%20Partial%20Content")
        assert (response.status, response.body) == (206, CONTENT)

    @pytest.mark.parametrize("path, body", [
        ("/temporary", b"content"),
        ("/named_temporary", b"named content"),
        ("/memory", b"m" * 100000),
        ("/gzipped?file=packed.gz", CONTENT),
        ("/pipe", b"out of a pipe"),
        ("/file_like?key=none", b"file-like content"),
        ("/iterated", b"ABCDEFG"),
    ])
    def test_other_files(self, site, path, body):
        response = site.get(path)
        assert response.complete and response.body == body

    @pytest.mark.parametrize("path", ["/file_like?", "/closed_early?file=large&"])
    def test_close_is_called_once(self, site, path):
        key = site.new_key()
        assert site.get(path + "key=" + key).complete
        assert site.wait_notes(key) == ["close"]

    def test_a_large_file_arrives_whole(self, site):
        for path in ("/real", "/default", "/blocks"):
            response = site.get(path + "?file=sparse")
            assert response.complete and len(response.body) == 16 << 20

    def test_no_descriptor_is_left_open(self, site, server):
        def still_open():
            return [path for process in server.workers() + server.children()
                    for path in processes.descriptors(process.pid).values() if path.startswith(str(server.data) + "/")]

        for _ in range(20):
            site.get("/real?file=large")
        with site.connect() as connection:
            connection.start("GET", site.prefix + "/real?file=sparse")
            assert connection.read_head().status == 200
            connection.reset()
        wait_for(lambda: not still_open(), what=lambda: "closing of %s" % still_open())
