// The connection to the room: sends numbered requests, receives changes, and reconnects by itself.

const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;

export class Offline extends Error {}

export function connect({ onChange, onStatus }) {
  const pending = new Map();
  let socket = null;
  let number = 0;
  let wait = FIRST_WAIT;

  function open() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${location.host}/playground/socket?zone=${encodeURIComponent(zone)}`);
    socket.addEventListener("message", ({ data }) => take(JSON.parse(data)));
    socket.addEventListener("close", lost);
  }

  function take(change) {
    if (change.do === "done") {
      const answer = pending.get(change.id);
      pending.delete(change.id);
      if (change.failed || change.unreadable) answer?.reject(new Error("The playground could not do that."));
      else answer?.resolve(change);
      return;
    }
    if (change.do === "state") {
      wait = FIRST_WAIT;
      onStatus("on");
    }
    onChange(change);
  }

  function lost() {
    onStatus("off");
    for (const answer of pending.values()) answer.reject(new Offline("The connection was lost."));
    pending.clear();
    setTimeout(again, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  /** Reconnect, or reload to sign in: unlike a page, a websocket does not learn why it is refused. */
  async function again() {
    const page = await fetch(location.href, { method: "HEAD" }).catch(() => null);
    if (page?.status === 401) location.reload();
    else open();
  }

  open();

  return function ask(wish) {
    if (socket.readyState !== WebSocket.OPEN) return Promise.reject(new Offline("There is no connection."));
    number += 1;
    socket.send(JSON.stringify({ ...wish, id: number }));
    return new Promise((resolve, reject) => pending.set(number, { resolve, reject }));
  };
}
