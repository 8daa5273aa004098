// What the ratio means in people and days: this stratum beside the whole trial.

import { armsOf } from "./arms.js";
import { card, h } from "./dom.js";
import { kindMark } from "./effect.js";
import { isNumber } from "./format.js";
import { marksFigure } from "./marks.js";

function withInterval(part, write, { words }) {
  if (!isNumber(part?.lower) || !isNumber(part?.upper))
    return isNumber(part?.value) ? words.noInterval : null;
  return `${write(part.lower)} ${words.to} ${write(part.upper)}`;
}

function cell(main, ...lines) {
  return h(
    "td",
    {},
    h("span", { class: "figure" }, main ?? "–"),
    lines.filter(Boolean).map((line) => h("span", { class: "line" }, line)),
  );
}

function observedLine(observed, { words, formats }) {
  if (!isNumber(observed?.value)) return null;
  const write = observed.kind === "derived" ? words.derivedDifference : words.observedDifference;
  return write(formats.signedPoints(observed.value));
}

function differenceCell(part, say) {
  if (!isNumber(part?.value)) return cell();
  const write = say.formats.signedPoints;
  return cell(
    [write(part.value), " ", kindMark(part.kind, say)],
    withInterval(part, write, say),
    observedLine(part.observed, say),
  );
}

function neededEnd(limit, { words, formats }) {
  return isNumber(limit?.value) ? formats.needed(limit.value) : words.infinite;
}

function neededInterval(needed, say) {
  const { words } = say;
  const { lower, upper } = needed;
  if (!lower || !upper) return words.noInterval;
  const ends = [neededEnd(lower, say), neededEnd(upper, say)];
  if (!needed.through_infinity) return words.neededInterval(...ends);
  return words.neededThrough(
    ends[0],
    words.directions[lower.type] ?? "–",
    ends[1],
    words.directions[upper.type] ?? "–",
  );
}

function neededCell(needed, say) {
  if (!needed || (!isNumber(needed.value) && !needed.lower)) return cell();
  const value = neededEnd(needed, say);
  return cell(
    [value, " ", h("span", { class: "unit" }, say.words.towards[needed.type])],
    neededInterval(needed, say),
  );
}

function rmstCell(part, say) {
  if (!isNumber(part?.value)) return cell();
  const { words, formats } = say;
  const shape = part.shape_sensitivity;
  const range =
    isNumber(shape?.lower) &&
    words.shapeRange(formats.signedDays(shape.lower), formats.signedDays(shape.upper));
  return cell(
    [formats.signedDays(part.value), " ", kindMark(part.kind, say)],
    withInterval(part, formats.signedDays, say),
    range,
  );
}

function row(head, make, here, whole, say) {
  if (!here && !whole) return null;
  return h("tr", {}, h("th", { scope: "row" }, head), make(here, say), make(whole, say));
}

/** Differences, number needed to treat, mean time alive; then marks, one for each of a hundred. */
export function absoluteCard(answer, say) {
  const { words, formats } = say;
  const here = answer.treatment_effect;
  const whole = answer.context?.whole_trial;
  const time = here?.survival_difference?.time ?? whole?.survival_difference?.time;
  if (!isNumber(time)) return null;
  const tau = here?.rmst_difference?.tau ?? whole?.rmst_difference?.tau ?? time;
  return card(
    "absolute",
    words.absoluteTitle(formats.days(time), formats.months(time)),
    h(
      "div",
      {
        class: "scroll",
        tabindex: "0",
        role: "region",
        "aria-label": words.absoluteTitle(formats.days(time), formats.months(time)),
      },
      h(
        "table",
        { class: "absolute-table" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            words.absoluteHead.map((head) => h("th", { scope: "col" }, head)),
          ),
        ),
        h(
          "tbody",
          {},
          row(
            words.survivalDifference,
            differenceCell,
            here?.survival_difference,
            whole?.survival_difference,
            say,
          ),
          row(
            words.needed,
            neededCell,
            here?.number_needed_to_treat,
            whole?.number_needed_to_treat,
            say,
          ),
          row(
            words.rmst(formats.days(tau)),
            rmstCell,
            here?.rmst_difference,
            whole?.rmst_difference,
            say,
          ),
        ),
      ),
    ),
    marksFigure(armsOf(answer.survival_curves), say),
  );
}
