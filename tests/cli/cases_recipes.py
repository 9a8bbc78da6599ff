# SPDX-License-Identifier: MIT
"""Test the recipes for several machines in docs/cli.md and examples/, unmodified."""
import os
import re
import subprocess

from harness import (DOCS, KEY, PATIENCE, PROGRAM, Skipped, environment, holds, needs,
                     png, put, recognize, same, server_url, test)
from slurm import Slurm

EXAMPLES = os.path.abspath(os.path.join(os.path.dirname(__file__), '../../examples'))
COUNT = 40

# Options that a recipe does not contain: the test's endpoint, and a faster rate.
WRAPPER = """\
#!/bin/sh
if [ "$1" = recognize ]; then
    set -- "$@" --endpoint "$STANDIN" --rate 60000
fi
exec "$KLINGREC" "$@"
"""


def set_up():
    """Make a folder with images, a home with a key, and klingrec in a folder for PATH."""
    for i in range(COUNT):
        marker = ['head', 'face', 'none'][i % 3]
        put(f'art/{i % 4}/{i:02}.png', png(300 + i, 300, marker))
    put('art/small.png', png(200, 200))
    put('art/refused.png', png(600, 600, 'answer=kling-1301'))
    put('bin/klingrec', WRAPPER.encode())
    os.chmod('bin/klingrec', 0o755)
    put('home/.klingrec-key', KEY.encode())
    os.chmod('home/.klingrec-key', 0o600)
    same(recognize('--ordered', '-o', 'one.ndjson', '-r', 'art').code, 1)
    os.remove('one.ndjson.journal')


def recipe_environment(**more):
    return environment(PATH=os.path.abspath('bin') + ':' + os.environ['PATH'],
                       HOME=os.path.abspath('home'), KLINGREC=PROGRAM,
                       STANDIN=server_url(), **more)


def shell(command, **env):
    return subprocess.run(['sh', '-c', command], capture_output=True, text=True,
                          check=False, timeout=PATIENCE, env=recipe_environment(**env))


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def is_the_one_run(path):
    """Check that all bytes equal the output of one run: the stand-in derives its request
    ids from the image."""
    rows = read(path).splitlines()
    same(rows, read('one.ndjson').splitlines())
    same(read(path), read('one.ndjson'))
    same((len(rows), sum('"request_id":"' in row for row in rows)),
         (COUNT + 2, COUNT + 1))


def documented():
    """The command blocks in the section "Several machines"."""
    if DOCS is None:
        raise Skipped('docs/cli.md was not given')
    section = re.search(r'^## Several machines\n(.*?)^## ', read(DOCS), re.M | re.S)[1]
    blocks = re.findall(r'(?:^    .*\n)+', section, re.M)
    return [re.sub(r'^    ', '', block, flags=re.M) for block in blocks]


def block_with(word):
    block, = [block for block in documented() if word in block]
    return block


@test
def gnu_parallel_as_documented_gives_the_same_as_one_run():
    needs('parallel')
    set_up()
    run = shell(block_with('parallel'), COMETAPI_KEY=KEY)
    same(run.returncode, 0, run.stderr)
    is_the_one_run('found.ndjson')


@test
def a_slurm_job_array_as_documented_gives_the_same_as_one_run():
    set_up()
    os.symlink(EXAMPLES, 'examples')
    array, merge = block_with('slurm').splitlines()
    with Slurm('cluster') as cluster:
        cluster.env.update(recipe_environment(SLURM_CONF=cluster.env['SLURM_CONF']))
        run = cluster.run('sh', '-c', array)
        logs = {name: read(name) for name in os.listdir('.') if name.endswith('.log')}
        # Some images are refused, so their tasks and the array exit with 1.
        same((run.returncode, len(logs)), (1, 4), f'{run.stderr} {logs} '
             f'{cluster.said()}')
        same(shell(merge).returncode, 0)
        is_the_one_run('found.ndjson')
        # An array with the wrong number of parts is refused.
        run = cluster.run('sbatch', '--wait', '--array=2', 'examples/slurm.sh', '-r',
                          'art')
        same(run.returncode, 2, run.stderr)
        holds(read('klingrec.2.log'), '--shard')


