"""Two small services: `front` signs and verifies with a given key and calls `inner`, which wants a certificate of its clients."""

import hashlib
import hmac
import json
import os
import signal
import ssl
import sys
import threading
import time
from http.client import HTTPSConnection, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 10


def read(variable):
    path = os.environ.get(variable)
    if path is None:
        return None
    with open(path, encoding="utf8") as file:
        return file.read()


def context(server):
    purpose = ssl.Purpose.CLIENT_AUTH if server else ssl.Purpose.SERVER_AUTH
    made = ssl.create_default_context(purpose, cafile=os.environ["AUTHORITY_FILE"])
    made.load_cert_chain(os.environ["CERTIFICATE_FILE"], os.environ["KEY_FILE"])
    made.verify_mode = ssl.CERT_REQUIRED
    return made


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Release", os.environ.get("RELEASE", ""))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Inner(Handler):
    def do_GET(self):
        self.close_connection = True
        self.answer(200, {"client": dict(field for part in self.connection.getpeercert()["subject"] for field in part)["commonName"]})


KEYS = [key for key in (read("SESSION_KEY_FILE"), read("SESSION_KEY_FORMER_FILE")) if key is not None]


def signature(key, text):
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def call_inner():
    """A container that goes away refuses connections; a certificate that isn't trusted is a failure at once."""
    for attempt in range(20):
        connection = HTTPSConnection("inner", 8443, context=context(server=False), timeout=PATIENCE)
        try:
            connection.request("GET", "/")
            return json.loads(connection.getresponse().read())
        except (ConnectionError, RemoteDisconnected, ssl.SSLEOFError):
            time.sleep(0.1)
        finally:
            connection.close()
    raise TimeoutError("inner doesn't answer")


class Front(Handler):
    def do_GET(self):
        _, what, *words = self.path.split("/")
        if what in ("", "health"):
            broken = "BREAK" in os.environ
            self.answer(503 if broken else 200, {"broken": broken})
        elif what == "sign":
            self.answer(200, {"signature": signature(KEYS[0], words[0])})
        elif what == "verify":
            known = any(hmac.compare_digest(signature(key, words[0]), words[1]) for key in KEYS)
            self.answer(200 if known else 401, {"known": known})
        elif what == "call":
            try:
                self.answer(200, call_inner())
            except Exception as error:
                self.answer(502, {"error": repr(error)})
        else:
            self.answer(404, {})


class Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128


class TlsServer(Server):
    """Reads its certificate once, as most servers do."""

    def __init__(self, *args):
        super().__init__(*args)
        self.context = context(server=True)

    def get_request(self):
        connection, address = super().get_request()
        connection.settimeout(PATIENCE)
        return self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, *_):
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, ssl.SSLEOFError)):
            print(repr(error), file=sys.stderr, flush=True)


def main(role):
    server = TlsServer(("", 8443), Inner) if role == "inner" else Server(("", 8000), Front)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    server.server_close()


main(sys.argv[1])
