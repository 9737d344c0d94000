// A picture in a card; columns are narrow, so a click enlarges it.

import { el } from "./dom.js";

export function picture({ data, alt }) {
  const image = el("img", { src: data, alt });
  // A QR code is square, and needs less room than a chart.
  image.addEventListener("load", () => image.classList.toggle("square", image.naturalWidth === image.naturalHeight));
  const button = el("button", { class: "enlarge", type: "button", title: "Enlarge", on: { click: enlarge } }, image);
  return el("figure", { class: "image" }, button);

  function enlarge() {
    const close = el("button", { class: "button", type: "button", text: "Close" });
    const large = el("dialog", { class: "large", "aria-label": "Picture" }, el("img", { src: data, alt }), close);
    large.addEventListener("click", () => large.close());
    large.addEventListener("close", () => large.remove());
    document.body.append(large);
    large.showModal();
  }
}
