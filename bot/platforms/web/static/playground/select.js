// A button that opens a list. Choosing an item acts at once, so moving through the list must not choose.

import { el } from "./dom.js";
import { Listbox } from "./listbox.js";

const TYPE_AHEAD = 700;

export function selectButton({ placeholder, items, onChoose }) {
  const list = new Listbox({ label: placeholder, onPick: pick });
  const button = el(
    "button",
    {
      class: "select",
      type: "button",
      role: "combobox",
      "aria-expanded": "false",
      "aria-controls": list.element.id,
      "aria-label": placeholder,
    },
    el("span", { class: "select-text", text: placeholder, dir: "auto" }),
  );
  const root = el("div", { class: "select-root" }, button, list.element);
  let typed = "";
  let typedAt = 0;

  list.onActive = (id) => (id ? button.setAttribute("aria-activedescendant", id) : button.removeAttribute("aria-activedescendant"));

  function open(active) {
    list.show(items, active);
    button.setAttribute("aria-expanded", "true");
    list.element.scrollIntoView({ block: "nearest" });
  }

  function close() {
    list.hide();
    button.setAttribute("aria-expanded", "false");
  }

  function pick(item) {
    close();
    button.focus();
    onChoose(item, button);
  }

  function ahead(letter) {
    const now = Date.now();
    typed = (now - typedAt < TYPE_AHEAD ? typed : "") + letter.toLowerCase();
    typedAt = now;
    const at = items.findIndex((item) => item.label.toLowerCase().startsWith(typed));
    if (at >= 0) list.activate(at);
  }

  const keys = {
    ArrowDown: () => (list.open ? list.move(1) : open(0)),
    ArrowUp: () => (list.open ? list.move(-1) : open(items.length - 1)),
    Home: () => list.open && list.activate(0),
    End: () => list.open && list.activate(items.length - 1),
    Escape: () => list.open && (close(), true),
    Enter: () => (list.open ? list.pickActive() : open(0)),
    " ": () => (list.open ? list.pickActive() : open(0)),
  };
  button.addEventListener("keydown", (event) => {
    if (event.key in keys) {
      if (keys[event.key]() === false) return;
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      if (!list.open) open(0);
      ahead(event.key);
    } else if (event.key === "Tab") close();
  });
  button.addEventListener("click", () => (list.open ? close() : open(-1)));
  button.addEventListener("blur", close);
  return root;
}
