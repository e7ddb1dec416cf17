"""`pannier fetch` against the test hub, olah and nginx: what comes into the store is what upstream published,
under its names, once; and refusals are told in the Hub's own terms.
"""

import hashlib
import json
import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("PANNIER_SOURCE_DIR", pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(SOURCE / "tests" / "hub"))
import certificates  # noqa: E402: the path is set above
import environment  # noqa: E402
import nginx  # noqa: E402
import olah  # noqa: E402
import proxy  # noqa: E402
from fetching import DENIED, MODEL, NETWORK, NOT_FOUND, UNTRUSTED, USAGE, FetchCase  # noqa: E402
from test_hub import Repository, TestHub  # noqa: E402

NAME = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
BARE = "distilbert-base-uncased-finetuned-sst-2-english"
COMMIT = "714eb0fa89d2f80546fda750413ed43d93601a13"
TOKEN = "hf_thetokenofann"


def sst2(name=NAME, **more):
    return Repository.from_folder(name, MODEL, COMMIT, **more)


class Case(FetchCase):
    def hub(self, *repositories, **more):
        hub = TestHub(repositories, **more)
        self.addCleanup(hub.close)
        return hub


class Results(Case):
    def test_a_model_at_a_short_commit(self):
        repository = sst2()
        hub = self.hub(repository)
        self.fetch(hub, f"{NAME}@714eb0f")
        self.assert_holds(f"{NAME}@714eb0f", repository.commits[COMMIT])
        shown = self.shown(f"{NAME}@714eb0f")
        self.assertIn(COMMIT, json.dumps(shown))
        for file in shown["files"]:
            contents = (MODEL / file["path"]).read_bytes()
            self.assertEqual(file["digest"], "sha256:" + hashlib.sha256(contents).hexdigest())

    def test_a_bare_name_is_recorded_beside_the_canonical_one(self):
        repository = sst2()
        hub = self.hub(repository, renames={BARE: NAME})
        self.fetch(hub, BARE)
        self.assert_holds(NAME, repository.commits[COMMIT])
        self.assert_holds(BARE, repository.commits[COMMIT])

    def test_the_default_model_of_a_task(self):
        hub = self.hub(sst2())
        self.fetch(hub, "task:sentiment-analysis")
        self.assertIn(f"/api/models/{NAME}/revision/714eb0f", [row.path for row in hub.log])

    def test_each_byte_comes_once_and_the_second_time_none(self):
        repository = sst2()
        hub = self.hub(repository)
        self.fetch(hub, NAME)
        for path, file in repository.commits[COMMIT].files.items():
            # Configurations are read once more, to see what else the model needs.
            times = 1 if file.sha256 or file.size > 100_000 else 2
            self.assertLessEqual(hub.bytes_total(f"{NAME}/{path}"), times * file.size, path)
        hub.clear()
        self.fetch(hub, NAME)
        self.assertEqual(hub.bytes_total(f"{NAME}/model.safetensors"), 0)
        self.assertLess(hub.bytes_total(), 10_000)

    def test_a_blob_that_another_model_has_is_not_fetched_again(self):
        other = Repository.from_folder("org/other", MODEL, extra={"README.md": b"# Other\n"})
        hub = self.hub(sst2(), other)
        self.fetch(hub, NAME)
        hub.clear()
        self.fetch(hub, "org/other")
        self.assertEqual(hub.bytes_total("org/other/model.safetensors"), 0)
        self.assert_holds("org/other", other.find("main"))

    def test_branches_tags_pull_requests_and_commits(self):
        repository = Repository("org/name")
        first = repository.commit({"config.json": b'{"n": 1}'})
        repository.tag("v1", first)
        second = repository.commit({"config.json": b'{"n": 2}'})
        repository.commit({"config.json": b'{"n": 3}'}, branch="next")
        repository.pull_request(4, {"config.json": b'{"n": 4}'})
        hub = self.hub(repository)
        for revision, number in (("v1", 1), ("main", 2), ("next", 3), ("refs/pr/4", 4), (first, 1), (second[:8], 2)):
            with self.subTest(revision):
                self.fetch(hub, f"org/name@{revision}")
                found = self.exported(f"org/name@{revision}")
                self.assertEqual(found, {"config.json": b'{"n": %d}' % number})

    def test_a_data_set_with_folders_and_names_of_every_kind(self):
        data = Repository("org/data", kind="datasets")
        sha = data.commit({"data/train 1.csv": b"a,b\n", "ü/日本.txt": b"x", "100%.txt": b"y", "a+b#c?.txt": b"z",
                           "empty": b"", "README.md": b"---\nlicense: mit\n---\n"})
        hub = self.hub(data)
        self.fetch(hub, "datasets/org/data")
        self.assert_holds("datasets/org/data", data.commits[sha])

    def test_a_tree_of_several_pages(self):
        repository = Repository("org/many")
        sha = repository.commit({f"part{n % 7}/{n:04d}.txt": b"%d" % n for n in range(1500)})
        hub = self.hub(repository)
        self.fetch(hub, "org/many", "--files", "all")
        self.assert_holds("org/many", repository.commits[sha])

    def test_needed_files_leave_other_formats_out(self):
        extra = {name: os.urandom(3000) for name in ("pytorch_model.bin", "tf_model.h5", "flax_model.msgpack",
                                                     "onnx/model.onnx", "README.md")}
        repository = Repository.from_folder(NAME, MODEL, COMMIT, extra=extra)
        hub = self.hub(repository)
        done = self.fetch(hub, NAME)
        self.assertIn("pytorch_model.bin", done.stdout + done.stderr)
        found = set(self.exported(NAME))
        self.assertTrue({"README.md", "model.safetensors", "config.json"} <= found)
        self.assertFalse({"pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", "onnx/model.onnx"} & found)
        self.fetch(hub, NAME, "--files", "all", store=self.folder / "all")
        self.assert_holds(NAME, repository.commits[COMMIT], self.folder / "all")

    def test_a_dry_run_fetches_nothing(self):
        hub = self.hub(sst2(card={"license": "apache-2.0"}))
        done = self.fetch(hub, NAME, "--dry-run")
        self.assertIn("model.safetensors", done.stdout)
        self.assertIn("apache-2.0", done.stdout)
        self.assertEqual(hub.bytes_total(f"{NAME}/model.safetensors"), 0)
        self.assert_holds_nothing(NAME)

    def test_json_is_json(self):
        hub = self.hub(sst2())
        done = self.fetch(hub, NAME, "--json")
        for line in done.stdout.splitlines() if not done.stdout.startswith(("[", "{\n")) else [done.stdout]:
            json.loads(line)
        self.assertIn(COMMIT, done.stdout)

    def test_the_address_may_come_from_the_environment_with_a_path(self):
        repository = sst2()
        hub = self.hub(repository, prefix="/hf")
        self.run_program("fetch", NAME, "--store", self.store, HF_ENDPOINT=hub.url + "/")
        self.assert_holds(NAME, repository.commits[COMMIT])

    def test_pack_takes_a_model_from_the_hub(self):
        repository = sst2()
        hub = self.hub(repository, renames={BARE: NAME})
        self.run_program("pack", f"{BARE}@714eb0f", "-o", "m.pannier", "--hub-url", hub.url, "--store", self.folder / "near")
        self.run_program("install", "m.pannier", "--store", self.store, "--allow-unsigned")
        for name in (NAME, BARE):
            self.assert_holds(f"{name}@714eb0f", repository.commits[COMMIT])


