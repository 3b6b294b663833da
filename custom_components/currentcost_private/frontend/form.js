/** What the card can be set to: a form for its editor, and what is refused. */

import { DOMAIN, known } from "./entities.js";
import { wordsFor } from "./values.js";

const TEXTS = ["entity", "power", "title"];
const SWITCHES = ["show_chart", "show_bits"];

/** Return the form; `hass` is the latest that was seen, if any. */
export const formFor = (hass) => {
  const { reports } = known();
  const outcomes = reports.length
    ? { include_entities: reports.map((report) => report.outcome) }
    : { filter: { integration: DOMAIN, domain: "sensor" } };
  const power = { filter: { domain: "sensor", device_class: "power" } };
  const words = wordsFor(hass ?? { language: "en" });
  return {
    schema: [
      { name: "entity", selector: { entity: outcomes } },
      { name: "power", selector: { entity: power } },
      { name: "title", selector: { text: {} } },
      {
        type: "grid",
        name: "",
        schema: SWITCHES.map((name) => ({ name, default: true, selector: { boolean: {} } })),
      },
    ],
    assertConfig: check,
    computeLabel: ({ name }) => (name ? words.text(`editor_${name}`) : ""),
    computeHelper: ({ name }) =>
      ["entity", "power"].includes(name) ? words.text(`editor_${name}_help`) : undefined,
  };
};

/** Refuse a configuration that means nothing. */
export const check = (config) => {
  for (const name of TEXTS) {
    if (config[name] !== undefined && typeof config[name] !== "string") {
      throw new Error(`"${name}" has to be a text`);
    }
  }
  for (const name of SWITCHES) {
    if (config[name] !== undefined && typeof config[name] !== "boolean") {
      throw new Error(`"${name}" has to be true or false`);
    }
  }
};
