// The reference of the API: finds routes, and marks the one that is read.
"use strict";

for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;

// ---- Find ----

const box = document.getElementById("find");
const found = document.getElementById("found");
const rows = [...document.querySelectorAll("[data-find]")].map((element) => ({
  element,
  text: element.dataset.find.toLowerCase(),
}));
const groups = [...document.querySelectorAll("[data-group]")];

function find() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) row.element.hidden = !words.every((word) => row.text.includes(word));
  for (const group of groups) {
    const inside = [...group.querySelectorAll("[data-find]")];
    group.hidden = words.length > 0 && inside.every((element) => element.hidden);
  }
  for (const part of document.querySelectorAll(".intro, .errors")) part.hidden = words.length > 0;
  const many = rows.filter((row) => row.element.matches("article") && !row.element.hidden).length;
  found.textContent = words.length ? (many === 1 ? "1 route" : `${many} routes`) : "";
}

box.addEventListener("input", find);
box.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  box.value = "";
  find();
});
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select");
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  box.focus();
});

// A link leads to what may be hidden by the search.
window.addEventListener("hashchange", () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target || target.closest("[hidden]") === null) return;
  box.value = "";
  find();
  target.scrollIntoView();
});

// ---- The route that is read ----

const links = new Map(
  [...document.querySelectorAll("[data-routes] a[href^='#']")].map((link) => [link.hash.slice(1), link]),
);
const watcher = new IntersectionObserver(
  (entries) => {
    const entry = entries.find((one) => one.isIntersecting && links.has(one.target.id));
    if (!entry) return;
    for (const link of links.values()) link.removeAttribute("aria-current");
    const link = links.get(entry.target.id);
    link.setAttribute("aria-current", "true");
    const list = link.closest(".routes");
    const place = link.getBoundingClientRect();
    const frame = list.getBoundingClientRect();
    if (place.top < frame.top || place.bottom > frame.bottom) {
      list.scrollTop += place.top - frame.top - frame.height / 2;
    }
  },
  { rootMargin: "-10% 0px -80% 0px" },
);
for (const part of document.querySelectorAll("article.route, #begin, #errors")) watcher.observe(part);

// On narrow screens the list covers the page: it goes when a route is chosen.
const nav = document.getElementById("nav");
nav.addEventListener("click", (event) => {
  if (event.target.closest("a[href^='#']") && nav.matches(":popover-open")) nav.hidePopover();
});
