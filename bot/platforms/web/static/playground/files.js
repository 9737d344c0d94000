// An area to drop or choose a file: it is uploaded at once, and the form sends the id under which it is kept.

import { el } from "./dom.js";

const KILOBYTE = 1024;

/** Upload a file; resolves to the id under which it is kept. */
export async function sendFile(person, file) {
  const answer = await fetch("/playground/files", {
    method: "POST",
    headers: { "X-Person": encodeURIComponent(person), "X-File-Name": encodeURIComponent(file.name) },
    body: file,
  });
  if (answer.status === 413) {
    const { most } = await answer.json();
    throw new Error(`${file.name} is larger than ${most / KILOBYTE / KILOBYTE} MB. Send it in several parts.`);
  }
  if (!answer.ok) throw new Error("The file could not be sent. Try again.");
  return (await answer.json()).file;
}

export function dropArea(field, id, upload) {
  const said = el("span", { class: "drop-name", role: "status" });
  const input = el("input", {
    id,
    class: "drop-input",
    type: "file",
    accept: field.formats.map((one) => `.${one}`).join(","),
    "aria-describedby": `${id}-help`,
    required: field.required && !field.chosen,
  });
  const words = el("span", { class: "drop-words", text: "Choose a file, or drop it here" });
  const element = el("div", { class: "drop" }, input, words, said);
  let kept = field.value;
  let chosen = field.chosen;
  let sending = Promise.resolve();
  say(field.chosen, "");

  function say(name, note) {
    said.textContent = [name, note].filter(Boolean).join(" · ");
    element.dataset.state = name ? "chosen" : "";
  }

  function take(file) {
    if (!file) return;
    kept = "";
    input.required = false;
    say(file.name, "sending…");
    const mine = upload(file).then(
      (name) => {
        if (sending !== mine) return;
        kept = name;
        chosen = file.name;
        element.dispatchEvent(new Event("input", { bubbles: true }));
        say(file.name, size(file));
      },
      (error) => {
        if (sending !== mine) return;
        said.textContent = error.message;
        element.dataset.state = "bad";
        input.required = field.required;
        input.value = "";
      },
    );
    sending = mine;
  }

  input.addEventListener("change", () => take(input.files[0]));
  for (const kind of ["dragenter", "dragover"]) {
    element.addEventListener(kind, (event) => {
      event.preventDefault();
      element.dataset.over = "";
    });
  }
  element.addEventListener("dragleave", () => delete element.dataset.over);
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    delete element.dataset.over;
    take(event.dataTransfer.files[0]);
  });
  return { element, value: () => kept, typed: () => (kept ? { value: kept, chosen } : null), ready: () => sending };
}

function size(file) {
  return file.size < KILOBYTE * KILOBYTE
    ? `${Math.max(1, Math.round(file.size / KILOBYTE))} KB`
    : `${(file.size / KILOBYTE / KILOBYTE).toFixed(1)} MB`;
}
