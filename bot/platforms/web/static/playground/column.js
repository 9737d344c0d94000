// One person's chat: tabs for the places they see, the messages in them, and the composer.

import { Composer } from "./composer.js";
import { Stage, ask as askFirst, openForm } from "./dialog.js";
import { el, freshId } from "./dom.js";
import { sendFile } from "./files.js";
import { MAIL } from "./mail.js";
import { memory } from "./memory.js";
import { Log, avatar } from "./messages.js";

const SLOW = 150;

export class Column {
  constructor(person, { room, people, ask }) {
    this.person = person;
    this.ask = (wish) => ask({ who: person.name, place: this.place, ...wish });
    this.memory = memory(room, person.name);
    this.unread = new Map();
    this.tabs = new Map();
    this.logs = new Map();
    this.working = 0;
    this.restoring = false;
    this.composer = new Composer({
      person,
      memory: this.memory,
      complete: (line, cursor) => this.ask({ do: "complete", line, cursor }),
      send: (line) => this.#work(this.ask({ do: "type", line })),
    });
    this.#build(people);
    const { place } = this.memory.state;
    this.show(person.places.includes(place) ? place : person.places[0]);
  }

  #build(people) {
    const { person } = this;
    const tablist = el("div", { class: "tabs", role: "tablist", "aria-label": `Places of ${person.name}` });
    tablist.addEventListener("keydown", (event) => this.#tabKey(event));
    const body = el("div", { class: "places" });
    for (const place of person.places) {
      const panel = freshId("panel");
      const log = new Log({ label: `${title(place)}, as ${person.name} sees it`, person, people, act: (message) => this.#acts(message), empty: this.#empty(place), onTry: (line) => this.#try(line) });
      const tab = el("button", { class: "tab", type: "button", role: "tab", id: `${panel}-tab`, "aria-controls": panel }, el("span", { text: title(place) }));
      tab.addEventListener("click", () => this.show(place));
      log.element.id = panel;
      log.element.setAttribute("role", "tabpanel");
      log.element.setAttribute("aria-labelledby", tab.id);
      this.tabs.set(place, tab);
      this.logs.set(place, log);
      tablist.append(tab);
      body.append(log.element);
    }
    this.typing = el("p", { class: "typing", role: "status" });
    const head = el(
      "header",
      { class: "column-head" },
      avatar(person),
      el("div", { class: "who" }, el("h2", {}, el("bdi", { text: person.name })), el("p", { text: person.title })),
      (this.worn = el("ul", { class: "badges", "aria-label": `Badges of ${person.name}` })),
    );
    this.wear(person.badges);
    const behind = [tablist, body, this.typing, this.composer.element];
    this.element = el("section", { class: "column", "aria-label": `${person.name}, ${person.title}` }, head, ...behind);
    this.element.style.setProperty("--person", person.color);
    this.stage = new Stage(this.element, behind, this.composer.input);
  }

  #empty(place) {
    const tries = place === this.person.places[0] ? this.person.tries : [];
    if (place === MAIL) {
      return el("div", { class: "empty" }, el("p", {}, "Mails to ", el("b", { text: this.person.email }), " arrive here. Nothing is really sent."));
    }
    const words = place.startsWith("@") ? "Homeroom writes to you here." : tries.length ? "Try one of these" : "Nothing here yet.";
    const chips = tries.map((line) => el("button", { class: "chip", type: "button", text: line, on: { click: () => this.composer.set(line) } }));
    return el("div", { class: "empty" }, el("p", { text: words }), chips.length ? el("div", { class: "chips" }, ...chips) : null);
  }

  show(place) {
    this.place = place;
    for (const [one, tab] of this.tabs) {
      const shown = one === place;
      tab.setAttribute("aria-selected", String(shown));
      tab.tabIndex = shown ? 0 : -1;
      this.logs.get(one).element.hidden = !shown;
    }
    // Mails from the bot cannot be answered here.
    this.composer.element.hidden = place === MAIL;
    this.memory.state.place = place;
    this.#read(place);
    this.logs.get(place).toBottom();
    this.onShow?.();
  }

  #try(line) {
    this.showChat();
    this.composer.set(line);
  }

  /** Put a line into the composer, in the first of this person's places. */
  fill(line) {
    this.show(this.person.places[0]);
    this.composer.set(line);
  }

  /** Show a place, and focus the newest element in it that matches a selector. */
  find(place, css) {
    this.show(place);
    [...this.logs.get(place).list.querySelectorAll(css)].at(-1)?.focus();
  }

  /** Show this person's badges. */
  wear(badges) {
    this.worn.replaceChildren(...badges.map((badge) => el("li", { class: "badge", text: badge })));
    this.worn.hidden = !badges.length;
  }

