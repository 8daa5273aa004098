// Calls the FHIR door with fhir-kit-client, as it comes from its makers: `call.mjs ADDRESS KEY`.
// Prints what it saw as JSON.

import { Client } from 'fhir-kit-client';

const [address, key] = process.argv.slice(2);
const SYSTEM = 'urn:neurostrata:patient';
const UCUM = 'http://unitsofmeasure.org';
const CODE = { coding: [{ system: 'urn:neurostrata:biomarker', code: 'pnfh-csf' }] };

const client = new Client({ baseUrl: `${address}/fhir`, bearerToken: key });
const stranger = new Client({ baseUrl: `${address}/fhir`, bearerToken: 'nst_nobody' });
const seen = {};

function level(value, subject, day) {
  return {
    resourceType: 'Observation',
    status: 'final',
    code: CODE,
    subject: { reference: subject },
    effectiveDateTime: day,
    valueQuantity: { value, unit: 'pg/mL', system: UCUM, code: 'pg/mL' },
  };
}

/** The status of a refusal, and the code and place of its first issue. */
async function refusal(deed) {
  try {
    await deed();
    return null;
  } catch (error) {
    const issue = error.response.data.issue[0];
    return [error.response.status, issue.code, issue.expression?.[0] ?? null];
  }
}

const stated = await client.capabilityStatement();
seen.fhirVersion = stated.fhirVersion;

const identifier = [{ system: SYSTEM, value: 'KIT-1' }];
const body = { resourceType: 'Patient', identifier, gender: 'female', birthDate: '1961' };
const patient = await client.create({ resourceType: 'Patient', body });
seen.created = [patient.birthDate, patient.meta.versionId];
seen.taken = await refusal(() => client.create({ resourceType: 'Patient', body }));

const subject = `Patient/${patient.id}`;
await client.create({ resourceType: 'Observation', body: level(1500.5, subject, '2024-01-15') });

const fullUrl = 'urn:uuid:7b4a3c52-9d5e-4b7f-8a21-5f0d9c1e2b3b';
const levels = [1, 2, 3, 4, 5, 6, 7].map((day) => ({
  resource: level(900 + day, fullUrl, `2024-02-0${day}`),
  request: { method: 'POST', url: 'Observation' },
}));
const newcomer = {
  fullUrl,
  resource: {
    resourceType: 'Patient',
    identifier: [{ system: SYSTEM, value: 'KIT-2' }],
    name: [{ family: 'Nobody' }],
  },
  request: { method: 'POST', url: 'Patient' },
};
const done = await client.transaction({
  body: { resourceType: 'Bundle', type: 'transaction', entry: [newcomer, ...levels] },
});
seen.transaction = done.entry.map((entry) => entry.response.status);
seen.left = done.entry[0].response.outcome.issue[0].expression;

let page = await client.search({
  resourceType: 'Observation',
  searchParams: { code: 'pnfh-csf', _count: '3' },
});
seen.paged = [];
while (page) {
  seen.paged.push(...page.entry.map((entry) => entry.resource.valueQuantity.value));
  page = await client.nextPage({ bundle: page });
}
seen.paged.sort((one, other) => one - other);

const counted = await client.search({
  resourceType: 'Observation',
  searchParams: { code: 'pnfh-csf', _summary: 'count' },
});
seen.counted = counted.total;

const latest = await client.search({
  resourceType: 'Observation',
  searchParams: { patient: patient.id, _sort: '-date', _count: '1' },
  options: { postSearch: true },
});
const observation = latest.entry[0].resource;
seen.latest = observation.valueQuantity.value;
seen.read = (await client.read({ resourceType: 'Patient', id: patient.id })).identifier[0].value;

const risk = await client.operation({
  name: 'pnfh-survival',
  input: {
    resourceType: 'Parameters',
    parameter: [
      { name: 'patient', resource: patient },
      { name: 'observation', resource: observation },
      { name: 'times', valueString: '365' },
    ],
  },
});
seen.predictions = risk.prediction.map((one) => one.probabilityDecimal);
seen.basis = risk.basis[0].reference === `Observation/${observation.id}`;

seen.unknown_parameter = await refusal(() =>
  client.search({ resourceType: 'Patient', searchParams: { foo: '1' } }),
);
seen.nowhere = await refusal(() => client.read({ resourceType: 'Patient', id: 'nobody' }));
seen.stranger = await refusal(() => stranger.search({ resourceType: 'Patient' }));
console.log(JSON.stringify(seen));
