// The invoice editor: rows come and go, products fill their line, totals are asked from the server while typing.
(() => {
  const form = document.getElementById("editor");
  if (!form) return;
  const $ = window.django.jQuery;

  const addRow = (part) => {
    const count = form.elements[`${part}-TOTAL_FORMS`];
    const template = document.getElementById(`${part}-empty`);
    const place = count.value;
    const holder = document.createElement(part === "lines" ? "tbody" : "div");
    holder.innerHTML = template.innerHTML.replaceAll("__prefix__", place);
    const row = holder.firstElementChild;
    (part === "lines" ? document.querySelector("#lines tbody") : document.getElementById(part)).append(row);
    count.value = Number(place) + 1;
    $(row).find(".admin-autocomplete").djangoAdminSelect2();
    showTaxes(row);
    return row;
  };

  // A hidden row cannot keep the focus: it goes to the next one, else to the one before, else to "add".
  const drop = (row) => {
    row.hidden = true;
    const others = [...row.parentElement.children];
    const place = others.indexOf(row);
    const near = [...others.slice(place), ...others.slice(0, place).reverse()].find((other) => !other.hidden);
    (near || row.closest("section, details")).querySelector('[name$="-name"], [name$="-due_on"], [data-add]').focus();
  };

  const showTaxes = (row) => {
    const summary = row.querySelector(".fa-pick > summary");
    if (!summary) return;
    const chosen = [...row.querySelectorAll(".fa-pick input:checked")].map((box) => box.parentElement.textContent.trim());
    summary.textContent = chosen.join(", ") || summary.dataset.none;
  };

  const set = (row, name, value) => {
    const field = row.querySelector(`[name$="-${name}"]`);
    if (field && value !== "") field.value = value;
  };

  const fill = async (row, product) => {
    const url = form.dataset.fill.replace("/0/", `/${product}/`);
    const answer = await fetch(`${url}?currency=${encodeURIComponent(form.elements.currency.value)}`);
    if (!answer.ok) return;
    const data = await answer.json();
    for (const name of ["name", "detail", "unit", "unit_price"]) set(row, name, data[name]);
    for (const name of ["kind", "price"]) row.querySelector(`[name$="-${name}"]`).value = data[name];
    row.querySelector(".fa-tag").hidden = data.kind !== "recurring";
    if (data.detail) row.querySelector(".fa-more").open = true;
    row.querySelectorAll(".fa-pick input").forEach((box) => (box.checked = data.taxes.includes(box.value)));
    showTaxes(row);
    row.querySelector('[name$="-quantity"]').select();
    ask();
  };

  let timer, latest = 0;
  const ask = () => {
    clearTimeout(timer);
    timer = setTimeout(askNow, 200);
  };

  const askNow = async () => {
    const mine = ++latest;
    const data = new FormData(form);
    data.delete("files");
    const answer = await fetch(form.dataset.totals, { method: "POST", body: data });
    if (!answer.ok || mine !== latest) return;
    show(await answer.json());
  };

  // Only when they differ: whoever listens to the page hears what changed, and nothing twice.
  let told = "";
  const showRows = (rows) => {
    const news = JSON.stringify(rows);
    if (news === told) return;
    told = news;
    document.getElementById("totals").replaceChildren(...rows.flatMap((row) => [
      term("dt", { textContent: row.label, className: row.weight }),
      term("dd", { textContent: row.amount, className: row.weight, ...(row.is_last && { id: "total" }) }),
    ]));
  };

  const show = (sums) => {
    document.getElementById("totals-error").textContent = sums.error || sums.note || "";
    form.classList.toggle("fa-stale", Boolean(sums.error));
    if (sums.error) return;
    showRows(sums.summary);
    document.querySelectorAll(".fa-line").forEach((row) => {
      row.querySelector("output").textContent = sums.lines[row.dataset.prefix] || "–";
    });
  };

  const term = (tag, values) => Object.assign(document.createElement(tag), values);

  form.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]");
    if (add) addRow(add.dataset.add).querySelector(".select2-selection, input:not([type=hidden])").focus();
  });
  form.addEventListener("input", ask);
  form.addEventListener("change", (event) => {
    const row = event.target.closest(".fa-line, .fa-pair");
    if (row && event.target.name.endsWith("-DELETE")) drop(row);
    if (row) showTaxes(row);
    if (event.target.dataset.goto) window.location = event.target.dataset.goto + event.target.value;
    ask();
  });
  $(form).on("select2:select", "[name=customer]", async (event) => {
    const answer = await fetch(form.dataset.payer.replace("/0/", `/${event.target.value}/`));
    if (answer.ok) form.elements.language.value = (await answer.json()).language;
  });
  $(form).on("select2:select", '[name$="-product"]', (event) => {
    fill(event.target.closest(".fa-line"), event.target.value);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName === "TEXTAREA" && !event.ctrlKey && !event.metaKey) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[name=_save]"));
    } else if (event.target.closest(".fa-line") && event.target.matches("input[type=text], input:not([type])")) {
      event.preventDefault();
      const row = event.target.closest(".fa-line");
      (row.nextElementSibling || addRow("lines")).querySelector('[name$="-name"]').focus();
    } else if (event.target.matches("input")) {
      event.preventDefault();
    }
  });

  // A choice of taxes lies over the lines below it, so it goes when the person does.
  const close = (pick) => (pick.open = false);
  form.addEventListener("focusout", (event) => {
    const pick = event.target.closest(".fa-pick");
    if (pick && event.relatedTarget && !pick.contains(event.relatedTarget)) close(pick);
  });
  document.addEventListener("click", (event) => {
    [...form.querySelectorAll(".fa-pick[open]")].filter((pick) => !pick.contains(event.target)).forEach(close);
  });
  form.addEventListener("keydown", (event) => {
    const pick = event.key === "Escape" && event.target.closest(".fa-pick[open]");
    if (!pick) return;
    close(pick);
    pick.firstElementChild.focus();
  });

  // Two quick clicks on "Save" are one invoice.
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => delete form.dataset.sent);

  document.querySelectorAll(".fa-line").forEach(showTaxes);
  ask();
})();
