#!/usr/bin/env python3
"""
The deployment files of the cluster: each is read by its own program where Debian has it, and has no
unknown members and no broken links to the others. docker and kubectl check too, where they are
installed; the test says so if they are not.
"""
# needs: promtool haproxy nats-server dpkg-query objdump ldd
import copy
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

import kubernetes_forms
import structure

try:
    import yaml
except ImportError:
    print('skipped: python3-yaml is missing')
    sys.exit(77)

PROGRAMS = sys.argv[1] if len(sys.argv) > 1 else ''
SOURCE = os.environ.get('CATGA_SOURCE', '.')
TEMP = os.environ.get('CATGA_TEMP', '/tmp')
DEPLOY = os.path.join(SOURCE, 'examples/cluster/deploy')
KUBERNETES = os.path.join(DEPLOY, 'kubernetes')
SERVERS = os.environ['PATH'] + ':/usr/sbin:/usr/local/sbin'


def read(*path):
    with open(os.path.join(DEPLOY, *path), encoding='utf-8') as file:
        return file.read()


def run(*command, **environment):
    """Runs a program. Returns its exit code and all output."""
    found = subprocess.run(command, capture_output=True, text=True, check=False,
                           env={**os.environ, 'PATH': SERVERS, **environment})
    return found.returncode, found.stdout + found.stderr


def has(tool, *question):
    """Returns whether a tool is installed and answers a question; says so if it does not."""
    if shutil.which(tool) and run(tool, *question)[0] == 0:
        return True
    print(f'not checked with {tool}: "{" ".join((tool, *question))}" fails')
    return False


@functools.cache
def known_variables():
    """Returns the environment variables that the libraries and the programs read."""
    text = ''
    for folder in ('runtime/include/catga', 'runtime/src', 'runtime/http/src', 'runtime/otlp/src',
                   'runtime/redis/src', 'examples/cluster'):
        for directory, _, names in os.walk(os.path.join(SOURCE, folder)):
            for name in names:
                if name.endswith(('.c', '.h', '.def')):
                    with open(os.path.join(directory, name), encoding='utf-8') as file:
                        text += file.read()
    return set(re.findall(r'\b(?:CATGA|NODE|NATS|REDIS|CLUSTER|OTEL)_[A-Z_]+\b', text))


def sentinel_addresses(sentinels, password):
    return [f'sentinel://:{password}@{sentinel}/orders' for sentinel in sentinels]


