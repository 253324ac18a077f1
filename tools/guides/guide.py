# SPDX-License-Identifier: Apache-2.0
"""The parts of a guide that tools/check-guides follows: see "Guides" in docs/internals/HACKING.md."""
import pathlib
import re
import textwrap

FENCE = re.compile(r"^( *)```(\w*)$")
COMMENTS = re.compile(r"(?:<!--(?:(?!-->).)*-->\s*)*$", re.S)
COMMENT = re.compile(r"<!--\s*(fails|instead:)(.*?)-->", re.S)
PATH = re.compile(r"`(~?/[^`\s]+)`:$")
PROMPT = re.compile(r"^(?:#|([a-z][a-z0-9_-]*)?\$) (.*)$")
ORDINARY_USER = "you"
ANYTHING = "..."


class Step:
    """A command with the output that the guide shows."""

    def __init__(self, line, user, command):
        self.line = line
        self.user = user
        self.command = command
        self.output = []

    def is_answer(self, text):
        """Return whether the command may print this text."""
        lines = [normal(line) for line in trimmed(self.output)]
        pattern = "".join(r"(?:.*\n)*?" if line == ANYTHING else line_pattern(line) + r"\n" for line in lines)
        return re.fullmatch(pattern, "".join(normal(line) + "\n" for line in trimmed(text.split("\n")))) is not None


class Block:
    """A fenced block. `path`: the file that it is, or None. `instead`: commands to run in its place, or None."""

    def __init__(self, line, language, text, path, comments):
        self.line = line
        self.language = language
        self.text = text
        self.path = path
        self.fails = "fails" in comments
        self.instead = comments.get("instead:")

    def steps(self):
        return list(steps(self.text, self.line + 1)) if self.language == "console" else []


class Guide:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = self.path.name
        self.text = self.path.read_text()
        self.blocks = list(blocks(self.text))

    def steps(self):
        return [step for block in self.blocks for step in block.steps()]

    def packages(self):
        """Return the Debian packages that the guide installs."""
        commands = [re.fullmatch(r"(?:sudo )?apt(?:-get)? install (.*)", step.command) for block in self.blocks
                    if block.instead is None for step in block.steps()]
        words = [word for command in commands if command for word in command.group(1).split()]
        return [word for word in words if re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", word)]

    def hosts(self):
        """Return the host names of the guide's sites."""
        return sorted(set(re.findall(r"\b(?:[a-z0-9-]+\.)*example\.(?:org|com|net)\b", self.text)))


def normal(line):
    return " ".join(line.split())


def line_pattern(line):
    return ".*".join(re.escape(part) for part in line.split(ANYTHING))


def trimmed(lines):
    """Return the lines without empty lines at both ends."""
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    return text.split("\n") if text else []


def blocks(text):
    """Yield the fenced blocks. The text between two blocks ends with the paragraph that introduces the second one."""
    before, fence, content = [], None, []
    for number, line in enumerate(text.split("\n"), 1):
        match = FENCE.match(line)
        if fence is None and match:
            fence, content = (number, match.group(2)), []
        elif fence is None:
            before.append(line)
        elif line.strip() == "```":
            yield block(*fence, "\n".join(content), "\n".join(before))
            before, fence = [], None
        else:
            content.append(line)


def block(line, language, content, before):
    comments = COMMENTS.search(before)
    paragraph = before[:comments.start()].rstrip().rpartition("\n\n")[2]
    path = PATH.search(paragraph) if language != "console" else None
    return Block(line, language, textwrap.dedent(content) + "\n", path.group(1) if path else None,
                 dict(COMMENT.findall(comments.group())))


def steps(text, line):
    step = None
    for number, content in enumerate(text.rstrip("\n").split("\n"), line):
        prompt = PROMPT.match(content)
        if step and step.command.endswith("\\") and not step.output:
            step.command += "\n" + content
        elif prompt:
            if step:
                yield step
            user = "root" if content.startswith("#") else prompt.group(1) or ORDINARY_USER
            step = Step(number, user, prompt.group(2))
        elif step:
            step.output.append(content)
        else:
            raise ValueError("line %d: a console block begins with a prompt" % number)
    if step:
        yield step
