// Draws what stands in data-chart; the table beside each chart says the same.

const clock = new Intl.DateTimeFormat(undefined, {
  month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
});

const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

// Hours below each other's days, as the browser's language writes them.
function timesOf(_plot, splits, _axis, _space, step) {
  let shown = "";
  return splits.map((split) => {
    const time = new Date(split * 1000);
    const said = date.format(time);
    const first = said !== shown;
    shown = said;
    if (step >= 86400) return said;
    return first ? `${hour.format(time)}\n${said}` : hour.format(time);
  });
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function toneOf(tone) {
  const named = { outside: "--outside", missing: "--missing", refused: "--bad" };
  return colour(named[tone] ?? `--tone-${tone}`);
}

function frame(element) {
  const axis = {
    stroke: colour("--soft"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1, size: 4 },
  };
  return {
    width: element.clientWidth,
    height: 240,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
    axes: [{ ...axis, grid: { show: false }, values: timesOf, space: 72 }, axis],
  };
}

function say(element, words) {
  element.querySelector(".said").textContent = words;
}

// Each layer is drawn from the ground up to the sum of it and those below it.
function stacked(element, chart) {
  const sums = [];
  let below = chart.times.map(() => 0);
  for (const series of chart.series) {
    below = series.values.map((value, index) => value + below[index]);
    sums.push(below);
  }
  const times = [...chart.times];
  if (chart.end !== null) {
    times.push(chart.end);
    for (const sum of sums) sum.push(sum.at(-1));
  }
  const layers = chart.series.map((series) => ({
    fill: toneOf(series.tone), width: 0, points: { show: false },
    paths: uPlot.paths.stepped({ align: 1 }),
  }));
  const options = frame(element);
  options.series = [{}, ...layers.reverse()];
  options.scales = { y: { range: (_plot, _low, high) => [0, Math.max(high * 1.05, 1)] } };
  options.axes[1].incrs = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6];
  options.axes[1].size = 52;
  options.hooks = { setCursor: [(plot) => {
    const index = plot.cursor.idx;
    if (index == null) return say(element, "");
    const at = Math.min(index, chart.times.length - 1);
    const counts = chart.series.filter((series) => series.values[at])
      .map((series) => `${series.name}: ${series.values[at]}`);
    say(element, [clock.format(new Date(chart.times[at] * 1000)), ...counts].join(" · "));
  }] };
  return new uPlot(options, [times, ...sums.reverse()], element);
}

function stepped(element, chart) {
  const options = frame(element);
  const names = chart.names;
  options.series = [{}, {
    stroke: colour("--accent"), width: element.clientWidth < 500 ? 1.5 : 3, points: { show: false }, spanGaps: false,
    paths: uPlot.paths.stepped({ align: 1 }),
  }];
  options.hooks = { setCursor: [(plot) => {
    const index = plot.cursor.idx;
    if (index == null) return say(element, "");
    const value = chart.values[index];
    const name = value == null ? "no answer" : names[value] ?? String(value);
    say(element, `${clock.format(new Date(chart.times[index] * 1000))} · ${name}`);
  }] };
  if (names.length) {
    const longest = Math.max(...names.map((name) => name.length));
    options.scales = { y: { range: [-0.5, names.length - 0.5] } };
    options.axes[1].splits = () => names.map((_name, index) => index);
    options.axes[1].values = (_plot, splits) => splits.map((split) => names[split]);
    options.axes[1].size = Math.min(24 + longest * 6.5, element.clientWidth / 3);
  }
  return new uPlot(options, [chart.times, chart.values], element);
}

function draw(element) {
  const chart = JSON.parse(element.dataset.chart);
  return chart.kind === "stack" ? stacked(element, chart) : stepped(element, chart);
}

for (const element of document.querySelectorAll("[data-chart]")) {
  let plot = draw(element);
  new ResizeObserver(() => {
    if (Math.abs(plot.width - element.clientWidth) > 1) {
      plot.setSize({ width: element.clientWidth, height: 240 });
    }
  }).observe(element);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    plot.destroy();
    plot = draw(element);
  });
}