class Image(unittest.TestCase):
    """The Dockerfile."""

    @classmethod
    def setUpClass(cls):
        text = re.sub(r'\\\n', ' ', re.sub('^#.*\n', '', read('Dockerfile'), flags=re.MULTILINE))
        cls.lines = [line.split(None, 1) for line in text.splitlines() if line.strip()]
        second = [index for index, (word, _) in enumerate(cls.lines) if word == 'FROM'][1]
        cls.build, cls.final = cls.lines[:second], cls.lines[second:]

    def packages(self, stage):
        command = next(text for word, text in stage if word == 'RUN' and 'apt-get install' in text)
        words = command.split('install -y --no-install-recommends')[1].split('&&')[0].split()
        return set(words)

    def test_instructions(self):
        known = {'FROM', 'RUN', 'WORKDIR', 'COPY', 'ENV', 'EXPOSE', 'USER', 'CMD'}
        self.assertEqual({word for word, _ in self.lines} - known, set())
        self.assertEqual(dict(self.build)['FROM'], 'debian:12-slim AS build')
        self.assertEqual(dict(self.final)['FROM'], 'debian:12-slim')

    def test_the_user_is_a_number(self):
        self.assertRegex(dict(self.final)['USER'], r'^[1-9]\d*:[1-9]\d*$')

    def test_packages_of_the_build(self):
        with open(os.path.join(SOURCE, 'tests/lib/packages.sh'), encoding='utf-8') as file:
            lists = dict(re.findall(r"^(packages_\w+)='([^']*)'", file.read(), re.MULTILINE))
        wanted = ' '.join(lists['packages_' + name]
                          for name in ('to_build', 'for_http', 'for_otlp', 'for_redis')).split()
        self.assertEqual(self.packages(self.build), set(wanted))

    def test_packages_of_the_image(self):
        """The image has the package of each library that a program names."""
        paths = set().union(*(self.libraries(program) for program in self.programs()))
        # A library may be known by its path before or after /lib became a link to /usr/lib.
        _, text = run('dpkg-query', '-S', *paths, *(path.removeprefix('/usr') for path in paths))
        needed = set(re.findall(r'^([^: ]+):', text, re.MULTILINE)) - {'dpkg-query'}
        needed -= {'libc6', 'libgcc-s1'}  # of every Debian
        self.assertGreater(len(needed), 3)
        self.assertEqual(needed - self.packages(self.final), set())

    @staticmethod
    def libraries(program):
        """Returns the paths of the libraries that a program names itself."""
        path = os.path.join(PROGRAMS, program)
        found = dict(re.findall(r'(\S+) => (\S+)', run('ldd', path)[1]))
        return {os.path.realpath(found[name])
                for name in re.findall(r'NEEDED +(\S+)', run('objdump', '-p', path)[1])
                if name in found}

    def programs(self):
        """Returns the programs of the image."""
        copied = next(text for word, text in self.final if word == 'COPY').split()
        return [os.path.basename(path) for path in copied if path.startswith('/build/')]

    def test_programs(self):
        """The same programs are built, copied and run, and they exist."""
        build = next(text for word, text in self.build if '--target' in text)
        self.assertEqual(build.split('--target')[1].split(), self.programs())
        for program in self.programs():
            self.assertTrue(os.access(os.path.join(PROGRAMS, program), os.X_OK), program)
        self.assertIn(json.loads(dict(self.final)['CMD'])[0], self.programs())

    def test_variables(self):
        names = {word.split('=')[0] for word in dict(self.final)['ENV'].split()}
        self.assertEqual(names - known_variables(), set())

    def test_docker(self):
        if has('docker', 'info'):
            code, text = run('docker', 'build', '--check', '-f', DEPLOY + '/Dockerfile', SOURCE)
            self.assertEqual(code, 0, text)


COMPOSE_SERVICE = {
    'image!': 'text', 'user': 'text', 'build': {'context!': 'text', 'dockerfile!': 'text'},
    'command': ['text'],
    'environment': {'*': 'text'}, 'ports': ['text'], 'volumes': ['text'], 'depends_on': 'any',
    'healthcheck': {'test!': ['text'], 'interval!': 'text', 'timeout!': 'text',
                    'retries!': 'number'},
    'deploy': {'replicas!': 'number'}, 'restart!': {'unless-stopped'}, 'read_only': 'truth',
    'cap_drop': ['text'], 'security_opt': ['text'], 'stop_grace_period': 'text'}
