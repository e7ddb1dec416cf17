"""nginx as a static Hub: what it says of repositories lies in files, and their contents it sends itself.

An independent HTTP server to fetch from, and the one to measure against. Every revision name that matters
(main, tags, the commit and its first seven characters) is written down beforehand.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import urllib.parse

from environment import ROOT
from olah import free_port, wait_for_port

PACKAGES = pathlib.Path(os.environ.get("PANNIER_PACKAGES") or ROOT / "build" / "packages")
CONFIGURATION = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 2;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  default_type application/octet-stream;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000;
  etag off;
  map_hash_bucket_size 512;
  map_hash_max_size 65536;
  client_body_temp_path {folder}/t1;
  proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4;
  scgi_temp_path {folder}/t5;
  map $uri $file_etag {{ default ""; include {folder}/etags; }}
  map $uri $file_commit {{ default ""; include {folder}/commits; }}
  server {{
    listen 127.0.0.1:{port};
    root {folder}/root;
    location /api/ {{ default_type application/json; try_files $uri/index.json =404; }}
    location / {{
      add_header ETag $file_etag;
      add_header X-Repo-Commit $file_commit;
    }}
  }}
}}
"""


def find_nginx():
    """Its path: the system's, else out of its package, which is fetched but not installed: installing it
    would start a server on the machine. None where neither is to be had."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    unpacked = PACKAGES / "nginx" / "usr" / "sbin" / "nginx"
    if not found and not unpacked.exists():
        fetch_package("nginx")
    return found or (str(unpacked) if unpacked.exists() else None)


def fetch_package(name):
    """Unpacks a Debian package into build/packages/NAME, or leaves it where apt cannot."""
    PACKAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PACKAGES) as work:
        os.chmod(work, 0o755)
        try:
            subprocess.run(["apt-get", "download", "-q", name], cwd=work, check=True, capture_output=True, timeout=60)
            [package] = pathlib.Path(work).glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", package, pathlib.Path(work) / "unpacked"], check=True, capture_output=True)
            os.rename(pathlib.Path(work) / "unpacked", PACKAGES / name)
        except (OSError, ValueError, subprocess.SubprocessError):
            pass  # its tests say that they were skipped


class NginxHub:
    """Serves the repositories until closed. `keep_folder` names where to lay out the files (on the disk of
    large ones, which are linked); otherwise a temporary folder does."""

    def __init__(self, repositories, keep_folder=None):
        self.temporary = tempfile.TemporaryDirectory(prefix="pannier-nginx-", dir=keep_folder)
        self.folder = pathlib.Path(self.temporary.name)
        self.folder.chmod(0o755)
        self.etags, self.commits = [], []
        for repository in repositories:
            self.lay_out(repository)
        self.write("etags", "".join(self.etags))
        self.write("commits", "".join(self.commits))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.write("nginx.conf", CONFIGURATION.format(
            folder=self.folder, port=self.port, user="user root;" if os.geteuid() == 0 else ""))
        self.process = subprocess.Popen([find_nginx(), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def write(self, path, text):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def lay_out(self, repository):
        api = f"root/api/{repository.kind}/{repository.name}"
        prefix = "" if repository.kind == "models" else repository.kind + "/"
        for sha, commit in repository.commits.items():
            info = json.dumps(repository.info(commit, blobs=True))
            tree = json.dumps(commit.entries("", recursive=True))
            names = {sha, sha[:7]} | {name for table in (repository.branches, repository.tags)
                                      for name, target in table.items() if target == sha}
            for name in names:
                self.write(f"{api}/revision/{name}/index.json", info)
                self.write(f"{api}/tree/{name}/index.json", tree)
            if repository.branches.get("main") == sha:
                self.write(f"{api}/index.json", info)
            for name in names:
                for path, file in commit.files.items():
                    self.lay_out_file(f"{prefix}{repository.name}/resolve/{name}/{path}", file, sha)

    def lay_out_file(self, address, file, sha):
        target = self.folder / "root" / address
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.content.path is None:
            target.write_bytes(file.content.data)
        else:
            target.symlink_to(pathlib.Path(file.content.path).resolve())
        key = json.dumps("/" + urllib.parse.unquote(address), ensure_ascii=False)
        self.etags.append(f"{key} '\"{file.etag}\"';\n")
        self.commits.append(f"{key} {sha};\n")

    def __enter__(self):
        try:
            wait_for_port(self.process, self.port, "nginx")
        except RuntimeError as problem:
            log = self.folder / "error.log"
            text = log.read_text(encoding="utf-8") if log.exists() else ""
            self.__exit__()
            raise RuntimeError(f"{problem}\n{text}") from None
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.temporary.cleanup()
