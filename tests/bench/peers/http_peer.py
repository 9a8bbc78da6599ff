# SPDX-License-Identifier: MIT
"""Send a file with one of the usual HTTP modules for Python.

    http_peer.py urllib|requests|httpx URL CA FILE COUNT
"""

import base64
import json
import ssl
import sys

HEADERS = {"Authorization": "Bearer sk-bench", "Content-Type": "application/json"}


def image(path):
    with open(path, "rb") as file:
        return base64.b64encode(file.read()).decode()


def by_urllib(url, ca, path, count):
    import urllib.request

    tls = ssl.create_default_context(cafile=ca) if url.startswith("https") else None
    for _ in range(count):
        body = json.dumps({"image": image(path)}).encode()
        request = urllib.request.Request(url, body, HEADERS)
        with urllib.request.urlopen(request, context=tls) as answer:
            assert json.load(answer)["code"] == 0


def by_requests(url, ca, path, count):
    import requests

    session = requests.Session()
    session.verify = ca
    session.trust_env = False
    for _ in range(count):
        answer = session.post(url, json={"image": image(path)}, headers=HEADERS)
        assert answer.json()["code"] == 0


def by_httpx(url, ca, path, count):
    import httpx

    with httpx.Client(verify=ca, trust_env=False, timeout=60) as client:
        for _ in range(count):
            answer = client.post(url, json={"image": image(path)}, headers=HEADERS)
            assert answer.json()["code"] == 0


WAYS = {"urllib": by_urllib, "requests": by_requests, "httpx": by_httpx}
WAYS[sys.argv[1]](sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
