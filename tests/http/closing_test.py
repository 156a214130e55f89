#!/usr/bin/env python3
"""A gateway can be closed while requests arrive and answers return, and opened again."""
import threading

import fixture


class Closing(fixture.unittest.TestCase):
    def test_closing_under_load(self):
        service = fixture.Process('things_service')
        closer = fixture.Process('things_closer')
        port = int(closer.child.stdout.readline())
        counts = {'answers': 0}

        def client():
            while closer.child.poll() is None:
                try:
                    connection = fixture.Connection(port)
                    while True:
                        connection.call('GET', '/things/x')
                        counts['answers'] += 1
                except (OSError, EOFError, AssertionError):
                    pass
        threads = [threading.Thread(target=client) for _ in range(8)]
        for thread in threads:
            thread.start()
        closer.child.communicate(timeout=60)
        errors = closer.errors()
        for thread in threads:
            thread.join()
        self.assertEqual((closer.child.returncode, errors.splitlines()[-1:]), (0, ['CATGA_OK']),
                         errors)
        self.assertGreater(counts['answers'], 100)
        service.stop()


if __name__ == '__main__':
    fixture.main()
