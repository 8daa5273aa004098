// The form: what is asked, and where a fault is shown.

const COMPARATORS = [
  ["<=", "<="],
  ["≤", "<="],
  [">=", ">="],
  ["≥", ">="],
  ["<", "<"],
  [">", ">"],
];
const FIELDS = {
  pnfh: "pnfh",
  value: "pnfh",
  level: "pnfh",
  unit: "unit",
  comparator: "comparator",
  assay_cv: "assay_cv",
  specimen: "specimen",
};

/** Move a comparator typed before the number, as laboratories print it, to its own field. */
export function splitComparator(form) {
  const typed = form.pnfh.value.trim();
  const found = COMPARATORS.find(([sign]) => typed.startsWith(sign));
  if (!found) return;
  form.comparator.value = found[1];
  form.pnfh.value = typed.slice(found[0].length).trim();
}

/** What the page itself must ask about, before it asks the service. */
export function ownFaults(form, words) {
  const faults = [];
  const level = form.pnfh.value.trim();
  const cv = form.assay_cv.value.trim();
  if (level === "") faults.push({ pointer: "/pnfh", detail: words.empty });
  else if (/\d[,\s]\d/.test(level)) faults.push({ pointer: "/pnfh", detail: words.comma });
  if (cv !== "" && !(Number(cv.replace(",", ".")) > 0 && Number(cv.replace(",", ".")) <= 100)) {
    faults.push({ pointer: "/assay_cv", detail: words.notPercent });
  }
  return faults;
}

/** The query. The level goes as it was typed: the service converts the literal text exactly. */
export function queryOf(form) {
  const query = new URLSearchParams({
    pnfh: form.pnfh.value.trim(),
    unit: form.unit.value,
    specimen: "csf",
  });
  if (form.comparator.value) query.set("comparator", form.comparator.value);
  const cv = form.assay_cv.value.trim().replace(",", ".");
  if (cv !== "") query.set("assay_cv", String(Number((Number(cv) / 100).toPrecision(12))));
  return query;
}

function fieldOf(pointer) {
  const parts = String(pointer ?? "")
    .split("/")
    .reverse();
  return parts.map((part) => FIELDS[part]).find(Boolean) ?? "";
}

function showFault(form, field, details, extra) {
  const place = form.querySelector(`[data-fault="${field}"]`);
  place.textContent = details.join(" ");
  if (extra) place.append(" ", extra);
  place.hidden = false;
  form.elements[field]?.setAttribute?.("aria-invalid", "true");
}

/** Take every fault off the form. */
export function clearFaults(form) {
  for (const place of form.querySelectorAll("[data-fault]")) {
    place.hidden = true;
    place.textContent = "";
  }
  for (const input of form.querySelectorAll("[aria-invalid]"))
    input.removeAttribute("aria-invalid");
}

/** Show each fault beside its field, and go to the first. `extra` follows what belongs to no field. */
export function showFaults(form, faults, extra = null) {
  const byField = new Map();
  for (const fault of faults) {
    const field = fieldOf(fault.pointer);
    byField.set(field, [...(byField.get(field) ?? []), fault.detail]);
  }
  const first = [...byField.keys()][0];
  for (const [field, details] of byField)
    showFault(form, field, details, field === first ? extra : null);
  form.querySelector("[aria-invalid]")?.focus();
}
