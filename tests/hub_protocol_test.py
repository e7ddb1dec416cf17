"""The test hub is honest: huggingface_hub itself reads it as it reads the public Hub, directly and through
olah and nginx. What tests/hub_fetch_test.py proves of Pannier rests on this.

The packages come by name with pip on first use (tests/hub/environment.py).
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
MODEL = SOURCE / "examples" / "offline-sentiment" / "sst2-tiny"
NAME = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
BARE = "distilbert-base-uncased-finetuned-sst-2-english"
COMMIT = "714eb0fa89d2f80546fda750413ed43d93601a13"

sys.path.insert(0, str(SOURCE / "tests" / "hub"))
import environment  # noqa: E402: the path is set above
import nginx  # noqa: E402
import olah  # noqa: E402
from test_hub import Repository, TestHub  # noqa: E402

PRELUDE = """
import json, os, huggingface_hub
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
api = HfApi()
def raised(function, *words, **named):
    # Which error, with those that it is wrapped in: a download tells of the connection what was the answer.
    try:
        function(*words, **named)
    except Exception as problem:
        names = []
        while problem:
            names.append(type(problem).__name__ + ": " + str(problem)[:400])
            problem = problem.__cause__
        return " / ".join(names)
"""


def sha256_of(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def sst2(**more):
    return Repository.from_folder(NAME, MODEL, COMMIT, **more)


class Client(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        try:
            cls.bin = environment.make("hub")
        except environment.CannotMake as problem:
            raise AssertionError(problem) from None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pannier-hub-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def client(self, url, script, token=None):
        """Runs `script` against the hub; what it leaves in `answer` comes back."""
        settings = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "HF_ENDPOINT": url, "HF_HUB_DISABLE_XET": "1",
                    "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "127.0.0.1,127.0.0.2"}
        if token:
            settings["HF_TOKEN"] = token
        code = PRELUDE + script + "\nprint(json.dumps(answer))\n"
        done = subprocess.run([self.bin / "python", "-c", code], env=settings, capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def hub(self, *repositories, **more):
        hub = TestHub(repositories, **more)
        self.addCleanup(hub.close)
        return hub

    def assert_is_the_model(self, folder):
        names = sorted(path.name for path in pathlib.Path(folder).iterdir() if not path.name.startswith("."))
        self.assertEqual(names, sorted(path.name for path in MODEL.iterdir()))
        for name in names:
            self.assertEqual(sha256_of(pathlib.Path(folder) / name), sha256_of(MODEL / name), name)


class Downloads(Client):
    def test_a_snapshot_lies_in_the_cache_by_upstream_s_ids(self):
        repository = sst2()
        hub = self.hub(repository)
        folder = self.client(hub.url, f"answer = snapshot_download({NAME!r}, revision='714eb0f')")
        self.assert_is_the_model(folder)
        self.assertTrue(folder.endswith(f"/models--{NAME.replace('/', '--')}/snapshots/{COMMIT}"))
        for path, file in repository.commits[COMMIT].files.items():
            self.assertEqual(os.path.basename(os.readlink(f"{folder}/{path}")), file.sha256 or file.oid)

    def test_the_client_s_own_check_of_digests_agrees(self):
        hub = self.hub(sst2())
        answer = self.client(hub.url, f"""
folder = snapshot_download({NAME!r}, local_dir={str(self.folder / "out")!r})
found = api.verify_repo_checksums({NAME!r}, local_dir=folder)
answer = [found.checked_count, len(found.mismatches), len(found.missing_paths)]""")
        self.assertEqual(answer, [5, 0, 0])

    def test_a_bare_name_is_redirected(self):
        hub = self.hub(sst2(), renames={BARE: NAME})
        folder = self.client(hub.url, f"answer = snapshot_download({BARE!r})")
        self.assert_is_the_model(folder)
        self.assertIn(f"models--{BARE}", folder)
        self.assertIn(307, [row.status for row in hub.rows() if row.path == f"/api/models/{BARE}/revision/main"])

    def test_data_sets_pull_requests_and_tags(self):
        data = Repository("org/data", kind="datasets")
        data.tag("v1", data.commit({"data/train.csv": b"a,b\n1,2\n", "README.md": b"one\n"}))
        data.commit({"README.md": b"two\n"})
        data.pull_request(1, {"README.md": b"three\n"})
        hub = self.hub(data)
        answer = self.client(hub.url, """
read = lambda revision: open(hf_hub_download("org/data", "README.md", repo_type="dataset", revision=revision)).read()
answer = [read(revision) for revision in ("v1", "main", "refs/pr/1")]""")
        self.assertEqual(answer, ["one\n", "two\n", "three\n"])

    def test_a_path_before_everything(self):
        hub = self.hub(sst2(), prefix="/hf")
        self.assert_is_the_model(self.client(hub.url, f"answer = snapshot_download({NAME!r})"))

    def test_a_drop_is_resumed_where_it_happened(self):
        hub = self.hub(Repository.from_folder(NAME, MODEL, extra={"large.bin": os.urandom(25 << 20)}))
        hub.fault("drop", path="large.bin", after=21 << 20, times=1)
        path = self.client(hub.url, f"answer = hf_hub_download({NAME!r}, 'large.bin')")
        self.assertEqual(sha256_of(path), hub.pages.repositories["models", NAME].find("main").files["large.bin"].sha256)
        self.assertEqual([row.range for row in hub.rows(stage="storage")], [None, f"bytes={20 << 20}-"])

    def test_a_corrupt_byte_is_taken_by_a_client_that_checks_no_digest(self):
        # That is why Pannier checks; and it proves that the hub corrupts what it says.
        hub = self.hub(sst2())
        hub.fault("corrupt", path="model.safetensors", at=5000)
        found = pathlib.Path(self.client(hub.url, f"answer = hf_hub_download({NAME!r}, 'model.safetensors')")).read_bytes()
        wanted = (MODEL / "model.safetensors").read_bytes()
        self.assertEqual([k for k in range(len(wanted)) if found[k] != wanted[k]], [5000])


class Listings(Client):
    def test_a_tree_of_several_pages(self):
        repository = Repository("org/many")
        sha = repository.commit({f"part {n % 7}/ü{n:04d}.txt": b"%d" % n for n in range(2300)})
        hub = self.hub(repository)
        answer = self.client(hub.url, """
