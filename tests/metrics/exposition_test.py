#!/usr/bin/env python3
"""The checker finds each broken rule."""
import unittest

import exposition

GOOD = '''# TYPE a_total counter
# HELP a_total Things.
a_total{b="x"} 1
a_total{b="y\\"\\\\\\n"} 2
# TYPE d_seconds histogram
# HELP d_seconds Durations.
d_seconds_bucket{b="x",le="0.5"} 1
d_seconds_bucket{b="x",le="+Inf"} 3
d_seconds_sum{b="x"} 2.5
d_seconds_count{b="x"} 3
'''
OPEN = GOOD.replace('TYPE a_total', 'TYPE a').replace('HELP a_total', 'HELP a') + '# EOF\n'

BROKEN = (
    ('the last line has no end', '_count{b="x"} 3\n', '_count{b="x"} 3'),
    ('a series is repeated', 'b="y\\"\\\\\\n"', 'b="x"'),
    ('a family is repeated', '# TYPE d_seconds', '# TYPE a_total counter\n# TYPE d_seconds'),
    ('a sample is out of its family', 'd_seconds_sum', 'e_seconds_sum'),
    ('a sample has no head', '# HELP a_total Things.\n', ''),
    ('a type is unknown', 'counter', 'count'),
    ('a help has a wrong escape', 'Things.', 'Thi\\ngs.\\t'),
    ('a label is broken', 'b="x"} 1', 'b=x} 1'),
    ('labels have no end', '\\"', '"'),
    ('a label is repeated', 'a_total{b="x"}', 'a_total{b="x",b="x"}'),
    ('a sample has no value', '} 2.5', '} 2,5'),
    ('a counter does not end in _total', 'a_total', 'a'),
    ('a line is empty', 'a_total{b="x"} 1\n', 'a_total{b="x"} 1\n\n'),
    ('there is no bucket +Inf', 'd_seconds_bucket{b="x",le="+Inf"} 3\n', ''),
    ('buckets are not cumulative', 'le="0.5"} 1', 'le="0.5"} 4'),
    ('bounds do not ascend', 'le="0.5"', 'le="+Inf"'),
    ('the count is not that of the buckets', 'count{b="x"} 3', 'count{b="x"} 2'),
    ('a histogram is not complete', 'd_seconds_sum{b="x"} 2.5\n', ''),
)


class Exposition(unittest.TestCase):
    def test_good_texts(self):
        self.assertEqual(exposition.read(GOOD)[('a_total', (('b', 'x'),))], 1)
        self.assertEqual(len(exposition.read(OPEN, True)), 6)

    def test_broken_texts(self):
        for why, old, new in BROKEN:
            with self.subTest(why, new=new):
                self.assertIn(old, GOOD)
                with self.assertRaisesRegex(exposition.Broken, why.replace('+', r'\+')):
                    exposition.read(GOOD.replace(old, new))

    def test_broken_openmetrics(self):
        for why, text in (('there is no # EOF', OPEN.replace('# EOF\n', '')),
                          ('there is no # EOF', OPEN + '# TYPE x gauge\n'),
                          ('a sample is out of its family', OPEN.replace(' a counter', ' a gauge')),
                          ('a unit is not', OPEN.replace('# HELP d_seconds',
                                                         '# UNIT d_seconds bytes\n# HELP d_seconds'))):
            with self.subTest(why):
                with self.assertRaisesRegex(exposition.Broken, why):
                    exposition.read(text, True)


if __name__ == '__main__':
    unittest.main()
