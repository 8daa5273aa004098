"""Call the CDS service with HealthChain's SandboxClient, as it comes from its makers.

Runs in an environment of its own, which knows nothing of the service: `call.py ADDRESS`, with the
calls' prefetch and patients as JSON on its input. Prints what came back as JSON.

The client sends no credential of its own: whoever runs it stands a gateway before the service.
"""

import json
import sys

from healthchain.models.responses.cdsresponse import Card, CDSResponse
from healthchain.sandbox import SandboxClient
from healthchain.sandbox.requestconstructors import CdsRequestConstructor
from healthchain.sandbox.workflows import Workflow
from pydantic import ValidationError


def faults_of(response):
    """What HealthChain's own model of an answer finds wrong with it, as places."""
    try:
        CDSResponse(**response)
    except ValidationError as error:
        return [".".join(map(str, one["loc"])) for one in error.errors()]
    return []


def main(address):
    """Send every call, and print the answers."""
    client = SandboxClient(url=address, workflow="patient-view")
    for call in json.load(sys.stdin):
        context = {"userId": "Practitioner/1", "patientId": call["patient"]}
        request = CdsRequestConstructor().construct_request(
            call["prefetch"], Workflow.patient_view, context
        )
        client.requests.append(request)
    answers = client.send_requests()
    seen = {
        "answers": answers,
        "faults": [faults_of(answer) for answer in answers],
        "card_members": sorted(Card.model_fields),
        "status": client.get_status(),
    }
    print(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1])
