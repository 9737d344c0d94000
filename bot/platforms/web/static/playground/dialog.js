// Forms and confirmations, as a dialog within a person's column; the other columns stay usable.

import { renderCard } from "./cards.js";
import { el, freshId } from "./dom.js";
import { control, filled } from "./fields.js";
import { renderSpans } from "./spans.js";

/** Holds at most one dialog; the rest of the column cannot be used while it is open. */
export class Stage {
  constructor(column, behind, home) {
    this.column = column;
    this.behind = behind;
    this.home = home;
    this.dialog = null;
    this.back = null;
  }

  open(title, content, onCancel) {
    if (!this.dialog) this.back = this.column.contains(document.activeElement) ? document.activeElement : null;
    this.dialog?.remove();
    const id = freshId("dialog");
    const heading = el("h2", { id, class: "dialog-title", text: title, dir: "auto" });
    this.dialog = el("dialog", { class: "dialog", "aria-labelledby": id }, el("div", { class: "sheet" }, heading, content));
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      event.stopPropagation();
      onCancel();
    });
    this.column.append(this.dialog);
    for (const one of this.behind) one.inert = true;
    // `show()` would take the focus, even from somebody who is typing in another column.
    this.dialog.setAttribute("open", "");
  }

  /** All controls of the dialog, in their order. */
  get controls() {
    return [...(this.dialog?.querySelectorAll("input, textarea, select, button") ?? [])];
  }

  /** The place among the controls of the one that has the focus; -1 if none has. */
  get focused() {
    return this.controls.indexOf(document.activeElement);
  }

  close() {
    if (!this.dialog) return;
    const focused = this.dialog.contains(document.activeElement);
    this.dialog.remove();
    this.dialog = null;
    for (const one of this.behind) one.inert = false;
    if (focused) (this.back?.isConnected ? this.back : this.home).focus({ preventScroll: true });
    this.back = null;
  }
}

/** Ask for confirmation before a button acts; resolves to whether to go on. */
export function ask(stage, { title, text, yes }, danger) {
  return new Promise((resolve) => {
    const end = (answer) => {
      stage.close();
      resolve(answer);
    };
    const no = el("button", { class: "button", type: "button", text: "Cancel", on: { click: () => end(false) } });
    const go = el("button", {
      class: "button",
      type: "button",
      text: yes,
      data: { style: danger ? "danger" : "primary" },
      on: { click: () => end(true) },
    });
    const words = title.map((one) => one.text).join("");
    stage.open(words, el("div", {}, el("p", { class: "dialog-text" }, renderSpans(text)), el("div", { class: "dialog-foot" }, no, go)), () => end(false));
    no.focus();
  });
}

/** Show a form, with what was `typed` into it before, and pass on its answers; `focus` is the control to go to. */
export function openForm(stage, form, { suggest, upload, onTyped, onSubmit, onCancel, act, typed, focus }) {
  const fields = form.fields.map((field) => control(filled(field, typed[field.name]), (typed, values) => suggest(form.command, field.name, typed, values), answers, upload));
  const problem = el("div", { class: "refusal", role: "alert" });
  if (form.refusal) problem.append(renderCard(form.refusal, act));
  const submit = el("button", { class: "button", type: "submit", text: form.submit, data: { style: "primary" } });
  const cancel = el("button", { class: "button", type: "button", text: "Cancel", on: { click: onCancel } });
  const note = form.note.length ? el("p", { class: "dialog-text" }, renderSpans(form.note)) : null;
  const node = el("form", { class: "form" }, note, ...fields.map((one) => one.element), problem, el("div", { class: "dialog-foot" }, cancel, submit));

  function answers() {
    return Object.fromEntries(fields.map((one) => [one.name, one.value()]));
  }

  const keep = () => onTyped(Object.fromEntries(fields.map((one) => [one.name, one.typed()])));
  for (const change of ["input", "change", "focusout"]) node.addEventListener(change, keep);
  node.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.getAttribute("aria-busy")) return;
    submit.setAttribute("aria-busy", "true");
    try {
      await Promise.all(fields.map((one) => one.ready?.()));
      await onSubmit(answers());
    } catch (error) {
      problem.replaceChildren(el("p", { class: "problem", text: error.message }));
    } finally {
      submit.removeAttribute("aria-busy");
    }
  });
  stage.open(form.title, node, onCancel);
  if (focus === null) return;
  (stage.controls[focus] ?? node.querySelector("input:not([type=radio]), textarea, select, input:checked, input") ?? submit).focus();
}
