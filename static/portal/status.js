// Loads the page again when its invoice has changed: asks every 3 s while somebody looks, after 5 minutes every 15.
const shown = document.querySelector("main").dataset;
const opened = Date.now();
const pause = () => (Date.now() - opened < 300000 ? 3000 : 15000);

async function look() {
  if (!document.hidden) {
    try {
      const answer = await fetch(shown.status, { cache: "no-store", credentials: "omit" });
      if (answer.ok && (await answer.json()).version !== shown.version) return location.reload();
    } catch {
      // offline: the next look tells
    }
  }
  setTimeout(look, pause());
}

document.getElementById("live")?.removeAttribute("hidden");
setTimeout(look, pause());