class Tokens(Case):
    def gated(self, **more):
        return self.hub(sst2(gated="manual", readers=["ann"]), sst2("org/private", private=True, readers=["ann"]),
                        sst2("org/disabled", disabled=True), tokens={TOKEN: "ann", "hf_bob": "bob"}, **more)

    def assert_token_kept(self, hub, done):
        self.assertFalse(hub.token_seen_by_storage())
        self.assertNotIn(TOKEN, done.stdout + done.stderr)

    def test_a_gated_model_with_a_token_from_each_place(self):
        home = self.folder / "home"
        token_file = home / ".cache" / "huggingface" / "token"
        token_file.parent.mkdir(parents=True)
        (self.folder / "token").write_text(TOKEN + "\n")
        for number, (options, variables) in enumerate(((["--hub-token-file", "token"], {}), ([], {"HF_TOKEN": TOKEN}), ([], {}))):
            with self.subTest(number):
                if number == 2:
                    token_file.write_text(TOKEN)
                hub = self.gated()
                done = self.fetch(hub, NAME, *options, store=self.folder / str(number), **variables)
                self.assertTrue(hub.rows(stage="storage"))
                self.assertTrue(all(row.authorized for row in hub.rows(stage="resolve")))
                self.assert_token_kept(hub, done)

    def test_a_private_model(self):
        hub = self.gated()
        done = self.fetch(hub, "org/private", HF_TOKEN=TOKEN)
        self.assert_token_kept(hub, done)
        self.fetch(hub, "org/private", store=self.folder / "2", expect=(NOT_FOUND, DENIED))

    def test_refusals(self):
        hub = self.gated()
        for ref, token, code, words in (
                (NAME, "", DENIED, ["restricted", f"{hub.url}/{NAME}", "--hub-token-file"]),
                (NAME, "hf_bob", DENIED, ["restricted", f"{hub.url}/{NAME}"]),
                (NAME, "hf_wrong", DENIED, ["refuses the token"]),
                ("org/disabled", "", DENIED, ["disabled"]),
                ("org/none", "", NOT_FOUND, ["org/none"]),
                ("org/none", TOKEN, NOT_FOUND, ["org/none"]),
                ("org/private@nope", TOKEN, NOT_FOUND, ["nope"])):
            with self.subTest(ref=ref, token=token):
                done = self.fetch(hub, ref, expect=code, **({"HF_TOKEN": token} if token else {}))
                for word in words:
                    self.assertIn(word, done.stderr)
                if token:
                    self.assertNotIn(token, done.stdout + done.stderr)
        self.assertEqual(hub.bytes_total(), 0)

    def test_a_rename_to_another_host_gets_no_token(self):
        # A hub that redirects its API elsewhere would otherwise hand the token over.
        other = self.gated()
        hub = self.gated()
        hub.fault("redirect", stage="info", to=f"{other.storage.origin}/api/models/{NAME}/revision/main")
        self.fetch(hub, NAME, HF_TOKEN=TOKEN, expect=(UNTRUSTED, NETWORK, NOT_FOUND))
        self.assertFalse(other.token_seen_by_storage())


