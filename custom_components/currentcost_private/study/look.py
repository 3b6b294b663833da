"""What the page looks like: light, dark, on a phone and on paper."""

STYLE = """
:root { color-scheme: light dark; --page: #fafafa; --card: #fff; --text: #1c1c1e;
  --less: #5a5f66; --edge: #dcdfe3; --readings: #c2410c; --buckets: #0f6e84;
  --line: #c2410c; --area: #f8d9c6; --told: #8cc8d4; --away: #7a3fc0; --asleep: #3a63b8;
  --s0: #f4ead9; --s1: #f7cf9b; --s2: #f0a45e; --s3: #d9703b; --s4: #a8412f; --s5: #5f1f2e;
  --none: #fff; --track: #eceef1; }
@media (prefers-color-scheme: dark) { :root { --page: #111214; --card: #1c1e21;
  --text: #e8e9eb; --less: #a9afb7; --edge: #363a40; --readings: #fb9a5f;
  --buckets: #64c6da; --line: #fb9a5f; --area: #4a2c1c; --told: #2b7585; --away: #b48bf0;
  --asleep: #7ea3f2; --s0: #322a2b; --s1: #573130; --s2: #8a3f33; --s3: #c05e39;
  --s4: #ee9a52; --s5: #fbdc9c; --none: #1c1e21; --track: #2a2d32; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; }
main { max-width: 940px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 20px; line-height: 1.3; margin: 0 0 6px; }
h3 { font-size: 15px; margin: 0 0 8px; }
h4 { font-size: 13px; margin: 0 0 6px; font-weight: 600; }
p { margin: 0 0 12px; max-width: 68ch; }
header p, .how, section > p { color: var(--less); }
section { background: var(--card); border: 1px solid var(--edge); border-radius: 14px;
  padding: 20px; margin-top: 18px; }
a { color: inherit; }
ul, ol { margin: 0; padding: 0; list-style: none; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; }
.topic + .topic { margin-top: 20px; }
.cell { border-left: 4px solid var(--edge); padding: 2px 0 2px 12px; min-width: 0; }
.cell.readings { border-color: var(--readings); }
.cell.buckets { border-color: var(--buckets); }
.cell.readings h4 { color: var(--readings); }
.cell.buckets h4 { color: var(--buckets); }
.cell li + li { margin-top: 6px; }
.cell em { font-style: normal; font-size: 13px; color: var(--less); white-space: nowrap; }
.cell em::before { content: "· "; }
.nothing { color: var(--less); margin: 0; }
.figure { max-width: none; margin-top: 10px; }
.figure h3 { margin: 12px 0 4px; }
svg { display: block; width: 100%; height: 100%; overflow: hidden; }
.strip { height: 12px; border-radius: 3px; overflow: hidden; background: var(--track); }
.plot { position: relative; height: 190px; margin-top: 20px;
  border-bottom: 1px solid var(--edge); }
.plot.low { height: 90px; margin-top: 4px; }
.line { fill: none; stroke: var(--line); stroke-width: 1.5; stroke-linejoin: round;
  vector-effect: non-scaling-stroke; }
.area { fill: var(--area); }
.told { fill: var(--told); }
.away { fill: var(--away); background: var(--away); }
.asleep { fill: var(--asleep); background: var(--asleep); }
.mark { position: absolute; top: -18px; transform: translateX(-50%); width: 18px;
  height: 18px; border-radius: 9px; font-size: 12px; line-height: 18px; font-weight: 600;
  text-align: center; color: var(--card); background: var(--readings); }
.top { position: absolute; top: 6px; left: 6px; font-size: 12px; color: var(--less); }
.hours { position: relative; height: 20px; font-size: 12px; color: var(--less); }
.hours span { position: absolute; white-space: nowrap; transform: translateX(-50%); }
.hours span:first-child { transform: none; }
.hours span:last-child { transform: translateX(-100%); }
.marks { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 10px; font-size: 14px;
  counter-reset: mark; }
.marks li { counter-increment: mark; }
.marks li::before { content: counter(mark); display: inline-block; width: 18px; height: 18px;
  margin-right: 6px; border-radius: 9px; font-size: 12px; line-height: 18px;
  font-weight: 600; text-align: center; color: var(--card); background: var(--readings); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 14px;
  color: var(--less); margin-top: 10px; }
.legend li { display: inline-flex; align-items: center; gap: 6px; }
.legend i { display: inline-block; width: 14px; height: 14px; border-radius: 3px; }
.scale { display: inline-flex; }
.scale i { border-radius: 0; }
figure { margin: 0; min-width: 0; }
figcaption { font-size: 14px; font-weight: 600; margin-bottom: 6px; }
.calendar { display: grid; grid-template-columns: auto 1fr; gap: 8px; }
.calendar > div { min-width: 0; }
.days span { display: block; height: 13px; font-size: 11px; line-height: 13px;
  color: var(--less); white-space: nowrap; }
.s0 { fill: var(--s0); background: var(--s0); } .s1 { fill: var(--s1); background: var(--s1); }
.s2 { fill: var(--s2); background: var(--s2); } .s3 { fill: var(--s3); background: var(--s3); }
.s4 { fill: var(--s4); background: var(--s4); } .s5 { fill: var(--s5); background: var(--s5); }
.none { fill: var(--none); background: var(--none); }
i.none { border: 1px solid var(--edge); }
.bars > div { display: grid; grid-template-columns: 1fr auto; gap: 2px 12px; margin-top: 12px; }
.bars svg { grid-column: 1 / -1; height: 16px; border-radius: 4px; background: var(--track); }
.bar { fill: var(--buckets); }
.bar.readings { fill: var(--readings); }
@media (min-width: 621px) { .topic ~ .topic h4 { position: absolute; width: 1px; height: 1px;
  overflow: hidden; clip-path: inset(50%); white-space: nowrap; } }
@media (max-width: 620px) { .pair { grid-template-columns: 1fr; } h1 { font-size: 24px; }
  main { padding: 16px 10px 32px; } section { padding: 16px 14px; } }
@media print { body { background: #fff; } main { max-width: none; padding: 0; }
  section { break-inside: avoid; border: 0; padding: 12px 0; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
