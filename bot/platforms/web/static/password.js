// Lets people see the password that they type, which nobody can proofread otherwise.

for (const field of document.querySelectorAll("input[type=password]")) {
  const box = Object.assign(document.createElement("input"), { type: "checkbox" });
  const label = Object.assign(document.createElement("label"), { className: "show" });
  label.append(box, "Show password");
  field.after(label);
  const show = (shown) => (field.type = shown ? "text" : "password");
  box.addEventListener("change", () => show(box.checked));
  // Browsers remember what is typed into fields of text.
  field.form.addEventListener("submit", () => show(false));
}