COMPOSE = {'name!': 'text', 'x-nats': 'any', 'x-redis': 'any', 'x-sentinel': 'any',
           'x-program': 'any', 'services!': {'*': COMPOSE_SERVICE}, 'volumes!': {'*': 'any'}}


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.file = yaml.safe_load(read('compose.yaml'))
        cls.services = cls.file['services']

    def test_structure(self):
        self.assertEqual(structure.problems(self.file, COMPOSE), [])

    def test_dependencies(self):
        for name, service in self.services.items():
            for other in service.get('depends_on', ()):
                self.assertIn(other, self.services, name)
                if isinstance(service['depends_on'], dict):
                    self.assertIn('healthcheck', self.services[other])

    def test_volumes(self):
        used = set()
        for service in self.services.values():
            for source, *_ in (volume.split(':') for volume in service.get('volumes', ())):
                if source.startswith('.'):
                    self.assertTrue(os.path.exists(os.path.join(DEPLOY, source)), source)
                else:
                    used.add(source)
        self.assertEqual(used, set(self.file['volumes']))

    def test_ports_are_of_this_machine_and_different(self):
        ports = [port for service in self.services.values() for port in service.get('ports', ())]
        self.assertEqual(len({port.rsplit(':', 1)[0] for port in ports}), len(ports))
        self.assertTrue(all(port.startswith('127.0.0.1:') for port in ports), ports)

    def test_programs(self):
        for name in ('order-api', 'order-service', 'notification-service'):
            service = self.services[name]
            self.assertTrue(os.path.exists(os.path.join(PROGRAMS, service['command'][0])))
            self.assertEqual(set(service['environment']) - known_variables(), set())
            dockerfile = service['build']['context'], service['build']['dockerfile']
            self.assertTrue(os.path.exists(os.path.join(DEPLOY, *dockerfile)))
            for url in service['environment']['NATS_URL'].split(','):
                self.assertIn(re.fullmatch(r'nats://([^:]+):4222', url)[1], self.services)

    def test_redis(self):
        """Servers and Sentinels have their own names, and all have the same settings."""
        names = self.file['x-redis']['environment']
        sentinels = names['REDIS_SENTINELS'].split()
        servers = [name for name in self.services if re.fullmatch(r'redis-\d', name)]
        self.assertEqual(len(servers), 3)
        self.assertIn(names['REDIS_MASTER'], servers)
        for name in servers + sentinels:
            self.assertEqual(self.services[name]['environment'], {**names, 'REDIS_NAME': name})
            self.assertEqual(self.services[name]['volumes'],
                             ['./kubernetes/redis.sh:/redis.sh:ro', name + ':/data'])
        for program in ('order-api', 'order-service'):
            self.assertEqual(
                self.services[program]['environment']['REDIS_CONNECTION'].split(','),
                sentinel_addresses(sentinels, names['REDIS_PASSWORD']))

    def test_docker(self):
        if has('docker', 'compose', 'version'):
            code, text = run('docker', 'compose', '-f', DEPLOY + '/compose.yaml', 'config', '-q')
            self.assertEqual(code, 0, text)

    def test_the_load_balancer(self):
        code, text = run('haproxy', '-c', '-f', DEPLOY + '/haproxy.cfg')
        self.assertEqual(code, 0, text)
        name, port = re.search(r'server-template \S+ \S+ (\S+):(\d+)', read('haproxy.cfg')).groups()
        self.assertIn(name, self.services)
        self.assertEqual(port, '8080')

    def test_the_servers(self):
        for path in (DEPLOY + '/nats.conf', KUBERNETES + '/nats.conf'):
            code, text = run(os.environ.get('NATS_SERVER', 'nats-server'), '-t', '-c', path,
                             SERVER_NAME='nats-1')
            self.assertEqual(code, 0, text)


