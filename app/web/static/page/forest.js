// Hazard ratios and their intervals on one logarithmic scale.

import { s } from "./dom.js";
import { isNumber } from "./format.js";
import { logScale } from "./scale.js";

const WIDE = 520;
const TICKS = [0.25, 0.5, 1, 2, 4];

function described(rows, { words, formats }) {
  const each = rows.map(([name, { value, lower, upper }]) => {
    const interval = isNumber(lower)
      ? words.fromTo(formats.ratio(value), formats.ratio(lower), formats.ratio(upper))
      : `${formats.ratio(value)}, ${words.noInterval}`;
    return `${name}: ${interval}`;
  });
  return `${words.forestAlternative}. ${each.join("; ")}.`;
}

function layout(width, rows) {
  const isWide = width >= WIDE;
  const step = isWide ? 30 : 46;
  const first = isWide ? 14 : 34;
  const name = isWide ? 5 : -14;
  return { start: isWide ? 170 : 8, first, step, name, bottom: first + (rows - 1) * step + 18 };
}

function row([name, { value, lower, upper }], y, at, below) {
  const hasInterval = isNumber(lower) && isNumber(upper);
  return s(
    "g",
    { class: hasInterval ? "forest-row" : "forest-row open" },
    s("text", { class: "forest-name", x: 0, y: y + below }, name),
    hasInterval &&
      s("path", {
        class: "whisker",
        d: `M${at(lower)} ${y}H${at(upper)}M${at(lower)} ${y - 5}v10M${at(upper)} ${y - 5}v10`,
      }),
    s("rect", {
      class: "point",
      x: at(value) - 5,
      y: y - 5,
      width: 10,
      height: 10,
      transform: `rotate(45 ${at(value)} ${y})`,
    }),
  );
}

/** The strip, drawn for a width. On a narrow page the names stand above the marks. */
export function forest(rows, say, width) {
  const { words, formats } = say;
  const { start, first, step, name, bottom } = layout(width, rows.length);
  const at = logScale(0.2, 5, start, width - 10);
  return s(
    "svg",
    { viewBox: `0 0 ${width} ${bottom + 40}`, role: "img", "aria-label": described(rows, say) },
    s("line", { class: "no-difference", x1: at(1), x2: at(1), y1: 0, y2: bottom }),
    rows.map((each, index) => row(each, first + index * step, at, name)),
    TICKS.map((tick) =>
      s(
        "g",
        { class: "tick" },
        s("line", { x1: at(tick), x2: at(tick), y1: bottom, y2: bottom + 4 }),
        s("text", { x: at(tick), y: bottom + 17, "text-anchor": "middle" }, formats.level(tick)),
      ),
    ),
    s(
      "text",
      { class: "side", x: at(1) - 10, y: bottom + 35, "text-anchor": "end" },
      `← ${words.lowerRate}`,
    ),
    s("text", { class: "side", x: at(1) + 10, y: bottom + 35 }, `${words.higherRate} →`),
  );
}
