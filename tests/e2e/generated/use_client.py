"""Use the generated Python client against a running server, and say what came of it."""

import json
import sys

from generated_client.api.estimates import create_estimates, estimate
from generated_client.api.patients import create_patient, get_patient
from generated_client.client import AuthenticatedClient, Client
from generated_client.models.batch_item import BatchItem
from generated_client.models.batch_request import BatchRequest
from generated_client.models.batch_response import BatchResponse
from generated_client.models.failed_item_response import FailedItemResponse
from generated_client.models.full_response import FullResponse
from generated_client.models.level_request import LevelRequest
from generated_client.models.patient_request import PatientRequest
from generated_client.models.patient_response import PatientResponse
from generated_client.models.problem import Problem


def use(address: str, key: str) -> dict[str, object]:
    """Ask for an estimate and a batch, keep a patient and read them, and meet two problems."""
    anybody = Client(base_url=address)
    clinic = AuthenticatedClient(base_url=address, token=key)

    answer = estimate.sync(client=anybody, pnfh="1500", unit="pg/mL")
    assert isinstance(answer, FullResponse)
    assert answer.treatment_effect is not None

    levels = [LevelRequest(value=1.5, unit="ng/mL"), LevelRequest(value=0, unit="pg/mL")]
    items = [BatchItem(pnfh=level, ref=str(number)) for number, level in enumerate(levels)]
    batch = create_estimates.sync(client=anybody, body=BatchRequest(items=items))
    assert isinstance(batch, BatchResponse), batch

    facts = PatientRequest(identifier="GENERATED-PY", alsfrs_r=41)
    made = create_patient.sync(client=clinic, body=facts, idempotency_key="generated-python")
    assert isinstance(made, PatientResponse)
    read = get_patient.sync(made.id, client=clinic)

    refused = estimate.sync(client=anybody, pnfh="1500", unit="pmol/L")
    assert isinstance(refused, Problem)
    assert refused.errors
    unknown = get_patient.sync("nobody", client=clinic)
    assert isinstance(unknown, Problem)
    return {
        "hazard_ratio": answer.treatment_effect.hazard_ratio.value,
        "batch": [item.status for item in batch.items],
        "failed": isinstance(batch.items[1], FailedItemResponse),
        "read_back": read == made,
        "problems": [refused.type_, refused.errors[0].pointer, unknown.type_],
    }


if __name__ == "__main__":
    json.dump(use(sys.argv[1], sys.argv[2]), sys.stdout)
