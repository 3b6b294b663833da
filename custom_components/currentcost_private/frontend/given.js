/** How much was given away today, and how much readings would have given. */

import { html } from "./dom.js";

/** Return the elements that say it. */
export const givenAway = (report, words, open) => {
  const text = html("div", {});
  if (report.answers) {
    const bits = words.number(Math.ceil(report.bits));
    text.append(html("div", {}, words.count("given", report.answers, { bits })));
  } else {
    text.append(html("div", {}, words.text("given_nothing")));
  }
  if (report.readings) {
    const values = {
      bits: words.number(report.readings_bits),
      times: words.number(Math.round(report.readings_bits / report.bits)),
    };
    text.append(html("div", { class: "less" }, words.text("instead", values)));
  }
  const explained = words.text("how_text", {
    outcomes: words.number(Math.round(2 ** report.bits_each) - 1),
    each: words.number(report.bits_each, 1),
    reading: words.number(report.reading_bits, 1),
    seconds: words.number(report.readings_interval),
  });
  text.append(
    html("details", { open }, html("summary", {}, words.text("how")), html("p", {}, explained))
  );
  return [html("ha-icon", { icon: "mdi:shield-lock-outline", "aria-hidden": "true" }), text];
};
