/** Draws today: the line of the power, and under it what the provider was told. */

import { html, svg } from "./dom.js";
import { levelOf } from "./day.js";

const TOP = 18;
const PLOT = 120;
const GAP = 14;
const BAND = 40;
const AXIS = 20;
/** Longer without a value is a gap in the line (s). */
const LONGEST = 450;
const HOUR = 3600;
const STEPS = [HOUR / 4, HOUR / 2, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR];

// From calm to much: told apart by their brightness too, on both grounds.
const RAMPS = {
  light: [[0, 137, 123], [239, 143, 0], [198, 40, 40]],
  dark: [[77, 182, 172], [255, 183, 77], [239, 108, 108]],
};
const OUTSIDE = { light: "rgb(106, 27, 154)", dark: "rgb(186, 130, 216)" };

/** Return the colour of an outcome. */
export const colourOf = (report, outcome, dark) => {
  const ground = dark ? "dark" : "light";
  const isRange = report.kind === "range";
  if (isRange && outcome === 0) return OUTSIDE[ground];
  const last = report.labels.length - 1;
  const lowest = isRange ? 1 : 0;
  const share = report.labels.length
    ? (outcome - lowest) / Math.max(1, last - lowest)
    : levelOf(report, outcome);
  const ramp = RAMPS[ground];
  const at = Math.min(share, 1) * (ramp.length - 1);
  const from = ramp[Math.floor(at)];
  const to = ramp[Math.ceil(at)];
  const part = at - Math.floor(at);
  return `rgb(${from.map((value, i) => Math.round(value + (to[i] - value) * part)).join(", ")})`;
};

/** Return round values for the lines across the plot, from 0 to the highest. */
export const scaleOf = (highest) => {
  const rough = Math.max(highest, 10) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough);
  return Array.from({ length: Math.ceil(Math.max(highest, 10) / step) + 1 }, (_, i) => i * step);
};

/** Split what was measured where nothing was. */
const stretches = (pieces) => {
  const found = [];
  for (const piece of pieces) {
    const last = found.at(-1);
    if (last && piece.start - last.at(-1).end < LONGEST) last.push(piece);
    else found.push([piece]);
  }
  return found;
};

const path = (points) => points.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/**
 * Return from when to when the picture goes: the day, or on a first day the whole hours
 * since something was measured.
 */
export const spanOf = (day, power, report, now) => {
  const first = Math.min(...[...power, ...(report?.runs ?? [])].map((piece) => piece.start));
  if (!(first - day.start >= HOUR)) return day;
  const start = day.start + Math.floor((first - day.start) / HOUR) * HOUR;
  const whole = Math.ceil((now - start) / HOUR) * HOUR;
  return { start, end: Math.min(day.end, start + Math.max(HOUR, whole)) };
};

const ticks = ({ start, end }, words) => {
  const step = STEPS.find((each) => (end - start) / each <= 5) ?? STEPS.at(-1);
  const found = [];
  for (let time = start; time <= end; time += Math.min(step, HOUR)) {
    if (step <= HOUR || words.hour(time) % (step / HOUR) === 0) found.push(time);
  }
  return found.map((time) => [time, step < HOUR ? words.time(time) : words.wholeHour(time)]);
};

/**
 * Return the picture, and how to go from its pixels to times.
 *
 * `power` is in pieces of {start, end, mean, low, high}; `report` may be undefined.
 */
export const draw = ({ width, day, power, report, words, dark, now }) => {
  const span = spanOf(day, power, report, now);
  const floor = Math.min(0, ...power.map((piece) => piece.low));
  const scale = scaleOf(Math.max(...power.map((piece) => piece.high), -floor));
  const top = scale.at(-1);
  const bottom = TOP + PLOT;
  const bandTop = bottom + GAP;
  const bandBottom = report ? bandTop + BAND : bottom;
  const height = bandBottom + AXIS;
  const x = (time) => ((time - span.start) / (span.end - span.start)) * width;
  const y = (watts) => bottom - ((watts - floor) / (top - floor)) * PLOT;

  const root = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  root.append(
    svg(
      "defs",
      {},
      svg(
        "pattern",
        { id: "hatched", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, class: "hatch" })
      )
    )
  );
  for (const watts of scale) {
    root.append(svg("line", { x1: 0, x2: width, y1: y(watts), y2: y(watts), class: watts ? "grid" : "ground" }));
  }
  for (const [time, label] of ticks(span, words)) {
    root.append(svg("line", { x1: x(time), x2: x(time), y1: TOP, y2: bandBottom + 4, class: "grid" }));
    const anchor = time <= span.start ? "start" : time >= span.end ? "end" : "middle";
    root.append(
      svg("text", { x: x(time), y: height - 4, "text-anchor": anchor, class: "tick" }, label)
    );
  }
  for (const pieces of stretches(power)) {
    // From the very start to the very end, so that a single piece is a line too.
    const along = (value) => [
      [x(pieces[0].start), y(value(pieces[0]))],
      ...pieces.map((piece) => [x((piece.start + piece.end) / 2), y(value(piece))]),
      [x(pieces.at(-1).end), y(value(pieces.at(-1)))],
    ];
    const middle = along((piece) => piece.mean);
    const outline = [...along((piece) => piece.high), ...along((piece) => piece.low).reverse()];
    const zero = y(Math.max(floor, 0));
    root.append(
      svg("path", { d: `${path(outline)}Z`, class: "range" }),
      svg("path", { d: `${path([[middle[0][0], zero], ...middle, [middle.at(-1)[0], zero]])}Z`, class: "area" }),
      svg("path", { d: path(middle), class: "line" })
    );
  }
  // Last, so that the words stand above the line.
  for (const watts of scale.slice(1)) {
    root.append(svg("text", { x: 2, y: y(watts) - 3, class: "tick level" }, words.power(watts, top)));
  }
  if (report) root.append(band({ report, x, bandTop, bandBottom, width, dark }));
  const cursor = svg("line", { y1: TOP, y2: bandBottom, class: "cursor", visibility: "hidden" });
  root.append(cursor);
  return {
    root,
    height,
    timeAt: (pixel) => span.start + (pixel / width) * (span.end - span.start),
    /** Mark a span of time; none if there is no start. */
    point: (start, end) => {
      const at = start === undefined ? 0 : x((start + end) / 2);
      cursor.setAttribute("x1", at);
      cursor.setAttribute("x2", at);
      cursor.setAttribute("visibility", start === undefined ? "hidden" : "visible");
    },
  };
};

const band = ({ report, x, bandTop, bandBottom, width, dark }) => {
  const group = svg("g", {});
  group.append(
    svg("rect", { x: 0, y: bandTop, width, height: BAND, class: "empty" })
  );
  for (const run of report.runs) {
    const place = { x: x(run.start), width: Math.max(0.5, x(run.end) - x(run.start)) };
    if (run.told === "answer") {
      const level = BAND * levelOf(report, run.outcome);
      group.append(
        svg("rect", { ...place, y: bandBottom - level, height: level, fill: colourOf(report, run.outcome, dark) })
      );
    } else {
      group.append(svg("rect", { ...place, y: bandTop, height: BAND, class: run.told }));
    }
  }
  group.append(svg("line", { x1: 0, x2: width, y1: bandBottom, y2: bandBottom, class: "ground" }));
  return group;
};

/** Return a small picture of an outcome, or of what else is told, for a legend. */
export const swatch = (report, entry, dark) =>
  html("span", {
    class: `swatch ${entry.told}`,
    style: entry.told === "answer" ? `background: ${colourOf(report, entry.outcome, dark)}` : undefined,
  });
