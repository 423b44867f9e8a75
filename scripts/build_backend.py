"""The build backend: OCA's whool, given a folder with the addon's name that holds the addon only.

whool names the distribution after the folder, which for a checkout may be any, and packs every tracked file; the tools
of development stay out of the package.
"""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from whool import buildapi

ADDON = "crm_firm"
DEVELOPMENT = ("bench", "scripts")


def _get_files():
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
        files = [Path(name) for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):  # a downloaded archive
        files = [path.relative_to(Path.cwd()) for path in Path.cwd().rglob("*") if path.is_file()]
    for path in files:
        if path.parts[0] not in DEVELOPMENT and not any(part.startswith(".") or part == "__pycache__" for part in path.parts):
            yield path


@contextmanager
def _addon_folder(*more):
    """Make a folder named as the addon, with its files and those of ``more``, the current folder."""
    checkout = Path.cwd()
    with tempfile.TemporaryDirectory() as temporary:
        addon = Path(temporary, ADDON)
        for path in (*_get_files(), *map(Path, more)):
            (addon / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(checkout / path, addon / path)
        # There is no repository up there: whool packs what it finds and takes the manifest's version as it is.
        os.environ["GIT_CEILING_DIRECTORIES"] = temporary
        os.chdir(addon)
        try:
            yield
        finally:
            os.chdir(checkout)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    target = os.path.abspath(wheel_directory)
    with _addon_folder():
        return buildapi.build_wheel(target, config_settings, metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    target = Path(sdist_directory).resolve()
    with _addon_folder("scripts/build_backend.py"):
        return buildapi.build_sdist(target, config_settings)
