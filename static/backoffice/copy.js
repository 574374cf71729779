// Copies an address and says so on the button.
const copy = async (text) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Browsers keep the clipboard from pages without https; a selected field is still copied.
  const field = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.lastElementChild;
  const before = (button.dataset.label ||= label.textContent);
  await copy(button.dataset.copy);
  label.textContent = button.dataset.copied;
  setTimeout(() => (label.textContent = before), 2000);
});
