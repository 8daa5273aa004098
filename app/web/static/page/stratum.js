// Which stratum, how that was read from what was given, and how sure it is.

import { card, fitted, h, s } from "./dom.js";
import { isNumber } from "./format.js";
import { logScale } from "./scale.js";

const HEIGHT = 64;
const AXIS = 34;

function openStrata({ possible_strata }, { words }) {
  const open = (possible_strata ?? []).map(words.stratum).join(words.or);
  return open && words.stratumTitle(open);
}

/** Silence and indecision are answers: they have a title of their own, and the stratum below it. */
function headingOf(answer, say) {
  const { words } = say;
  const { status, stratum } = answer;
  const label = stratum ? (stratum.label ?? stratum.id) : openStrata(answer, say);
  const eyebrow = stratum ? words.named(words.stratum(stratum.id)) : words.headline.estimate;
  if (status === "estimate") return { eyebrow, title: label, facts: [] };
  return { eyebrow, title: words.headline[status] ?? status, facts: [label] };
}

function quantity(part) {
  return (
    part &&
    [part.comparator, part.value, part.unit]
      .filter((piece) => piece !== null && piece !== undefined)
      .join(" ")
  );
}

function reading({ input }, { words }) {
  const used = quantity(input?.used);
  const given = quantity(input?.given);
  if (!used) return null;
  return h(
    "p",
    { class: "quiet" },
    given && given !== used ? words.readAs(given, used) : words.used(used),
  );
}

function cutsOf(stratum) {
  return [stratum?.lower, stratum?.upper].filter((cut) => isNumber(cut) && cut > 0);
}

function strip(level, cuts, { words, formats }, width) {
  const low = Math.min(100, level / 2, ...cuts.map((cut) => cut / 3));
  const high = Math.max(20000, level * 2, ...cuts.map((cut) => cut * 3));
  const at = logScale(low, high, 1, width - 1);
  const label = words.stripAlternative(
    formats.level(level),
    cuts.map(formats.level).join(", "),
    "pg/mL",
  );
  const edges = [1, ...cuts.map(at), width - 1];
  return s(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": label },
    edges.slice(1).map((edge, i) =>
      s("rect", {
        class: at(level) >= edges[i] && at(level) <= edge ? "zone here" : "zone",
        x: edges[i] + 1,
        y: AXIS - 5,
        width: Math.max(0, edge - edges[i] - 2),
        height: 10,
        rx: 2,
      }),
    ),
    cuts.map((cut) =>
      s(
        "text",
        { class: "cut", x: at(cut), y: AXIS + 24, "text-anchor": "middle" },
        formats.level(cut),
      ),
    ),
    s("path", { class: "level", d: `M${at(level)} ${AXIS - 8} l-6 -9 h12 z` }),
    s(
      "text",
      {
        class: "level-label",
        x: Math.min(width - 34, Math.max(34, at(level))),
        y: 12,
        "text-anchor": "middle",
      },
      formats.level(level),
    ),
  );
}

function membershipRow({ id, probability }, { words, formats }) {
  return h(
    "div",
    { class: "membership-row" },
    h("dt", {}, words.stratum(id)),
    h(
      "dd",
      {},
      s(
        "svg",
        {
          class: "share",
          viewBox: "0 0 100 6",
          preserveAspectRatio: "none",
          "aria-hidden": "true",
        },
        s("rect", { class: "share-all", width: 100, height: 6 }),
        s("rect", { class: "share-part", width: 100 * probability, height: 6 }),
      ),
      h("span", { class: "number" }, formats.probability(probability)),
    ),
  );
}

function membership(stratum, say) {
  const { words, formats } = say;
  if (!stratum?.membership?.length) return null;
  const at = isNumber(stratum.assay_cv)
    ? words.membership(formats.finePercent(stratum.assay_cv))
    : words.membershipPlain;
  return h(
    "div",
    { class: "membership" },
    h("h4", {}, words.membershipTitle),
    h("p", { class: "quiet" }, `${at}.`),
    h(
      "dl",
      {},
      stratum.membership.map((member) => membershipRow(member, say)),
    ),
  );
}

function place(answer, say) {
  const { stratum, input } = answer;
  const level = Number(input?.used?.value);
  if (!(level > 0) || input.used.comparator || !cutsOf(stratum).length) return null;
  return fitted("strip", (width) => strip(level, cutsOf(stratum), say, width));
}

function distance(stratum, { words, formats }) {
  if (!isNumber(stratum?.nearest_cut_point) || !isNumber(stratum?.distance_to_cut_point))
    return null;
  const { distance_to_cut_point, nearest_cut_point, unit = "pg/mL" } = stratum;
  return h(
    "p",
    { class: "quiet" },
    words.distance(
      formats.level(Math.abs(distance_to_cut_point)),
      formats.level(nearest_cut_point),
      unit,
    ),
  );
}

/** The first card: it always stands, whatever the status. */
export function stratumCard(answer, say) {
  const { words, formats } = say;
  const { stratum, reason } = answer;
  const { eyebrow, title, facts } = headingOf(answer, say);
  const share =
    isNumber(stratum?.population_share) && words.share(formats.percent(stratum.population_share));
  return card(
    `stratum status-${answer.status}`,
    null,
    h("p", { class: "eyebrow" }, eyebrow),
    h("h3", { class: "stratum-title" }, title),
    h("p", { class: "facts" }, [...facts, share].filter(Boolean).join(" · ")),
    reason?.message && h("p", { class: "reason" }, reason.message),
    place(answer, say),
    reading(answer, say),
    distance(stratum, say),
    membership(stratum, say),
  );
}
