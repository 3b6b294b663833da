/** What every page of Home Assistant loads: makes the card and the dashboard known. */

import { CARD, CurrentCostPrivateCard } from "./card.js";
import { DOMAIN, find } from "./entities.js";
import { DashboardStrategy } from "./strategy.js";
import { wordsFor } from "./values.js";

const DOCUMENTATION = "https://github.com/currentcost-private/currentcost-private/blob/main/docs/dashboard.md";
const STRATEGY = "currentcost-private";

const suggest = (hass, entityId) => {
  if (hass.entities[entityId]?.platform !== DOMAIN) return null;
  const { reports, houses } = find(hass);
  if (reports.some((report) => report.outcome === entityId)) {
    return { config: { type: `custom:${CARD}`, entity: entityId } };
  }
  if (houses.some((house) => house.power === entityId)) {
    return { config: { type: `custom:${CARD}` } };
  }
  return null;
};

// Two versions may be loaded while Home Assistant is updated: the first one stays.
if (!customElements.get(CARD)) {
  // Before a page is there, only the browser says which language is spoken.
  const words = wordsFor({ language: navigator.language || "en" });
  customElements.define(CARD, CurrentCostPrivateCard);
  customElements.define(`ll-strategy-dashboard-${STRATEGY}`, DashboardStrategy);
  (window.customCards ??= []).push({
    type: CARD,
    name: words.text("card_name"),
    description: words.text("card_description"),
    documentationURL: DOCUMENTATION,
    preview: true,
    getEntitySuggestion: suggest,
  });
  (window.customStrategies ??= []).push({
    type: STRATEGY,
    strategyType: "dashboard",
    name: words.text("card_name"),
    description: words.text("dashboard_description"),
    documentationURL: DOCUMENTATION,
  });
}
