// Copy buttons: without this script they stay hidden, and the text can be selected as ever.
if (navigator.clipboard) {
  const status = document.getElementById("copied");
  const done = document.querySelector("[data-done]").dataset.done;
  for (const button of document.querySelectorAll("[data-copies]")) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
      button.textContent = status.textContent = done;
      setTimeout(() => {
        button.textContent = label;
        status.textContent = "";
      }, 2000);
    });
  }
}
