/** What the card looks like: Home Assistant's own variables, so that it follows themes. */

export const STYLE = `
:host { display: block; height: 100%; }
ha-card { display: flex; flex-direction: column; gap: 14px; height: 100%; padding: 16px;
  box-sizing: border-box; color: var(--primary-text-color); container-type: inline-size; }
[hidden] { display: none !important; }
h2, p, dl, dd, ul { margin: 0; padding: 0; }
h2 { font-size: var(--ha-font-size-l, 16px); font-weight: var(--ha-font-weight-medium, 500);
  line-height: 1.3; }
.question { color: var(--secondary-text-color); font-size: var(--ha-font-size-s, 12px);
  line-height: 1.4; margin-top: 2px; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; }
.side { all: unset; box-sizing: border-box; display: flex; flex-direction: column; gap: 2px;
  min-width: 0; padding: 12px; cursor: pointer; border-radius: var(--ha-border-radius-lg, 12px);
  border: 1px solid var(--divider-color); }
.side.told { border-left: 5px solid var(--told, var(--divider-color)); padding-left: 10px; }
.side:focus-visible, .scrub:focus-visible, a:focus-visible, summary:focus-visible {
  outline: 2px solid var(--primary-color); outline-offset: 1px; }
.side .what { display: flex; align-items: center; gap: 6px; font-size: var(--ha-font-size-s, 12px);
  color: var(--secondary-text-color); }
.side .value { font-size: 26px; line-height: 1.25; font-weight: 500;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.side.told .value { font-size: 20px; line-height: 32px; }
.side.told .value.long { font-size: 15px; line-height: 1.3; padding: 6px 0; }
.side .when { font-size: var(--ha-font-size-s, 12px); color: var(--secondary-text-color); min-height: 1.4em; }
ha-icon { --mdc-icon-size: 16px; flex: none; }
.chart { position: relative; }
.names { font-size: var(--ha-font-size-s, 12px); color: var(--secondary-text-color); min-height: 1.5em; }
.readout { color: var(--primary-text-color); font-variant-numeric: tabular-nums; }
.scrub { position: relative; display: block; touch-action: pan-y; cursor: crosshair;
  border-radius: 4px; }
svg { display: block; max-width: 100%; }
.grid { stroke: var(--divider-color); stroke-width: 1; opacity: .6; }
.ground { stroke: var(--secondary-text-color); stroke-width: 1; opacity: .6; }
.tick { fill: var(--secondary-text-color); font-size: 11px; font-family: inherit; }
.level { paint-order: stroke; stroke: var(--ha-card-background, var(--card-background-color));
  stroke-width: 3px; stroke-linejoin: round; }
.line { fill: none; stroke: var(--primary-color); stroke-width: 2; stroke-linejoin: round;
  stroke-linecap: round; }
.area { fill: var(--primary-color); opacity: .14; }
.range { fill: var(--primary-color); opacity: .16; }
.empty { fill: var(--primary-text-color); opacity: .05; }
.missing { fill: url(#hatched); }
.hatch { stroke: var(--secondary-text-color); stroke-width: 2.5; opacity: .7; }
.waiting { fill: none; stroke: var(--secondary-text-color); stroke-dasharray: 3 3; }
.cursor { stroke: var(--primary-text-color); stroke-width: 1.5; }
.legend { display: flex; margin-top: 6px; flex-wrap: wrap; gap: 4px 14px; list-style: none;
  font-size: var(--ha-font-size-s, 12px); }
.legend li { display: inline-flex; align-items: center; gap: 6px; }
.legend .times { color: var(--secondary-text-color); }
.swatch { width: 12px; height: 12px; border-radius: 3px; flex: none; box-sizing: border-box; }
.swatch.missing { background: repeating-linear-gradient(45deg, var(--secondary-text-color) 0 2px,
  transparent 2px 4px); }
.swatch.waiting { border: 1px dashed var(--secondary-text-color); }
.given { display: flex; gap: 10px; align-items: flex-start; padding-top: 12px;
  border-top: 1px solid var(--divider-color); font-size: var(--ha-font-size-m, 14px); line-height: 1.45; }
.given ha-icon { --mdc-icon-size: 22px; margin-top: 2px; color: var(--state-icon-color, var(--primary-color)); }
.given .less { color: var(--secondary-text-color); font-size: var(--ha-font-size-s, 12px); }
details { font-size: var(--ha-font-size-s, 12px); color: var(--secondary-text-color); margin-top: 2px; }
summary { cursor: pointer; width: fit-content; color: var(--primary-text-color);
  text-decoration: underline dotted; text-underline-offset: 3px; }
.note { border-radius: var(--ha-border-radius-lg, 12px); padding: 12px; line-height: 1.45;
  border: 1px solid var(--divider-color); }
.note b { display: block; font-weight: 500; }
.note a { display: inline-block; margin-top: 6px; color: var(--primary-text-color); }
.alert { border-left: 4px solid var(--warning-color); }
.nothing { color: var(--secondary-text-color); padding: 28px 0; text-align: center; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
@container (max-width: 300px) { .sides { grid-template-columns: 1fr; } }
@media (prefers-reduced-motion: no-preference) {
  .side { transition: background-color .15s; }
}
@media (hover: hover) { .side:hover { background: var(--secondary-background-color); } }
@media (forced-colors: active) { rect { forced-color-adjust: none; } }
`;
