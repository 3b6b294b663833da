/** The card: power now, what the provider knows, and today's line over its windows. */

import { DOMAIN, find } from "./entities.js";
import { fetchDay, fetchPower, labelOf, wattsOf } from "./day.js";
import { colourOf } from "./chart.js";
import { DayView } from "./day_view.js";
import { html, show } from "./dom.js";
import { check, formFor } from "./form.js";
import { givenAway } from "./given.js";
import { STYLE } from "./style.js";
import { wordsFor } from "./values.js";

export const CARD = "currentcost-private-card";

const NOTHING_KNOWN = ["unknown", "unavailable"];
const AGAIN = 60_000;
/** A report's sensors change one after the other, and the recorder writes later (ms). */
const RECORDED = [1_000, 8_000];

export class CurrentCostPrivateCard extends HTMLElement {
  static getStubConfig(hass) {
    const { reports } = find(hass);
    return reports.length ? { entity: reports[0].outcome } : {};
  }

  static getConfigForm() {
    return formFor(CurrentCostPrivateCard.latest);
  }

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    this._config = {};
    this._day = undefined;
    this._power = [];
    this._timers = [];
  }

  setConfig(config) {
    check(config);
    this._config = { show_chart: true, show_bits: true, ...config };
    this._seen = undefined;
    this._day = undefined;
    if (this._hass) this.hass = this._hass;
  }

  set hass(hass) {
    this._hass = hass;
    CurrentCostPrivateCard.latest = hass;
    const { reports, houses } = find(hass);
    const wanted = this._config.entity;
    this._report = wanted ? reports.find((each) => each.outcome === wanted) : reports[0];
    this._house = houses[0];
    const seen = [hass.locale, hass.themes, hass.config.state, ...this._watched().map((id) => hass.states[id])];
    if (this._seen?.length === seen.length && seen.every((each, at) => each === this._seen[at])) return;
    const told = [this._report?.lastReport, this._report?.pending, this._report?.outcome]
      .map((id) => hass.states[id]?.last_updated)
      .join();
    const isNews = told !== this._told || this._asked !== this._report?.outcome || !this._day;
    this._seen = seen;
    this._told = told;
    this._words = wordsFor(hass);
    this._update();
    if (isNews && this.isConnected) this._fetchSoon();
  }

  connectedCallback() {
    this._visible = () => document.hidden || this._fetch();
    document.addEventListener("visibilitychange", this._visible);
    this._clock = setInterval(this._visible, AGAIN);
    this._sizes = new ResizeObserver(() => this._dayView?.draw());
    this._sizes.observe(this);
    if (this._hass) this._fetch();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this._visible);
    clearInterval(this._clock);
    this._timers.forEach(clearTimeout);
    this._sizes.disconnect();
  }

  getCardSize() {
    return 3 + (this._config.show_chart ? 4 : 0) + (this._config.show_bits ? 2 : 0);
  }

  getGridOptions() {
    return { columns: 12, min_columns: 6, rows: "auto" };
  }

  _watched() {
    const { outcome, lastReport, pending } = this._report ?? {};
    return [this._powerId(), outcome, lastReport, pending].filter(Boolean);
  }

  _powerId() {
    if (this._config.power) return this._config.power;
    if (!this._report) return this._house?.power;
    return this._reportOfDay()?.source ?? (this._failed ? this._house?.power : undefined);
  }

  /** Return what was told of the report that is shown, once it has been fetched. */
  _reportOfDay() {
    return this._asked === this._report?.outcome ? this._day?.report : undefined;
  }

  _fetchSoon() {
    this._timers.forEach(clearTimeout);
    const delays = this._day ? RECORDED : [0, ...RECORDED];
    this._timers = delays.map((delay) => setTimeout(() => this._fetch(), delay));
  }

  /** Fetch what is shown of the day; an answer that a later question overtook is dropped. */
  async _fetch() {
    const turn = (this._turn = (this._turn ?? 0) + 1);
    const outcome = this._report?.outcome;
    const hass = this._hass;
    const day = await fetchDay(hass, outcome).catch(() => undefined);
    if (turn !== this._turn || outcome !== this._report?.outcome) return;
    this._failed = !day;
    if (day) {
      this._day = day;
      this._asked = outcome;
    }
    const power = this._powerId();
    if (this._day && power && this._config.show_chart) {
      const pieces = await fetchPower(hass, power, this._day).catch(() => []);
      if (turn !== this._turn) return;
      this._power = pieces;
    }
    this._fetched = true;
    this._update();
  }

  _build() {
    const part = (name) => html("span", { class: name });
    const side = (kind, icon, entity) =>
      html(
        "button",
        { class: `side ${kind}`, type: "button", onclick: () => this._moreInfo(entity()) },
        html("span", { class: "what" }, html("ha-icon", { icon, "aria-hidden": "true" }), part("name")),
        part("value"),
        part("when")
      );
    this._dayView = new DayView();
    this._parts = {
      title: html("h2"),
      question: html("p", { class: "question" }),
      home: side("home", "mdi:home-lightning-bolt-outline", () => this._powerId()),
      told: side("told", "mdi:eye-outline", () => this._report?.outcome),
      alert: html("p", { class: "note alert", role: "status" }),
      note: html("div", { class: "note" }),
      given: html("section", { class: "given" }),
    };
    const { title, question, home, told, alert, note, given } = this._parts;
    this.shadowRoot.replaceChildren(
      html(
        "ha-card",
        {},
        html("div", {}, title, question),
        html("div", { class: "sides" }, home, told),
        alert,
        this._dayView.element,
        note,
        given
      )
    );
  }

  _update() {
    if (!this._hass || !this._words) return;
    if (!this._parts) this._build();
    const { title, question, note } = this._parts;
    const report = this._reportOfDay();
    const name = this._report?.name || this._house?.name || this._words.text("card_name");
    show(title, this._config.title ?? name);
    title.hidden = !title.textContent;
    show(question, report?.title ?? "");
    question.hidden = !report;
    this._showHome();
    this._showTold(report);
    this._showAlert(report);
    this._dayView.element.hidden = !this._config.show_chart || !this._powerId();
    this._dayView.update({
      day: this._day,
      power: this._power,
      report,
      words: this._words,
      dark: Boolean(this._hass.themes?.darkMode),
      ready: Boolean(this._fetched),
    });
    note.hidden = Boolean(this._report);
    if (!this._report) this._showNote();
    this._showGiven(report);
  }

  _showHome() {
    const { home } = this._parts;
    const id = this._powerId();
    const state = this._hass.states[id];
    const watts = wattsOf(state);
    home.hidden = !id;
    const value =
      watts === null
        ? this._hass.localize(`state.default.${state?.state === "unknown" ? "unknown" : "unavailable"}`) || "—"
        : this._words.power(watts);
    this._fill(home, this._words.text("at_home_now"), value, this._words.text("stays_home"));
    home.querySelector(".value").classList.toggle("long", watts === null);
  }

  _showTold(report) {
    const { told } = this._parts;
    told.hidden = !this._report;
    if (!this._report) return;
    const words = this._words;
    const state = this._hass.states[this._report.outcome]?.state;
    const nothing = !state || NOTHING_KNOWN.includes(state);
    const last = Date.parse(this._hass.states[this._report.lastReport]?.state) / 1000;
    let value = state;
    if (state === "unavailable" || !state) value = this._hass.localize("state.default.unavailable") || "—";
    else if (nothing) value = words.text(Number.isFinite(last) ? "told_nothing" : "no_answer_yet");
    else if (report && !report.labels.length) value = labelOf(report, Number(state), words);
    let when = "";
    if (!nothing && Number.isFinite(last) && report && typeof report.window === "number") {
      when = words.span(last - report.window, last);
    } else if (nothing && report && typeof report.window === "number") {
      const now = Date.now() / 1000;
      when = words.text("next_answer", { time: words.time(Math.ceil(now / report.window) * report.window) });
    }
    const name = report ? words.text("provider_knows", { provider: report.provider }) : this._report.name;
    this._fill(told, name, value, when);
    told.querySelector(".value").classList.toggle("long", value.length > 14);
    const outcome = report?.labels.indexOf(state) ?? -1;
    if (outcome >= 0) told.style.setProperty("--told", colourOf(report, outcome, this._hass.themes?.darkMode));
    else told.style.removeProperty("--told");
  }

  _fill(side, name, value, when) {
    show(side.querySelector(".name"), name);
    show(side.querySelector(".value"), value);
    show(side.querySelector(".when"), when);
  }

  _showAlert(report) {
    const { alert } = this._parts;
    const reasons = [];
    if (this._failed) reasons.push(this._words.text("not_loaded"));
    if (report?.trouble) reasons.push(this._words.text("trouble", { provider: report.provider }));
    if (report?.trouble && report.waiting) reasons.push(this._words.count("waiting", report.waiting));
    alert.hidden = !reasons.length;
    show(alert, reasons.join(" "));
  }

  _showNote() {
    const words = this._words;
    const wrong = Boolean(this._config.entity);
    const path = `/config/integrations/integration/${DOMAIN}`;
    const go = (event) => {
      event.preventDefault();
      history.pushState(null, "", path);
      window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
    };
    this._parts.note.replaceChildren(
      html("b", {}, words.text(wrong ? "gone_title" : "no_report_title")),
      html("span", {}, words.text(wrong ? "gone_text" : "no_report_text")),
      html("br"),
      html("a", { href: path, onclick: go }, words.text("open_integration"))
    );
  }

  _showGiven(report) {
    const { given } = this._parts;
    given.hidden = !report || !this._config.show_bits;
    if (given.hidden) return;
    const shown = JSON.stringify([report.answers, report.readings, this._hass.locale]);
    if (this._given === shown) return;
    this._given = shown;
    const open = given.querySelector("details")?.open;
    given.replaceChildren(...givenAway(report, this._words, open));
  }

  _moreInfo(entityId) {
    if (!entityId) return;
    this.dispatchEvent(
      new CustomEvent("hass-more-info", { detail: { entityId }, bubbles: true, composed: true })
    );
  }
}
