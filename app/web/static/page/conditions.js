// What limits the answer: warnings, applicability, notices; and the answer as sentences.

import { card, h, s } from "./dom.js";

const MARKS = { met: "M2 7l3.5 3.5L12 4", not_met: "M3 3l8 8M11 3l-8 8", unknown: "" };

/** Warnings stand right under the first card. */
export function warningsCard({ warnings }, { words }) {
  if (!warnings?.length) return null;
  return card(
    "warnings",
    words.warningsTitle,
    h(
      "ul",
      {},
      warnings.map(({ severity, message, code }) =>
        h(
          "li",
          {},
          h("span", { class: "severity" }, words.severities[severity] ?? words.severities.info),
          " ",
          h("span", {}, message ?? code),
        ),
      ),
    ),
  );
}

function folded(title, sentences) {
  if (!sentences.length) return null;
  return h(
    "details",
    {},
    h("summary", {}, title),
    sentences.map((sentence) => h("p", {}, sentence)),
  );
}

/** The service's own sentences, folded: they repeat the cards in a form to copy. For
 * clinicians and in plain language. */
export function wordsCard({ presentation }, { words }) {
  const { clinician = [], lay = [] } = presentation ?? {};
  if (!clinician.length && !lay.length) return null;
  return card(
    "sentences",
    words.wordsTitle,
    folded(words.clinicianTitle, clinician),
    folded(words.layTitle, lay),
  );
}

function criterion({ id, status, rule }, { words }) {
  return h(
    "li",
    { class: `criterion ${status}` },
    s(
      "svg",
      { viewBox: "0 0 14 14", width: 16, height: 16, "aria-hidden": "true" },
      s("rect", { x: 0.75, y: 0.75, width: 12.5, height: 12.5, rx: 3 }),
      s("path", { d: MARKS[status] ?? "" }),
    ),
    h("span", {}, rule ?? id),
    h("span", { class: "criterion-status" }, words.criteria[status] ?? status),
  );
}

/** Each entry criterion of the trial, as a checklist. */
export function applicabilityCard({ applicability }, say) {
  if (!applicability?.criteria?.length) return null;
  const { words } = say;
  return card(
    "applicability",
    words.applicabilityTitle,
    h("p", { class: "quiet" }, words.grades[applicability.grade] ?? applicability.grade),
    h(
      "ul",
      {},
      applicability.criteria.map((each) => criterion(each, say)),
    ),
  );
}

/** What the reader must know before using the answer. */
export function noticesCard({ notices }, { words }) {
  if (!notices?.length) return null;
  return card(
    "notices",
    words.noticesTitle,
    h(
      "ul",
      {},
      notices.map(({ text, code }) => h("li", {}, text ?? code)),
    ),
  );
}
