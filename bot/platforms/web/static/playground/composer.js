// The composer: an input with a list of completions at the cursor.

import { el, freshId } from "./dom.js";
import { Listbox } from "./listbox.js";
import { Offline } from "./socket.js";

const HISTORY = 50;

export class Composer {
  constructor({ person, complete, send, memory }) {
    this.complete = complete;
    this.send = send;
    this.memory = memory;
    this.wanted = false;
    this.asking = false;
    this.closed = true;
    this.early = [];
    this.at = memory.state.history.length;
    this.span = null;
    this.list = new Listbox({ label: "What could stand here", onPick: (item) => this.#put(item) });
    this.usage = el("div", { class: "usage", id: freshId("usage"), hidden: true });
    this.input = el("input", {
      class: "composer-input",
      type: "text",
      role: "combobox",
      "aria-label": `Message as ${person.name}`,
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.element.id,
      "aria-describedby": this.usage.id,
      placeholder: "Type / for commands",
      autocomplete: "off",
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
      enterkeyhint: "send",
      dir: "auto",
    });
    this.problem = el("p", { class: "problem", role: "alert", hidden: true });
    this.button = el("button", { class: "send", type: "submit", "aria-label": "Send", text: "↑" });
    this.panel = el("div", { class: "suggestions", hidden: true }, this.list.element, this.usage);
    this.element = el("form", { class: "composer" }, this.panel, this.problem, this.input, this.button);
    this.input.value = memory.state.draft;
    this.#listen();
    this.#mark();
  }

  #listen() {
    this.list.onActive = (id) =>
      id ? this.input.setAttribute("aria-activedescendant", id) : this.input.removeAttribute("aria-activedescendant");
    this.input.addEventListener("input", () => {
      this.early = [];
      this.#changed();
    });
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => this.close());
    this.input.addEventListener("click", () => this.#ask());
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  #changed() {
    this.problem.hidden = true;
    this.at = this.memory.state.history.length;
    this.memory.state.draft = this.input.value;
    this.memory.save();
    this.#mark();
    this.#ask();
  }

  #mark() {
    this.element.dataset.kind = this.input.value.startsWith("/") ? "command" : "talk";
    this.button.disabled = this.input.value.trim() === "";
  }

  /** Put text into the input as if it had been typed. */
  set(text) {
    this.input.value = text;
    this.input.focus();
    this.input.setSelectionRange(text.length, text.length);
    this.#changed();
  }

  /** Keep a draft that the memory of a new room does not have. */
  keep(draft) {
    if (!draft || this.input.value) return;
    this.input.value = draft;
    this.memory.state.draft = draft;
    this.memory.save();
    this.#mark();
  }

  close() {
    this.wanted = false;
    this.closed = true;
    this.early = [];
    this.list.hide();
    this.usage.hidden = true;
    this.panel.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }

  /** Ask for completions: one request at a time, and after it only the newest one. */
  async #ask() {
    if (!this.input.value.startsWith("/")) return this.close();
    this.wanted = true;
    if (this.asking) return;
    this.asking = true;
    try {
      while (this.wanted) {
        this.wanted = false;
        this.closed = false;
        const line = this.input.value;
        const found = await this.complete(line, this.input.selectionStart ?? line.length);
        if (!this.wanted && !this.closed && document.activeElement === this.input) this.#show(found);
      }
    } catch {
      // Without an answer, there is nothing to propose; the next key asks again.
    } finally {
      this.asking = false;
    }
    this.#catchUp();
  }

  /** Handle keys that were pressed before the completions came; they were meant for the line as it is now. */
  #catchUp() {
    while (this.early.length && !this.asking) {
      const key = this.early.shift();
      if (key === "Tab") this.list.pickActive(0);
      else if (!this.list.pickActive()) this.element.requestSubmit();
    }
  }

  #show(found) {
    this.span = [found.start, found.end];
    this.list.show(found.items, found.pick ? 0 : -1);
    this.#explain(found.usage);
    this.panel.hidden = !this.list.open && this.usage.hidden;
    this.input.setAttribute("aria-expanded", String(this.list.open));
  }

  #explain(usage) {
    this.usage.hidden = !usage;
    if (!usage) return;
    const options = usage.options.map((one) =>
      el("span", {
        class: "usage-option",
        text: one.name,
        data: { state: one.current ? "current" : one.used ? "used" : one.required ? "required" : "free" },
      }),
    );
    this.usage.replaceChildren(
      el("span", { class: "usage-path", text: `/${usage.path}` }),
      ...options,
      el("span", { class: "usage-hint", text: usage.hint || usage.description }),
    );
  }

  #put(item) {
    const [start, end] = this.span;
    const after = this.input.value.slice(end);
    const text = this.input.value.slice(0, start) + item.text;
    this.input.value = text + (text.endsWith(" ") ? after.trimStart() : after);
    this.input.focus();
    this.input.setSelectionRange(text.length, text.length);
    this.#changed();
  }

  #key(event) {
    if (event.isComposing) return;
    if (this.#stop(event)) event.preventDefault();
  }

  #stop(event) {
    if (event.key === "Escape") {
      this.close();
      return true;
    }
    if (this.asking && !this.closed && (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey))) {
      this.early.push(event.key);
      return true;
    }
    return this.list.open ? this.#inList(event) : this.#inHistory(event);
  }

  #inList(event) {
    switch (event.key) {
      case "ArrowDown":
        this.list.move(1);
        return true;
      case "ArrowUp":
        this.list.move(-1);
        return true;
      case "Tab":
        return !event.shiftKey && this.list.pickActive(0);
      case "Enter":
        return this.list.pickActive();
      default:
        return false;
    }
  }

  #inHistory(event) {
    const { history } = this.memory.state;
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return false;
    const wanted = this.at + (event.key === "ArrowUp" ? -1 : 1);
    if (wanted < 0 || wanted > history.length) return event.key === "ArrowUp";
    this.at = wanted;
    const line = history[wanted] ?? "";
    this.input.value = line;
    this.memory.state.draft = line;
    this.memory.save();
    this.input.setSelectionRange(line.length, line.length);
    this.#mark();
    this.close();
    return true;
  }

  async #submit() {
    const line = this.input.value;
    if (!line.trim()) return;
    this.close();
    const { state } = this.memory;
    state.history = [...state.history.filter((one) => one !== line), line].slice(-HISTORY);
    this.at = state.history.length;
    this.input.value = "";
    state.draft = "";
    this.memory.save();
    this.#mark();
    try {
      await this.send(line);
    } catch (error) {
      if (this.input.value === "") this.input.value = line;
      state.draft = this.input.value;
      this.memory.save();
      this.#mark();
      this.problem.textContent = error instanceof Offline ? "No connection. Your line is kept; try again soon." : error.message;
      this.problem.hidden = false;
    }
  }
}
