// Shows a mail as its reader would see it: its HTML in a frame without scripts, and its plain text.

import { el } from "./dom.js";

export const MAIL = "mail";
const MAY = "allow-same-origin allow-popups allow-popups-to-escape-sandbox";

/** Render a mail; `onTry` gets a line that answers its invitation in chat, because the demo has no sign-in. */
export function renderMail(mail, onTry) {
  const link = mail.text.match(/https?:\/\/\S+\/i\/[\w-]+/)?.[0];
  const frame = el("iframe", { class: "mail-frame", src: mail.page, title: `Mail: ${mail.subject}`, sandbox: MAY });
  frame.addEventListener("load", () => {
    fit(frame);
    new ResizeObserver(() => fit(frame)).observe(frame);
  });
  return el(
    "section",
    { class: "mail" },
    el(
      "header",
      { class: "mail-head" },
      el("h3", { class: "mail-subject", dir: "auto", text: mail.subject }),
      el("dl", {}, row("From", mail.from), row("To", mail.to)),
    ),
    frame,
    link && el("p", { class: "mail-try" }, el("button", { class: "chip", type: "button", text: "/join …", "aria-label": "Type /join with this link", on: { click: () => onTry(`/join ${link}`) } })),
    ...mail.files.map((file) =>
      el("p", { class: "file" }, el("a", { class: "button link", href: file.data, download: file.filename, text: file.filename })),
    ),
    el("details", { class: "mail-text" }, el("summary", { text: "Plain text" }), el("pre", { dir: "auto", tabindex: "0", text: mail.text })),
  );
}

function row(name, value) {
  return el("div", {}, el("dt", { text: name }), el("dd", { dir: "auto", text: value }));
}

/** Fit the frame's height to its content, which runs no script and cannot do so itself. */
function fit(frame) {
  const content = frame.contentDocument?.body?.firstElementChild;
  const height = Math.ceil(content?.getBoundingClientRect().height ?? 0);
  if (!height || frame.style.height === `${height}px`) return;
  frame.style.height = `${height}px`;
  frame.dispatchEvent(new Event("fitted", { bubbles: true }));
}
