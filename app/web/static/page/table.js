// Both arms in numbers. The rows come ready-made; without them they are written from the curves.
// Rows without arms, such as the hazard ratios, are told by other cards.

import { h } from "./dom.js";
import { isNumber } from "./format.js";

function fromCurves(arms, { words, formats }) {
  const written = (point) => {
    if (!point || !isNumber(point.survival)) return "–";
    const { band_lower: lower = point.lower, band_upper: upper = point.upper } =
      point.shape_sensitivity ?? {};
    if (!isNumber(lower) || !isNumber(upper)) return formats.percent(point.survival);
    return words.fromTo(
      formats.percent(point.survival),
      formats.percent(lower),
      formats.percent(upper),
    );
  };
  const [control, treated] = arms;
  return (control?.survival_at ?? []).map((point, i) => ({
    label: null,
    time: point.time,
    placebo: written(point),
    il2ld: written(treated?.survival_at?.[i]),
    difference: "–",
  }));
}

function timeOf({ label, time }, { words, formats }) {
  if (!isNumber(time)) return label;
  if (!label) return words.dayAndMonths(formats.days(time), formats.months(time));
  const hasMonths = label.includes(formats.months(time));
  const rest = hasMonths
    ? words.day(formats.days(time))
    : words.dayAndMonths(formats.days(time), formats.months(time));
  return [label, " ", h("small", {}, rest)];
}

/** Ready-made words come in plain characters: a minus and a range get the signs that print well. */
function typeset(text) {
  return text.replace(/(^|[(\s])-(?=\d)/g, "$1−").replace(/(\d)-(?=\d)/g, "$1–");
}

/** The table, or nothing where there are no rows. */
export function survivalTable(answer, arms, say) {
  const { words } = say;
  const given = (answer.presentation?.table ?? []).filter((row) => row.placebo || row.il2ld);
  const rows = given.length ? given : fromCurves(arms, say);
  if (!rows.length) return null;
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": words.tableTitle },
    h(
      "table",
      { class: "times" },
      h("caption", {}, words.tableTitle),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          words.tableHead.map((head) => h("th", { scope: "col" }, head)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, timeOf(row, say)),
            [row.placebo, row.il2ld, row.difference].map((cell, i) =>
              h("td", { "data-head": words.tableHead[i + 1] }, cell ? typeset(cell) : "–"),
            ),
          ),
        ),
      ),
    ),
  );
}
