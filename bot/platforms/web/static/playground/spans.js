// Renders a line of text from its spans: plain, strong, code, link or time. Each keeps its own writing direction.

import { copyButton } from "../copy.js";
import { el } from "./dom.js";
import { timeElement } from "./time.js";

function span(one) {
  switch (one.kind) {
    case "strong":
      return el("strong", { text: one.text, dir: "auto" });
    case "code":
      return snippet(one.text);
    case "link":
      return one.url
        ? el("a", { text: one.text, href: one.url, target: "_blank", rel: "noopener noreferrer" })
        : el("bdi", { text: one.text });
    case "time":
      return timeElement(one.at, { exact: true });
    default:
      return el("bdi", { text: one.text });
  }
}

function snippet(text) {
  const address = /^https?:/.test(text);
  const code = el("code", { text });
  if (!address) return el("span", { class: "snippet" }, code, copyButton(text));
  const link = el("a", { href: text, title: text, target: "_blank", rel: "noopener noreferrer" }, code);
  return el("span", { class: "snippet address" }, link, copyButton(text));
}

export function renderSpans(spans) {
  const fragment = document.createDocumentFragment();
  fragment.append(...spans.map(span));
  return fragment;
}

export function plainText(spans) {
  return spans.map((one) => one.text ?? new Date(one.at).toLocaleString()).join("");
}
