// The hazard ratio, always beside the whole trial's. Benefit, harm and uncertainty look alike.

import { armsOf } from "./arms.js";
import { card, fitted, h } from "./dom.js";
import { forest } from "./forest.js";
import { isNumber } from "./format.js";

/** The direction, by the published interval alone. */
export function directionOf(ratio) {
  if (!isNumber(ratio?.lower) || !isNumber(ratio?.upper)) return "uncertain";
  if (ratio.upper < 1) return "benefit";
  return ratio.lower > 1 ? "harm" : "uncertain";
}

/** A word that says whether a number is published, derived, modelled or fitted. */
export function kindMark(kind, { words }) {
  return kind ? h("span", { class: "kind" }, words.kind(kind)) : null;
}

function intervalLine(ratio, { words, formats }) {
  const interval =
    isNumber(ratio.lower) && isNumber(ratio.upper)
      ? words.interval(
          formats.percent(ratio.level ?? 0.95),
          formats.ratio(ratio.lower),
          formats.ratio(ratio.upper),
        )
      : words.noInterval;
  const p = isNumber(ratio.p_value) ? words.pValue(formats.level(ratio.p_value)) : null;
  return h("p", { class: "interval" }, [interval, p].filter(Boolean).join(" · "));
}

function directionLine(ratio, direction, { words }) {
  const because = isNumber(ratio.lower) ? words.because[direction] : words.because.unknown;
  return h(
    "p",
    { class: "direction" },
    words.direction,
    " ",
    h("strong", {}, words.directions[direction] ?? direction),
    h("span", { class: "because" }, because),
  );
}

function rateChange(ratio, change, { words, formats }) {
  const percent = isNumber(change) ? change : 100 * (ratio.value - 1);
  return h("p", { class: "rate" }, words.rateOfDeath(formats.signedPercent(percent)));
}

function ratioColumn(title, note, ratio, more, say) {
  if (!isNumber(ratio?.value)) return null;
  const direction = more.direction ?? directionOf(ratio);
  return h(
    "div",
    { class: "effect-column" },
    h("h4", {}, title, note && h("span", { class: "note" }, note)),
    h(
      "p",
      { class: "ratio" },
      h("span", { class: "ratio-label" }, say.words.hazardRatio),
      h("span", { class: "ratio-value" }, say.formats.ratio(ratio.value)),
      kindMark(ratio.kind, say),
    ),
    intervalLine(ratio, say),
    directionLine(ratio, direction, say),
    rateChange(ratio, more.change, say),
  );
}

function silentColumn({ status }, { words }) {
  const own = status === "indeterminate" ? words.noEffectOpen : words.noEffect;
  return h(
    "div",
    { class: "effect-column silent" },
    h("h4", {}, words.thisStratum),
    h(
      "p",
      { class: "ratio" },
      h("span", { class: "ratio-label" }, words.hazardRatio),
      h("span", { class: "ratio-value" }, "–"),
    ),
    h("p", {}, own),
  );
}

/** How many of an arm have died by the end, with the interval of its curve. */
function died(arm, { words, formats }) {
  const [alive, lower, upper] = [arm?.survival, arm?.lower, arm?.upper].map((row) => row?.at(-1));
  if (![alive, lower, upper].every(isNumber)) return null;
  const limits = [1 - upper, 1 - lower].map(formats.percent);
  const interval = words.interval(formats.percent(arm.level ?? 0.95), ...limits);
  return `${formats.percent(1 - alive)} (${interval})`;
}

function deaths(answer, say) {
  const [control, treated] = armsOf(answer.survival_curves).map((arm) => died(arm, say));
  if (!control || !treated) return null;
  const day = answer.survival_curves.horizon;
  return h(
    "p",
    { class: "deaths" },
    say.words.deaths(say.formats.days(day), say.formats.months(day), control, treated),
  );
}

function pooled(part, { words, formats }) {
  if (!isNumber(part?.hazard_ratio?.value)) return null;
  return h(
    "p",
    { class: "quiet pooled" },
    words.pooledNote(formats.ratio(part.hazard_ratio.value), part.note ?? words.noInterval),
  );
}

function forestRows(answer, { words }) {
  const { whole_trial, pooled_lower_group } = answer.context ?? {};
  return [
    [words.thisStratum, answer.treatment_effect?.hazard_ratio],
    [words.wholeTrial, whole_trial?.hazard_ratio],
    [words.pooled, pooled_lower_group?.hazard_ratio],
  ].filter(([, ratio]) => isNumber(ratio?.value));
}

/** The effect in this stratum and in the whole trial, side by side, and both on one scale. */
export function effectCard(answer, say) {
  const { words } = say;
  const effect = answer.treatment_effect;
  const whole = answer.context?.whole_trial;
  const more = { direction: effect?.direction, change: effect?.risk_change_percent };
  const note = answer.stratum?.label;
  const rows = forestRows(answer, say);
  return card(
    "effect",
    words.effectTitle,
    h(
      "div",
      { class: "effect-columns" },
      ratioColumn(words.thisStratum, note, effect?.hazard_ratio, more, say) ??
        silentColumn(answer, say),
      ratioColumn(words.wholeTrial, whole?.note ?? words.primary, whole?.hazard_ratio, {}, say),
    ),
    effect && more.direction !== "uncertain" && h("p", { class: "quiet chance" }, words.chance),
    rows.length > 0 && fitted("forest", (width) => forest(rows, say, width)),
    pooled(answer.context?.pooled_lower_group, say),
    deaths(answer, say),
  );
}
