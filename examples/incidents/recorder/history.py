"""The system's git repository: steps become commits, commits become files.

Commits are made when the clock of the incident reaches them, with that date.
Nothing of the user's own git configuration takes part.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from datetime import datetime, timezone
from pathlib import Path

from scenarios.model import Step

BASE = Path(__file__).resolve().parent / "system"


class HistoryError(Exception):
    """A step does not fit on the tree before it, or git refused."""


def iso(at: float) -> str:
    """UTC with milliseconds, as everywhere in a bundle."""
    text = datetime.fromtimestamp(at, timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


class History:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.shas: dict[str, str] = {}
        path.mkdir(parents=True)
        self._git("init", "-q", "-b", "main")

    def _git(self, *args: str, raw: bool = False, env: dict[str, str] | None = None):
        clean = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
                 "TZ": "UTC", **(env or {})}
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
            clean.pop(name, None)
        done = subprocess.run(["git", *args], cwd=self.path, env=clean, capture_output=True)
        if done.returncode:
            raise HistoryError(f"git {args[0]}: {done.stderr.decode().strip()}")
        return done.stdout if raw else done.stdout.decode()

    def commit(self, step: Step, at: float) -> str:
        """Apply one step to the tree and commit it with the step's date."""
        for name in step.adds:
            self._write(name, (BASE / name).read_text())
        for name, text in step.writes:
            self._write(name, text)
        for edit in step.edits:
            text = (self.path / edit.path).read_text()
            if text.count(edit.old) != 1:
                raise HistoryError(f"step {step.key}: {text.count(edit.old)} places fit in {edit.path}: {edit.old!r}")
            self._write(edit.path, text.replace(edit.old, edit.new))
        mail = step.author.lower().replace(" ", ".") + "@ferryline.example"
        when = f"{int(at)} +0000"
        self._git("add", "-A")
        self._git("commit", "-q", "-m", step.message, env={
            "GIT_AUTHOR_NAME": step.author, "GIT_AUTHOR_EMAIL": mail, "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_NAME": step.author, "GIT_COMMITTER_EMAIL": mail, "GIT_COMMITTER_DATE": when})
        sha = self._git("rev-parse", "HEAD").strip()
        self.shas[step.key] = sha
        return sha

    def _write(self, name: str, text: str) -> None:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def check_out(self, sha: str, into: Path) -> None:
        """The tree of one commit as a release directory."""
        into.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(self._git("archive", sha, raw=True))) as tree:
            tree.extractall(into)

    def listing(self) -> list[dict]:
        """Every commit with its real diff, oldest first."""
        rows = []
        for sha in self._git("rev-list", "--reverse", "main").split():
            author, stamp, message = self._git("show", "-s", "--format=%an%x00%at%x00%B", sha).split("\0")
            diff = self._git("show", "--format=", "--no-color", sha)
            files = self._git("show", "--format=", "--name-only", sha).split()
            rows.append({"sha": sha, "author": author, "timestamp": iso(float(stamp)),
                         "message": message.strip(), "files_changed": files, "diff": diff})
        return rows

    def export(self) -> bytes:
        return self._git("fast-export", "--all", raw=True)
