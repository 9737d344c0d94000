// Reports once that an invitation's page is visible to somebody; fetches, previews and background tabs do not count.
// The report identifies nobody: it has a random number of this tab, so that a reload is not counted again.

const page = location.pathname;

function number() {
  const fresh = Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");
  try {
    const known = sessionStorage.getItem(`opened ${page}`);
    if (!known) sessionStorage.setItem(`opened ${page}`, fresh);
    return known ?? fresh;
  } catch {
    return fresh; // storage is disabled in this browser
  }
}

function tell() {
  if (document.visibilityState !== "visible" || document.prerendering) return;
  document.removeEventListener("visibilitychange", tell);
  fetch(`${page}/opened`, { method: "POST", body: number(), credentials: "omit", keepalive: true }).catch(() => {});
}

document.addEventListener("visibilitychange", tell);
tell();
