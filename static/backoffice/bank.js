// Shows what would happen to a bank file without sending the page away, so that the chosen file stays chosen.
const form = document.getElementById("upload");
const preview = document.getElementById("preview");

form.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (button?.value === "import") {
    // Only after the browser has read which button it was.
    setTimeout(() => (button.disabled = true));
    return;
  }
  if (!form.reportValidity()) return event.preventDefault();
  event.preventDefault();
  const data = new FormData(form);
  data.set("step", "preview");
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { "X-Requested-With": "fetch" } });
    if (answer.status >= 500 || answer.redirected) throw new Error(answer.status);
    preview.innerHTML = await answer.text();
  } catch {
    const alert = Object.assign(document.createElement("p"), { className: "fa-alert", textContent: preview.dataset.failed });
    preview.replaceChildren(alert);
  }
  form.removeAttribute("aria-busy");
  preview.scrollIntoView({ behavior: "smooth", block: "nearest" });
});

// Another file or account: what was said about the old one is gone.
form.addEventListener("change", (event) => {
  if (["file", "place"].includes(event.target.name)) preview.replaceChildren();
});
