// Use the generated TypeScript types against a running server, and say what came of it.
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

async function use(address: string, key: string): Promise<object> {
  const anybody = createClient<paths>({ baseUrl: address });
  const clinic = createClient<paths>({
    baseUrl: address,
    headers: { authorization: `Bearer ${key}` },
  });

  const asked = await anybody.GET("/v1/estimate", {
    params: { query: { pnfh: "1500", unit: "pg/mL" } },
  });
  if (asked.data === undefined || !("treatment_effect" in asked.data)) throw asked.error;
  const ratio: number | undefined = asked.data.treatment_effect?.hazard_ratio.value;

  const batch = await anybody.POST("/v1/estimates/batch", {
    body: {
      items: [
        { ref: "0", pnfh: { value: 1.5, unit: "ng/mL" } },
        { ref: "1", pnfh: { value: 0, unit: "pg/mL" } },
      ],
    },
  });
  // The same operation answers a stream of lines with text.
  if (batch.data === undefined || typeof batch.data === "string") throw batch.error;
  const failed = batch.data.items[1];

  const made = await clinic.POST("/v1/patients", {
    params: { header: { "Idempotency-Key": "generated-typescript" } },
    body: { identifier: "GENERATED-TS", alsfrs_r: 41 },
  });
  if (made.data === undefined) throw made.error;
  const read = await clinic.GET("/v1/patients/{patient_id}", {
    params: { path: { patient_id: made.data.id } },
  });

  const refused = await anybody.GET("/v1/estimate", {
    params: { query: { pnfh: "1500", unit: "pmol/L" } },
  });
  const unknown = await clinic.GET("/v1/patients/{patient_id}", {
    params: { path: { patient_id: "nobody" } },
  });
  return {
    hazard_ratio: ratio,
    batch: batch.data.items.map((item) => item.status),
    failed: failed !== undefined && failed.status === "error" && failed.problem.status === 422,
    read_back: JSON.stringify(read.data) === JSON.stringify(made.data),
    problems: [refused.error?.type, refused.error?.errors?.[0]?.pointer, unknown.error?.type],
  };
}

const [address = "", key = ""] = process.argv.slice(2);
console.log(JSON.stringify(await use(address, key)));
