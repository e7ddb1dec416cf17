"""A certificate authority for one test: `make(folder)` gives the PEM file to trust and a server's context."""

import pathlib
import ssl
import subprocess

NAMES = "subjectAltName=IP:127.0.0.1,IP:127.0.0.2,DNS:localhost"


def make(folder, names=NAMES):
    """(path of the authority's certificate, ssl.SSLContext for a server). Needs the openssl command."""
    folder = pathlib.Path(folder)
    run = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    subprocess.run([*run, "-subj", "/CN=test authority", "-keyout", folder / "ca.key", "-out", folder / "ca.pem"],
                   check=True, capture_output=True)
    subprocess.run([*run, "-subj", "/CN=test server", "-addext", names, "-CA", folder / "ca.pem",
                    "-CAkey", folder / "ca.key", "-addext", "basicConstraints=critical,CA:FALSE",
                    "-keyout", folder / "server.key", "-out", folder / "server.pem"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return folder / "ca.pem", context
