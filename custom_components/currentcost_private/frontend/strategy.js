/** The dashboard: the card with history, bill and reports, made of what there is. */

import { CARD } from "./card.js";
import { DOMAIN, find } from "./entities.js";
import { wordsFor } from "./values.js";

const PAGE = `/config/integrations/integration/${DOMAIN}`;

const heading = (text, icon, path) => ({
  type: "heading",
  heading: text,
  icon,
  ...(path && { tap_action: { action: "navigate", navigation_path: path } }),
});
const tile = (entity, name, more = {}) => ({ type: "tile", entity, name: { type: name }, ...more });
/** Of one device, which the heading names. */
const tiles = (...entities) => entities.filter(Boolean).map((entity) => tile(entity, "entity"));
const full = { grid_options: { columns: "full" } };
const section = (...cards) => ({ type: "grid", cards: cards.flat().filter(Boolean) });

const graph = (entities, title, days, period, more) => [
  { type: "heading", heading: title, heading_style: "subtitle" },
  {
    type: "statistics-graph",
    entities,
    days_to_show: days,
    period,
    hide_legend: entities.length < 2,
    ...full,
    ...more,
  },
];
const bars = (entities, title, days, period) =>
  graph(entities, title, days, period, { stat_types: ["change"], chart_type: "bar" });
const lines = (entities, title, days, period) =>
  graph(entities, title, days, period, { stat_types: ["mean"], chart_type: "line" });

/** Return a section for each report, or one that says how to set one up. */
const reportSections = ({ reports, houses }, words) =>
  reports.length
    ? reports.map((report) =>
        section(
          heading(report.name, "mdi:shield-lock-outline", `/config/devices/device/${report.id}`),
          { type: `custom:${CARD}`, entity: report.outcome, title: "" },
          tiles(report.lastReport, report.pending, report.connection, ...report.events)
        )
      )
    : [
        section(
          heading(houses[0]?.name ?? words.text("card_name"), "mdi:shield-lock-outline", PAGE),
          { type: `custom:${CARD}`, title: "" }
        ),
      ];

const meterSection = ({ houses, appliances, displays }, hass, words) => {
  const energies = houses.map((house) => house.energy).filter(Boolean);
  if (!houses.length && !appliances.length) return [];
  const path = hass.config.components.includes("energy") ? "/energy" : undefined;
  return [
    section(
      heading(words.text("energy"), "mdi:lightning-bolt", path),
      energies.length ? bars(energies, words.text("energy_today"), 1, "hour") : null,
      houses.flatMap((house) => tiles(house.power, house.energy, ...house.channels)),
      displays.flatMap((display) => tiles(display.temperature)),
      appliances.length ? heading(words.text("appliances"), "mdi:power-plug-outline") : null,
      appliances.map((appliance) => tile(appliance.power, "device"))
    ),
  ];
};

const billSections = ({ bills }) =>
  bills.map(({ id, name, bill }) =>
    section(
      heading(name, "mdi:receipt-text-outline", `/config/devices/device/${id}`),
      tiles(bill.cost, bill.forecast, bill.low, bill.high, bill.baseLoad, bill.leftOn),
      bill.basis ? tile(bill.basis, "entity", full) : null
    )
  );

const netSections = ({ nets }) =>
  nets.map(({ id, name, net }) =>
    section(heading(name, "mdi:transmission-tower", `/config/devices/device/${id}`), tiles(...net))
  );

const historySections = ({ reports, houses, bills }, words) => {
  const powers = houses.map((house) => house.power);
  const energies = houses.map((house) => house.energy).filter(Boolean);
  return [
    powers.length &&
      section(
        heading(words.text("energy"), "mdi:lightning-bolt"),
        lines(powers, words.text("power_week"), 7, "hour"),
        energies.length && bars(energies, words.text("energy_month"), 30, "day")
      ),
    ...bills.map(({ name, bill }) =>
      section(
        heading(name, "mdi:receipt-text-outline"),
        bars([bill.cost], words.text("cost_month"), 30, "day"),
        bill.baseLoad && lines([bill.baseLoad], words.text("base_load_month"), 30, "day")
      )
    ),
    reports.length &&
      section(
        heading(words.text("reports"), "mdi:shield-lock-outline"),
        { type: "heading", heading: words.text("answers_week"), heading_style: "subtitle" },
        {
          type: "history-graph",
          entities: reports.map((report) => report.outcome),
          hours_to_show: 168,
          ...full,
        }
      ),
  ].filter(Boolean);
};

export class DashboardStrategy extends HTMLElement {
  static noEditor = true;

  static async generate(config, hass) {
    const words = wordsFor(hass);
    const found = find(hass);
    const view = (title, icon, path, sections) => ({
      title,
      icon,
      path,
      type: "sections",
      max_columns: 3,
      dense_section_placement: true,
      sections,
    });
    const views = [
      view(words.text("today"), "mdi:home-lightning-bolt-outline", "today", [
        ...reportSections(found, words),
        ...meterSection(found, hass, words),
        ...billSections(found),
        ...netSections(found),
      ]),
    ];
    const past = historySections(found, words);
    if (past.length) views.push(view(words.text("history"), "mdi:chart-line", "history", past));
    return { title: config.title ?? words.text("card_name"), views };
  }
}