def kubernetes():
    try:
        import yaml
    except ImportError:
        raise Skipped('not installed: python3-yaml') from None
    text = read(os.path.join(EXAMPLES, 'kubernetes.yaml'))
    documents = list(yaml.safe_load_all(text))
    same(len(documents), 1)
    return documents[0]


def pod_of(job):
    pod = job['spec']['template']['spec']
    container, = pod['containers']
    return pod, container


@test
def the_kubernetes_file_is_an_indexed_job_with_the_key_as_a_file():
    job = kubernetes()
    pod, container = pod_of(job)
    spec = job['spec']
    same((job['apiVersion'], job['kind'], spec['completionMode']),
         ('batch/v1', 'Job', 'Indexed'))
    same(spec['completions'] >= spec['parallelism'] >= 2, True)
    # Rules of Kubernetes: failure policies need pods that are not restarted, and
    # FailIndex needs limits per index; the exit codes are sorted and do not include 0.
    same((pod['restartPolicy'], spec['backoffLimitPerIndex'] > 0), ('Never', True))
    first, *rules = spec['podFailurePolicy']['rules']
    same(first, {'action': 'Ignore', 'onPodConditions': [{'type': 'DisruptionTarget'}]})
    for rule in rules:
        codes = rule['onExitCodes']
        same(codes['containerName'], container['name'])
        same((codes['values'], 0 in codes['values']), (sorted(codes['values']), False))
    # Every mounted volume exists; the key is in a volume and not in a variable.
    mounts = {mount['name']: mount for mount in container['volumeMounts']}
    volumes = {volume['name']: volume for volume in pod['volumes']}
    same(set(mounts), set(volumes))
    same('persistentVolumeClaim' in volumes['data'], True)
    same(volumes['key']['secret'], {'secretName': 'klingrec', 'defaultMode': 0o440})
    same((mounts['key']['readOnly'], 'env' in container, 'envFrom' in container),
         (True, False, False))
    same(container['workingDir'], mounts['data']['mountPath'])
    holds(' '.join(container['args']), mounts['key']['mountPath'] + '/key')


@test
def the_command_in_the_kubernetes_file_gives_the_same_as_one_run():
    job = kubernetes()
    set_up()
    os.makedirs('data/elsewhere')
    os.rename('art', 'data/art')
    _, container = pod_of(job)
    key = next(mount['mountPath'] for mount in container['volumeMounts']
               if mount['name'] == 'key')
    argv = [word.replace(f'{key}/key', os.path.abspath('home/.klingrec-key'))
            for word in container['command'] + container['args']]
    codes = []
    for index in range(job['spec']['completions']):
        run = subprocess.run(
            argv, cwd='data', capture_output=True, text=True, check=False, timeout=PATIENCE,
            env=recipe_environment(JOB_COMPLETION_INDEX=str(index)))
        codes.append(run.returncode)
        holds(run.stderr, 'image')
        same('warning' in run.stderr, False, run.stderr)
    same((set(codes) <= {0, 1}, 1 in codes), (True, True), codes)
    merge = re.search(r'klingrec merge .*', read(os.path.join(EXAMPLES,
                                                              'kubernetes.yaml')))[0]
    same(shell('cd data && ' + merge).returncode, 0)
    is_the_one_run('data/found.ndjson')


@test
def the_kubernetes_file_handles_exit_codes_as_documented():
    table = dict(re.findall(r'^\| (\d+) \| (.*) \|$', read(DOCS), re.M))
    words = {'FailJob': ('command line', 'key'), 'FailIndex': ('some images failed',)}
    rules = [rule for rule in kubernetes()['spec']['podFailurePolicy']['rules']
             if 'onExitCodes' in rule]
    same(sorted(rule['action'] for rule in rules), sorted(words))
    for rule in rules:
        meanings = [table[str(code)] for code in rule['onExitCodes']['values']]
        for meaning, word in zip(meanings, words[rule['action']], strict=True):
            holds(meaning, word)