class Monitoring(unittest.TestCase):
    def test_prometheus(self):
        for command in (('check', 'config', 'prometheus.yml'), ('check', 'rules', 'rules.yml'),
                        ('test', 'rules', 'rules_test.yml')):
            code, text = run('promtool', *command[:-1],
                             os.path.join(DEPLOY, 'prometheus', command[-1]))
            self.assertEqual(code, 0, text)

    def test_each_alert_is_tested(self):
        rules = yaml.safe_load(read('prometheus/rules.yml'))['groups'][0]['rules']
        tested = set(re.findall(r'alertname: (\w+)', read('prometheus/rules_test.yml')))
        self.assertEqual({rule['alert'] for rule in rules}, tested)

    def test_targets_are_services(self):
        services = yaml.safe_load(read('compose.yaml'))['services']
        jobs = yaml.safe_load(read('prometheus/prometheus.yml'))['scrape_configs']
        names = [name for job in jobs for part in job.get('dns_sd_configs', ())
                 for name in part['names']]
        names += [target.removeprefix('redis://').split(':')[0] for job in jobs
                  for part in job.get('static_configs', ())
                  for target in part['targets']]
        names += [rule['replacement'].split(':')[0] for job in jobs
                  for rule in job.get('relabel_configs', ()) if 'replacement' in rule]
        self.assertEqual(set(names) - set(services), set())

    def test_grafana_provisioning(self):
        sources = yaml.safe_load(read('grafana/provisioning/datasources/prometheus.yaml'))
        self.assertEqual(structure.problems(sources, {'apiVersion!': 'number', 'datasources!': [{
            'name!': 'text', 'uid!': 'text', 'type!': {'prometheus'}, 'access!': {'proxy'},
            'url!': 'text', 'isDefault': 'truth', 'jsonData': {'timeInterval': 'text'}}]}), [])
        dashboards = yaml.safe_load(read('grafana/provisioning/dashboards/cluster.yaml'))
        self.assertEqual(structure.problems(dashboards, {'apiVersion!': 'number', 'providers!': [
            {'name!': 'text', 'type!': {'file'}, 'options!': {'path!': 'text'}}]}), [])
        mounts = yaml.safe_load(read('compose.yaml'))['services']['grafana']['volumes']
        self.assertIn('./grafana/dashboards:' + dashboards['providers'][0]['options']['path'] +
                      ':ro', mounts)


SOURCE_OF_DATA = {'type!': {'prometheus'}, 'uid!': {'${datasource}'}}
DASHBOARD = {
    'id!': 'any', 'uid!': 'text', 'title!': 'text', 'tags': ['text'], 'schemaVersion!': 'number',
    'version': 'number', 'editable': 'truth', 'refresh': 'text',
    'time!': {'from!': 'text', 'to!': 'text'},
    'templating!': {'list!': [{
        'name!': 'text', 'type!': {'datasource', 'query'}, 'label': 'text', 'query!': 'any',
        'datasource': SOURCE_OF_DATA, 'includeAll': 'truth', 'allValue': 'text', 'multi': 'truth',
        'current': {'text!': 'text', 'value!': 'text'}, 'refresh': 'number'}]},
    'panels!': [{
        'id!': 'number', 'type!': {'timeseries', 'stat'}, 'title!': 'text',
        'datasource!': SOURCE_OF_DATA,
        'gridPos!': {'h!': 'number', 'w!': 'number', 'x!': 'number', 'y!': 'number'},
        'fieldConfig!': {'defaults!': {'unit!': 'text'}, 'overrides!': ['any']},
        'targets!': [{'refId!': 'text', 'datasource!': SOURCE_OF_DATA, 'expr!': 'text',
                      'legendFormat!': 'text'}]}]}


class Dashboard(unittest.TestCase):
    """The dashboard; the demonstration of the cluster asks its queries."""

    @classmethod
    def setUpClass(cls):
        cls.file = json.loads(read('grafana/dashboards/cluster.json'))

    def test_structure(self):
        self.assertEqual(structure.problems(self.file, DASHBOARD), [])
        self.assertIsNone(self.file['id'])

    def test_panels_have_different_numbers_and_places(self):
        panels = self.file['panels']
        self.assertEqual(len({panel['id'] for panel in panels}), len(panels))
        cells = [(x, y) for place in (panel['gridPos'] for panel in panels)
                 for x in range(place['x'], place['x'] + place['w'])
                 for y in range(place['y'], place['y'] + place['h'])]
        self.assertEqual(len(set(cells)), len(cells))
        self.assertTrue(all(x < 24 for x, _ in cells))

    def test_variables_are_declared(self):
        names = {variable['name'] for variable in self.file['templating']['list']}
        used = set(re.findall(r'\$\{?([a-z]\w*)', json.dumps(self.file)))
        self.assertEqual(used, names)


