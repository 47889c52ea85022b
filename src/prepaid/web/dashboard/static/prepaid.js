// What makes pages smoother. Without it every form and link still works.
"use strict";

// ---- Times in the reader's zone, UTC on hover ----

const FORMS = {
  minute: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
  second: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  day: { day: "numeric", month: "short", year: "numeric" },
};
const formats = Object.fromEntries(
  Object.entries(FORMS).map(([name, form]) => [name, new Intl.DateTimeFormat("en-GB", form)]),
);
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

// An account's test clock may be ahead; what does not follow it says so.
const ahead = 1000 * Number(document.body.dataset.ahead ?? 0);

function ago(moment, isReal) {
  const seconds = (moment - Date.now() - (isReal ? 0 : ahead)) / 1000;
  const unit = UNITS.find(([, size]) => Math.abs(seconds) >= size);
  if (!unit) return "just now";
  if (Math.abs(seconds) > 30 * 86400) return formats.day.format(moment);
  return relative.format(Math.round(seconds / unit[1]), unit[0]);
}

function tellTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    const form = element.dataset.form;
    element.textContent = form === "ago" ? ago(moment, "real" in element.dataset) : (formats[form] ?? formats.minute).format(moment);
    element.title = element.dateTime.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
  }
}

// ---- Parts that renew themselves, while somebody looks ----

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.hasAttribute("data-live")) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const element of document.querySelectorAll("[data-live]")) htmx.trigger(element, "renew");
});

// ---- Copy ----

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.getAttribute("aria-label");
  button.setAttribute("aria-label", "Copied");
  button.classList.add("done");
  setTimeout(() => {
    button.setAttribute("aria-label", label);
    button.classList.remove("done");
  }, 1500);
});

// ---- Dialogs: popovers without script, modal with it ----

document.addEventListener("click", (event) => {
  const button = event.target.closest("[popovertarget]");
  const dialog = button && document.getElementById(button.getAttribute("popovertarget"));
  if (!(dialog instanceof HTMLDialogElement)) return;
  event.preventDefault();
  if (button.getAttribute("popovertargetaction") === "hide") {
    dialog.close();
  } else {
    dialog.removeAttribute("popover");
    dialog.showModal();
  }
});

// ---- Rows that are added, moved and removed ----

function renumber(rows) {
  const list = rows.dataset.rows;
  const every = [...rows.querySelectorAll("[data-row]")];
  every.forEach((row, number) => {
    for (const input of row.querySelectorAll("input")) {
      const field = input.name.split(".").pop();
      input.name = `${list}[${number}].${field}`;
      input.id = `${rows.closest("form").id}-${input.name}`;
      input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+$/, number + 1));
    }
    row.querySelector("[data-up]").disabled = number === 0;
    row.querySelector("[data-down]").disabled = number === every.length - 1;
  });
  rows.querySelector("[data-add]").hidden = every.length >= Number(rows.dataset.most);
}

function prepareRows(root) {
  for (const rows of root.querySelectorAll("[data-rows]:not([data-ready])")) {
    rows.dataset.ready = "";
    for (const part of rows.querySelectorAll(".scripted")) part.hidden = false;
    const blank = rows.querySelector("[data-row]:last-of-type");
    rows.template = blank.cloneNode(true);
    for (const input of rows.template.querySelectorAll("input")) {
      input.setAttribute("value", "");
      input.removeAttribute("aria-invalid");
    }
    for (const error of rows.template.querySelectorAll(".error")) error.remove();
    if ("blank" in blank.dataset) blank.remove();
    renumber(rows);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-rows] button");
  if (!button) return;
  const rows = button.closest("[data-rows]");
  const row = button.closest("[data-row]");
  if ("add" in button.dataset) {
    const made = rows.template.cloneNode(true);
    button.before(made);
    made.querySelector("input").focus();
  } else if ("remove" in button.dataset) {
    row.remove();
  } else if ("up" in button.dataset) {
    row.previousElementSibling.before(row);
  } else if ("down" in button.dataset) {
    row.nextElementSibling.after(row);
  }
  renumber(rows);
});

// ---- Forms are sent once; what is wrong is read first ----

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.getAttribute("aria-busy") === "true") event.preventDefault();
  else form.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
});

// ---- Colours ----

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-switch]") || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  const secure = location.protocol === "https:" ? "; secure" : "";
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const age = theme === "system" ? 0 : 31536000;
  document.cookie = `prepaid_theme=${theme}; path=/; max-age=${age}; samesite=lax${secure}`;
  for (const button of event.target.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button === event.submitter));
  }
  document.dispatchEvent(new Event("prepaid:theme"));
});

function prepare(root) {
  tellTimes(root);
  prepareRows(root);
}

prepare(document);
document.querySelector("[data-focus]")?.focus();
document.addEventListener("htmx:afterSwap", (event) => prepare(event.detail.elt.parentElement ?? document));
