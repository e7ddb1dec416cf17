#!/usr/bin/env python3
"""A Python package index for tests (PEP 503 pages and PEP 691 JSON) over a folder of wheels, in the same
style as the test hub: faults on demand, a log of who asked for what.

    with SimpleIndex(folder) as index:
        index.fault("corrupt", path="tiny-1.0-py3-none-any.whl", at=100, times=1)
        ... index.url + "/simple/" ...

From a shell, until interrupted: simple_index.py FOLDER [--port N]. Faults' stages: "index" (a project's
page), "metadata", "bytes"; their `repo` is the project.
"""

import argparse
import email.parser
import html
import json
import pathlib
import re
import signal
import sys
import urllib.parse
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from faults import Faults  # noqa: E402: the path is set above
from hub_pages import error  # noqa: E402
from http_server import Answer, HttpServer, select_range  # noqa: E402
from repositories import Content  # noqa: E402

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "application/vnd.pypi.simple.v1+html"


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


class Distribution:
    """A wheel, or an sdist, that lies in the folder."""

    def __init__(self, path):
        self.name = path.name
        self.project = normalized(path.name.split("-")[0])
        self.content = Content(path)
        self.sha256 = self.content.digests()[1]
        self.version = path.name.split("-")[1].replace(".tar.gz", "")
        self.metadata, self.requires_python, self.yanked = None, None, False
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as archive:
                inside = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
                self.metadata = Content(archive.read(inside))
            header = email.parser.BytesHeaderParser().parsebytes(self.metadata.data)
            self.requires_python = header["Requires-Python"]

    def as_json(self):
        row = {"filename": self.name, "url": f"/files/{urllib.parse.quote(self.name)}", "size": self.content.size,
               "hashes": {"sha256": self.sha256}, "yanked": self.yanked, "upload-time": "2024-01-01T00:00:00Z"}
        if self.requires_python:
            row["requires-python"] = self.requires_python
        if self.metadata:
            row["core-metadata"] = row["dist-info-metadata"] = {"sha256": self.metadata.digests()[1]}
        return row

    def as_html(self):
        more = ""
        if self.requires_python:
            more += f' data-requires-python="{html.escape(self.requires_python)}"'
        if self.metadata:
            more += f' data-core-metadata="sha256={self.metadata.digests()[1]}"'
        if self.yanked:
            more += f' data-yanked="{html.escape(str(self.yanked))}"'
        return f'<a href="/files/{urllib.parse.quote(self.name)}#sha256={self.sha256}"{more}>{self.name}</a><br>\n'


class SimpleIndex(HttpServer):
    """`yanked`: file name -> reason; `json_pages`: whether JSON is given to those who accept it;
    `metadata`: whether PEP 658 files are advertised and served."""

    label = "index"

    def __init__(self, folder, yanked=None, json_pages=True, metadata=True, **more):
        super().__init__(**more)
        self.faults = Faults()
        self.json_pages = json_pages
        self.files = {}
        for path in sorted(pathlib.Path(folder).iterdir()):
            if path.name.endswith((".whl", ".tar.gz")):
                made = self.files[path.name] = Distribution(path)
                made.yanked = (yanked or {}).get(path.name, False)
                made.metadata = made.metadata if metadata else None
        self.url = self.origin
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def fault(self, kind, **values):
        return self.faults.add(kind, **values)

    def rows(self, stage=None):
        return [row for row in list(self.log) if stage is None or stage in row.stages]

    def answer(self, request):
        answer = self.page(request)
        self.faults.apply(request, answer, late=False)
        if request.method == "GET":
            select_range(request, answer)
        self.faults.apply(request, answer, late=True)
        return answer

    def page(self, request):
        parts = urllib.parse.unquote(request.path).strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2:
            if not request.path.endswith("/") or parts[1] != normalized(parts[1]):
                return Answer(301, [("Location", f"/simple/{normalized(parts[1])}/")])
            return self.project(request, parts[1])
        if parts[0] == "files" and len(parts) == 2:
            return self.file(parts[1])
        return error(404, "Not found")

    def project(self, request, name):
        found = [file for file in self.files.values() if file.project == name]
        if not found:
            return error(404, f"no project {name}")
        if self.json_pages and JSON_TYPE in request.headers.get("accept", ""):
            body = json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": [file.as_json() for file in found],
                               "versions": sorted({file.version for file in found})})
            answer = Answer(200, [("Content-Type", JSON_TYPE)], body.encode())
        else:
            body = "<!DOCTYPE html>\n<title>" + name + "</title>\n" + "".join(file.as_html() for file in found)
            answer = Answer(200, [("Content-Type", "text/html; charset=utf-8")], body.encode())
        answer.stages, answer.repo_name, answer.subject = ("index",), name, name
        return answer

    def file(self, name):
        wanted = name[:-len(".metadata")] if name.endswith(".metadata") else name
        file = self.files.get(wanted)
        if file is None or (wanted != name and not file.metadata):
            return error(404, f"no file {name}")
        content = file.content if wanted == name else file.metadata
        answer = Answer(200, [("Content-Type", "application/octet-stream"), ("ETag", f'"{content.digests()[1][:32]}"')],
                        content=content)
        answer.stages = ("bytes",) if wanted == name else ("metadata",)
        answer.repo_name, answer.file_path, answer.subject = file.project, name, name
        return answer


def make_wheel(folder, name, version, tags="py3-none-any", requires=(), requires_python=None, files=None):
    """A wheel with those files (path -> bytes), a METADATA and a RECORD that is right. Returns its path."""
    import base64
    import hashlib
    stem = re.sub(r"[-_.]+", "_", name)
    info = f"{stem}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += f"Requires-Python: {requires_python}\n" if requires_python else ""
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    python, abi, platform = tags.split("-")
    tag_lines = "".join(f"Tag: {p}-{a}-{m}\n" for p in python.split(".") for a in abi.split(".")
                        for m in platform.split("."))
    contents = dict(files or {f"{stem}/__init__.py": f"__version__ = '{version}'\n".encode()})
    contents[f"{info}/METADATA"] = metadata.encode()
    contents[f"{info}/WHEEL"] = ("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: "
                                 f"{'true' if platform == 'any' else 'false'}\n{tag_lines}").encode()
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},{len(data)}\n"
        for path, data in contents.items()) + f"{info}/RECORD,,\n"
    contents[f"{info}/RECORD"] = record.encode()
    path = pathlib.Path(folder) / f"{stem}-{version}-{tags}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, data in contents.items():
            archive.writestr(inside, data)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    with SimpleIndex(arguments.folder, port=arguments.port) as index:
        print(json.dumps({"url": index.url}), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
