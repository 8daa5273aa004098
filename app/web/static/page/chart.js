// The curves, drawn by uPlot. Colours come from the style sheet each time it draws.

import { DAYS_IN_A_MONTH, isNumber } from "./format.js";

const MONTH_STEP = 3;
const ARMS = ["control", "treated"];
const ON_PAPER = { width: 460, height: 235 };
let present = null;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function font(size) {
  return `${size}px ${getComputedStyle(document.body).fontFamily}`;
}

/** The lines of one arm: its outer band, its 95 % band, its curve; those that the answer has. */
function linesOf(arm, role) {
  const outer = arm.shape_sensitivity ?? {};
  const pairs = [
    { role, part: "outer", values: [outer.band_upper, outer.band_lower] },
    { role, part: "inner", values: [arm.upper, arm.lower] },
  ];
  return pairs.filter(({ values }) => values.every((value) => value?.length === arm.time.length));
}

function bandSeries({ role, part }) {
  const edge = part === "outer" ? { width: 1, dash: [2, 3] } : { width: 0 };
  return {
    scale: "y",
    stroke: () => colour(`${role}-edge`),
    points: { show: false },
    pxAlign: 0,
    ...edge,
  };
}

function curveSeries(role) {
  return {
    scale: "y",
    stroke: () => colour(role),
    width: 2.5,
    dash: role === "control" ? [7, 4] : undefined,
    points: { show: false },
    pxAlign: 0,
  };
}

/** The columns and series that uPlot draws, back to front: outer bands, inner bands, curves. */
function layersOf(arms) {
  const known = arms.map((arm, i) => [arm, ARMS[i]]).filter(([arm]) => arm);
  const pairs = known.flatMap(([arm, role]) => linesOf(arm, role));
  const ordered = [
    ...pairs.filter(({ part }) => part === "outer"),
    ...pairs.filter(({ part }) => part === "inner"),
  ];
  const columns = [
    ...ordered.flatMap(({ values }) => values),
    ...known.map(([arm]) => arm.survival),
  ];
  const series = [
    ...ordered.flatMap((pair) => [bandSeries(pair), bandSeries(pair)]),
    ...known.map(([, role]) => curveSeries(role)),
  ];
  const bands = ordered.map(({ role, part }, i) => ({
    series: [2 * i + 1, 2 * i + 2],
    fill: () => colour(`${role}-${part}`),
  }));
  return { columns, series, bands };
}

function monthSplits(horizon) {
  const months = Math.floor(horizon / DAYS_IN_A_MONTH + 0.05);
  return Array.from(
    { length: Math.floor(months / MONTH_STEP) + 1 },
    (_, i) => i * MONTH_STEP * DAYS_IN_A_MONTH,
  );
}

function axes(horizon, { words, formats }, width) {
  const ink = {
    stroke: () => colour("ink-soft"),
    font: font(12),
    labelFont: font(12),
    ticks: { show: false },
  };
  const splits = monthSplits(horizon).filter((_, i) => width > 520 || i % 2 === 0);
  const label = (day) =>
    words.monthTick(String(Math.round(day / DAYS_IN_A_MONTH)), formats.days(day));
  return [
    {
      ...ink,
      size: 46,
      gap: 6,
      labelSize: 18,
      label: words.axisTime,
      grid: { show: false },
      splits: () => splits,
      values: (_, days) => days.map(label),
    },
    {
      ...ink,
      size: 50,
      gap: 8,
      splits: () => [0, 0.25, 0.5, 0.75, 1],
      values: (_, shares) => shares.map(formats.percent),
      grid: { stroke: () => colour("rule"), width: 1 },
    },
  ];
}

function markObserved(plot, arm, role) {
  if (!isNumber(arm?.observed?.survival)) return;
  const { ctx } = plot;
  const x = plot.valToPos(arm.observed.time, "x", true);
  const y = plot.valToPos(arm.observed.survival, "y", true);
  const half = 6 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.moveTo(x - half, y);
  ctx.lineTo(x, y - half);
  ctx.lineTo(x + half, y);
  ctx.lineTo(x, y + half);
  ctx.closePath();
  ctx.fillStyle = colour("surface");
  ctx.strokeStyle = colour(role);
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}

function sizeFor(width) {
  return { width, height: width > 520 ? 360 : 300 };
}

/** Draw the curves in a box. The answer is uPlot's object, with its size and theme kept right. */
export function drawChart(box, curves, arms, say, onDay) {
  const { columns, series, bands } = layersOf(arms);
  const width = Math.round(box.clientWidth) || 640;
  const plot = new globalThis.uPlot(
    {
      ...sizeFor(width),
      padding: [10, 26, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { show: false } },
      scales: { x: { time: false, range: [0, curves.horizon] }, y: { range: [0, 1] } },
      axes: axes(curves.horizon, say, width),
      series: [{}, ...series],
      bands,
      hooks: {
        draw: [(drawn) => arms.forEach((arm, i) => markObserved(drawn, arm, ARMS[i]))],
        setCursor: [(drawn) => isNumber(drawn.cursor.idx) && onDay(drawn.cursor.idx)],
      },
    },
    [arms.find(Boolean).time, ...columns],
    box,
  );
  new ResizeObserver(
    () => box.clientWidth && plot.setSize(sizeFor(Math.round(box.clientWidth))),
  ).observe(box);
  present = plot;
  return plot;
}

function drawForPaper() {
  document.documentElement.dataset.theme = "paper";
  present?.setSize(ON_PAPER);
}

function drawForScreen() {
  delete document.documentElement.dataset.theme;
  if (present?.root.isConnected)
    present.setSize(sizeFor(Math.round(present.root.parentElement.clientWidth)));
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => present?.redraw());
addEventListener("beforeprint", drawForPaper);
addEventListener("afterprint", drawForScreen);
