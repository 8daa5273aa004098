"""Call the FHIR door with fhirpy, as it comes from its makers. Prints what it saw as JSON.

Runs in an environment of its own, which knows nothing of the service: `call.py ADDRESS KEY`.
"""

import json
import sys

from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError, OperationOutcome, ResourceNotFound

SYSTEM = "urn:neurostrata:patient"
UCUM = "http://unitsofmeasure.org"
CODE = {"coding": [{"system": "urn:neurostrata:biomarker", "code": "pnfh-csf"}]}


def level(value, subject, day):
    quantity = {"value": value, "unit": "pg/mL", "system": UCUM, "code": "pg/mL"}
    return {
        "resourceType": "Observation", "status": "final", "code": CODE,
        "subject": {"reference": subject}, "effectiveDateTime": day, "valueQuantity": quantity,
    }  # fmt: skip


def refusal(deed):
    """What was raised, by its class, and the code and place of the first issue."""
    try:
        deed()
    except OperationOutcome as error:
        issue = error.resource["issue"][0]
        return ["OperationOutcome", issue["code"], issue.get("expression", [None])[0]]
    except (ResourceNotFound, AuthorizationError) as error:
        return [type(error).__name__, json.loads(str(error))["issue"][0]["code"], None]
    return None


def main(address, key):
    client = SyncFHIRClient(f"{address}/fhir", authorization=f"Bearer {key}")
    stranger = SyncFHIRClient(f"{address}/fhir", authorization="Bearer nst_nobody")
    seen = {"fhirVersion": client.execute("metadata", method="get")["fhirVersion"]}

    names = [{"system": SYSTEM, "value": "FHIRPY-1"}]
    patient = client.resource("Patient", identifier=names, gender="male", birthDate="1961-04-05")
    patient.create()
    seen["created"] = [patient["birthDate"], patient["meta"]["versionId"]]
    again = client.resource("Patient", identifier=names)
    seen["taken"] = refusal(again.create)

    level_of_it = level(1500.50, f"Patient/{patient.id}", "2024-01-15")
    client.resource(**level_of_it | {"resource_type": level_of_it.pop("resourceType")}).create()
    urn = "urn:uuid:7b4a3c52-9d5e-4b7f-8a21-5f0d9c1e2b3a"
    entry = {
        "fullUrl": urn,
        "resource": {
            "resourceType": "Patient",
            "identifier": [{"system": SYSTEM, "value": "FHIRPY-2"}],
            "name": [{"family": "Nobody"}],
        },
        "request": {"method": "POST", "url": "Patient"},
    }
    levels = [
        {
            "resource": level(900 + day, urn, f"2024-02-{day:02}"),
            "request": {"method": "POST", "url": "Observation"},
        }
        for day in range(1, 8)
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry, *levels]}
    done = client.execute("", data=bundle)
    seen["transaction"] = [one["response"]["status"] for one in done["entry"]]
    seen["left"] = done["entry"][0]["response"]["outcome"]["issue"][0]["expression"]

    found = client.resources("Observation").search(code="pnfh-csf").limit(3)
    seen["paged"] = sorted(one["valueQuantity"]["value"] for one in found.fetch_all())
    latest = client.resources("Observation").search(patient=patient.id).sort("-date").first()
    seen["latest"] = latest["valueQuantity"]["value"]
    seen["by_identifier"] = (
        client.resources("Patient").search(identifier="FHIRPY-2").get()["identifier"]
    )
    seen["counted"] = found.count()
    sought = client.resources("Patient").search(identifier="FHIRPY-1")
    seen["condition_in_address"] = refusal(lambda: sought.get_or_create(again))  # not of R4
    read = client.reference("Patient", patient.id).to_resource()
    seen["read"] = read["identifier"][0]["value"]

    sent = [{"name": "patient", "resource": read.serialize()},
            {"name": "observation", "resource": latest.serialize()},
            {"name": "times", "valueString": "365"}]  # fmt: skip
    risk = client.execute("$pnfh-survival", data={"resourceType": "Parameters", "parameter": sent})
    seen["predictions"] = [one["probabilityDecimal"] for one in risk["prediction"]]
    seen["basis"] = risk["basis"][0]["reference"] == f"Observation/{latest.id}"

    seen["unknown_parameter"] = refusal(client.resources("Patient").search(foo="1").fetch)
    seen["nowhere"] = refusal(client.reference("Patient", "nobody").to_resource)
    seen["stranger"] = refusal(stranger.resources("Patient").fetch)
    print(json.dumps(seen))


if __name__ == "__main__":
    main(*sys.argv[1:])
