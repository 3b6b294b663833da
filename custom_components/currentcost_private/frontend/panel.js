/** The panel of privacy studies: choose a report, look at its study, make it anew. */

import { html, show } from "./dom.js";
import { wordsFor } from "./values.js";

const DOMAIN = "currentcost_private";
const PANEL = "currentcost-private-study";

const STYLE = `
:host { display: flex; flex-direction: column; height: 100vh; height: 100dvh; box-sizing: border-box;
  background: var(--primary-background-color); color: var(--primary-text-color); }
header { display: flex; align-items: center; gap: 8px; min-height: var(--header-height, 56px);
  padding: 0 12px; box-sizing: border-box; color: var(--app-header-text-color);
  background: var(--app-header-background-color); }
h1 { margin: 0; font-size: 20px; font-weight: 400; }
form { display: flex; flex-wrap: wrap; align-items: center; gap: 10px 12px; padding: 12px 16px; }
label { display: inline-flex; align-items: center; gap: 8px; }
select, button, a.button { all: unset; box-sizing: border-box; font: inherit; cursor: pointer;
  line-height: 24px; padding: 8px 14px; border-radius: var(--ha-border-radius-lg, 12px);
  border: 1px solid var(--divider-color); background: var(--card-background-color);
  color: var(--primary-text-color); max-width: 100%; }
select { appearance: auto; }
button.make { background: var(--primary-text-color); color: var(--primary-background-color); }
button:disabled { opacity: .6; cursor: progress; }
select:focus-visible, button:focus-visible, a:focus-visible { outline: 2px solid var(--primary-color);
  outline-offset: 2px; }
.said { color: var(--secondary-text-color); }
.said.wrong { color: var(--error-color); }
iframe { flex: 1; border: 0; width: 100%; min-height: 0; background: transparent; }
.empty { padding: 32px 16px; max-width: 60ch; margin: 0 auto; line-height: 1.5; }
[hidden] { display: none !important; }
`;

class StudyPanel extends HTMLElement {
  #hass;
  #words;
  #reports = [];
  #chosen = "";
  #shown = "";
  #busy = false;

  constructor() {
    super();
    this.attachShadow({ mode: "open" });
  }

  set hass(hass) {
    const isFirst = !this.#hass;
    this.#hass = hass;
    if (isFirst) this.#begin();
    this.page.style.colorScheme = hass.themes?.darkMode ? "dark" : "light";
  }

  set narrow(narrow) {
    this.isNarrow = narrow;
    if (this.menu) this.menu.narrow = narrow;
  }

  set route(route) {
    const wanted = route.path.slice(1);
    if (wanted) this.#chosen = wanted;
  }

  #begin() {
    this.#words = wordsFor(this.#hass);
    const text = (key) => this.#words.text(key);
    this.menu = html("ha-menu-button");
    this.menu.hass = this.#hass;
    this.menu.narrow = this.isNarrow;
    this.choice = html("select", { onchange: () => this.#choose(this.choice.value) });
    this.label = html("label", {}, text("study_report"), this.choice);
    this.make = html("button", { type: "submit", class: "make" });
    this.download = html(
      "button",
      { type: "button", onclick: () => this.#download() },
      text("study_download")
    );
    this.said = html("span", { class: "said", role: "status" });
    this.form = html(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          this.#make();
        },
      },
      this.label,
      this.make,
      this.download,
      this.said
    );
    // No script runs in it, and nothing of Home Assistant can be reached from it.
    this.page = html("iframe", {
      sandbox: "allow-popups allow-popups-to-escape-sandbox",
      title: text("study_title"),
      hidden: true,
    });
    this.empty = html("p", { class: "empty" });
    this.shadowRoot.append(
      html("style", {}, STYLE),
      html("header", {}, this.menu, html("h1", {}, text("study_title"))),
      this.form,
      this.page,
      this.empty
    );
    this.#load();
  }

  async #load() {
    try {
      this.#reports = await this.#hass.callWS({ type: `${DOMAIN}/studies` });
    } catch (error) {
      this.#say(error.message, true);
      return;
    }
    if (!this.#report) this.#chosen = this.#reports[0]?.subentry_id ?? "";
    this.choice.replaceChildren(
      ...this.#reports.map(({ subentry_id: id, title, question }) =>
        html("option", { value: id, selected: id === this.#chosen }, `${title}: ${question}`)
      )
    );
    await this.#show();
  }

  get #report() {
    return this.#reports.find(({ subentry_id: id }) => id === this.#chosen);
  }

  #choose(chosen) {
    this.#chosen = chosen;
    this.#say("");
    this.#show();
  }

  async #show() {
    const report = this.#report;
    const made = report?.made;
    const text = (key, values) => this.#words.text(key, values);
    this.label.hidden = this.#reports.length < 2;
    this.make.hidden = !report;
    this.make.disabled = this.#busy;
    show(this.make, text(this.#busy ? "study_making" : made ? "study_again" : "study_make"));
    this.download.hidden = !made;
    this.page.hidden = !made;
    this.empty.hidden = !!made;
    show(this.empty, text(report ? "study_none" : "no_report_text"));
    const wanted = made ? `${report.subentry_id} ${made}` : "";
    if (wanted === this.#shown) return;
    this.#shown = wanted;
    if (!made) return;
    const answer = await this.#hass.fetchWithAuth(this.#path);
    const page = answer.ok ? await answer.text() : "";
    if (this.#shown === wanted) this.page.srcdoc = page;
  }

  get #path() {
    return `/api/${DOMAIN}/study/${this.#chosen}`;
  }

  async #make() {
    const { subentry_id: id } = this.#report;
    this.#busy = true;
    this.#say("");
    this.#show();
    try {
      const { made } = await this.#hass.callWS({
        type: `${DOMAIN}/make_study`,
        subentry_id: id,
        language: this.#hass.locale?.language ?? this.#hass.language,
      });
      this.#reports = this.#reports.map((each) => (each.subentry_id === id ? { ...each, made } : each));
    } catch (error) {
      this.#say(error.message, true);
    }
    this.#busy = false;
    this.#show();
  }

  async #download() {
    const { path } = await this.#hass.callWS({ type: "auth/sign_path", path: this.#path });
    html("a", { href: path, download: "privacy-study.html" }).click();
  }

  #say(text, isWrong = false) {
    show(this.said, text);
    this.said.classList.toggle("wrong", isWrong);
  }
}

if (!customElements.get(PANEL)) customElements.define(PANEL, StudyPanel);
