"""The console's gateway as check_import.sh needs it: keeps each event's id once and answers a moment later, so that a
sender can be killed in between. Arguments: file for the port, file for the references kept, one a line."""
import http.server
import json
import sys
import threading
import time

known, lock = set(), threading.Lock()


class Gateway(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with lock, open(sys.argv[2], "a", encoding="utf-8") as kept:
            new = [e for e in events if e["id"] not in known]
            known.update(e["id"] for e in new)
            kept.writelines(e["data"]["external_ref"] + "\n" for e in new)
        time.sleep(0.02)
        body = json.dumps({"accepted": len(new), "duplicates": len(events) - len(new)}).encode()
        self.send_response(202)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A sender that is gone before its answer is what the check is about."""


server = Server(("127.0.0.1", 0), Gateway)
with open(sys.argv[1], "w", encoding="utf-8") as f:
    f.write(f"{server.server_port}\n")
server.serve_forever()
