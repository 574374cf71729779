// Copy buttons: without this script they stay hidden, and the text can be selected as ever.
if (navigator.clipboard) {
  const status = document.getElementById("copied");
  for (const button of document.querySelectorAll(".pay button")) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.previousElementSibling.textContent);
      button.textContent = status.textContent = button.closest("dl").dataset.done;
      setTimeout(() => {
        button.textContent = label;
        status.textContent = "";
      }, 2000);
    });
  }
}
