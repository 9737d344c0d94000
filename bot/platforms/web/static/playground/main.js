// The playground: the columns of all people side by side, with one connection for all of them.

import { Column } from "./column.js";
import { el } from "./dom.js";
import { avatar } from "./messages.js";
import { connect } from "./socket.js";
import { Tour } from "./tour.js";

const page = document.getElementById("columns");
const nav = document.getElementById("people");
const steps = document.getElementById("steps");
const connection = document.getElementById("connection");
const STATUS = { on: "Connected", off: "Reconnecting…" };
const PERSON = "homeroom person";

let columns = new Map();
let current = null;
let tour = null;

const ask = connect({
  onChange(change) {
    if (change.do === "state") restore(change);
    else if (change.do === "message") {
      for (const column of columns.values()) column.take(change.message);
      tour?.take(change.message);
    }
    else if (change.do === "badges") columns.get(change.who)?.wear(change.badges);
    else if (change.do === "form") columns.get(change.who)?.form(change.form);
  },
  onStatus(status) {
    connection.textContent = STATUS[status];
    connection.dataset.state = status;
  },
});

function restore(state) {
  const people = new Map(state.people.map((one) => [one.name, one]));
  const focused = [...columns].find(([, column]) => column.composer.input === document.activeElement)?.[0];
  const inForm = new Map([...columns].map(([name, column]) => [name, column.stage.focused]));
  const drafts = new Map([...columns].map(([name, column]) => [name, column.composer.input.value]));
  columns = new Map(state.people.map((one) => [one.name, new Column(one, { room: state.room, people, ask })]));
  page.replaceChildren(...[...columns.values()].map((column) => column.element));
  nav.replaceChildren(...[...columns].map(([name, column]) => personTab(name, column)));
  for (const [name, column] of columns) {
    column.restore(state.messages);
    column.composer.keep(drafts.get(name));
    column.onUnread = () => markPerson(name, column);
    column.onUnread();
    column.element.addEventListener("focusin", () => choose(name));
    column.form(state.forms[name] ?? null, inForm.get(name));
  }
  choose(columns.has(sessionStorage.getItem(PERSON)) ? sessionStorage.getItem(PERSON) : state.people[0]?.name);
  columns.get(focused)?.composer.input.focus();
  tour = state.tour && new Tour(steps, state.tour, { room: state.room, columns, choose: bring });
  for (const message of state.messages) tour?.take(message);
  page.setAttribute("aria-busy", "false");
  page.style.setProperty("--count", columns.size);
}

function personTab(name, column) {
  const button = el("button", { class: "person", type: "button", data: { name } }, avatar(column.person), el("bdi", { text: name }));
  button.addEventListener("click", () => bring(name));
  return button;
}

/** Choose a person, and scroll their column into view if not all of them fit. */
function bring(name) {
  choose(name);
  columns.get(name).element.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function personButton(name) {
  return [...nav.children].find((one) => one.dataset.name === name);
}

function markPerson(name, column) {
  const button = personButton(name);
  button?.querySelector(".unread")?.remove();
  const count = column.unreadCount;
  if (count) button?.append(el("span", { class: "unread" }, el("span", { text: count }), el("span", { class: "sr", text: " unread" })));
}

/** Make a person the current one: the only one shown on narrow screens, and the one that the key `/` is for. */
function choose(name) {
  if (name === current?.person.name && current === columns.get(name)) return;
  current = columns.get(name) ?? null;
  for (const [one, column] of columns) {
    column.element.classList.toggle("current", one === name);
    // A message to several people is read out once.
    for (const log of column.logs.values()) log.list.setAttribute("aria-live", one === name ? "polite" : "off");
    personButton(one)?.setAttribute("aria-pressed", String(one === name));
  }
  current?.logs.get(current.place).toBottom();
  sessionStorage.setItem(PERSON, name);
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, dialog") || !current || current.stage.dialog) return;
  event.preventDefault();
  current.showChat();
  current.composer.set(current.composer.input.value || "/");
});