  /** Leave the mails for a place where this person can type. */
  showChat() {
    if (this.place === MAIL) this.show(this.person.places[0]);
  }

  #tabKey(event) {
    const places = this.person.places;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    this.show(places[(places.indexOf(this.place) + by + places.length) % places.length]);
    this.tabs.get(this.place).focus();
  }

  /** Rebuild the column from the server's state, without losing what was read. */
  restore(messages) {
    const { seen } = this.memory.state;
    this.unread.clear();
    for (const [place, log] of this.logs) {
      const here = messages.filter((one) => one.place === place && this.#sees(one));
      const from = here.findIndex((one) => one.id === seen[place]) + 1;
      for (const one of here) log.upsert(one, { restoring: true });
      const fresh = here.slice(from).filter((one) => one.author !== this.person.name);
      if (place !== this.place && fresh.length) this.unread.set(place, fresh.length);
      this.#markTab(place);
    }
    this.#read(this.place);
  }

  #sees(message) {
    return this.person.places.includes(message.place) && (!message.only || message.only === this.person.name);
  }

  take(message) {
    if (!this.#sees(message)) return;
    const log = this.logs.get(message.place);
    const known = log.nodes.has(message.id);
    const mine = message.author === this.person.name || message.only === this.person.name;
    log.upsert(message, { mine });
    if (message.place === this.place) this.#read(this.place);
    else if (!known) {
      this.unread.set(message.place, (this.unread.get(message.place) ?? 0) + 1);
      this.#markTab(message.place);
    }
    this.onUnread?.();
  }

  get unreadCount() {
    return [...this.unread.values()].reduce((sum, one) => sum + one, 0);
  }

  #read(place) {
    this.unread.delete(place);
    const last = [...this.logs.get(place).nodes.keys()].at(-1);
    if (last) this.memory.state.seen[place] = last;
    this.memory.save();
    this.#markTab(place);
    this.onUnread?.();
  }

  #markTab(place) {
    const tab = this.tabs.get(place);
    const count = this.unread.get(place) ?? 0;
    tab.querySelector(".unread")?.remove();
    if (!count) return;
    tab.append(el("span", { class: "unread" }, el("span", { "aria-hidden": "true", text: count > 99 ? "99+" : count }), el("span", { class: "sr", text: `${count} unread` })));
  }

  /** Show this person's open form, or none; `focus` is the place of the control that had the focus in an older page. */
  form(form, focus = -1) {
    const { state } = this.memory;
    if (state.form?.id !== form?.id) state.form = form && { id: form.id, typed: {} };
    this.memory.save();
    if (!form) return this.stage.close();
    const here = focus >= 0 || this.element.contains(document.activeElement);
    openForm(this.stage, form, {
      typed: state.form.typed,
      focus: here ? focus : null,
      onTyped: (typed) => {
        if (state.form?.id === form.id) state.form.typed = typed;
        this.memory.save();
      },
      act: this.#acts({ id: form.clicked ?? "" }),
      suggest: (command, option, typed, values) => this.ask({ do: "suggest", command, option, typed, values }),
      upload: (file) => sendFile(this.person.name, file),
      onSubmit: (answers) =>
        this.#work(this.ask({ do: "submit", place: form.place, action: form.action, clicked: form.clicked, answers })),
      onCancel: () => {
        this.stage.close();
        this.ask({ do: "close" }).catch(() => {});
      },
    });
  }

  #acts(message) {
    return {
      click: async (button, node) => {
        const { confirm, style } = button;
        if (confirm && !(await askFirst(this.stage, confirm, style === "danger"))) return;
        await this.#press(node, { do: "click", message: message.id, action: button.action });
      },
      choose: (block, item, node) =>
        this.#press(node, { do: "choose", message: message.id, action: block.action, fills: block.fills, value: item.value }),
    };
  }

  async #press(node, wish) {
    if (node.getAttribute("aria-busy")) return;
    node.setAttribute("aria-busy", "true");
    try {
      await this.#work(this.ask(wish));
    } catch (error) {
      this.composer.problem.textContent = error.message;
      this.composer.problem.hidden = false;
    } finally {
      node.removeAttribute("aria-busy");
    }
  }

  /** Show that the bot is typing, if a call takes long enough to be noticed. */
  async #work(promise) {
    this.working += 1;
    const timer = setTimeout(() => this.#showWorking(), SLOW);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.working -= 1;
      this.#showWorking();
    }
  }

  #showWorking() {
    this.typing.replaceChildren(...(this.working ? [dots(), "Homeroom is typing"] : []));
  }
}

function dots() {
  return el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
}

function title(place) {
  if (place === MAIL) return "Mail";
  return place.startsWith("@") ? "Homeroom" : `# ${place.slice(1)}`;
}
