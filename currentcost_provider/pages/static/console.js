// Everything works without this: times in the browser's own zone, a menu that is open
// where there is room, and printing.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const day = { year: "numeric", month: "short", day: "numeric" };
const minute = { ...day, hour: "2-digit", minute: "2-digit" };
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat(undefined, day);
const written = new Intl.DateTimeFormat(undefined, minute);

function writeTimes(root) {
  for (const element of root.querySelectorAll("time")) {
    const time = new Date(element.dateTime);
    if (!Number.isNaN(time.getTime())) {
      element.textContent = written.format(time);
      element.title = element.dateTime;
    }
  }
}

// Where a time runs to another one of its day, the day is said once; where both are
// midnights, as of plans, days are enough.
function shortenSpans(root) {
  for (const span of root.querySelectorAll(".span")) {
    const [from, to] = span.querySelectorAll("time");
    const [start, end] = [new Date(from.dateTime), new Date(to.dateTime)];
    if (start.toDateString() === end.toDateString()) {
      to.textContent = clock.format(end);
    } else if (isMidnight(start) && isMidnight(end)) {
      from.textContent = days.format(start);
      to.textContent = days.format(end);
    }
  }
}

function isMidnight(time) {
  return time.getHours() === 0 && time.getMinutes() === 0;
}

// A field shows local time; what is sent says its zone.
function adoptTimeFields(form) {
  const fields = [...form.querySelectorAll("input[type=datetime-local]")];
  for (const field of fields) {
    if (field.value) {
      const time = new Date(`${field.value}Z`);
      const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60000);
      field.value = shifted.toISOString().slice(0, 16);
    }
    const said = form.querySelector(`label[for=${field.id}] .zone`);
    if (said) said.textContent = `(${zone})`;
  }
  if (!fields.length) return;
  form.addEventListener("submit", () => {
    for (const field of fields) {
      const sent = document.createElement("input");
      sent.type = "hidden";
      sent.name = field.name;
      sent.dataset.sent = "";
      if (field.value) {
        sent.value = new Date(field.value).toISOString().slice(0, 16) + "Z";
      }
      field.disabled = true;
      form.append(sent);
    }
  });
  // Coming back by the browser's button finds the form as it was.
  addEventListener("pageshow", () => {
    for (const field of fields) field.disabled = false;
    for (const sent of form.querySelectorAll("[data-sent]")) sent.remove();
  });
}

function openMenu() {
  const menu = document.querySelector(".menu");
  const wide = matchMedia("(min-width: 64rem)");
  const adjust = () => { menu.open = wide.matches; };
  if (menu) {
    adjust();
    wide.addEventListener("change", adjust);
  }
}

// A page that waits for answers is loaded again when some came, and not before.
for (const waiting of document.querySelectorAll("[data-waiting]")) {
  const look = async () => {
    const answer = await fetch(`${location.pathname}/waiting${location.search}`);
    if (answer.ok && String(await answer.json()) !== waiting.dataset.waiting) location.reload();
  };
  setInterval(() => document.hidden || look().catch(() => {}), 2000);
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
writeTimes(document);
shortenSpans(document);
document.querySelectorAll("form").forEach(adoptTimeFields);
openMenu();