answer = [[e.path, e.size, e.blob_id] for e in api.list_repo_tree("org/many", recursive=True) if hasattr(e, "blob_id")]""")
        files = repository.commits[sha].files.values()
        self.assertEqual(answer, [[file.path, file.size, file.oid] for file in files])
        self.assertEqual(len(hub.rows(stage="tree")), 3)

    def test_what_is_said_of_a_repository(self):
        repository = sst2(card={"license": "apache-2.0", "pipeline_tag": "text-classification"}, gated="auto",
                          readers=["ann"])
        hub = self.hub(repository, tokens={"hf_ann": "ann"})
        answer = self.client(hub.url, f"""
info = api.model_info({NAME!r}, files_metadata=True)
weights = [s for s in info.siblings if s.rfilename == "model.safetensors"][0]
[path] = api.get_paths_info({NAME!r}, ["model.safetensors", "none"])
answer = [info.sha, info.gated, info.pipeline_tag, info.card_data.license, weights.size, weights.lfs.sha256,
          path.lfs.sha256, path.blob_id, api.whoami()["name"]]""", token="hf_ann")
        weights = repository.commits[COMMIT].files["model.safetensors"]
        self.assertEqual(answer, [COMMIT, "auto", "text-classification", "apache-2.0", weights.size, weights.sha256,
                                  weights.sha256, weights.oid, "ann"])

    def test_references(self):
        repository = sst2()
        repository.tag("v1", COMMIT)
        repository.pull_request(2, {"config.json": b"{}"})
        hub = self.hub(repository)
        answer = self.client(hub.url, f"""
refs = api.list_repo_refs({NAME!r}, include_pull_requests=True)
answer = [[b.name, b.target_commit] for b in refs.branches + refs.tags] + [r.ref for r in refs.pull_requests]""")
        self.assertEqual(answer, [["main", COMMIT], ["v1", COMMIT], "refs/pr/2"])


class Refusals(Client):
    def test_each_in_the_client_s_own_words(self):
        hub = self.hub(sst2(), Repository.from_folder("org/gated", MODEL, gated="manual", readers=["ann"]),
                       Repository.from_folder("org/private", MODEL, private=True, readers=["ann"]),
                       Repository.from_folder("org/disabled", MODEL, disabled=True),
                       tokens={"hf_ann": "ann", "hf_bob": "bob"})
        answer = self.client(hub.url, f"""
ask = lambda name, file="config.json", **more: raised(hf_hub_download, name, file, **more)
answer = [ask("org/none"), ask({NAME!r}, revision="nope"), ask({NAME!r}, "nope.json"), ask("org/gated"),
          ask("org/gated", token="hf_bob"), ask("org/gated", token="hf_ann"), ask("org/private"),
          ask("org/private", token="hf_bob"), ask("org/private", token="hf_ann"), ask("org/disabled"),
          ask({NAME!r}, token="hf_wrong")]""")
        expected = ["RepositoryNotFoundError", "RevisionNotFoundError", "EntryNotFoundError", "GatedRepoError",
                    "not in the authorized list", None, "RepositoryNotFoundError", "RepositoryNotFoundError", None,
                    "DisabledRepoError", "Invalid credentials in Authorization header"]
        for found, wanted in zip(answer, expected):
            if wanted is None:
                self.assertIsNone(found)
            else:
                self.assertIn(wanted, found or "no error")

    def test_a_token_is_seen_by_the_hub_alone(self):
        hub = self.hub(Repository.from_folder("org/gated", MODEL, gated="auto", readers=["ann"]), tokens={"hf_ann": "ann"})
        self.assert_is_the_model(self.client(hub.url, "answer = snapshot_download('org/gated')", token="hf_ann"))
        self.assertTrue(hub.rows(stage="storage"))
        self.assertTrue(all(row.authorized for row in hub.rows(stage="resolve")))
        self.assertFalse(hub.token_seen_by_storage())

    def test_a_rate_limit_is_waited_for(self):
        hub = self.hub(sst2())
        limit = hub.fault("status", stage="resolve", path="config.json", status=429, retry_after=1, times=1)
        self.client(hub.url, f"answer = hf_hub_download({NAME!r}, 'config.json')")
        self.assertEqual(limit.applied, 1)


class Others(Client):
    """Servers that others wrote say the same."""

    def test_olah_in_front(self):
        hub = self.hub(sst2())
        with olah.Olah(self.bin, hub) as mirror:
            self.assert_is_the_model(self.client(mirror.url, f"answer = snapshot_download({NAME!r}, revision='714eb0f')"))

    @unittest.skipUnless(nginx.find_nginx(), "nginx is not installed")
    def test_nginx(self):
        with nginx.NginxHub([sst2()]) as server:
            self.assert_is_the_model(self.client(server.url, f"answer = snapshot_download({NAME!r}, revision='714eb0f')"))


if __name__ == "__main__":
    unittest.main()
