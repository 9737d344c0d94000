// Draws Block Kit as Slack does: JSON from standard input becomes a list of HTML.
import { readFileSync } from "node:fs";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { Message } from "slack-blocks-to-jsx";

const drawn = JSON.parse(readFileSync(0, "utf8")).map((blocks) =>
  renderToStaticMarkup(
    createElement(Message, { blocks, name: "Homeroom", logo: "", theme: "light", withoutWrapper: true }),
  ),
);
process.stdout.write(JSON.stringify(drawn));
