// Survival with and without treatment: the drawing, the same in words, and the table.

import { armsOf } from "./arms.js";
import { drawChart } from "./chart.js";
import { card, h, s } from "./dom.js";
import { kindMark } from "./effect.js";
import { isNumber } from "./format.js";
import { survivalTable } from "./table.js";

const ROLES = ["control", "treated"];

function nameOf(arm, { words }) {
  return words.arm[arm.id] ?? arm.id;
}

function swatch(...parts) {
  return s(
    "svg",
    { class: "swatch", viewBox: "0 0 30 14", width: 30, height: 14, "aria-hidden": "true" },
    ...parts,
  );
}

function legendEntry(picture, ...text) {
  return h("li", {}, picture, h("span", {}, ...text));
}

function bandPicture(part) {
  return swatch(
    ROLES.map((role, i) =>
      s("rect", { class: `band-${role}-${part}`, x: 15 * i, y: 1, width: 15, height: 12 }),
    ),
  );
}

function legend(arms, say) {
  const { words, formats } = say;
  const level = arms.find(Boolean).level ?? 0.95;
  return h(
    "ul",
    { class: "legend" },
    arms.map(
      (arm, i) =>
        arm &&
        legendEntry(
          swatch(s("line", { class: `line-${ROLES[i]}`, x1: 1, x2: 29, y1: 7, y2: 7 })),
          nameOf(arm, say),
        ),
    ),
    legendEntry(bandPicture("inner"), words.bands.inner(formats.percent(level))),
    legendEntry(bandPicture("outer"), words.bands.outer),
    arms.some((arm) => isNumber(arm?.observed?.survival)) &&
      legendEntry(
        swatch(s("path", { class: "diamond", d: "M15 1l6 6-6 6-6-6z" })),
        words.bands.observed,
      ),
  );
}

function at(list, index) {
  return isNumber(list?.[index]) ? list[index] : null;
}

function readingOf(arm, index, say) {
  const { words, formats } = say;
  const { band_lower: lower = arm.lower, band_upper: upper = arm.upper } =
    arm.shape_sensitivity ?? {};
  const written = (list) => (at(list, index) === null ? "–" : formats.percent(at(list, index)));
  return words.reading(nameOf(arm, say), written(arm.survival), written(lower), written(upper));
}

function reader(arms, say) {
  const { words, formats } = say;
  const times = arms.find(Boolean).time;
  const output = h("output", { for: "day", class: "reading" });
  const slider = h("input", {
    id: "day",
    type: "range",
    min: 0,
    max: times.length - 1,
    step: 1,
    value: times.length - 1,
  });
  const show = (index) => {
    const day = words.dayAndMonths(formats.days(times[index]), formats.months(times[index]));
    slider.value = index;
    slider.setAttribute("aria-valuetext", day);
    output.replaceChildren(
      h("strong", {}, day),
      ...arms.filter(Boolean).map((arm) => h("span", {}, readingOf(arm, index, say))),
    );
  };
  show(times.length - 1);
  return {
    box: h(
      "div",
      { class: "reader" },
      h("label", { for: "day" }, words.readAt),
      slider,
      output,
      h("p", { class: "hint" }, words.readingNote),
    ),
    slider,
    show,
  };
}

function ends(arms, curves, say) {
  const { words, formats } = say;
  const day = curves.horizon;
  const written = (list) => (isNumber(list?.at(-1)) ? formats.percent(list.at(-1)) : "–");
  return arms
    .filter(Boolean)
    .map((arm) =>
      words.armAlternative(
        nameOf(arm, say),
        formats.days(day),
        formats.months(day),
        written(arm.survival),
        written(arm.lower),
        written(arm.upper),
      ),
    );
}

function figure(arms, curves, say) {
  const { words } = say;
  const alternative = [words.curvesAlternative, ...ends(arms, curves, say)].join(" ");
  const box = h("div", { class: "chart", role: "img", "aria-label": alternative });
  const { box: readerBox, slider, show } = reader(arms, say);
  const figureBox = h("figure", { class: "curves-figure" }, legend(arms, say), box, readerBox);
  requestAnimationFrame(() => {
    const plot = drawChart(box, curves, arms, say, show);
    slider.addEventListener("input", () => {
      show(Number(slider.value));
      plot.setCursor(
        { left: plot.valToPos(plot.data[0][Number(slider.value)], "x"), top: 10 },
        false,
      );
    });
  });
  return figureBox;
}

/** The curves card; nothing where the answer has no curves. */
export function curvesCard(answer, say) {
  const { words } = say;
  const curves = answer.survival_curves;
  const arms = armsOf(curves);
  const drawn = arms.filter((arm) => arm?.time?.length && arm.survival?.length);
  const table = survivalTable(answer, arms, say);
  if (!drawn.length && !table) return null;
  const origin =
    words.origins[curves?.time_origin] ?? curves?.time_origin ?? words.origins.randomisation;
  return card(
    "curves",
    words.curvesTitle,
    h("p", { class: "quiet" }, kindMark(drawn[0]?.kind, say), " ", words.curvesNote(origin)),
    drawn.length > 0 && figure(arms, curves, say),
    table,
  );
}
