# SPDX-License-Identifier: MIT
"""The server of the benchmarks: nginx with its own configuration.

It reads the whole body into memory and answers with a fixed success. It has three
ports: plain HTTP, TLS, and TLS that closes each connection after one answer.
"""

import os
import shutil
import socket
import subprocess
import time

ANSWER = (
    '{"code":0,"message":"SUCCEED","request_id":"CjMT7WdSwWcAAAAAALvB3w","data":'
    '{"task_result":{"images":['
    '{"type":"head_seg","is_contain":true,"url":"https://example.com/head.png"},'
    '{"type":"face_seg","is_contain":true,"url":"https://example.com/face.png"},'
    '{"type":"cloth_seg","is_contain":true,"url":"https://example.com/cloth.png"},'
    '{"type":"object_seg","is_contain":true,"url":"https://example.com/object.png"}'
    "]}}}"
)

# nginx reads the whole body only of a proxied request: "return" answers before that.
CONFIG = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_max_body_size 32m;
    client_body_buffer_size 16m;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.3;
    upstream answer {{ server unix:{folder}/answer.sock; keepalive 64; }}
    server {{
        listen unix:{folder}/answer.sock;
        default_type application/json;
        location / {{ return 200 '{answer}'; }}
    }}
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl;
        location / {{
            proxy_pass http://answer;
            proxy_http_version 1.1;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header Connection "";
        }}
    }}
    server {{
        listen 127.0.0.1:{closing} ssl;
        keepalive_timeout 0;
        location / {{
            proxy_pass http://answer;
            proxy_http_version 1.1;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header Connection "";
        }}
    }}
}}
"""


def find():
    """The path of nginx; Debian installs it in /usr/sbin, which may not be in PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=klingrec bench",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         "-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"],
        check=True, capture_output=True)


class Server:
    def __init__(self, folder):
        self.folder = folder
        self.certificate = f"{folder}/certificate.pem"
        plain, tls, closing = free_ports(3)
        self.plain = f"http://127.0.0.1:{plain}/recognize"
        self.tls = f"https://127.0.0.1:{tls}/recognize"
        self.closing = f"https://127.0.0.1:{closing}/recognize"
        make_certificate(folder)
        user = "user root;" if os.geteuid() == 0 else ""
        with open(f"{folder}/nginx.conf", "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=folder, answer=ANSWER, plain=plain,
                                     tls=tls, closing=closing, user=user))

    def __enter__(self):
        self.process = subprocess.Popen(
            [find(), "-p", self.folder, "-e", f"{self.folder}/error.log",
             "-c", f"{self.folder}/nginx.conf"])
        port = int(self.tls.split(":")[2].split("/")[0])
        for _ in range(100):
            time.sleep(0.05)
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return self
        self.__exit__()
        raise RuntimeError("nginx does not start: see its error above")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
