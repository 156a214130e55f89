"""Questions to a Prometheus."""
import json
import os
import urllib.parse

import http_client

# The queries of the sources' dashboards.
QUERIES = {
    'requests per second': 'sum(rate(catga_requests_total[1m]))',
    'by instance': 'sum(rate(catga_requests_total[1m])) by (instance)',
    '95th percentile of the duration': '''histogram_quantile(0.95,
  sum(rate(catga_request_duration_bucket[5m])) by (le))''',
    'failed requests': '''sum(rate(catga_requests_failed[1m]))
/
sum(rate(catga_requests_total[1m]))''',
    'imbalance of the replicas': '''stddev(rate(catga_requests_total{service="order-service"}[5m]))
/
avg(rate(catga_requests_total{service="order-service"}[5m]))''',
}

DASHBOARD = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                         'deploy/grafana/dashboards/cluster.json')


def dashboard_queries():
    """Returns the queries of the dashboard as Grafana sends them."""
    with open(DASHBOARD, encoding='utf-8') as file:
        panels = json.load(file)['panels']
    return [target['expr'].replace('$__rate_interval', '1m').replace('$service', '.*')
            for panel in panels for target in panel['targets']]


def ask(port, query):
    """Returns the values of a query by their labels: {(('instance', 'OrderService-1'),): 3.5}."""
    answer = http_client.get(port, '/api/v1/query?' + urllib.parse.urlencode({'query': query}))
    if answer.status != 200:
        return {}
    return {tuple(sorted(row['metric'].items())): float(row['value'][1])
            for row in answer.json()['data']['result']}