class Kubernetes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kustomization = yaml.safe_load(read('kubernetes/kustomization.yaml'))
        cls.objects = [found for name in cls.kustomization['resources']
                       for found in yaml.safe_load_all(read('kubernetes', name))]
        cls.workloads = cls.of_kind('Deployment') + cls.of_kind('StatefulSet')

    @classmethod
    def of_kind(cls, *kinds):
        return [found for found in cls.objects if found['kind'] in kinds]

    def names(self, kind):
        return {found['metadata']['name'] for found in self.of_kind(kind)}

    def test_structure(self):
        for found in [*self.objects, self.kustomization]:
            self.assertEqual(structure.problems(found, kubernetes_forms.KINDS[found['kind']],
                                                found['kind']), [])

    def test_every_file_is_a_resource(self):
        files = {name for name in os.listdir(KUBERNETES) if name.endswith('.yaml')}
        self.assertEqual(files - {'kustomization.yaml'}, set(self.kustomization['resources']))

    def selected(self, selector):
        return [found for found in self.workloads if selector['matchLabels'].items() <=
                found['spec']['template']['metadata']['labels'].items()]

    def test_selectors(self):
        for found in [*self.workloads, *self.of_kind('PodDisruptionBudget')]:
            name = found['metadata']['name']
            self.assertEqual([workload['metadata']['name'] for workload in
                              self.selected(found['spec']['selector'])], [name])

    def test_services(self):
        for service in self.of_kind('Service'):
            workload, = self.selected({'matchLabels': service['spec']['selector']})
            container, = workload['spec']['template']['spec']['containers']
            ports = {port['name'] for port in container['ports']}
            ports |= {port['containerPort'] for port in container['ports']}
            for port in service['spec']['ports']:
                self.assertIn(port.get('targetPort', port['port']), ports)
        for found in self.of_kind('StatefulSet'):
            self.assertIn(found['spec']['serviceName'], self.names('Service'))

    def test_probes_name_ports(self):
        for workload in self.workloads:
            container, = workload['spec']['template']['spec']['containers']
            for probe in ('startupProbe', 'readinessProbe', 'livenessProbe'):
                if 'httpGet' in container.get(probe, ()):
                    self.assertIn(container[probe]['httpGet']['port'],
                                  [port['name'] for port in container['ports']])

    def test_programs_may_wait_at_their_start(self):
        """No probe kills a program that waits for Redis and then for NATS, before it answers."""
        with open(os.path.join(SOURCE, 'examples/cluster/program.c'), encoding='utf-8') as file:
            redis_ms = int(re.search(r'CONNECT_WAIT_MS = (\d+)', file.read())[1])
        nats_ms = int(self.shared_variables()['CATGA_CONNECT_WAIT_MS'])
        for workload in self.of_kind('Deployment'):
            container, = workload['spec']['template']['spec']['containers']
            probe = container['startupProbe']
            self.assertEqual(probe['httpGet'], container['livenessProbe']['httpGet'])
            self.assertGreater(probe['periodSeconds'] * probe['failureThreshold'],
                               (redis_ms + nats_ms) / 1000)

    def test_volumes(self):
        configurations = {found['name'] for found in self.kustomization['configMapGenerator']}
        for workload in self.workloads:
            pod = workload['spec']['template']['spec']
            volumes = pod.get('volumes', [])
            names = {volume['name'] for volume in volumes}
            names |= {claim['metadata']['name']
                      for claim in workload['spec'].get('volumeClaimTemplates', ())}
            self.assertEqual({mount['name'] for mount in pod['containers'][0].get(
                'volumeMounts', ())}, names)
            for volume in volumes:
                if 'configMap' in volume:
                    self.assertIn(volume['configMap']['name'], configurations)
                if 'persistentVolumeClaim' in volume:
                    self.assertIn(volume['persistentVolumeClaim']['claimName'],
                                  self.names('PersistentVolumeClaim'))

    def test_scaling(self):
        """A Deployment has a number of replicas, or an autoscaler sets it."""
        scaled = {found['spec']['scaleTargetRef']['name']
                  for found in self.of_kind('HorizontalPodAutoscaler')}
        for found in self.of_kind('Deployment'):
            self.assertNotEqual('replicas' in found['spec'], found['metadata']['name'] in scaled)
        self.assertLessEqual(scaled, self.names('Deployment'))

    def shared_variables(self):
        """Returns the variables of all programs."""
        literals = next(found['literals'] for found in self.kustomization['configMapGenerator']
                        if found['name'] == 'programs')
        return dict(literal.split('=', 1) for literal in literals)

    def test_programs(self):
        shared = self.shared_variables()
        images = [image['name'] for image in self.kustomization['images']]
        for workload in self.of_kind('Deployment'):
            container, = workload['spec']['template']['spec']['containers']
            self.assertTrue(os.path.exists(os.path.join(PROGRAMS, container['command'][0])))
            self.assertIn(container['image'], images)
            names = {variable['name'] for variable in container['env']}
            names -= {'POD_IP', 'REDIS_PASSWORD'}  # parts of other variables
            self.assertEqual((names | set(shared)) - known_variables(), set())
        urls = [f'nats://nats-{number}.nats:4222' for number in range(3)]
        self.assertEqual(shared['NATS_URL'].split(','), urls)

    def test_redis(self):
        """Servers, Sentinels and programs use the same names and the same secret."""
        literals = next(found['literals'] for found in self.kustomization['configMapGenerator']
                        if found['name'] == 'redis-names')
        names = dict(literal.split('=', 1) for literal in literals)
        self.assertEqual(names['REDIS_MASTER'], 'redis-0.redis')
        sentinels = [f'redis-sentinel-{number}.redis-sentinel' for number in range(3)]
        self.assertEqual(names['REDIS_SENTINELS'].split(), sentinels)
        secret, = self.kustomization['secretGenerator']
        keys = [name.split('=')[0] for name in secret['files']]
        for name in ('order-api', 'order-service', 'redis', 'redis-sentinel'):
            variables = self.variables(name)
            reference = variables['REDIS_PASSWORD']['valueFrom']['secretKeyRef']
            self.assertEqual(reference['name'], secret['name'])
            self.assertIn(reference['key'], keys)
            if name.startswith('order'):
                self.assertEqual(variables['REDIS_CONNECTION']['value'].split(','),
                                 sentinel_addresses(sentinels, '$(REDIS_PASSWORD)'))
            else:
                self.assertEqual(variables['REDIS_NAME']['value'], f'$(POD_NAME).{name}')

    def test_servers_keep_their_files(self):
        """Each pod of a StatefulSet has a volume of its own at /data, which outlives it."""
        for workload in self.of_kind('StatefulSet'):
            container, = workload['spec']['template']['spec']['containers']
            volume, = (mount['name'] for mount in container['volumeMounts']
                       if mount['mountPath'] == '/data')
            self.assertIn(volume, [claim['metadata']['name']
                                   for claim in workload['spec'].get('volumeClaimTemplates', ())])

    def variables(self, workload):
        """Returns the environment of a workload. A variable follows those that it uses."""
        found = next(found for found in self.workloads if found['metadata']['name'] == workload)
        container, = found['spec']['template']['spec']['containers']
        defined = {}
        for variable in container['env']:
            self.assertLessEqual(set(re.findall(r'\$\((\w+)\)', variable.get('value', ''))),
                                 set(defined))
            defined[variable['name']] = variable
        return defined

    def test_policies_allow_what_is_used(self):
        """Each port of a container is open to some pod, and each address of the programs too."""
        open_ports = {port['port'] for policy in self.of_kind('NetworkPolicy')
                      for rule in policy['spec'].get('ingress', ()) for port in rule['ports']}
        ports = {port['containerPort'] for workload in self.workloads
                 for port in workload['spec']['template']['spec']['containers'][0]['ports']}
        self.assertEqual(ports, open_ports)

    def test_ports_of_exporters(self):
        """The README names the ports that Compose scrapes, and that are closed in Kubernetes."""
        named = re.search(r'only if you open their ports, (\d+) and (\d+)', read('README.md'))
        scraped = re.findall(r'(\w+)-exporter:(\d+)', read('prometheus/prometheus.yml'))
        self.assertEqual(sorted(named.groups()), sorted(port for _, port in scraped))
        policies = {policy['metadata']['name']: policy for policy in self.of_kind('NetworkPolicy')}
        for name, port in scraped:
            ingress = policies[name]['spec']['ingress']
            self.assertNotIn(int(port), [each['port'] for rule in ingress for each in rule['ports']])

    def test_secrets_stay_outside(self):
        """The files of secrets come neither into the repository nor into the image."""
        with open(os.path.join(SOURCE, '.gitignore'), encoding='utf-8') as file:
            outside_git = file.read().splitlines()
        for secret in self.kustomization['secretGenerator']:
            for name in (file.split('=')[-1] for file in secret['files']):
                self.assertIn(name, outside_git)
                self.assertIn('**/' + name, read('Dockerfile.dockerignore').splitlines())

    def test_kubectl(self):
        if not has('kubectl', 'version', '--client'):
            return
        folder = os.path.join(TEMP, 'kubernetes')
        shutil.copytree(KUBERNETES, folder)
        with open(os.path.join(folder, 'redis-password'), 'w', encoding='utf-8') as file:
            file.write('secret')
        code, text = run('kubectl', 'kustomize', folder)
        self.assertEqual(code, 0, text)
        built = list(yaml.safe_load_all(text))
        generated = sum(len(self.kustomization[kind])
                        for kind in ('configMapGenerator', 'secretGenerator'))
        self.assertEqual(len(built), len(self.objects) + generated)
        self.assertEqual({found['metadata'].get('namespace') for found in built
                          if found['kind'] != 'Namespace'}, {'catga-cluster'})


