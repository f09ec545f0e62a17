"""The wheel: one name, with everything that runs need, and it works without the checkout."""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from databases import Warehouse
from factories import NOW, write_clients
from places import clear_faults, set_fault

from orchestration.sandbox.process import SandboxProcess

ROOT = Path(__file__).parents[2]
BESIDE_THE_PACKAGE = ("dbt_project/", "docs/")
"""Folders of the checkout that the wheel has below `orchestration/shipped`."""
LEFT_OUT = ("docs/pictures/", "docs/performance/")
COMMAND_SECONDS = 900


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the checkout as it is now."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


class Installation:
    """A virtual environment with the wheel, and the dependencies of the tests' environment."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder, self.bin = folder, folder / "app" / "bin"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "app"], check=True)
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        self.packages = folder / "app" / "lib" / version / "site-packages"
        # The .pth files in there are not read, so that the checkout itself is not found.
        (self.packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
        uv = Path(sys.executable).with_name("uv")
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--no-index", wheel],
            env={"VIRTUAL_ENV": str(folder / "app"), "HOME": str(folder)},
            check=True,
        )
        dbt = Path(sys.executable).with_name("dbt").read_text("utf-8").partition("\n")[2]
        (self.bin / "dbt").write_text(f"#!{self.bin / 'python'}\n{dbt}", encoding="utf-8")
        (self.bin / "dbt").chmod(0o755)
        self.user, self.elsewhere = folder / "user", folder / "elsewhere"
        self.user.mkdir()
        self.elsewhere.mkdir()

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """`meta-ads …` as a user calls it, in a folder that has nothing to do with it."""
        return subprocess.run(
            [self.bin / "meta-ads", *arguments],
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.user), "COLUMNS": "200"} | environment,
            cwd=self.elsewhere,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def files(self) -> dict[str, int]:
        """Every file of the installation but what Python compiles, and when it was changed."""
        files = (path for path in self.packages.rglob("*") if path.is_file())
        return {str(path): path.stat().st_mtime_ns for path in files if path.suffix != ".pyc"}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("installed"), wheel)


def test_it_has_one_name_and_every_file_that_belongs_to_the_program(wheel: Path) -> None:
    contents = set(zipfile.ZipFile(wheel).namelist())
    information = {path for path in contents if ".dist-info/" in path}
    listed = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines()
    package = {path for path in listed if path.startswith("orchestration/")}
    beside = {
        f"orchestration/shipped/{path}"
        for path in listed
        if path.startswith(BESIDE_THE_PACKAGE) and not path.startswith(LEFT_OUT)
    }
    assert package
    assert beside
    assert package | beside <= contents, sorted((package | beside) - contents)
    assert {path.partition("/")[0] for path in contents - information} == {"orchestration"}
    assert not [path for path in contents if path.endswith((".pyc", ".png", ".log", "take.py"))]


def test_it_works_in_a_folder_that_has_nothing_to_do_with_it_and_writes_nothing_to_itself(
    installed: Installation, warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    before = installed.files()
    version = installed.run("--version")
    assert (version.returncode, str(installed.packages) in version.stdout) == (0, True)
    environment = {
        "WAREHOUSE_URL": warehouse.url,
        "META_API_URL": sandbox.url,
        "META_ADS_NOW": NOW,
    }
    set_fault(sandbox.url, kind="permission", level="account")
    done = installed.run("init", "--all", **environment)
    clear_faults(sandbox.url)
    assert done.returncode == 0, done.stderr
    settings = installed.user / ".config" / "meta-ads"
    assert sorted(path.name for path in settings.iterdir()) == [".env", "clients.yml"]
    # Less to collect.
    write_clients(
        settings / "clients.yml",
        "client_id: acme, name: Acme, ad_account_id: act_1001, starts_on: 2026-11-14",
    )
    done = installed.run("run", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    published = "select count(*), sum(spend) > 0 from marts.daily_campaign_performance"
    assert warehouse.rows(published)[0][1]
    state = installed.user / ".local" / "share" / "meta-ads"
    assert (state / "dbt" / "target").is_dir()
    assert list(installed.elsewhere.iterdir()) == []
    assert installed.files() == before
