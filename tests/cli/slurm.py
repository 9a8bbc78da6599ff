# SPDX-License-Identifier: MIT
"""Run a Slurm cluster of one node on the loopback device, with all files in one folder.
"""
import os
import random
import shutil
import signal
import socket
import subprocess
import time

from harness import Skipped, environment, needs, nothing

CONFIG = """\
ClusterName=klingrec
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=bf_interval=1
NodeName={host} NodeAddr=127.0.0.1 CPUs=4
PartitionName=main Nodes={host} Default=YES
"""


def free_ports(count):
    """Free ports below the range from which the system assigns ports."""
    ports = set()
    while len(ports) < count:
        port = random.randrange(20000, 32768)
        with socket.socket() as one:
            if one.connect_ex(('127.0.0.1', port)) != 0:
                ports.add(port)
    return sorted(ports)


class Slurm:
    """Needs root, as slurmd does and a munged whose key belongs to root."""

    def __init__(self, folder):
        needs('munged', 'slurmctld', 'slurmd', 'sbatch', 'sinfo')
        if os.getuid() != 0:
            raise Skipped('slurmd must be started by root')
        self.folder, self.daemons = os.path.abspath(folder), []
        os.makedirs(self.path('state'))
        os.makedirs(self.path('spool'))
        with open(self.path('slurm.conf'), 'w', encoding='utf-8') as file:
            file.write(CONFIG.format(host=socket.gethostname().split('.')[0],
                                     ports=free_ports(2), folder=self.folder))
        with open(self.path('cgroup.conf'), 'w', encoding='utf-8') as file:
            # No test uses cgroups, and a container may not have them.
            file.write('CgroupPlugin=cgroup/v1\n')
        with open(self.path('munge.key'), 'wb') as file:
            os.chmod(file.fileno(), 0o600)
            file.write(os.urandom(1024))
        self.env = environment(SLURM_CONF=self.path('slurm.conf'))

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *command):
        with open(self.path(command[0] + '.out'), 'wb') as out:
            with nothing() as stdin:
                self.daemons.append(subprocess.Popen(
                    command, stdout=out, stderr=out, env=self.env, stdin=stdin,
                    cwd=self.folder))

    def wait_for(self, what, is_true):
        end = time.monotonic() + 60
        while not is_true():
            if time.monotonic() > end or any(daemon.poll() is not None
                                             for daemon in self.daemons):
                raise AssertionError(f'timed out: {what}: {self.said()}')
            time.sleep(0.1)

    def said(self):
        logs = [name for name in os.listdir(self.folder)
                if name.endswith(('.out', '.log'))]
        return {name: open(self.path(name), 'rb').read()[-300:] for name in logs}

    def run(self, *command, **env):
        return subprocess.run(command, capture_output=True, text=True, check=False,
                              env={**self.env, **env}, timeout=120)

    def __enter__(self):
        try:
            # --force: munge refuses a folder that other users cannot enter.
            self.start('munged', '--foreground', '--force', *(
                f'--{option}={self.path("munge." + option.removesuffix("-file"))}'
                for option in ('key-file', 'socket', 'pid-file', 'log-file',
                               'seed-file')))
            self.wait_for('munged', lambda: os.path.exists(self.path('munge.socket')))
            self.start('slurmctld', '-D')
            self.start('slurmd', '-D')
            self.wait_for('a node', lambda: 'idle' in self.run(
                'sinfo', '--noheader', '--format=%T').stdout)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *args):
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGTERM)
        for daemon in reversed(self.daemons):
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
