"""Repositories as a Hub holds them: files, git-like commits, branches, tags and pull requests.

Ids are what git computes: a file's is the SHA-1 of its blob, or where it goes through LFS of its pointer
text, whose SHA-256 is that of the contents. `Repository.from_folder` makes one out of a folder.
"""

import hashlib
import os
import pathlib
import re

LFS_SUFFIXES = (".safetensors", ".bin", ".onnx", ".h5", ".msgpack", ".gguf", ".pt", ".pth", ".parquet", ".arrow", ".npz",
                ".tar", ".zip", ".model", ".ot", ".pkl")
LFS_BYTES_MIN = 10 * 1024 * 1024  # anything this large goes through LFS whatever its name
READ_BYTES = 1 << 20
SKIPPED_FOLDERS = {".git", ".cache", "__pycache__"}
NO_PARENT = ()


class Content:
    """Bytes in memory, or of a file (`path`); digests are taken once, when first asked for."""

    def __init__(self, source):
        self.path = None if isinstance(source, bytes) else os.fspath(source)
        self.data = source if isinstance(source, bytes) else None
        self.size = len(source) if self.path is None else os.stat(self.path).st_size
        self._digests = None

    def read(self, first, count):
        if self.path is None:
            return self.data[first:first + count]
        with open(self.path, "rb") as file:
            file.seek(first)
            return file.read(count)

    def pieces(self):
        for first in range(0, self.size, READ_BYTES):
            yield self.read(first, READ_BYTES)

    def digests(self):
        """(git blob id, SHA-256), in hexadecimal."""
        if self._digests is None:
            blob, sha256 = hashlib.sha1(b"blob %d\0" % self.size), hashlib.sha256()
            for piece in self.pieces():
                blob.update(piece)
                sha256.update(piece)
            self._digests = blob.hexdigest(), sha256.hexdigest()
        return self._digests


def git_object(kind, body):
    return hashlib.sha1(b"%s %d\0" % (kind, len(body)) + body).hexdigest()


class File:
    """One path of a commit. `oid` is git's; `sha256` and `pointer` are there for LFS files only."""

    def __init__(self, path, content, lfs):
        self.path, self.content, self.size = path, content, content.size
        blob, sha256 = content.digests()
        self.oid, self.sha256, self.pointer = blob, None, None
        if lfs:
            self.sha256 = sha256
            self.pointer = (f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\n"
                            f"size {self.size}\n").encode()
            self.oid = git_object(b"blob", self.pointer)

    @property
    def etag(self):
        return self.sha256 or self.oid

    def tree_entry(self):
        entry = {"type": "file", "oid": self.oid, "size": self.size, "path": self.path}
        if self.sha256:
            entry["lfs"] = {"oid": self.sha256, "size": self.size, "pointerSize": len(self.pointer)}
        return entry

    def sibling(self, blobs):
        entry = {"rfilename": self.path}
        if blobs:
            entry.update(blobId=self.oid, size=self.size)
            if self.sha256:
                entry["lfs"] = {"sha256": self.sha256, "size": self.size, "pointerSize": len(self.pointer)}
        return entry


def goes_through_lfs(path, size):
    return size > 0 and path.endswith(LFS_SUFFIXES) or size >= LFS_BYTES_MIN


class Commit:
    """`files` by path, `folders` by path with the ids of their git trees. `sha` may be given instead of
    computed, to stand in for a commit of the public Hub."""

    def __init__(self, files, parents, message, sha):
        self.files = dict(sorted(files.items()))
        self.parents, self.message = parents, message
        self.folders = self._trees()
        lines = [f"tree {self.folders['']}"] + [f"parent {parent}" for parent in parents]
        lines += ["author Test <test@localhost> 0 +0000", "committer Test <test@localhost> 0 +0000", "", message]
        self.sha = sha or git_object(b"commit", "\n".join(lines).encode())

    def _trees(self):
        children = {"": {}}  # folder -> name -> (mode, id)
        for path, file in self.files.items():
            parts = path.split("/")
            for depth in range(1, len(parts)):
                children.setdefault("/".join(parts[:depth]), {})
            children["/".join(parts[:-1])][parts[-1]] = (b"100644", file.oid)
        ids = {}
        for folder in sorted(children, key=lambda name: name.count("/") + bool(name), reverse=True):
            # git sorts a folder as if its name ended in a slash
            rows = sorted(children[folder].items(), key=lambda row: row[0] + ("/" if row[1][0] == b"40000" else ""))
            body = b"".join(mode + b" " + name.encode() + b"\0" + bytes.fromhex(oid) for name, (mode, oid) in rows)
            ids[folder] = git_object(b"tree", body)
            if folder:
                parent, _, name = folder.rpartition("/")
                children[parent][name] = (b"40000", ids[folder])
        return ids

    def entries(self, folder, recursive):
        """What `/tree` lists below a folder, sorted by path; None where there is no such folder."""
        folder = folder.strip("/")
        if folder not in self.folders:
            return None
        prefix = folder + "/" if folder else ""
        rows = [{"type": "directory", "oid": oid, "size": 0, "path": path} for path, oid in self.folders.items() if path]
        rows += [file.tree_entry() for file in self.files.values()]
        return sorted((row for row in rows if row["path"].startswith(prefix)
                       and (recursive or "/" not in row["path"][len(prefix):])), key=lambda row: row["path"])


