"""Breaks a document in each way that check.py detects."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check  # noqa: E402

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden/openapi/in.openapi.json")


class Mistakes(unittest.TestCase):
    """Each test breaks the golden document in one way."""

    def setUp(self):
        with open(FILE, encoding="utf-8") as opened:
            self.document = json.load(opened)
        self.paths = self.document["paths"]
        self.schemas = self.document["components"]["schemas"]
        self.get_order = self.paths["/orders/{id}"]["get"]

    def says(self, mistake):
        """The checks report this mistake."""
        self.assertIn(mistake, list(check.mistakes(json.dumps(self.document))))

    def test_none(self):
        """The document is right."""
        self.assertEqual([], list(check.mistakes(json.dumps(self.document))))

    def test_text(self):
        """A text that is no JSON, and a member that occurs twice."""
        self.assertIn("no JSON", next(check.mistakes("{")))
        self.assertIn("occur twice: a", next(check.mistakes('{"a": 1, "a": 2}')))

    def test_version(self):
        """Another version of OpenAPI."""
        self.document["openapi"] = "3.0.0"
        self.says("no document of OpenAPI 3.1.0")

    def test_references(self):
        """A missing schema, and one that is not used."""
        self.schemas["Solution"] = self.schemas.pop("Problem")
        self.says("#/components/schemas/Problem does not exist")
        self.says("#/components/schemas/Solution is not used")

    def test_ids(self):
        """Two operations of one id."""
        self.get_order["operationId"] = "test_openapi_create_order"
        self.says("get /orders/{id}: the id test_openapi_create_order occurs twice")

    def test_methods(self):
        """A method in capitals."""
        self.paths["/orders"]["POST"] = self.paths["/orders"].pop("post")
        self.says("/orders: POST is no method")

    def test_paths(self):
        """Two paths for the same requests."""
        self.paths["/orders/{key}"] = {}
        self.says("/orders/{key} has the segments of /orders/{id}")

    def test_parameters(self):
        """A missing parameter, one that is not required, and one that occurs twice."""
        self.get_order["parameters"][0]["required"] = False
        self.says("get /orders/{id}: a parameter of the path is not required")
        self.get_order["parameters"] *= 2
        self.says("get /orders/{id}: a parameter occurs twice")
        self.get_order["parameters"] = []
        self.says("get /orders/{id}: other parameters than the path")

    def test_responses(self):
        """A missing response, and an example at a wrong status."""
        responses = self.get_order["responses"]
        responses["410"] = responses.pop("404")
        self.says("get /orders/{id}: the example NoProduct has another status")
        del responses["default"]
        self.says("get /orders/{id}: no response default")

    def test_required(self):
        """A required member that no object has."""
        self.schemas["Problem"]["required"].append("reason")
        self.says("reason is required, and no property")


if __name__ == "__main__":
    unittest.main()
