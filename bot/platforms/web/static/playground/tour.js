// The tour: guides first visitors through a whole join, from the invitation to the approval.

import { el } from "./dom.js";

const CODE = /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}$/;
const HIDDEN = "homeroom steps hidden";

export class Tour {
  /** The second argument names who does what, and where requests are decided; `columns` has columns by person. */
  constructor(element, { admin, approver, newcomer, approvals }, { room, columns, choose }) {
    Object.assign(this, { element, room, columns, choose, approvals });
    this.answers = columns.get(newcomer).person.places.find((place) => place.startsWith("@"));
    this.code = "";
    this.asked = false;
    this.answered = false;
    this.read = false;
    this.steps = [
      { who: admin, does: "invites people", done: () => this.code, go: (column) => column.fill("/invite create uses:5 expires:7d") },
      { who: newcomer, does: "joins with the code", done: () => this.asked, go: (column) => column.fill(`/join ${this.code}`) },
      { who: approver, does: "approves", done: () => this.answered, go: (column) => column.find(approvals, "[data-style=primary]") },
      { who: newcomer, does: "reads the answer", done: () => this.read, go: (column) => column.show(this.answers) },
    ];
    const reader = columns.get(newcomer);
    reader.onShow = () => this.#draw();
    this.reading = () => reader.place === this.answers;
    this.#draw();
  }

  /** Take a new message, which may complete a step. */
  take(message) {
    if (message.kind !== "card") return;
    this.code = codeIn(message.card) ?? this.code;
    this.asked ||= message.place === this.approvals;
    this.answered ||= message.place === this.answers && ["good", "bad"].includes(message.card.tone);
    this.#draw();
  }

  #draw() {
    this.read ||= this.answered && this.reading();
    const next = this.steps.findIndex((step) => !step.done());
    this.element.hidden = sessionStorage.getItem(HIDDEN) === this.room;
    if (this.element.hidden || this.drawn === next) return;
    this.drawn = next;
    const focused = this.element.contains(document.activeElement);
    const hide = el("button", { class: "tour-end", type: "button", "aria-label": "Hide the first steps", title: "Hide", text: "×", on: { click: () => this.#hide() } });
    const steps = this.steps.map((step, at) => this.#step(step, at, next));
    const told = next < 0 ? el("p", { role: "status" }, "That was the whole way in. Type ", el("code", { text: "/" }), " as anybody to see what else there is.") : null;
    this.element.replaceChildren(told ?? el("ol", { class: "steps" }, ...steps), hide);
    if (focused) (this.element.querySelector("[aria-current]") ?? hide).focus();
  }

  #step({ who, does, done, go }, at, next) {
    const sign = el("span", { class: "step-sign", "aria-hidden": "true", text: done() ? "✓" : at + 1 });
    const words = el("span", {}, done() ? el("span", { class: "sr", text: "Done: " }) : null, el("bdi", { text: who }), ` ${does}`);
    const button = el("button", { class: "step", type: "button", "aria-current": at === next && "step", disabled: at > next, data: { done: done() ? "yes" : "no" } }, sign, words);
    button.addEventListener("click", () => {
      this.choose(who);
      go(this.columns.get(who));
    });
    return el("li", {}, button);
  }

  #hide() {
    sessionStorage.setItem(HIDDEN, this.room);
    this.element.hidden = true;
  }
}

function codeIn(card) {
  const spans = card.blocks.flatMap((block) => (block.kind === "fields" ? block.pairs.flat(2) : []));
  return spans.find((span) => span.kind === "code" && CODE.test(span.text))?.text;
}
