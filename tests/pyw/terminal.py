# SPDX-License-Identifier: Apache-2.0
"""A terminal, for programs that need one."""
import os
import re
import subprocess

from .wait import wait_for


class Terminal:
    """A tmux with one window, which runs one command."""

    def __init__(self, socket, command, columns=80, lines=24, environment=()):
        self.tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]
        words = [word for name in environment for word in ("-e", name)]
        self.run("new-session", "-d", "-x", str(columns), "-y", str(lines), *words, *command)

    def run(self, *arguments):
        return subprocess.run([*self.tmux, *arguments], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=20, env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout

    def screen(self, *options):
        return self.run("capture-pane", "-p", *options)

    def wait(self, pattern, *options):
        wait_for(lambda: re.search(pattern, self.screen(*options)), what=lambda: self.screen(*options))

    def keys(self, *keys):
        self.run("send-keys", *keys)

    def is_over(self):
        return subprocess.run([*self.tmux, "list-sessions"], stdout=subprocess.PIPE, stderr=subprocess.PIPE).returncode

    def close(self):
        subprocess.run([*self.tmux, "kill-server"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
