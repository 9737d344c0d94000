// A field of a form: a text, a number, several lines, a choice, a text with suggestions, or a file.

import { el, freshId } from "./dom.js";
import { dropArea } from "./files.js";
import { Listbox } from "./listbox.js";

const FEW = 3;

export function control(field, suggest, answers, upload) {
  const id = freshId("field");
  if (field.formats.length) return file(field, id, upload);
  if (field.closed && field.items.length <= FEW) return radios(field, id);
  if (field.closed) return wrap(field, id, dropdown(field, id));
  const input = field.lines ? lines(field, id) : text(field, id);
  const made = wrap(field, id, input);
  if (!field.offers || field.lines) return made;
  const value = propose(input, field, suggest, answers);
  return { ...made, value, typed: () => ({ value: value(), label: input.value }) };
}

function describe(field, id) {
  return el("p", { class: "field-help", id: `${id}-help`, text: field.description });
}

function name(field) {
  return [el("span", { text: field.label }), field.required ? null : el("span", { class: "field-optional", text: "optional" })].filter(Boolean);
}

function wrap(field, id, input) {
  const element = el("div", { class: "field" }, el("label", { for: id }, ...name(field)), input, describe(field, id));
  return { name: field.name, element, value: () => input.value.trim(), typed: () => ({ value: input.value }) };
}

function text(field, id) {
  const input = el("input", {
    id,
    class: "input",
    type: "text",
    "aria-describedby": `${id}-help`,
    autocomplete: "off",
    spellcheck: field.number ? "false" : undefined,
    inputmode: field.number ? "numeric" : undefined,
    required: field.required,
    dir: "auto",
  });
  input.value = field.value;
  return input;
}

function lines(field, id) {
  const input = el("textarea", { id, class: "input", rows: "3", "aria-describedby": `${id}-help`, required: field.required, dir: "auto" });
  input.value = field.value;
  return input;
}

function file(field, id, upload) {
  const area = dropArea(field, id, upload);
  const head = el("label", { for: id }, ...name(field));
  const element = el("div", { class: "field" }, head, area.element, describe(field, id));
  return { name: field.name, element, value: area.value, typed: area.typed, ready: area.ready };
}

function dropdown(field, id) {
  const input = el("select", { id, class: "input", "aria-describedby": `${id}-help`, required: field.required });
  input.append(el("option", { value: "", text: field.required ? "Choose…" : "No choice" }));
  for (const item of field.items) input.append(el("option", { value: item.value, text: item.label }));
  input.value = field.value;
  return input;
}

function radios(field, id) {
  const group = el("fieldset", { class: "field", "aria-describedby": `${id}-help` }, el("legend", {}, ...name(field)));
  const row = el("div", { class: "radios" });
  for (const item of field.items) {
    const radio = el("input", { type: "radio", name: id, value: item.value, required: field.required });
    radio.checked = item.value === field.value;
    row.append(el("label", { class: "radio" }, radio, el("span", { text: item.label })));
  }
  group.append(row, describe(field, id));
  const value = () => group.querySelector("input:checked")?.value ?? "";
  return { name: field.name, element: group, value, typed: () => ({ value: value() }) };
}

/** Return a field with what was typed into it before its form was drawn again. */
export function filled(field, typed) {
  if (!typed) return field;
  const { label, ...kept } = typed;
  return { ...field, ...kept, items: label ? [...field.items, { value: kept.value, label }] : field.items };
}

/** Suggest values while a person types; returns a function that gives the value of the input. */
function propose(input, field, suggest, answers) {
  const list = new Listbox({ label: field.label, onPick: pick });
  let asked = 0;
  // The input shows the label of the picked item; its value is what is sent.
  let picked = field.items.find((item) => item.value === field.value) ?? null;
  if (picked) input.value = picked.label;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.element.id);
  input.setAttribute("aria-expanded", "false");
  input.after(list.element);
  list.onActive = (id) => (id ? input.setAttribute("aria-activedescendant", id) : input.removeAttribute("aria-activedescendant"));

  function close() {
    asked += 1;
    list.hide();
    input.setAttribute("aria-expanded", "false");
  }

  function pick(item) {
    picked = item;
    input.value = item.label;
    close();
  }

  async function offer() {
    asked += 1;
    const mine = asked;
    const { items } = await suggest(input.value, answers()).catch(() => ({ items: [] }));
    if (mine !== asked || document.activeElement !== input) return;
    list.show(items.filter((item) => item.label !== input.value));
    input.setAttribute("aria-expanded", String(list.open));
  }

  input.addEventListener("input", offer);
  input.addEventListener("click", offer);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && !list.open) offer();
    else if (!list.open) return;
    else if (event.key === "ArrowDown") list.move(1);
    else if (event.key === "ArrowUp") list.move(-1);
    else if (event.key === "Escape") close();
    else if (event.key !== "Enter" || !list.pickActive()) return;
    event.preventDefault();
  });

  return () => (picked && picked.label === input.value ? picked.value : input.value.trim());
}
