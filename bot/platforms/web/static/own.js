// Reloads a page of the visitor's schools when something on it has changed; it asks the server now and then.

const page = document.getElementById("own");
const WAITS = [3, 3, 3, 3, 3, 5, 5, 5, 10, 10, 15, 20, 30];
let asked = 0;
let timer;

// Without this script, the page says that it must be refreshed.
const news = document.getElementById("news");
if (news) news.textContent = news.dataset.live;

async function ask() {
  const answer = await fetch("/me/state", { cache: "no-store" }).catch(() => null);
  if (answer?.status === 401) {
    document.getElementById("ended").hidden = false;
    return;
  }
  if (answer?.ok && (await answer.text()) !== page.dataset.state) {
    location.reload();
    return;
  }
  later();
}

function later() {
  clearTimeout(timer);
  if (document.hidden) return;
  timer = setTimeout(ask, 1000 * (WAITS[asked++] ?? WAITS.at(-1)));
}

// Ask at once when somebody returns to the tab.
document.addEventListener("visibilitychange", () => {
  asked = 0;
  clearTimeout(timer);
  if (!document.hidden) ask();
});
later();
