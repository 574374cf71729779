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

  const show = (sums) => {
    document.getElementById("totals-error").textContent = sums.error || "";
    form.classList.toggle("fa-stale", Boolean(sums.error));
    if (sums.error) return;
    const list = document.getElementById("totals");
    list.replaceChildren(...sums.rows.flatMap(([label, amount]) => [term("dt", label), term("dd", amount)]));
    document.getElementById("total").textContent = sums.total;
    document.querySelectorAll(".fa-line").forEach((row) => {
      row.querySelector("output").textContent = sums.lines[row.dataset.prefix] || "–";
    });
  };

  const term = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });

  form.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]");
    if (add) addRow(add.dataset.add).querySelector("input:not([type=hidden]), select").focus();
  });
  form.addEventListener("input", ask);
  form.addEventListener("change", (event) => {
    const row = event.target.closest(".fa-line, .fa-pair");
    if (row && event.target.name.endsWith("-DELETE")) row.hidden = event.target.checked;
    if (row) showTaxes(row);
    if (event.target.dataset.goto) window.location = event.target.dataset.goto + event.target.value;
    ask();
  });
  $(form).on("select2:select", '[name$="-product"]', (event) => {
    fill(event.target.closest(".fa-line"), event.target.value);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName === "TEXTAREA" && !event.ctrlKey && !event.metaKey) return;
    if (event.ctrlKey || event.metaKey) {
      form.requestSubmit(form.querySelector("[name=_save]"));
    } else if (event.target.closest(".fa-line") && event.target.matches("input[type=text], input:not([type])")) {
      event.preventDefault();
      const row = event.target.closest(".fa-line");
      (row.nextElementSibling || addRow("lines")).querySelector('[name$="-name"]').focus();
    } else if (event.target.matches("input")) {
      event.preventDefault();
    }
  });

  document.querySelectorAll(".fa-line").forEach(showTaxes);
  ask();
})();