class Structure(unittest.TestCase):
    """The checker finds each kind of mistake."""

    def broken(self, change):
        """Returns the problems of a Deployment after a change."""
        found = copy.deepcopy(next(found for found in yaml.safe_load_all(
            read('kubernetes/order-api.yaml')) if found['kind'] == 'Deployment'))
        change(found)
        return structure.problems(found, kubernetes_forms.KINDS['Deployment'])

    def test_no_mistake(self):
        self.assertEqual(self.broken(lambda found: None), [])

    def test_an_unknown_member(self):
        self.assertEqual(self.broken(lambda found: found['spec'].update(replica=3)),
                         ['.spec.replica: unknown'])

    def test_a_missing_member(self):
        self.assertEqual(self.broken(lambda found: found['spec'].pop('selector')),
                         ['.spec.selector: is missing'])

    def test_a_wrong_type(self):
        self.assertEqual(self.broken(lambda found: found['spec'].update(replicas='3')),
                         [".spec.replicas: '3' is no number"])
        self.assertEqual(self.broken(lambda found: found['spec'].update(replicas=True)),
                         ['.spec.replicas: True is no number'])

    def test_a_wrong_word(self):
        self.assertEqual(self.broken(lambda found: found.update(kind='Deploy')),
                         [".kind: 'Deploy' is none of ['Deployment']"])

    def test_no_list_and_no_object(self):
        pod = ('spec', 'template', 'spec')

        def change(found):
            for name in pod[:-1]:
                found = found[name]
            found['spec']['containers'] = {}
            found['metadata'] = []

        self.assertEqual(sorted(self.broken(change)), [
            '.spec.template.metadata: an object is expected',
            '.spec.template.spec.containers: a list is expected'])


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
