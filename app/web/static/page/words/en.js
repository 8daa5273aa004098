// The page's own English. What the service says (labels, warnings, notices) comes in the answer.

const STRATA = { very_low: "very low", low: "low", high: "high", lower: "lower" };
const KINDS = {
  published: "published",
  derived: "derived",
  modelled: "modelled",
  fitted: "fitted",
};

export const en = {
  page: {}, // the page is written in English; see the other languages for its keys
  labels: { comparator: "Comparator", unit: "Unit" },
  stratum: (id) => STRATA[id] ?? id.replaceAll("_", " "),
  kind: (kind) => KINDS[kind] ?? kind,
  arm: { placebo: "Placebo", il2ld: "Low-dose IL‑2" },
  asking: "Asking …",
  ready: (label) => `The answer is ready: ${label}.`,
  faulty: (count) =>
    count === 1 ? "One thing needs correcting." : `${count} things need correcting.`,
  comma: "Write 1500 or 1.5: a comma or a space could mean either.",
  empty: "Give the level that the laboratory reported.",
  notPercent: "Give a percentage above 0 and up to 100, or leave it empty.",
  unreachable: "The service did not answer. Check the connection and try again.",
  unexpected: (status) => `The service answered with status ${status}.`,
  requestId: (id) => `Request ${id}`,
  more: "What this means",

  headline: {
    estimate: "Stratum",
    no_estimate: "No published estimate",
    indeterminate: "Stratum not decided",
  },
  named: (name) => `Stratum: ${name}`,
  stratumTitle: (name) => `${name[0].toUpperCase()}${name.slice(1)} pNFH`,
  share: (percent) => `${percent} of the trial’s participants`,
  readAs: (given, used) => `Given as ${given}, read as ${used} in CSF.`,
  used: (used) => `Read as ${used} in CSF.`,
  or: " or ",
  to: "to",
  membershipTitle: "How sure is the stratum?",
  membership: (cv) =>
    `Probability that the true level lies in each stratum, at an assay error of ${cv} (CV)`,
  membershipPlain: "Probability that the true level lies in each stratum",
  distance: (distance, cut, unit) =>
    `${distance} ${unit} from the nearest cut point, ${cut} ${unit}.`,
  stripAlternative: (level, cuts, unit) =>
    `The level ${level} ${unit} on a logarithmic scale; cut points ${cuts} ${unit}.`,

  effectTitle: "Effect of low-dose IL‑2 on the rate of death",
  thisStratum: "In this stratum",
  wholeTrial: "Whole trial",
  primary: "Primary result, not significant",
  pooled: "Pooled lower group",
  pooledNote: (ratio, note) => `Pooled lower group, hazard ratio ${ratio}. ${note}`,
  hazardRatio: "Hazard ratio",
  interval: (level, lower, upper) => `${level} interval ${lower} to ${upper}`,
  noInterval: "no interval published",
  pValue: (value) => `p = ${value}`,
  direction: "Direction:",
  directions: { benefit: "benefit", harm: "harm", uncertain: "uncertain" },
  because: {
    benefit: "The interval lies wholly below 1.",
    harm: "The interval lies wholly above 1.",
    uncertain: "The interval includes 1.",
    unknown: "No interval was published.",
  },
  chance:
    "No correction for multiple comparisons is known, the trial was not stratified by pNFH, and how the cut points were chosen is not known.",
  rateOfDeath: (change) => `Rate of death: ${change}`,
  deaths: (day, months, placebo, treated) =>
    `Modelled deaths by day ${day} (${months} months): placebo ${placebo}, low-dose IL‑2 ${treated}.`,
  noEffect: "No result was published for this stratum, so no estimate is given.",
  noEffectOpen: "No single effect applies while the stratum is open.",
  lowerRate: "lower rate on IL‑2",
  higherRate: "higher rate on IL‑2",
  forestAlternative:
    "Hazard ratios with their intervals, on a logarithmic scale around 1, which means no difference",

  curvesTitle: "Survival in this stratum, with and without low-dose IL‑2",
  curvesNote: (origin) =>
    `Modelled from published figures. Time runs from ${origin}, not from onset or diagnosis; the curves end where follow-up ended.`,
  origins: { randomisation: "randomisation" },
  bands: {
    inner: (level) => `${level} interval`,
    outer: "with the uncertainty of the curve’s shape",
    observed: "published",
  },
  axisTime: "Months and days since randomisation",
  monthTick: (months, days) => `${months} mo\n${days} d`,
  curvesAlternative:
    "Two modelled survival curves with bands. The table below gives the same numbers.",
  armAlternative: (arm, day, months, estimate, lower, upper) =>
    `${arm}: ${estimate} alive at day ${day} (${months} months), interval ${lower} to ${upper}.`,
  readAt: "Read the curves at",
  day: (day) => `day ${day}`,
  dayAndMonths: (day, months) => `day ${day} · ${months} months`,
  reading: (arm, estimate, lower, upper) => `${arm} ${estimate} (${lower} to ${upper})`,
  readingNote: "These intervals include the uncertainty of the curve’s shape.",
  tableTitle: "In numbers",
  tableHead: ["In this stratum", "Placebo", "Low-dose IL‑2", "Difference"],
  fromTo: (estimate, lower, upper) => `${estimate} (${lower} to ${upper})`,

  absoluteTitle: (day, months) => `By day ${day} (${months} months)`,
  absoluteHead: ["IL‑2 minus placebo", "In this stratum", "Whole trial"],
  survivalDifference: "Alive, percentage points",
  needed: "Number needed to treat",
  rmst: (tau) => `Mean days alive of the first ${tau}`,
  shapeRange: (lower, upper) => `${lower} to ${upper} over the curve’s shape`,
  observedDifference: (value) => `published: ${value}`,
  derivedDifference: (value) => `counted: ${value}`,
  towards: { benefit: "treated for one more alive", harm: "treated for one more death" },
  infinite: "infinite",
  neededInterval: (lower, upper) => `${lower} to ${upper}`,
  neededThrough: (lower, lowerType, upper, upperType) =>
    `from ${lower} (${lowerType}) through infinity to ${upper} (${upperType})`,
  marksTitle: (day) => `Of 100 people, alive at day ${day}`,
  marks: (arm, estimate, lower, upper) =>
    `${arm}: ${estimate} of 100, interval ${lower} to ${upper}`,
  marksKey: {
    sure: "to the lower limit",
    likely: "to the estimate",
    unsure: "to the upper limit",
    rest: "beyond",
  },

  exploratoryTitle: "Exploratory: the effect along the level",
  continuous: (level, ratio, lower, upper) =>
    `At ${level} the trial’s interaction model gives a hazard ratio of ${ratio} (${lower} to ${upper}).`,
  interaction: (ratio, lower, upper, p) =>
    `Interaction of treatment and level: ${ratio} (${lower} to ${upper}) per 1000 pg/mL, p = ${p}.`,

  wordsTitle: "In words",
  clinicianTitle: "For a letter or the record",
  layTitle: "In plain language",
  warningsTitle: "Take note",
  severities: { caution: "Caution", info: "Note", warning: "Warning" },
  noticesTitle: "Conditions of use",
  applicabilityTitle: "Does the evidence speak about this person?",
  grades: {
    applicable: "Every entry criterion of the trial is met.",
    not_applicable: "At least one entry criterion of the trial is not met.",
    undetermined:
      "Not determined: nothing about the person was sent. Check each entry criterion of the trial.",
  },
  criteria: { met: "met", not_met: "not met", unknown: "to check" },
  sourceTitle: "Source",
  source: (id, version) => `Evidence ${id}, version ${version}`,
  digest: "Digest",
  service: (version) => `Service version ${version}`,
  asJson: "This answer as JSON",
};
