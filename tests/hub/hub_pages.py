"""What the test hub answers to each address: the API, `/resolve`, and the storage host's signed files.

Pure routing over Repository objects; sockets are http_server.py's, mistakes faults.py's.
"""

import hashlib
import hmac
import json
import time
import urllib.parse

from http_server import Answer

KINDS = ("models", "datasets", "spaces")
PAGE_ENTRIES, PAGE_ENTRIES_EXPANDED = 1000, 50
DIGEST_KEY = b"the test hub's own"


def quote(text):
    return urllib.parse.quote(text, safe="")


def json_answer(value, status=200, headers=()):
    return Answer(status, [("Content-Type", "application/json; charset=utf-8"), *headers], json.dumps(value).encode())


def error(status, message, code=None, headers=()):
    """As the Hub words it: in the body, and in headers, since a HEAD has no body."""
    named = [("X-Error-Code", code)] if code else []
    return json_answer({"error": message}, status, [*named, ("X-Error-Message", message), *headers])


def not_found(kind):
    return error(404, f"{kind} not found", {"Repository": "RepoNotFound", "Entry": "EntryNotFound"}.get(kind))


class Storage:
    """Signed addresses for blobs, and what they lead to."""

    def __init__(self, origin, seconds):
        self.origin, self.seconds = origin, seconds
        self.files = {}

    def sign(self, path, expires, name):
        return hmac.new(DIGEST_KEY, f"{path} {expires} {name}".encode(), hashlib.sha256).hexdigest()

    def address(self, repository, file):
        path = f"/xet-bridge-us/{hashlib.sha256(repository.name.encode()).hexdigest()[:24]}/{file.sha256}"
        self.files[path, file.path] = (repository, file)
        expires = int(time.time()) + self.seconds
        name = f"inline; filename*=UTF-8''{quote(file.path)}"
        return (f"{self.origin}{path}?Expires={expires}&Signature={self.sign(path, expires, file.path)}"
                f"&response-content-disposition={quote(name)}&x-id=GetObject")

    def answer(self, request):
        disposition = request.query.get("response-content-disposition", [""])[0]
        name = urllib.parse.unquote(disposition.rpartition("''")[2])
        expires = request.query.get("Expires", ["0"])[0]
        found = self.files.get((request.path, name))
        signature = request.query.get("Signature", [""])[0]
        if not found or not hmac.compare_digest(signature, self.sign(request.path, expires, name)):
            return self.refuse(403, "SignatureDoesNotMatch")
        if "authorization" in request.headers:
            # As such hosts do: an address is signed or authorized, not both.
            return self.refuse(400, "InvalidArgument: Only one auth mechanism allowed")
        if int(expires) < time.time():
            return self.refuse(403, "AccessDenied: Request has expired")
        repository, file = found
        etag = hashlib.md5(file.sha256.encode()).hexdigest()  # stands for the host's own, which is no SHA-256
        answer = Answer(200, [("Content-Type", "application/octet-stream"), ("ETag", f'"{etag}"'),
                              ("Content-Disposition", disposition)], content=file.content)
        return about(answer, repository, file, ("storage", "bytes"))

    @staticmethod
    def refuse(status, text):
        body = f"<?xml version=\"1.0\"?><Error><Code>{text}</Code></Error>".encode()
        return Answer(status, [("Content-Type", "application/xml")], body)


def about(answer, repository, file, stages):
    answer.stages, answer.file = stages, file
    answer.repo_name, answer.file_path = repository.name, file.path
    answer.subject = f"{repository.name}/{file.path}"
    return answer


