// Renders a card: a title, blocks, and a tone. Its buttons and selects call `act`.

import { el } from "./dom.js";
import { picture } from "./picture.js";
import { selectButton } from "./select.js";
import { plainText, renderSpans } from "./spans.js";

// What screen readers say before a title. Red cards have none: their words say what is wrong, and not all are refusals.
const TONES = { good: "Done", waiting: "Waiting" };

export function renderCard(card, act) {
  const root = el("section", { class: "card", data: { tone: card.tone } });
  const title = el("h3", { class: "card-title", dir: "auto" });
  if (TONES[card.tone]) title.append(el("span", { class: "sr", text: `${TONES[card.tone]}: ` }));
  title.append(renderSpans(card.title));
  root.append(title, ...card.blocks.map((block) => renderBlock(block, act, plainText(card.title))));
  return root;
}

function renderBlock(block, act, title) {
  switch (block.kind) {
    case "text":
      return el("p", { class: block.quiet ? "text quiet" : "text", dir: "auto" }, renderSpans(block.text));
    case "fields":
      return el(
        "dl",
        { class: "fields" },
        ...block.pairs.map(([name, value]) =>
          el("div", {}, el("dt", {}, renderSpans(name)), el("dd", { dir: "auto" }, renderSpans(value))),
        ),
      );
    case "table":
      return table(block, title);
    case "image":
      return picture(block);
    case "file":
      return el(
        "p",
        { class: "file" },
        el("a", { class: "button link", href: block.data, download: block.filename, text: block.filename }),
        el("span", { class: "text quiet", text: block.alt }),
      );
    case "progress":
      return progress(block);
    case "actions":
      return el("div", { class: "actions" }, ...block.buttons.map((button) => renderButton(button, act)));
    case "select":
      return selectButton({
        ...block,
        onChoose: (item, from) => act.choose(block, item, from),
      });
    default:
      throw new Error(`There is no block ${block.kind}`);
  }
}

// Roles are explicit, because browsers drop them from rows that are displayed as blocks, as on narrow cards.
function table({ headings, rows }, title) {
  const names = headings.map(plainText);
  const head = el("tr", { role: "row" }, ...headings.map((one) => el("th", { role: "columnheader", scope: "col" }, renderSpans(one))));
  const body = rows.map((row) =>
    el(
      "tr",
      { role: "row" },
      ...row.map((cell, at) => el("td", { role: "cell", dir: "auto", data: { heading: names[at] } }, el("span", {}, renderSpans(cell)))),
    ),
  );
  return el(
    "div",
    { class: "table" },
    el(
      "table",
      { role: "table", "aria-label": title },
      el("thead", { role: "rowgroup" }, head),
      el("tbody", { role: "rowgroup" }, ...body),
    ),
  );
}

function progress({ done, total, label }) {
  const share = total > 0 ? Math.round((100 * done) / total) : 0;
  return el(
    "div",
    { class: "progress" },
    el("div", { class: "progress-label" }, el("span", {}, renderSpans(label)), el("span", { text: `${share}%` })),
    el("progress", { value: done, max: Math.max(total, 1), "aria-label": plainText(label) }),
  );
}

function renderButton(button, act) {
  if (button.url !== undefined) {
    if (!button.url) return el("span", { class: "button", text: button.label });
    const link = el("a", { class: "button link", href: button.url, target: "_blank", rel: "noopener noreferrer", text: button.label });
    link.append(el("span", { class: "sr", text: " (opens a new tab)" }));
    return link;
  }
  const node = el("button", { class: "button", type: "button", text: button.label, data: { style: button.style } });
  node.addEventListener("click", () => act.click(button, node));
  return node;
}