class Connections(Case):
    def test_a_private_authority(self):
        authority, context = certificates.make(self.folder)
        repository = sst2()
        hub = self.hub(repository, tls=context)
        done = self.fetch(hub, NAME, expect=UNTRUSTED)
        self.assertIn("certificate", done.stderr)
        self.fetch(hub, NAME, SSL_CERT_FILE=str(authority))
        self.assert_holds(NAME, repository.commits[COMMIT])
        self.fetch(hub, NAME, "--ca-bundle", authority, store=self.folder / "2")

    def test_through_a_proxy_that_sees_no_token(self):
        authority, context = certificates.make(self.folder)
        repository = sst2(gated="auto", readers=["ann"])
        hub = self.hub(repository, tokens={TOKEN: "ann"}, tls=context)
        with proxy.Proxy() as between:
            self.fetch(hub, NAME, HTTPS_PROXY=between.url, NO_PROXY="", SSL_CERT_FILE=str(authority), HF_TOKEN=TOKEN)
            self.assertIn(f"CONNECT 127.0.0.1:{hub.hub.port} HTTP/1.1", between.lines)
            self.assertIn(f"CONNECT 127.0.0.2:{hub.storage.port} HTTP/1.1", between.lines)
            self.assertNotIn(TOKEN, "".join(between.heads))
            count = len(between.lines)
            self.fetch(hub, NAME, HTTPS_PROXY=between.url, NO_PROXY="127.0.0.0/8", SSL_CERT_FILE=str(authority),
                       HF_TOKEN=TOKEN, store=self.folder / "2")
            self.assertEqual(len(between.lines), count)
        self.assert_holds(NAME, repository.commits[COMMIT])

    def test_through_a_proxy_of_plain_http(self):
        repository = sst2()
        hub = self.hub(repository)
        with proxy.Proxy() as between:
            self.fetch(hub, NAME, http_proxy=between.url, NO_PROXY="")
            self.assertTrue(any(line.startswith(f"GET {hub.url}/") for line in between.lines), between.lines)
        self.assert_holds(NAME, repository.commits[COMMIT])

    def test_nobody_there(self):
        port = olah.free_port()
        done = self.fetch(f"http://127.0.0.1:{port}", NAME, expect=NETWORK)
        self.assertIn(f"127.0.0.1:{port}", done.stderr)

    def test_an_address_that_is_none(self):
        self.fetch("ftp://example", NAME, expect=USAGE)


class Others(Case):
    def test_through_olah(self):
        repository = sst2()
        hub = self.hub(repository)
        with olah.Olah(environment.make("hub"), hub) as mirror:
            self.fetch(mirror, f"{NAME}@714eb0f")
        self.assert_holds(f"{NAME}@714eb0f", repository.commits[COMMIT])

    @unittest.skipUnless(nginx.find_nginx(), "nginx is not to be had")
    def test_from_nginx(self):
        repository = Repository.from_folder("org/name", MODEL, extra={"more.bin": os.urandom(30 << 20)})
        with nginx.NginxHub([repository]) as server:
            self.fetch(server, "org/name", "--files", "all")
        self.assert_holds("org/name", repository.find("main"))


if __name__ == "__main__":
    unittest.main()
