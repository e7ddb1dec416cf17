"""olah, an independent mirror of the Hub, as a context manager in front of another hub."""

import pathlib
import socket
import subprocess
import tempfile
import time

START_SECONDS = 60


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_for_port(process, port, what):
    """Until somebody listens there; an error where the process ends first."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None:
                raise RuntimeError(f"{what} ended with {process.returncode}") from None
            if time.monotonic() > deadline:
                raise RuntimeError(f"{what} does not listen after {START_SECONDS} s") from None
            time.sleep(0.05)


class Olah:
    """`bin_folder`: the environment that has it; `hub`: a running TestHub."""

    def __init__(self, bin_folder, hub):
        self.folder = tempfile.TemporaryDirectory(prefix="pannier-olah-")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        here = f"127.0.0.1:{self.port}"
        work = pathlib.Path(self.folder.name)
        command = [bin_folder / "olah-cli", "--host", "127.0.0.1", "--port", self.port, "--hf-scheme", "http",
                   "--hf-netloc", hub.url.partition("//")[2], "--hf-lfs-netloc", hub.storage.origin.partition("//")[2],
                   "--mirror-scheme", "http", "--mirror-netloc", here, "--mirror-lfs-netloc", here,
                   "--repos-path", work / "repos", "--log-path", work / "logs"]
        with open(work / "output.txt", "w", encoding="utf-8") as output:
            self.process = subprocess.Popen([str(word) for word in command], cwd=work, stdout=output,
                                            stderr=subprocess.STDOUT)

    def __enter__(self):
        try:
            wait_for_port(self.process, self.port, "olah")
        except RuntimeError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()
