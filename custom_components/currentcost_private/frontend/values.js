/** Numbers, times and words as the person has chosen them in Home Assistant. */

import { TEXTS } from "./texts.js";

const NUMBER_FORMATS = {
  comma_decimal: ["en-US", "en"],
  decimal_comma: ["de", "es", "it"],
  space_comma: ["fr", "sv", "cs"],
  quote_decimal: ["de-CH"],
  system: undefined,
};

const HOUR_CYCLES = { 12: "h12", 24: "h23" };

/** Return functions that put values into words for this person. */
export const wordsFor = (hass) => {
  const locale = hass.locale ?? { language: hass.language ?? "en" };
  const language = locale.language in TEXTS ? locale.language : locale.language.split("-")[0];
  const texts = { ...TEXTS.en, ...TEXTS[language] };
  const digits = locale.number_format in NUMBER_FORMATS
    ? NUMBER_FORMATS[locale.number_format]
    : locale.language;
  // The day is the home's, wherever the person is.
  const timeZone = hass.config?.time_zone;
  const spoken = locale.time_format === "system" ? undefined : locale.language;
  const hourCycle = HOUR_CYCLES[locale.time_format];
  const isTwelve = new Intl.DateTimeFormat(spoken, { hour: "numeric", hourCycle }).resolvedOptions().hour12;
  const clock = { hour: isTwelve ? "numeric" : "2-digit", minute: "2-digit", hourCycle, timeZone };
  const times = new Intl.DateTimeFormat(spoken, clock);
  const exact = new Intl.DateTimeFormat(spoken, { ...clock, second: "2-digit" });
  const short = isTwelve ? new Intl.DateTimeFormat(spoken, { ...clock, minute: undefined }) : times;
  const hours = new Intl.DateTimeFormat("en", { hour: "2-digit", hourCycle: "h23", timeZone });
  const plurals = new Intl.PluralRules(language in TEXTS ? language : "en");

  const number = (value, most = 0) =>
    new Intl.NumberFormat(digits, {
      maximumFractionDigits: most,
      useGrouping: locale.number_format !== "none",
    }).format(value);

  const text = (key, values = {}) =>
    texts[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  return {
    text,
    number,
    /** Return the form of a text that goes with a number, which it shows as {count}. */
    count: (key, amount, values = {}) =>
      text(plurals.select(amount) === "one" ? `${key}_one` : `${key}_other`, {
        count: number(amount),
        ...values,
      }),
    /** Return UTC seconds as a time of the day. */
    time: (seconds) => times.format(seconds * 1000),
    /** Return UTC seconds as a whole hour. */
    wholeHour: (seconds) => short.format(seconds * 1000),
    span: (start, end) => {
      const clocks = start % 60 || end % 60 ? exact : times;
      return `${clocks.format(start * 1000)}–${clocks.format(end * 1000)}`;
    },
    hour: (seconds) => Number(hours.format(seconds * 1000)),
    /** Return watts, as kilowatts where `highest`, or they themselves, are many. */
    power: (watts, highest = watts / 5) =>
      Math.abs(highest) < 2000 ? `${number(watts)} W` : `${number(watts / 1000, 2)} kW`,
  };
};
