// A list of options, controlled by the keys of another element (an input or a button).

import { el, freshId } from "./dom.js";

export class Listbox {
  constructor({ label, onPick }) {
    this.element = el("ul", { class: "listbox", role: "listbox", id: freshId("list"), "aria-label": label, hidden: true });
    this.items = [];
    this.active = -1;
    this.onPick = onPick;
    // A click must not take the focus from the controlling element.
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
  }

  get open() {
    return !this.element.hidden;
  }

  show(items, active = -1) {
    this.items = items;
    this.element.replaceChildren(...items.map((item, at) => this.#option(item, at)));
    this.element.hidden = items.length === 0;
    this.element.scrollTop = 0;
    this.activate(items.length ? active : -1);
  }

  hide() {
    this.element.hidden = true;
    this.activate(-1);
  }

  #option(item, at) {
    const option = el(
      "li",
      {
        class: "option",
        role: "option",
        id: `${this.element.id}-${at}`,
        "aria-selected": "false",
        data: { kind: item.kind ?? "value" },
        on: { click: () => this.onPick(item), mousemove: () => this.active !== at && this.activate(at, false) },
      },
      el("span", { class: "option-label", text: item.label, dir: "auto" }),
    );
    if (item.hint) option.append(el("span", { class: "option-hint", text: item.hint, dir: "auto" }));
    return option;
  }

  activate(at, scroll = true) {
    this.element.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = at;
    const option = this.element.children[at];
    option?.setAttribute("aria-selected", "true");
    if (scroll) option?.scrollIntoView({ block: "nearest" });
    this.onActive?.(option?.id ?? null);
  }

  move(by) {
    const count = this.items.length;
    if (!count) return;
    const from = this.active < 0 ? (by > 0 ? -1 : count) : this.active;
    this.activate((from + by + count) % count);
  }

  pickActive(otherwise = -1) {
    const item = this.items[this.active >= 0 ? this.active : otherwise];
    if (!item) return false;
    this.onPick(item);
    return true;
  }
}
