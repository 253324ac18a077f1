# SPDX-License-Identifier: Apache-2.0
"""The workloads: requests to the contenders, and the expected responses."""
import collections

# The typical request line and headers of a browser.
BROWSER_PATH = "/hello?q=apache+wsgi&page=2&sort=-date&utm_source=newsletter"
BROWSER_HEADERS = (
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
    ("Accept-Language", "en-GB,en;q=0.7,de;q=0.3"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Referer", "http://127.0.0.1/search?q=apache"),
    ("Cookie", "session=eyJ1c2VyIjo0Mn0.ZxY1bA.c2lnbmF0dXJl; theme=dark; consent=1"),
    ("Upgrade-Insecure-Requests", "1"),
    ("Sec-Fetch-Dest", "document"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Cache-Control", "max-age=0"),
)

# key: the name for --only. length: of the expected body. family: the contenders, see contenders.py.
Workload = collections.namedtuple("Workload", "key path length connections headers body tool idle family")


def workload(key, path, length, connections=16, headers=(), body=0, tool="wrk", idle=0, family="standard"):
    return Workload(key, path, length, connections, headers, body, tool, idle, family)


WORKLOADS = [
    workload("hello", "/hello", 13, family="floor"),
    workload("hello-c1", "/hello", 13, 1, family="floor"),
    workload("browser", BROWSER_PATH, 13, headers=BROWSER_HEADERS, family="floor"),
    workload("flask", "/flask", 13),
    workload("flask-c1", "/flask", 13, 1),
    workload("flask-json", "/flask-json", None),
    workload("64k", "/64k", 65536),
    workload("64k-c1", "/64k", 65536, 1),
    workload("1m", "/1m", 16 * 65536, family="floor"),
    workload("chunks", "/chunks", 100 * 100),
    workload("chunks-c1", "/chunks", 100 * 100, 1),
    workload("file", "/file", 16 << 20),
    workload("post-1k", "/post", 4, body=1 << 10, family="floor"),
    workload("post-1k-c1", "/post", 4, 1, body=1 << 10, family="floor"),
    workload("post-1m", "/post", 7, body=1 << 20, family="floor"),
    workload("h2", "/hello", 13, tool="h2load", family="floor"),
    workload("idle-1000", "/hello", 13, idle=1000, family="floor"),
    workload("threads", "/hello", 13, family="threads"),
]


def choose(words):
    """Return the workloads whose key begins with one of the words, or all workloads without words."""
    if not words:
        return list(WORKLOADS)
    exact = [item for item in WORKLOADS if item.key in words]
    loose = {word for word in words if not any(item.key == word for item in exact)}
    return [item for item in WORKLOADS if item in exact or any(item.key.startswith(word) for word in loose)]