class Repository:
    """A model, data set or space. `main` is the newest commit made without a branch's name.

    `gated` is False, "auto" or "manual"; `readers` are the tokens' users that may see a private
    repository or the files of a gated one. `card` is what the model card's front matter says.
    """

    def __init__(self, name, kind="models", private=False, gated=False, disabled=False, readers=(), card=None):
        self.name, self.kind = name, kind
        self.private, self.gated, self.disabled = private, gated, disabled
        self.readers = set(readers)
        self.card = dict(card or {})
        self.commits = {}
        self.branches, self.tags, self.pull_requests = {}, {}, {}

    @classmethod
    def from_folder(cls, name, folder, sha=None, extra=None, **more):
        repository = cls(name, **more)
        files = files_of_folder(folder)
        files.update(extra or {})
        repository.commit(files, sha=sha)
        return repository

    def commit(self, files, branch="main", sha=None, message="Add files"):
        """`files`: path -> bytes, or where the bytes lie. Returns the commit's id."""
        made = {}
        for path, source in files.items():
            content = source if isinstance(source, Content) else Content(source)
            made[path] = File(path, content, goes_through_lfs(path, content.size))
        parents = (self.branches[branch],) if branch in self.branches else NO_PARENT
        commit = Commit(made, parents, message, sha)
        self.commits[commit.sha] = commit
        self.branches[branch] = commit.sha
        return commit.sha

    def tag(self, name, sha):
        self.tags[name] = sha

    def pull_request(self, number, files):
        self.pull_requests[number] = self.commit(files, branch=f"refs/pr/{number}")
        del self.branches[f"refs/pr/{number}"]
        return self.pull_requests[number]

    def find(self, revision):
        """A branch, tag, `refs/…`, commit or short commit; None where it means nothing or several."""
        named = {f"refs/pr/{number}": sha for number, sha in self.pull_requests.items()}
        for kind, table in (("heads", self.branches), ("tags", self.tags)):
            for name, sha in table.items():
                named.setdefault(name, sha)
                named[f"refs/{kind}/{name}"] = sha
        if revision in named:
            return self.commits[named[revision]]
        if re.fullmatch(r"[0-9a-f]{4,40}", revision):
            found = [commit for sha, commit in self.commits.items() if sha.startswith(revision)]
            return found[0] if len(found) == 1 else None
        return None

    def refs(self, with_pull_requests):
        def rows(kind, table):
            return [{"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": sha} for name, sha in table.items()]
        answer = {"branches": rows("heads", self.branches), "tags": rows("tags", self.tags), "converts": []}
        if with_pull_requests:
            answer["pullRequests"] = [{"name": str(number), "ref": f"refs/pr/{number}", "targetCommit": sha}
                                      for number, sha in self.pull_requests.items()]
        return answer

    def info(self, commit, blobs):
        answer = {
            "_id": hashlib.sha256(self.name.encode()).hexdigest()[:24], "id": self.name, "sha": commit.sha,
            "private": self.private, "gated": self.gated, "disabled": self.disabled,
            "author": self.name.partition("/")[0] if "/" in self.name else None, "downloads": 0, "likes": 0,
            "createdAt": "2022-03-02T23:29:04.000Z", "lastModified": "2023-12-19T16:29:37.000Z",
            "tags": [f"license:{self.card['license']}"] if "license" in self.card else [], "cardData": self.card,
            "siblings": [file.sibling(blobs) for file in commit.files.values()],
        }
        if self.kind == "models":
            answer["modelId"] = self.name
        for key in ("pipeline_tag", "library_name"):
            if key in self.card:
                answer[key] = self.card[key]
        return answer


def files_of_folder(folder):
    """Path -> where its bytes lie, without version control and caches."""
    root = pathlib.Path(folder)
    found = {}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.is_file() and not SKIPPED_FOLDERS.intersection(relative.parts):
            found[relative.as_posix()] = path
    if not found:
        raise ValueError(f"{folder} holds no files")
    return found
