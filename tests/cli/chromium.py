# SPDX-License-Identifier: MIT
"""Control a headless Chromium through a pipe, for the tests of the report."""
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
import urllib.parse

from harness import THIN, Skipped

# Debian's second package is the first without windows and needs half the packages.
PROGRAM = shutil.which('chromium') or shutil.which('chromium-headless-shell')


class Replaced(AssertionError):
    """The page was replaced before the call had its answer."""


class Chromium:
    """One page, controlled by the DevTools protocol: each message ends with a NUL."""

    def __init__(self, path, width=1100, height=800):
        if PROGRAM is None:
            raise Skipped('not installed: chromium')
        if THIN > 1:  # a tool looks at the program, which has made its page
            raise Skipped('the browser runs without TEST_THIN')
        self.folder = tempfile.mkdtemp()
        down, self.down = os.pipe()
        self.up, up = os.pipe()
        self.events, self.buffer, self.number = [], b'', 0

        def set_up():
            os.dup2(down, 30)
            os.dup2(up, 31)
            os.dup2(30, 3)
            os.dup2(31, 4)
        self.process = subprocess.Popen(
            [PROGRAM, '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
             '--disable-background-networking', '--disable-component-update',
             '--disable-dev-shm-usage', '--disable-sync', '--no-first-run',
             '--hide-scrollbars',
             f'--user-data-dir={self.folder}', f'--window-size={width},{height}',
             '--remote-debugging-pipe', 'about:blank'],
            preexec_fn=set_up, close_fds=False, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, 'HOME': self.folder})
        os.close(down)
        os.close(up)
        self.session = None
        pages = []
        while not pages:  # the page may have no root element yet
            pages = [target for target in self.call('Target.getTargets')['targetInfos']
                     if target['type'] == 'page']
        target = pages[0]['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target,
                                 flatten=True)['sessionId']
        for domain in ('Network', 'Log', 'Runtime', 'Page'):
            self.call(domain + '.enable')
        self.go(path)

    def go(self, path):
        """Show another page and discard the events of the last one."""
        self.call('Page.navigate', url='about:blank')
        self.wait_for('location.href === "about:blank"', 'an empty page')
        self.events.clear()
        name, mark, fragment = path.partition('#')
        self.call('Page.navigate', url='file://' + urllib.parse.quote(
            os.path.abspath(name)) + mark + fragment)
        self.wait_for('document.documentElement?.dataset.ready === "yes"',
                      'the page is ready')

    def is_true(self, script):
        """False while the page is being replaced."""
        try:
            return self.run(script)
        except Replaced:
            return False

    def wait_for(self, script, what):
        end = time.monotonic() + 40
        while not self.is_true(script):
            if time.monotonic() > end:
                raise AssertionError(f'timed out: {what}; {str(self.events[-3:])[:600]}')
            time.sleep(0.05)

    def call(self, method, **params):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': params}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.down, json.dumps(message).encode() + b'\0')
        while True:
            answer = self.take()
            if answer.get('id') == self.number:
                if 'error' in answer:
                    is_replaced = 'navigated' in answer['error']['message']
                    raise (Replaced if is_replaced else AssertionError)(
                        f'{method}: {answer["error"]}')
                return answer['result']
            self.events.append(answer)

    def take(self):
        while b'\0' not in self.buffer:
            if not select.select([self.up], [], [], 60)[0]:
                raise AssertionError('Chromium does not answer')
            part = os.read(self.up, 1 << 16)
            if not part:
                raise AssertionError('Chromium has ended')
            self.buffer += part
        line, self.buffer = self.buffer.split(b'\0', 1)
        return json.loads(line)

    def run(self, script):
        result = self.call('Runtime.evaluate', expression=script, returnByValue=True)
        if 'exceptionDetails' in result:
            raise AssertionError(f'{script}: {result["exceptionDetails"]}')
        return result['result'].get('value')

    def press(self, key, text=None):
        more = {'text': text} if text else {}
        if key in ('Escape', 'Enter'):
            more['windowsVirtualKeyCode'] = {'Escape': 27, 'Enter': 13}[key]
        self.call('Input.dispatchKeyEvent', type='keyDown', key=key, **more)
        self.call('Input.dispatchKeyEvent', type='keyUp', key=key)

    def of(self, method):
        self.run('1')
        return [event['params'] for event in self.events if event['method'] == method]

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.down)
        os.close(self.up)
        shutil.rmtree(self.folder, ignore_errors=True)
