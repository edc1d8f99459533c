"""Notes: GET / shows them, POST / adds one, /health follows the database. Nothing that a real application should be like."""

import html
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2


def query(statement, values=(), read=True):
    connection = psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=5)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if read else None
    finally:
        connection.close()


class Notes(BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        try:
            rows = query("SELECT body FROM note ORDER BY id")
        except psycopg2.Error:
            self.answer(503, "no database")
            return
        items = "".join(f"<li>{html.escape(body)}" for (body,) in rows)
        self.answer(200, "ok" if self.path == "/health" else f"<!doctype html><h1>{html.escape(os.environ['TITLE'])}</h1><ul>{items}</ul>\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        query("INSERT INTO note (body) VALUES (%s)", (body,), read=False)
        self.answer(201, "added\n")


if sys.argv[1] == "migrate":
    query("CREATE TABLE IF NOT EXISTS note (id serial PRIMARY KEY, body text NOT NULL)", read=False)
else:
    ThreadingHTTPServer(("0.0.0.0", 8000), Notes).serve_forever()
