# SPDX-License-Identifier: Apache-2.0
"""The index of the guides, and the examples that guides show: systemd, Kubernetes, Ansible."""
import re
import shutil
import subprocess

import pytest

from pyw import paths

GUIDES = paths.TOP / "docs" / "guide"
EXAMPLES = paths.TOP / "examples"
CONTAINERS = (GUIDES / "containers.md").read_text()


def block(language):
    text, = re.findall(r"^```%s\n(.*?)^```$" % language, CONTAINERS, re.M | re.S)
    return text


def test_the_index_names_every_guide():
    listed = re.findall(r"\(([a-z-]+\.md)", (GUIDES / "README.md").read_text())
    assert set(listed) == {path.name for path in GUIDES.glob("*.md")} - {"README.md"}


def test_the_readme_leads_to_every_guide():
    listed = re.findall(r"\(docs/guide/([a-zA-Z-]+\.md)", (paths.TOP / "README.md").read_text())
    assert set(listed) == {path.name for path in GUIDES.glob("*.md")}


class TestSystemd:
    UNIT = EXAMPLES / "systemd" / "blog.service"

    def test_the_guide_shows_the_unit(self):
        assert self.UNIT.read_text().split("\n\n", 1)[1] == block("ini")

    @pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
    def test_systemd_accepts_it(self, tmp_path):
        text = self.UNIT.read_text().replace("/usr/bin/pywsgi", str(paths.snapshot() / "pywsgi"))
        (tmp_path / "blog.service").write_text(text)
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", str(tmp_path / "blog.service")],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        assert "blog.service" not in result.stdout, result.stdout

    def test_systemd_waits_longer_than_requests_may_take(self):
        text = self.UNIT.read_text()
        deadline = int(re.search(r"--deadline (\d+)", text).group(1))
        assert int(re.search(r"TimeoutStopSec=(\d+)", text).group(1)) >= deadline + 10


class TestKubernetes:
    TEXT = (EXAMPLES / "kubernetes" / "blog.yaml").read_text()

    @pytest.fixture(scope="class")
    def objects(self):
        yaml = pytest.importorskip("yaml", reason="python3-yaml is not installed")
        return {document["kind"]: document for document in yaml.safe_load_all(self.TEXT)}

    @pytest.fixture
    def pod(self, objects):
        return objects["Deployment"]["spec"]["template"]

    def test_the_guide_shows_parts_of_it(self):
        def words(text):
            return re.sub(r"\s+", " ", re.sub(r"#.*", "", text))

        for part in re.findall(r"[a-zA-Z]+: [^\s].*?(?=\n *[a-z-]+[A-Za-z]*:|\Z)", block("yaml"), re.S):
            assert words(part).strip() in words(self.TEXT)

    def test_the_selectors_fit_the_pod(self, objects, pod):
        labels = pod["metadata"]["labels"]
        assert objects["Deployment"]["spec"]["selector"]["matchLabels"] == labels
        assert objects["Service"]["spec"]["selector"] == labels

    def test_the_probes_ask_the_address_of_the_server(self, objects, pod):
        container, = pod["spec"]["containers"]
        options = dict(zip(container["command"][2::2], container["command"][3::2]))
        port = int(options["--bind"].split(":")[1])
        assert container["readinessProbe"]["httpGet"] == {"path": options["--ready"], "port": port}
        assert container["livenessProbe"]["tcpSocket"] == {"port": port}
        assert container["ports"] == [{"name": "http", "containerPort": port}]
        assert objects["Service"]["spec"]["ports"][0]["targetPort"] == port

    def test_the_grace_period_is_longer_than_a_stop(self, pod):
        command = pod["spec"]["containers"][0]["command"]
        stop = sum(int(command[command.index(name) + 1]) for name in ("--drain", "--deadline"))
        assert pod["spec"]["terminationGracePeriodSeconds"] >= stop + 10


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_the_names_of_ansibles_releases_sort_by_time(tmp_path):
    """The guides go back to the first name of `ls releases`, also beside releases of the script deploy-blog."""
    yaml = pytest.importorskip("yaml", reason="python3-yaml is not installed")
    play, = yaml.safe_load((EXAMPLES / "ansible" / "deploy.yml").read_text())
    tasks = {task.get("register"): task for task in play["tasks"]}
    command = tasks["made"]["ansible.builtin.command"]["cmd"].replace("{{ root }}", str(tmp_path))
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(tmp_path / "source")]
    (tmp_path / "source").mkdir()
    subprocess.run([*git, "init", "-q"], check=True)
    names = []
    for second in range(5):
        date = "2026-12-01T10:15:0%dZ" % second
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "commit %d" % second], check=True,
                       env={"PATH": paths.SYSTEM_PATH, "GIT_COMMITTER_DATE": date, "HOME": str(tmp_path)})
        names.append(subprocess.run(command.replace("{{ source.after }}", "HEAD").split(), check=True, text=True,
                                    stdout=subprocess.PIPE, env={"PATH": paths.SYSTEM_PATH, "TZ": "UTC"}).stdout.strip())
    assert names == sorted(names) and names[0].startswith("20261201-101500-")


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("ansible-playbook"), reason="ansible is not installed")
@pytest.mark.parametrize("name", ["setup.yml", "deploy.yml", "rollback.yml"])
def test_ansible_accepts_the_playbook(name, tmp_path):
    directory = EXAMPLES / "ansible"
    result = subprocess.run(["ansible-playbook", "--syntax-check", "-i", str(directory / "inventory.ini"),
                             str(directory / name)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            timeout=120, env={"PATH": paths.SYSTEM_PATH, "HOME": str(tmp_path), "LANG": "C.UTF-8"})
    assert result.returncode == 0 and "WARNING" not in result.stdout, result.stdout
