// Tells once that somebody looks at an invitation: not when its page is fetched, previewed or opened out of sight.
// Nobody is known by it; a number of this tab's own makes that a reload is not counted again.

const page = location.pathname;

function number() {
  const fresh = Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");
  try {
    const known = sessionStorage.getItem(`opened ${page}`);
    if (!known) sessionStorage.setItem(`opened ${page}`, fresh);
    return known ?? fresh;
  } catch {
    return fresh; // a browser that keeps nothing
  }
}

function tell() {
  if (document.visibilityState !== "visible" || document.prerendering) return;
  document.removeEventListener("visibilitychange", tell);
  fetch(`${page}/opened`, { method: "POST", body: number(), credentials: "omit", keepalive: true }).catch(() => {});
}

document.addEventListener("visibilitychange", tell);
tell();
