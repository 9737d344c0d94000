// Optional additions to an invitation's page: copy buttons, and times in the reader's time zone.

import { copyButton } from "./copy.js";

for (const code of document.querySelectorAll("[data-copy]")) {
  // A code may wrap at its spaces, but not at its dashes.
  const words = code.textContent.split(" ").map((text) => Object.assign(document.createElement("span"), { textContent: text, className: "whole" }));
  code.replaceChildren(...words.flatMap((word, at) => (at ? [" ", word] : [word])));
  // Text in passing is read, and seldom copied.
  if (!code.closest(".quietly")) code.after(copyButton(code.dataset.copy, { words: true }));
}
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  time.title = time.textContent;
  const today = at.toDateString() === new Date().toDateString();
  const shown = today ? { timeStyle: "short" } : { dateStyle: "long", timeStyle: "short" };
  time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, shown).format(at);
}
