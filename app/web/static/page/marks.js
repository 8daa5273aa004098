// A hundred abstract marks for each arm, shaded by the limits of the interval.

import { h, s } from "./dom.js";
import { isNumber, roundHalfUp } from "./format.js";

const ACROSS = 20;
const STEP = 12;

function count(share) {
  return roundHalfUp(share * 100);
}

function markClass(index, { lower, estimate, upper }) {
  if (index < lower) return "mark sure";
  if (index < estimate) return "mark likely";
  return index < upper ? "mark unsure" : "mark rest";
}

function grid(arm, role, say) {
  const point = Object.fromEntries(
    ["survival", "lower", "upper"].map((name) => [name, arm[name]?.at(-1)]),
  );
  if (!Object.values(point).every(isNumber)) return null;
  const [estimate, lower, upper] = [point.survival, point.lower, point.upper].map(count);
  const name = say.words.arm[arm.id] ?? arm.id;
  const label = say.words.marks(name, estimate, lower, upper);
  const marks = Array.from({ length: 100 }, (_, i) =>
    s("rect", {
      class: markClass(i, { lower, estimate, upper }),
      x: (i % ACROSS) * STEP + 1,
      y: Math.floor(i / ACROSS) * STEP + 1,
      width: STEP - 3,
      height: STEP - 3,
      rx: 2,
    }),
  );
  return h(
    "div",
    { class: `marks ${role}` },
    h("p", {}, label),
    s(
      "svg",
      {
        viewBox: `0 0 ${ACROSS * STEP} ${(100 / ACROSS) * STEP}`,
        role: "img",
        "aria-label": label,
      },
      marks,
    ),
  );
}

function key({ words }) {
  const sample = (name) =>
    h(
      "li",
      {},
      s(
        "svg",
        { viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" },
        s("rect", { class: `mark ${name}`, x: 1, y: 1, width: 9, height: 9, rx: 2 }),
      ),
      words.marksKey[name],
    );
  return h("ul", { class: "marks-key" }, ["sure", "likely", "unsure", "rest"].map(sample));
}

/** Both arms at the end of follow-up; nothing where there are no curves. */
export function marksFigure(arms, say) {
  const grids = arms
    .map((arm, i) => arm?.survival?.length && grid(arm, i ? "treated" : "control", say))
    .filter(Boolean);
  if (!grids.length) return null;
  const day = arms.find(Boolean).time.at(-1);
  return h(
    "div",
    { class: "marks-figure" },
    h("h4", {}, say.words.marksTitle(say.formats.days(day))),
    h("div", { class: "marks-pair" }, grids),
    key(say),
  );
}