class HubPages:
    """`tokens`: token -> user. `renames`: old name -> new, answered with relative redirects."""

    def __init__(self, repositories, tokens, renames, prefix, resolve_cache):
        self.repositories = {(repository.kind, repository.name): repository for repository in repositories}
        self.tokens, self.renames, self.prefix = tokens, renames, prefix
        self.resolve_cache = resolve_cache  # git files come by way of a relative redirect, as on the public Hub
        self.storage = None
        self.origin = ""

    def answer(self, request):
        path = request.path
        if self.prefix:
            if not path.startswith(self.prefix + "/"):
                return error(404, "Sorry, we can't find the page you are looking for.")
            path = path[len(self.prefix):]
        if request.token and request.token not in self.tokens:
            return error(401, "Invalid credentials in Authorization header")
        parts = path.strip("/").split("/")
        if parts[0] == "api":
            return self.api(request, parts[1:])
        return self.resolve(request, parts)

    # ---- who may see what ----

    def user(self, request):
        return self.tokens.get(request.token)

    def hidden(self, request, repository):
        """The refusal where the repository is not there for this caller, or disabled."""
        user = self.user(request)
        if repository is None or (repository.private and user not in repository.readers):
            # One does not tell strangers what is private and what is not there.
            if user is None:
                return error(401, "Invalid username or password.", "RepoNotFound")
            return error(404, "Repository not found", "RepoNotFound")
        if repository.disabled:
            return error(403, "Access to this resource is disabled.")
        return None

    def closed(self, request, repository):
        """The refusal where the files of a gated repository are not for this caller."""
        user = self.user(request)
        if not repository.gated or user in repository.readers:
            return None
        page = f"{self.origin}{self.prefix}/{repository.name}"
        if user is None:
            return error(401, f"Access to model {repository.name} is restricted. You must have access to it and be "
                              f"authenticated to access it. Please log in.", "GatedRepo")
        return error(403, f"Access to model {repository.name} is restricted and you are not in the authorized list. "
                          f"Visit {page} to ask for access.", "GatedRepo")

    def renamed(self, request, name):
        """A relative redirect, as the public Hub answers for a repository that has moved."""
        if name not in self.renames:
            return None
        target = request.target.replace(f"/{name}", f"/{self.renames[name]}", 1)
        return Answer(307, [("Location", target), ("Content-Type", "text/plain")],
                      f"Temporary Redirect. Redirecting to {target}".encode())

    @staticmethod
    def split_name(parts, verbs):
        """(name, the parts after it): one or two parts, then a verb or nothing."""
        for count in (1, 2):
            if len(parts) == count or (len(parts) > count and parts[count] in verbs):
                return urllib.parse.unquote("/".join(parts[:count])), parts[count:]
        return None, parts

    @staticmethod
    def split_revision(parts):
        """(revision, the parts after it). `refs/pr/1` may come percent-encoded or as it is."""
        count = 3 if parts[0] == "refs" and len(parts) > 3 else 1
        return urllib.parse.unquote("/".join(parts[:count])), parts[count:]

    # ---- /api ----

    def api(self, request, parts):
        if parts == ["agent-harnesses"]:
            return json_answer({"standardEnvVars": [], "harnesses": {}})
        if parts == ["whoami-v2"]:
            user = self.user(request)
            return json_answer({"type": "user", "name": user, "orgs": []}) if user else error(401, "Unauthorized")
        if parts[0] == "resolve-cache" and len(parts) > 4:
            return self.cached(request, parts[1:])
        if parts[0] not in KINDS or len(parts) < 2:
            return error(404, "Not found")
        name, rest = self.split_name(parts[1:], ("revision", "tree", "paths-info", "refs", "commits", "auth-check"))
        moved = self.renamed(request, name)
        if moved:
            return moved
        repository = self.repositories.get((parts[0], name))
        refusal = self.hidden(request, repository)
        if refusal:
            return refusal
        answer = self.repository_api(request, repository, rest)
        answer.repo_name, answer.origin = repository.name, self.origin
        return answer

    def repository_api(self, request, repository, rest):
        verb = rest[0] if rest else "revision"
        if verb == "refs":
            return json_answer(repository.refs(request.flag("include_prs")))
        if verb == "auth-check":
            return self.closed(request, repository) or json_answer({})
        revision, path = self.split_revision(rest[1:]) if len(rest) > 1 else ("main", [])
        commit = repository.find(revision)
        if commit is None:
            return error(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        if verb == "revision":
            return self.info(request, repository, commit)
        if verb == "tree":
            return self.tree(request, repository, commit, urllib.parse.unquote("/".join(path)))
        if verb == "paths-info":
            return self.paths_info(request, commit)
        if verb == "commits":
            return json_answer([{"id": commit.sha, "title": commit.message, "message": "", "authors": [],
                                 "date": "2023-12-19T16:29:37.000Z"}])
        return error(404, "Not found")

    @staticmethod
    def info(request, repository, commit):
        found = repository.info(commit, request.flag("blobs"))
        if "expand" in request.query:
            wanted = {"_id", "id", *request.query["expand"]}
            found = {key: value for key, value in found.items() if key in wanted}
        answer = json_answer(found)
        answer.stages = ("info", "api")
        return answer

    def tree(self, request, repository, commit, folder):
        rows = commit.entries(folder, request.flag("recursive"))
        if rows is None:
            return error(404, f"{folder} does not exist on \"{commit.sha}\"", "EntryNotFound")
        expanded = request.flag("expand")
        if expanded:
            rows = [dict(row, lastCommit={"id": commit.sha, "title": commit.message, "date": "2023-12-19T16:29:37.000Z"})
                    for row in rows]
        page = min(int(request.query.get("limit", [PAGE_ENTRIES])[0]), PAGE_ENTRIES_EXPANDED if expanded else PAGE_ENTRIES)
        cursor = request.query.get("cursor", [""])[0]
        first = int(cursor) if cursor.isdigit() else 0
        answer = json_answer(rows[first:first + page])
        if first + page < len(rows):
            query = urllib.parse.urlencode(dict({key: values[-1] for key, values in request.query.items()},
                                                cursor=first + page))
            answer.set("Link", f'<{self.origin}{request.path}?{query}>; rel="next"')
        answer.stages = ("tree", "api")
        return answer

    @staticmethod
    def paths_info(request, commit):
        if request.headers.get("content-type", "").startswith("application/json"):
            paths = json.loads(request.body)["paths"]
        else:
            paths = urllib.parse.parse_qs(request.body.decode()).get("paths", [])
        rows = {row["path"]: row for row in commit.entries("", True)}
        answer = json_answer([rows[path] for path in paths if path in rows])
        answer.stages = ("paths-info", "api")
        return answer

    # ---- files ----

    def resolve(self, request, parts):
        kind = parts[0] if parts[0] in KINDS[1:] else "models"
        name, rest = self.split_name(parts[1:] if kind != "models" else parts, ("resolve",))
        if request.method not in ("GET", "HEAD") or len(rest) < 3:
            return error(404, "Sorry, we can't find the page you are looking for.")
        moved = self.renamed(request, name)
        if moved:
            return moved
        repository = self.repositories.get((kind, name))
        refusal = self.hidden(request, repository) or self.closed(request, repository)
        if refusal:
            if repository:
                refusal.repo_name, refusal.stages = repository.name, ("resolve",)
            return refusal
        revision, path = self.split_revision(rest[1:])
        commit = repository.find(revision)
        if commit is None:
            return error(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return self.file(request, repository, commit, urllib.parse.unquote("/".join(path)))

    def file(self, request, repository, commit, path):
        file = commit.files.get(path)
        if file is None:
            return error(404, "Entry not found", "EntryNotFound", [("X-Repo-Commit", commit.sha)])
        headers = [("X-Repo-Commit", commit.sha), ("Accept-Ranges", "bytes"), ("X-Request-Id", "test")]
        if file.sha256:
            answer = Answer(302, headers + [
                ("X-Linked-Size", file.size), ("X-Linked-ETag", f'"{file.sha256}"'),
                ("Location", self.storage.address(repository, file)), ("Content-Type", "text/plain")], b"Found. Redirecting")
            return about(answer, repository, file, ("resolve",))
        headers.append(("ETag", f'"{file.oid}"'))
        if self.resolve_cache and file.size and "/" in repository.name and not (repository.private or repository.gated):
            target = (f"{self.prefix}/api/resolve-cache/{repository.kind}/{repository.name}/{commit.sha}/{quote(path)}"
                      f"?{quote('/' + path)}=&etag=%22{file.oid}%22")
            answer = Answer(307, headers + [("X-Linked-Size", file.size), ("Location", target),
                                            ("Content-Type", "text/plain")],
                            f"Temporary Redirect. Redirecting to {target}".encode())
            return about(answer, repository, file, ("resolve",))
        return about(Answer(200, headers + [("Content-Type", "text/plain")], content=file.content), repository, file,
                     ("resolve", "bytes"))

    def cached(self, request, parts):
        """What the relative redirect of a git file leads to; without its query string, nothing."""
        repository = self.repositories.get((parts[0], "/".join(parts[1:3])))
        commit = repository and repository.commits.get(parts[3])
        file = commit and commit.files.get(urllib.parse.unquote("/".join(parts[4:])))
        if not file or request.query.get("etag") != [f'"{file.oid}"']:
            return error(404, "Not found")
        answer = Answer(200, [("X-Repo-Commit", commit.sha), ("ETag", f'"{file.oid}"'), ("Content-Type", "text/plain")],
                        content=file.content)
        return about(answer, repository, file, ("cache", "bytes"))
