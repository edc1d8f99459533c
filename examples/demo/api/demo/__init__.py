"""The demo application: an API with a database, a queue, uploads and a WebSocket. Importing it touches no network and no file."""
