#!/usr/bin/env python3
# needs: protoc openssl
"""Collectors with https."""
import os
import ssl
import subprocess
import unittest

from collector import Collector, Spans

TEMP = os.environ['CATGA_TEMP']


def certificate(name):
    """Makes a certificate that signs itself. Returns the files of it and of its key."""
    files = os.path.join(TEMP, name + '.pem'), os.path.join(TEMP, name + '.key')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=' + name,
                    '-addext', 'subjectAltName=IP:127.0.0.1', '-out', files[0], '-keyout', files[1]],
                   check=True, capture_output=True)
    return files


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = certificate('collector')
        cls.client = certificate('exporter')

    def export(self, asks=False, **variables):
        """Offers a span to a collector, which may ask for a certificate. Returns the counts."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.server)
        if asks:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.client[0])
        target = Collector(tls=context)
        program = Spans(target, bsp_schedule_delay=1, bsp_export_timeout=6000, **variables)
        program.say('offer 1 1')
        counts = program.settle()
        program.close()
        self.assertEqual(target.errors, [])
        self.assertEqual(len(target.requests), counts[0])
        return counts, program.errors

    def test_only_a_trusted_collector_gets_spans(self):
        self.assertEqual(self.export(exporter_otlp_certificate=self.server[0]), ((1, 0), ''))
        for other in {}, {'exporter_otlp_certificate': self.client[0]}:
            counts, log = self.export(**other)
            self.assertEqual(counts, (0, 1))
            self.assertIn('certificate', log)

    def test_a_certificate_of_the_exporter(self):
        trusted = {'exporter_otlp_certificate': self.server[0]}
        own = {'exporter_otlp_client_certificate': self.client[0], 'exporter_otlp_traces_client_key': self.client[1]}
        self.assertEqual(self.export(asks=True, **trusted, **own)[0], (1, 0))
        self.assertEqual(self.export(asks=True, **trusted)[0], (0, 1))


unittest.main()
