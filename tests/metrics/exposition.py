#!/usr/bin/env python3
"""Checks texts of metrics strictly: `exposition.py text|openmetrics FILE...`.

promtool does not notice duplicate series, a missing bucket +Inf, or counts that differ from their
buckets. `read` returns the samples; it raises Broken for a text that breaks a rule.
"""
import re
import sys

NAME = re.compile(r'[a-zA-Z_:][a-zA-Z0-9_:]*')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
NUMBER = re.compile(r'-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$|\+Inf$')
SUFFIXES = {'histogram': ('_bucket', '_sum', '_count'), 'counter': ('_total',)}
TYPES = {'counter', 'gauge', 'histogram', 'untyped'}


class Broken(Exception):
    """The text breaks a rule of its format."""


def need(good, why, line):
    if not good:
        raise Broken(f'{why}: {line}')


class Sample:
    def __init__(self, line):
        name = NAME.match(line)
        need(name, 'a sample has no name', line)
        self.line = line
        self.name = name.group()
        self.labels, rest = read_labels(line[name.end():], line)
        need(rest.startswith(' ') and NUMBER.match(rest[1:]), 'a sample has no value', line)
        self.value = float(rest[1:])

    def key(self, without=''):
        return self.name, tuple(sorted(item for item in self.labels.items() if item[0] != without))


def read_labels(text, line):
    """Returns the labels at the begin of `text`, and what follows them."""
    labels = {}
    if not text.startswith('{'):
        return labels, text
    at = 1
    while text[at:at + 1] != '}':
        label = LABEL.match(text, at)
        need(label, 'a label is broken', line)
        need(label.group(1) not in labels, 'a label is repeated', line)
        labels[label.group(1)] = label.group(2)
        at = label.end()
        need(text[at:at + 1] in (',', '}'), 'labels have no end', line)
        at += text[at:at + 1] == ','
    return labels, text[at + 1:]


class Family:
    def __init__(self, name, kind):
        self.name = name
        self.kind = kind
        self.help = None
        self.samples = []


class Reader:
    def __init__(self, is_open):
        self.is_open = is_open  # OpenMetrics
        self.families = {}
        self.now = None

    def read_comment(self, line):
        words = line.split(' ', 3)
        need(len(words) == 4 and words[0] == '#', 'a comment is not of the format', line)
        _, word, name, value = words
        if word == 'TYPE':
            need(name not in self.families, 'a family is repeated', line)
            need(value in TYPES, 'a type is unknown', line)
            self.now = self.families[name] = Family(name, value)
        need(self.now is not None and name == self.now.name, 'a comment is out of its family', line)
        if word == 'HELP':
            need(self.now.help is None, 'a help is repeated', line)
            need(re.fullmatch(r'(?:[^\\]|\\[\\n"])+', value), 'a help has a wrong escape', line)
            self.now.help = value
        elif word == 'UNIT':
            need(self.is_open and name.endswith('_' + value), 'a unit is not in its name', line)
        else:
            need(word == 'TYPE', 'a comment is not of the format', line)

    def names(self):
        kind = self.now.kind
        if kind == 'counter' and not self.is_open:
            return {self.now.name}
        return {self.now.name + suffix for suffix in SUFFIXES.get(kind, ('',))}

    def read_line(self, line):
        need(line, 'a line is empty', line)
        if line.startswith('#'):
            self.read_comment(line)
            return
        sample = Sample(line)
        need(self.now is not None and self.now.help is not None, 'a sample has no head', line)
        need(sample.name in self.names(), 'a sample is out of its family', line)
        need(self.now.kind != 'counter' or sample.name.endswith('_total'),
             'a counter does not end in _total', line)
        self.now.samples.append(sample)


def check_histogram(family):
    counts, sums, buckets = {}, {}, {}
    for sample in family.samples:
        of, labels = sample.name[len(family.name):], sample.key('le')[1]
        if of == '_bucket':
            need('le' in sample.labels, 'a bucket has no bound', sample.line)
            buckets.setdefault(labels, []).append(sample)
        else:
            (counts if of == '_count' else sums)[labels] = sample
    need(counts.keys() == sums.keys() == buckets.keys(), 'a histogram is not complete', family.name)
    for labels, row in buckets.items():
        bounds = [float(sample.labels['le']) for sample in row]
        values = [sample.value for sample in row]
        need(bounds == sorted(set(bounds)), 'bounds do not ascend', row[0].line)
        need(bounds[-1] == float('inf'), 'there is no bucket +Inf', row[0].line)
        need(values == sorted(values), 'buckets are not cumulative', row[0].line)
        need(values[-1] == counts[labels].value, 'the count is not that of the buckets',
             counts[labels].line)


def read(text, is_open=False):
    """Returns the samples of a text, as a dictionary from (name, labels) to the value."""
    need(text.endswith('\n'), 'the last line has no end', text[-60:])
    lines = text[:-1].split('\n')
    if is_open:
        need(lines.pop() == '# EOF', 'there is no # EOF', text[-60:])
    reader = Reader(is_open)
    for line in lines:
        reader.read_line(line)
    samples = {}
    for family in reader.families.values():
        if family.kind == 'histogram':
            check_histogram(family)
        for sample in family.samples:
            need(sample.key() not in samples, 'a series is repeated', sample.line)
            samples[sample.key()] = sample.value
    return samples


def main():
    for path in sys.argv[2:]:
        with open(path, encoding='utf-8', newline='') as file:
            samples = read(file.read(), sys.argv[1] == 'openmetrics')
        need(len(samples) > 10, 'there are few samples', path)


if __name__ == '__main__':
    main()
