// The effect along the level: modelled, labelled as exploratory, and folded away.

import { card, h } from "./dom.js";
import { isNumber } from "./format.js";

function continuousLine(answer, { words, formats }) {
  const part = answer.treatment_effect?.continuous;
  const used = answer.input?.used;
  if (!isNumber(part?.hazard_ratio) || !used) return part?.reason?.message ?? part?.reason ?? null;
  const level = `${formats.level(Number(used.value))} ${used.unit}`;
  return words.continuous(
    level,
    formats.ratio(part.hazard_ratio),
    formats.ratio(part.lower),
    formats.ratio(part.upper),
  );
}

function interactionLine(answer, { words, formats }) {
  const part = answer.treatment_effect?.interaction;
  const ratio = part?.per_1000;
  const value = ratio?.ratio ?? ratio?.value;
  if (![value, ratio?.lower, ratio?.upper, part?.p_value].every(isNumber)) return null;
  return words.interaction(
    formats.ratio(value),
    formats.ratio(ratio.lower),
    formats.ratio(ratio.upper),
    formats.level(part.p_value),
  );
}

/** Folded, because it must not be read as the answer. */
export function exploratoryCard(answer, say) {
  const lines = [continuousLine(answer, say), interactionLine(answer, say)].filter(
    (line) => typeof line === "string",
  );
  if (!lines.length) return null;
  const { words } = say;
  return card(
    "exploratory",
    null,
    h(
      "details",
      {},
      h("summary", {}, words.exploratoryTitle),
      lines.map((line) => h("p", {}, line)),
    ),
  );
}
