// Times relative to now, kept up to date; the full time is in the title.

const LANG = document.documentElement.lang || "en";
const FULL = new Intl.DateTimeFormat(LANG, { dateStyle: "full", timeStyle: "long" });
const DAY = new Intl.DateTimeFormat(LANG, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const YEAR = new Intl.DateTimeFormat(LANG, { day: "numeric", month: "short", year: "numeric" });
const NEAR = new Intl.RelativeTimeFormat(LANG, { numeric: "auto" });
const NBSP = "\u00a0";
const STEPS = [
  ["minute", 60, 60],
  ["hour", 3600, 24],
  ["day", 86400, 14],
];

function near(at) {
  const seconds = (at - Date.now()) / 1000;
  if (Math.abs(seconds) < 45) return "now";
  for (const [unit, size, most] of STEPS) {
    const count = Math.round(seconds / size);
    if (Math.abs(count) < most) return NEAR.format(count, unit);
  }
  return YEAR.format(at);
}

function fill(time) {
  const at = new Date(time.dateTime);
  time.textContent = time.dataset.exact === undefined ? near(at) : `${DAY.format(at)} (${near(at).replaceAll(" ", NBSP)})`;
}

/** Return a <time> element; `exact` also shows the day and the hour, for times that matter. */
export function timeElement(iso, { exact = false } = {}) {
  const time = document.createElement("time");
  time.dateTime = iso;
  time.title = FULL.format(new Date(iso));
  if (exact) time.dataset.exact = "";
  fill(time);
  return time;
}

setInterval(() => document.querySelectorAll("time[datetime]").forEach(fill), 20_000);
