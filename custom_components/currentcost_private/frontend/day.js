/** Today: what was recorded of the power, and what the provider was told of it. */

import { DOMAIN } from "./entities.js";

const FIVE_MINUTES = 300;
const FACTORS = { W: 1, kW: 1e3, MW: 1e6, mW: 1e-3 };

/** Return a state's power in watts, null where it says none. */
export const wattsOf = (state) => {
  const watts = Number.parseFloat(state?.state) * FACTORS[state?.attributes.unit_of_measurement];
  return Number.isFinite(watts) ? watts : null;
};

/** Ask for the day at home (UTC s), and of a report what was told. */
export const fetchDay = (hass, entityId) =>
  hass.callWS({ type: `${DOMAIN}/day`, ...(entityId && { entity_id: entityId }) });

const statistics = async (hass, entityId, day) => {
  const found = await hass.callWS({
    type: "recorder/statistics_during_period",
    start_time: new Date(day.start * 1000).toISOString(),
    statistic_ids: [entityId],
    period: "5minute",
    types: ["mean", "min", "max"],
    units: { power: "W" },
  });
  return (found[entityId] ?? [])
    .filter((row) => Number.isFinite(row.mean))
    .map((row) => ({
      start: row.start / 1000,
      end: row.end / 1000,
      mean: row.mean,
      low: row.min ?? row.mean,
      high: row.max ?? row.mean,
    }));
};

/** Cut states into five minutes, each with its mean, weighted by time. */
export const binned = (states, factor, until) => {
  const bins = new Map();
  states.forEach(({ time, value }, at) => {
    const watts = value * factor;
    let from = time;
    const to = Math.min(states[at + 1]?.time ?? until, until);
    while (Number.isFinite(watts) && from < to) {
      const start = Math.floor(from / FIVE_MINUTES) * FIVE_MINUTES;
      const upTo = Math.min(to, start + FIVE_MINUTES);
      const bin = bins.get(start) ?? { seconds: 0, sum: 0, low: watts, high: watts };
      bin.seconds += upTo - from;
      bin.sum += watts * (upTo - from);
      bin.low = Math.min(bin.low, watts);
      bin.high = Math.max(bin.high, watts);
      bins.set(start, bin);
      from = upTo;
    }
  });
  return [...bins]
    .filter(([, bin]) => bin.seconds > 0)
    .map(([start, { seconds, sum, low, high }]) => ({
      start,
      end: Math.min(start + FIVE_MINUTES, until),
      mean: sum / seconds,
      low,
      high,
    }));
};

const states = async (hass, entityId, start) => {
  const found = await hass.callWS({
    type: "history/history_during_period",
    start_time: new Date(start * 1000).toISOString(),
    entity_ids: [entityId],
    minimal_response: true,
    no_attributes: true,
    significant_changes_only: false,
  });
  const rows = (found[entityId] ?? []).map((row) => ({
    time: Math.max(row.lu ?? row.lc, start),
    value: Number.parseFloat(row.s),
  }));
  // The recorder is some seconds behind.
  const now = hass.states[entityId];
  const updated = Date.parse(now?.last_updated) / 1000;
  if (updated > (rows.at(-1)?.time ?? start)) {
    rows.push({ time: updated, value: Number.parseFloat(now.state) });
  }
  return binned(rows, FACTORS[now?.attributes.unit_of_measurement], Date.now() / 1000);
};

/**
 * Return today's power in pieces of five minutes: {start, end, mean, low, high}, UTC s
 * and W. Statistics, and states for what these don't have (yet).
 */
export const fetchPower = async (hass, entityId, day) => {
  const kept = hass.states[entityId]?.attributes.state_class
    ? await statistics(hass, entityId, day)
    : [];
  const since = kept.length ? kept[kept.length - 1].end : day.start;
  return [...kept, ...(await states(hass, entityId, since))];
};

/** Return the mean of the pieces that lie in a span, null where there are none. */
export const meanOf = (pieces, start, end) => {
  let seconds = 0;
  let sum = 0;
  for (const piece of pieces) {
    const within = Math.min(piece.end, end) - Math.max(piece.start, start);
    if (within > 0) {
      seconds += within;
      sum += piece.mean * within;
    }
  }
  return seconds ? sum / seconds : null;
};

/** Return the windows that are over, one by one. */
export const windowsOf = (report) =>
  report.runs.flatMap((run) => {
    const windows = [];
    for (let start = run.start; start < run.end; start += report.window) {
      windows.push({ ...run, start, end: start + report.window });
    }
    return windows;
  });

/**
 * Return how high an outcome stands, from above 0 to 1. The first outcome of a range is
 * outside: above all others, or fed in.
 */
export const levelOf = (report, outcome) => {
  if (!report.labels.length) {
    const most = Math.max(1, ...report.runs.map((run) => run.outcome ?? 0));
    return 0.1 + (0.9 * outcome) / most;
  }
  const count = report.labels.length;
  const rank = report.kind === "range" ? outcome || count : outcome + 1;
  return rank / count;
};

/** Return an outcome in words. */
export const labelOf = (report, outcome, words) =>
  report.labels[outcome] ?? `${words.number(outcome)} ${report.unit}`;
