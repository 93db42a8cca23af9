"""The OpenAPI description is complete, and the API follows it."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from ferkit.inference.records import record_schema

# Calls for each operation; `benchmarks/serve.py` sends 2,000 in all.
EXAMPLES = 3


@pytest.fixture(scope="module")
def description(server: TestClient) -> dict[str, Any]:
    """Return the OpenAPI description as served."""
    return server.get("/openapi.json").json()


def test_every_route_has_a_description_and_errors(description: dict[str, Any]) -> None:
    assert set(description["paths"]) == {
        "/healthz",
        "/metrics",
        "/readyz",
        "/v1/faces",
        "/v1/models",
        "/v1/recognize",
        "/v1/videos",
        "/v1/videos/{job_id}",
        "/v1/videos/{job_id}/rows",
        "/v1/videos/{job_id}/video",
    }
    for path, operations in description["paths"].items():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"]
            for parameter in operation.get("parameters", ()):
                assert (
                    parameter["in"] == "path"
                    or parameter["name"] == "format"
                    or (parameter["description"])
                ), (path, parameter)
            statuses = set(operation["responses"])
            assert "421" in statuses
            if path.startswith("/v1/"):
                assert {"401", "403"} <= statuses


def test_records_have_the_schema_of_the_command_line(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    published = record_schema()["$defs"]
    assert schemas["Face"] == published["face"]
    assert schemas["Record"]["required"] == published["record"]["required"]
    assert schemas["Records"]["items"] == {"$ref": "#/components/schemas/Record"}
    assert "HTTPValidationError" not in schemas


def test_examples_are_valid(description: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    records = description["components"]["schemas"]["Records"]
    jsonschema.validate(records["examples"][0], record_schema())
    for name in ("Job", "Problem"):
        schema = description["components"]["schemas"][name]
        jsonschema.validate(schema["examples"][0], schema)


def test_names_of_models_and_detectors_are_listed(description: dict[str, Any]) -> None:
    parameters = description["paths"]["/v1/recognize"]["post"]["parameters"]
    values = {p["name"]: p["schema"].get("enum") for p in parameters}
    assert values["model"] == ["tiny"]
    assert {"auto", "yunet", "mtcnn", "none"} <= set(values["detector"])


def test_tokens_are_described_where_they_are_needed(make_server) -> None:
    description = make_server(tokens="0123456789abcdef").get("/openapi.json").json()
    assert description["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert description["paths"]["/v1/models"]["get"]["security"] == [{"token": []}]
    assert "security" not in description["paths"]["/healthz"]["get"]


def test_the_api_matches_its_description(make_server) -> None:
    schemathesis = pytest.importorskip("schemathesis")
    import hypothesis
    from schemathesis import GenerationMode
    from schemathesis.specs.openapi import checks

    wanted = [
        schemathesis.checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    local = {"Host": "localhost"}
    app = make_server(max_jobs=1000).app
    # The others would be fetched.
    app.state.services.recognizers.detectors = ("none", "mtcnn")
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers=local)
    calls = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        # What takes nothing cannot be given the wrong thing.
        takes = bool(operation.query or operation.body)
        for mode in GenerationMode if takes else [GenerationMode.POSITIVE]:

            @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
            @hypothesis.settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            def send(case: Any) -> None:
                nonlocal calls
                calls += 1
                case.validate_response(case.call(headers=local), checks=wanted)

            send()
    assert calls >= 10 * EXAMPLES
