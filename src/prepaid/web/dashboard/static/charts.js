// Draws `data-chart`: credits per day as stacked bars, with a tip under the pointer.
"use strict";

const SERIES = 7; // six that have a colour of their own, and the rest
const dayName = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const number = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const short = new Intl.NumberFormat("en", { notation: "compact" });

function colours() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(name).trim();
  const series = Array.from({ length: SERIES }, (_, n) => named(`--series-${n + 1}`));
  return { series, text: named("--soft"), line: named("--line") };
}

// Bars are drawn from the highest sum down, so that each covers what is not its own.
function stacked(series, days) {
  const sums = new Array(days).fill(0);
  return series.map((one) => one.values.map((value, day) => (sums[day] += value)));
}

function span(className, text) {
  const made = document.createElement("span");
  made.className = className;
  made.textContent = text;
  return made;
}

function swatch(place) {
  const made = document.createElement("i");
  made.className = `series-${(place % SERIES) + 1}`;
  return made;
}

function tip(plot, data) {
  const box = document.createElement("div");
  box.className = "tip";
  box.hidden = true;
  plot.append(box);
  return (chart) => {
    const day = chart.cursor.idx;
    box.hidden = day == null || chart.cursor.left < 0;
    if (box.hidden) return;
    const title = document.createElement("b");
    title.textContent = dayName.format(new Date(data.days[day]));
    const lines = data.series
      .map((one, place) => ({ one, place, value: one.values[day] }))
      .filter(({ value }) => value > 0)
      .map(({ one, place, value }) => {
        const line = document.createElement("div");
        const name = span("", one.name);
        name.dir = "auto";
        line.append(swatch(place), name, span("number", number.format(value)));
        return line;
      });
    box.replaceChildren(title, ...(lines.length ? lines : [span("none", "nothing")]));
    const left = chart.over.offsetLeft + chart.cursor.left;
    const flips = left + box.offsetWidth + 24 > plot.clientWidth;
    box.style.left = `${flips ? left - box.offsetWidth - 12 : left + 12}px`;
    box.style.top = "8px";
  };
}

function draw(figure) {
  const data = JSON.parse(figure.dataset.chart);
  const plot = figure.querySelector(".plot");
  const look = colours();
  const sums = stacked(data.series, data.days.length);
  const bars = uPlot.paths.bars({ size: [0.72, 36], radius: [0.15, 0] });
  const axis = { stroke: look.text, font: "11px system-ui, sans-serif", ticks: { show: false } };
  plot.replaceChildren();
  const options = {
    width: plot.clientWidth,
    height: 240,
    padding: [12, 4, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { setScale: false, x: false, y: false } },
    scales: { x: { time: false, range: (_, low, high) => [low - 0.6, high + 0.6] }, y: { range: (_, __, high) => [0, (high || 1) * 1.08] } },
    axes: [
      { ...axis, size: 28, grid: { show: false }, incrs: [1, 2, 5, 7, 10, 14, 30, 60, 90], values: (_, ticks) => ticks.map((n) => (Number.isInteger(n) && data.days[n] ? dayName.format(new Date(data.days[n])) : "")) },
      { ...axis, size: 48, grid: { stroke: look.line, width: 1 }, values: (_, ticks) => ticks.map((n) => short.format(n)) },
    ],
    series: [
      {},
      ...data.series.map((one, place) => ({ label: one.name, paths: bars, points: { show: false }, fill: look.series[place % SERIES], width: 0 })).reverse(),
    ],
    hooks: { setCursor: [tip(plot, data)] },
  };
  figure.plot?.destroy();
  figure.plot = new uPlot(options, [data.days.map((_, n) => n), ...sums.reverse()], plot);
  const legend = figure.querySelector(".legend");
  legend.replaceChildren(
    ...data.series.map((one, place) => {
      const line = span("", "");
      const name = span("", one.name);
      name.dir = "auto";
      line.append(swatch(place), name);
      return line;
    }),
  );
}

function drawAll(root) {
  for (const figure of root.querySelectorAll("[data-chart]")) draw(figure);
}

drawAll(document);
document.addEventListener("htmx:afterSwap", (event) => drawAll(event.detail.elt));
document.addEventListener("prepaid:theme", () => drawAll(document));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(document));
let waiting = 0;
window.addEventListener("resize", () => {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => drawAll(document));
});
