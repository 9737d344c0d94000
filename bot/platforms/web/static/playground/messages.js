// The messages in one place, as one person sees them.

import { renderCard } from "./cards.js";
import { el } from "./dom.js";
import { renderMail } from "./mail.js";
import { renderSpans } from "./spans.js";
import { timeElement } from "./time.js";

const BOT = "Homeroom";
const NEAR_BOTTOM = 80;
const TOGETHER = 5 * 60 * 1000;

export class Log {
  constructor({ label, person, people, act, empty, onTry }) {
    this.onTry = onTry;
    this.person = person;
    this.people = people;
    this.act = act;
    this.nodes = new Map();
    this.messages = new Map();
    this.list = el("div", { class: "log", role: "log", "aria-label": label, tabindex: "0" });
    this.empty = empty;
    this.jump = el("button", { class: "jump", type: "button", text: "New messages ↓", hidden: true });
    this.jump.addEventListener("click", () => this.toBottom());
    this.list.addEventListener("scroll", () => this.atBottom && (this.jump.hidden = true));
    // A mail's height is known late; do not scroll away from what somebody is reading.
    this.list.addEventListener("fitted", () => this.following && this.toBottom());
    for (const hand of ["wheel", "touchmove", "keydown", "pointerdown"]) {
      this.list.addEventListener(hand, () => (this.following = false), { passive: true });
    }
    this.element = el("div", { class: "log-frame" }, this.list, this.jump);
    if (empty) this.list.append(empty);
  }

  get atBottom() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_BOTTOM;
  }

  toBottom() {
    this.following = true;
    const last = this.list.lastElementChild;
    // Mails, and cards that are higher than the view, are shown from their beginning.
    const whole = last?.offsetHeight <= this.list.clientHeight;
    if (last && (last.dataset.kind === "mail" || !whole)) this.list.scrollTop += last.getBoundingClientRect().top - this.list.getBoundingClientRect().top;
    else this.list.scrollTop = this.list.scrollHeight;
    this.jump.hidden = true;
  }

  /** Add a message, or replace its older version. */
  upsert(message, { restoring = false, mine = false } = {}) {
    const stay = restoring || mine || this.atBottom;
    const known = this.nodes.get(message.id);
    const node = this.#draw(message, known);
    if (known) this.#swap(known, node, restoring);
    else {
      this.empty?.remove();
      if (!restoring) node.classList.add("fresh");
      this.list.append(node);
    }
    this.nodes.set(message.id, node);
    this.messages.set(message.id, message);
    if (stay) this.#settle(node);
    else if (!known) this.jump.hidden = false;
  }

  /** Stay at the bottom, also after pictures in the message have loaded and have their size. */
  #settle(node) {
    this.toBottom();
    for (const picture of node.querySelectorAll("figure img")) {
      picture.addEventListener("load", () => this.toBottom(), { once: true });
    }
  }

  #swap(known, node, restoring) {
    const focused = known.contains(document.activeElement) ? document.activeElement : null;
    known.replaceWith(node);
    if (!restoring) node.classList.add("changed");
    if (!focused) return;
    const label = focused.textContent;
    const twin = [...node.querySelectorAll("button")].find((one) => one.textContent === label);
    (twin ?? node).focus({ preventScroll: true });
  }

  #draw(message, known) {
    const before = known ? known.previousElementSibling : this.list.lastElementChild;
    const previous = before && this.messages.get(before.dataset.id);
    const author = message.author ?? BOT;
    const node = el("article", {
      class: "message",
      tabindex: "-1",
      "aria-label": `${author}${message.only ? ", only you can see this" : ""}`,
      data: { id: message.id, kind: message.kind, private: message.only ? "yes" : "no", author: message.author ? "person" : "bot" },
    });
    if (previous && follows(previous, message)) node.classList.add("follows");
    node.append(this.#avatar(message), el("div", { class: "message-body" }, this.#head(message, author), ...this.#content(message)));
    return node;
  }

  #avatar(message) {
    const person = this.people.get(message.author);
    if (!person) return el("img", { class: "avatar bot", src: "/static/icon.svg", alt: "", width: "30", height: "30" });
    return avatar(person);
  }

  #head(message, author) {
    const head = el("div", { class: "message-head" }, el("bdi", { class: "author", text: author }));
    if (!message.author) head.append(el("span", { class: "tag", text: "Bot" }));
    head.append(timeElement(message.at));
    return head;
  }

  #content(message) {
    const parts = [];
    if (message.via && message.via.who !== this.person.name) {
      parts.push(el("p", { class: "via" }, el("bdi", { text: message.via.who }), " used ", el("code", { text: `/${message.via.command}` })));
    }
    if (message.kind === "card") parts.push(renderCard(message.card, this.act(message)));
    else if (message.kind === "mail") parts.push(renderMail(message, this.onTry));
    else parts.push(el("p", { class: message.kind, dir: "auto" }, renderSpans(message.text)));
    if (message.only && message.kind === "card") parts.push(el("p", { class: "only", text: "Only you can see this" }));
    return parts;
  }
}

function follows(previous, message) {
  return (
    previous.author === message.author &&
    previous.only === message.only &&
    !message.via &&
    new Date(message.at) - new Date(previous.at) < TOGETHER
  );
}

export function avatar(person) {
  const node = el("span", { class: "avatar", "aria-hidden": "true", text: [...person.name][0].toUpperCase() });
  node.style.setProperty("--person", person.color);
  return node;
}
