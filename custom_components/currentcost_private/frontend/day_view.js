/** Today's picture with what can be done with it: point at a window, by hand or by key. */

import { draw, swatch } from "./chart.js";
import { labelOf, meanOf, windowsOf } from "./day.js";
import { html, show } from "./dom.js";

const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -8, PageUp: 8 };

export class DayView {
  constructor() {
    this._name = html("span", {});
    this._readout = html("span", { class: "readout" });
    this._summary = html("p", { class: "unseen", id: "summary" });
    this._scrub = html("div", {
      class: "scrub",
      role: "slider",
      tabindex: 0,
      "aria-describedby": "summary",
      onkeydown: (event) => this._key(event),
      onpointermove: (event) => this._pointer(event),
      onpointerdown: (event) => this._pointer(event),
      onpointerleave: () => this._point(undefined),
      onblur: () => this._point(undefined),
    });
    this._nothing = html("p", { class: "nothing" });
    this._legend = html("ul", { class: "legend" });
    this.element = html(
      "div",
      { class: "chart" },
      html("div", { class: "names" }, this._name, this._readout),
      this._summary,
      this._scrub,
      this._nothing,
      this._legend
    );
  }

  /** Show a day; `day` is undefined until it was fetched. */
  update(shown) {
    const { day, power, report, words, ready, dark } = shown;
    const before = this._shown;
    const same = before && Object.keys(shown).every((key) => shown[key] === before[key]);
    this._shown = shown;
    if (same) return;
    show(this._name, words.text(report ? "power_and_told" : "power_today", { provider: report?.provider }));
    const some = day && power.length > 0;
    this._scrub.hidden = !some;
    this._nothing.hidden = some;
    show(this._nothing, words.text(ready ? "no_history" : "loading"));
    this._legend.hidden = !some || !report;
    this._windows = !some ? [] : report?.runs.length ? windowsOf(report) : power;
    if (!some) return;
    this._scrub.setAttribute("aria-label", words.text(report ? "scrub_told" : "scrub"));
    this._showSummary();
    if (report) {
      this._legend.replaceChildren(
        ...this._counts().map(({ entry, count }) =>
          html(
            "li",
            {},
            swatch(report, entry, dark),
            html("span", {}, this._named(entry)),
            html("span", { class: "times" }, `× ${words.number(count)}`)
          )
        )
      );
    }
    this.draw();
  }

  /** Draw at the present width. */
  draw() {
    const { day, power, report } = this._shown ?? {};
    const width = Math.floor(this.element.clientWidth);
    if (!day || !power.length || !width) return;
    const banded = report && typeof report.window === "number" ? report : undefined;
    this._picture = draw({ ...this._shown, report: banded, width, now: Date.now() / 1000 });
    this._scrub.replaceChildren(this._picture.root);
    this._point(this._at);
  }

  _named(entry) {
    const { report, words } = this._shown;
    return entry.told === "answer" ? labelOf(report, entry.outcome, words) : words.text(`told_${entry.told}`);
  }

  /** Return how often what was told, in the order of the levels. */
  _counts() {
    const counts = new Map();
    for (const entry of this._windows.filter((each) => each.told)) {
      const key = `${entry.told} ${entry.outcome}`;
      const known = counts.get(key) ?? { entry, count: 0 };
      known.count += 1;
      counts.set(key, known);
    }
    const place = ({ entry }) =>
      entry.told !== "answer" ? 1e9 : entry.outcome || (this._shown.report.kind === "range" ? 1e8 : 0);
    return [...counts.values()].sort((one, other) => place(one) - place(other));
  }

  _showSummary() {
    const { power, report, words } = this._shown;
    const parts = [
      words.text("summary", {
        low: words.power(Math.min(...power.map((piece) => piece.low))),
        high: words.power(Math.max(...power.map((piece) => piece.high))),
        mean: words.power(meanOf(power, -Infinity, Infinity)),
      }),
    ];
    const counts = report ? this._counts() : [];
    if (counts.length) {
      const told = counts.map(({ entry, count }) => `${this._named(entry)} × ${words.number(count)}`);
      parts.push(words.text("summary_told", { provider: report.provider, told: told.join(", ") }));
    }
    show(this._summary, parts.join(" "));
    const last = this._windows.length - 1;
    this._scrub.setAttribute("aria-valuemin", 0);
    this._scrub.setAttribute("aria-valuemax", Math.max(0, last));
    this._scrub.setAttribute("aria-valuenow", this._at ?? Math.max(0, last));
    this._scrub.setAttribute("aria-valuetext", last < 0 ? "" : this._described(this._windows[this._at ?? last]));
  }

  _described(window) {
    const { power, words } = this._shown;
    const span = words.span(window.start, window.end);
    const mean = meanOf(power, window.start, window.end);
    const watts = mean === null ? words.text("not_measured") : words.power(mean);
    if (!window.told) return `${span}: ${watts}`;
    return words.text("readout", { span, power: watts, told: this._named(window) });
  }

  _point(at) {
    this._at = at;
    const window = this._windows?.[at];
    this._picture?.point(window?.start, window?.end);
    show(this._readout, window ? this._described(window) : "");
    this._name.hidden = Boolean(window);
    if (window) {
      this._scrub.setAttribute("aria-valuenow", at);
      this._scrub.setAttribute("aria-valuetext", this._described(window));
    }
  }

  _pointer(event) {
    if (!this._picture || !this._windows.length) return;
    const time = this._picture.timeAt(event.clientX - this._scrub.getBoundingClientRect().left);
    const at = this._windows.findIndex((window) => window.start <= time && time < window.end);
    this._point(at < 0 ? undefined : at);
  }

  _key(event) {
    const last = this._windows.length - 1;
    const ends = { Home: 0, End: last };
    if (!(event.key in STEPS) && !(event.key in ends)) return;
    event.preventDefault();
    const from = this._at ?? (STEPS[event.key] < 0 ? last + 1 : -1);
    this._point(Math.max(0, Math.min(last, ends[event.key] ?? from + STEPS[event.key])));
  }
}
