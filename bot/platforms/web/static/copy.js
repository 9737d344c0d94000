// A button that copies a text, and shows that it did.

const SHAPES = {
  copy: ["M5.5 5.5V3.2A1.2 1.2 0 0 1 6.7 2h6.1A1.2 1.2 0 0 1 14 3.2v6.1a1.2 1.2 0 0 1-1.2 1.2h-2.3",
    "M3.2 5.5h6.1a1.2 1.2 0 0 1 1.2 1.2v6.1A1.2 1.2 0 0 1 9.3 14H3.2A1.2 1.2 0 0 1 2 12.8V6.7a1.2 1.2 0 0 1 1.2-1.2Z"],
  done: ["M3 8.6 6.4 12 13 4.6"],
};
const SVG = "http://www.w3.org/2000/svg";

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  for (const shape of SHAPES[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", shape);
    svg.append(path);
  }
  return svg;
}

// Screen readers do not notice that the name of a button changes.
const said = Object.assign(document.createElement("p"), { className: "sr", role: "status" });
document.body.append(said);

export function copyButton(text, { words = false } = {}) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  const show = (shape, label) => {
    button.replaceChildren(icon(shape));
    if (words) button.append(label);
    button.setAttribute("aria-label", `${label} ${text}`);
    button.title = label;
  };
  show("copy", "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.dataset.done = "";
      show("done", "Copied");
      said.textContent = "Copied";
    } catch {
      show("copy", "Now copy it");
      said.textContent = "Selected. Now copy it";
      select(button.previousElementSibling);
    }
    setTimeout(() => {
      delete button.dataset.done;
      show("copy", "Copy");
      said.textContent = "";
    }, 1600);
  });
  return button;
}

function select(node) {
  if (!node) return;
  const range = document.createRange();
  range.selectNodeContents(node);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}
