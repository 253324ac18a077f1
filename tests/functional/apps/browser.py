# SPDX-License-Identifier: Apache-2.0
"""A client with cookies, forms and uploads."""
import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request


class Page:
    def __init__(self, response):
        self.status = response.status if hasattr(response, "status") else response.code
        self.url = response.geturl()
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()

    def hidden(self, name):
        """The value of a hidden field of the page's first form."""
        return re.search(r'name="%s" value="([^"]*)"' % name, self.text).group(1)


class Browser:
    def __init__(self, port, prefix=""):
        self.base = "http://127.0.0.1:%d%s" % (port, prefix)
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, path, data=None, headers=None):
        request = urllib.request.Request(self.base + path, data, headers or {})
        try:
            return Page(self.opener.open(request, timeout=30))
        except urllib.error.HTTPError as error:
            return Page(error)

    def post(self, path, **fields):
        return self.open(path, urllib.parse.urlencode(fields).encode())

    def upload(self, path, name, content):
        mark = b"----------boundary-of-the-test"
        body = b"--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\n%s\r\n--%s--\r\n" % (
            mark, name.encode(), content, mark)
        return self.open(path, body, {"Content-Type": "multipart/form-data; boundary=" + mark.decode()})
