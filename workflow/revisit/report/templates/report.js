"use strict";
// The page is complete without this script; it adds the theme switch, filters, the search, sorting, the maps, detections by score and the values of curves.

const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const root = document.documentElement;

// --- theme -----------------------------------------------------------------------------------------
{
  const button = document.getElementById("theme");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const remember = (value) => { try { localStorage.setItem("revisit-theme", value); } catch { /* file:// may forbid it */ } };
  const label = () => { button.textContent = dark() ? "Light" : "Dark"; button.setAttribute("aria-label", `Switch to the ${dark() ? "light" : "dark"} theme`); };
  try { root.dataset.theme = localStorage.getItem("revisit-theme") || ""; } catch { /* as above */ }
  if (!root.dataset.theme) delete root.dataset.theme;
  button.hidden = false;
  label();
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    remember(root.dataset.theme);
    label();
    dispatchEvent(new Event("themechange"));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { label(); dispatchEvent(new Event("themechange")); });
}

// --- the bar: this page's own name is in sight ------------------------------------------------------------
{
  const places = document.querySelector(".places"), own = places.querySelector("[aria-current]");
  places.scrollLeft = own.offsetLeft + own.offsetWidth + 40 - places.clientWidth;
}

// --- whose results a study shows: the reference's, or this run's ------------------------------------------
const sideOf = (element) => element?.closest("[data-of]")?.dataset.of;
function showSide(side) {
  root.dataset.side = side;
  for (const button of all("[data-side]", document.body)) button.setAttribute("aria-pressed", button.dataset.side === side);
}
if (root.dataset.first) {
  const box = document.querySelector(".switch");
  box.hidden = false;
  all("button", box).forEach((button) => button.addEventListener("click", () => showSide(button.dataset.side)));
  showSide(root.dataset.first);
}

// --- ledger: filters ---------------------------------------------------------------------------------
const form = document.getElementById("filters"), rows = all(".ledger tbody tr");
function filter() {
  const chosen = Object.fromEntries(new FormData(form));
  for (const row of rows) row.hidden = Object.entries(chosen).some(([key, value]) => value && row.dataset[key] !== value);
  const count = rows.filter((row) => !row.hidden).length;
  document.getElementById("shown").textContent = count === rows.length ? `${count} claims` : `${count} of ${rows.length} claims`;
}
if (form) {
  form.hidden = false;
  form.addEventListener("change", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
}

// --- search: claims, figures and tables that have all words, in any order, case and accents aside --------------
{
  const form = document.getElementById("search");
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").replaceAll("−", "-").toLowerCase();
  const entries = all(".entries li").map((item) => ({ item, text: plain(`${item.textContent} ${item.dataset.words}`) }));
  const shown = () => entries.filter(({ item }) => !item.hidden);
  const mark = (words) => { // without a change of the page; an older browser marks nothing
    if (!globalThis.Highlight || !CSS.highlights) return;
    const ranges = [];
    for (const { item } of words.length ? shown() : []) {
      const walker = document.createTreeWalker(item, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const node = walker.currentNode, text = plain(node.data);
        if (text.length !== node.length) continue; // letters that fall apart: places would be others
        for (const word of words) {
          for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
            const range = new Range();
            range.setStart(node, at);
            range.setEnd(node, at + word.length);
            ranges.push(range);
          }
        }
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  };
  const find = () => {
    const { q, kind, study } = Object.fromEntries(new FormData(form)), words = plain(q).split(/\s+/).filter(Boolean);
    for (const { item, text } of entries) {
      const other = (kind && item.dataset.kind !== kind) || (study && item.dataset.study !== study);
      item.hidden = other || !words.every((word) => text.includes(word));
    }
    for (const part of all("section:has(.entries)")) part.hidden = !part.querySelector("li:not([hidden])");
    const count = shown().length;
    form.querySelector("output").textContent = count === entries.length ? `${count} entries` : count ? `${count} of ${entries.length}` : "Nothing has all of these words.";
    mark(words);
  };
  const keep = () => {
    const kept = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    try { history.replaceState(null, "", `#${kept}`); } catch { /* too many in a short time */ }
  };
  const recall = () => { // what the address asks for, as after the way back
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const field of all("input, select", form)) field.value = asked.get(field.name) ?? "";
    for (const field of all("select", form)) if (field.selectedIndex < 0) field.value = "";
    find();
  };
  if (form) {
    form.hidden = false;
    form.addEventListener("input", () => { find(); keep(); });
    form.addEventListener("submit", (event) => { event.preventDefault(); shown()[0]?.item.querySelector("a").focus(); });
    const recalled = () => /[#&](q|kind|study)=/.test(location.hash) && (recall(), true);
    if (!recalled()) find();
    addEventListener("hashchange", recalled);
  }
}

// --- links: what they lead to is shown, whatever hid it -------------------------------------------------
{
  const arrive = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target) return;
    const folded = target.closest("details:not([open])"), filtered = target.hidden && rows.includes(target);
    const other = root.dataset.side && sideOf(target) && sideOf(target) !== root.dataset.side;
    if (folded) folded.open = true;
    if (filtered) { form.reset(); filter(); }
    if (other) showSide(sideOf(target));
    if (folded || filtered || other) target.scrollIntoView();
  };
  addEventListener("hashchange", arrive);
  arrive();
}

// --- sortable tables ---------------------------------------------------------------------------------
for (const table of all("table.sortable")) {
  const body = table.tBodies[0];
  if (body.rows.length < 3) continue;
  all("thead th", table).forEach((head, column) => {
    const button = document.createElement("button"), numeric = head.classList.contains("n");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const first = numeric ? "descending" : "ascending", second = numeric ? "ascending" : "descending";
      const order = head.getAttribute("aria-sort") === first ? second : first, sign = order === "ascending" ? 1 : -1;
      all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const key = (row) => (numeric ? parseFloat(row.cells[column].dataset.sort) : row.cells[column].textContent);
      const compare = (a, b) => {
        const [left, right] = [key(a), key(b)];
        if (!numeric) return sign * left.localeCompare(right);
        if (isNaN(left) || isNaN(right)) return isNaN(left) - isNaN(right); // no value: last in both orders
        return sign * (left - right);
      };
      body.append(...[...body.rows].sort(compare));
    });
  });
}

// --- maps: pan, zoom, classes, pictures ----------------------------------------------------------------
function explore(figure) {
  const box = figure.querySelector(".explorer"), canvas = box.querySelector(".stage canvas");
  const data = JSON.parse(box.querySelector("script").textContent), sprite = document.getElementById(box.dataset.picture);
  const buttons = all("[data-map]", box.querySelector(".tools")), tell = box.querySelector(".shown p");
  const thumb = box.querySelector(".shown canvas").getContext("2d"), pen = canvas.getContext("2d");
  const full = 4095, hidden = new Set();
  let map = data.maps[buttons.at(-1).dataset.map], view = { zoom: 1, x: full / 2, y: full / 2 }, current = -1, side = 0, waiting = false;

  const scale = () => (side / (full * 1.06)) * view.zoom;
  const place = (i) => [(map.x[i] - view.x) * scale() + side / 2, (map.y[i] - view.y) * scale() + side / 2];
  const kind = (i) => data.kinds[data.labels[i]]; // its classes, their names and mean colour
  const shows = (i) => !kind(i).classes.length || kind(i).classes.some((one) => !hidden.has(one));
  const visible = () => data.labels.map((_, i) => i).filter(shows);

  function draw() {
    waiting = false;
    const ratio = devicePixelRatio || 1, radius = Math.min(7, 2.2 + view.zoom * 0.55);
    side = canvas.clientWidth;
    if (canvas.width !== Math.round(side * ratio)) canvas.width = canvas.height = Math.round(side * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, side, side);
    pen.globalAlpha = 0.85;
    for (const i of visible()) {
      const [x, y] = place(i);
      if (x < -9 || y < -9 || x > side + 9 || y > side + 9) continue;
      pen.fillStyle = kind(i).colour;
      pen.beginPath();
      pen.arc(x, y, radius, 0, 7);
      pen.fill();
    }
    pen.globalAlpha = 1;
    if (current < 0 || !shows(current)) return;
    const [x, y] = place(current);
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(x, y, radius + 3.5, 0, 7);
    pen.stroke();
  }
  const redraw = () => { if (!waiting) { waiting = true; requestAnimationFrame(draw); } };

  function show(i) {
    if (i < 0 || i === current) return;
    current = i;
    const [height, width] = data.tile, tile = data.tiles[i], size = thumb.canvas.width;
    thumb.imageSmoothingEnabled = false;
    thumb.clearRect(0, 0, size, size);
    thumb.drawImage(sprite, (tile % data.columns) * width, Math.floor(tile / data.columns) * height, width, height, 0, 0, size, size);
    tell.textContent = `${kind(i).name}, test image ${data.rows[i]}`;
    redraw();
  }
  function nearest(x, y, cost) {
    let best = -1, least = Infinity;
    for (const i of visible()) {
      const [a, b] = place(i), value = cost(a - x, b - y);
      if (value < least) [best, least] = [i, value];
    }
    return best;
  }
  function zoom(factor, x = side / 2, y = side / 2) {
    const before = scale();
    view.zoom = Math.min(40, Math.max(1, view.zoom * factor));
    view.x += (x - side / 2) * (1 / before - 1 / scale());
    view.y += (y - side / 2) * (1 / before - 1 / scale());
    if (view.zoom === 1) view.x = view.y = full / 2;
    canvas.style.touchAction = view.zoom > 1 ? "none" : "pan-y"; // a finger scrolls the page until zoomed in
    redraw();
  }
  const pan = (dx, dy) => { view.x -= dx / scale(); view.y -= dy / scale(); redraw(); };
  const at = (event) => { const edge = canvas.getBoundingClientRect(); return [event.clientX - edge.left, event.clientY - edge.top]; };

  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons && view.zoom > 1) return pan(event.movementX, event.movementY);
    const found = nearest(...at(event), Math.hypot), [x, y] = at(event);
    if (found >= 0 && Math.hypot(place(found)[0] - x, place(found)[1] - y) < 18) show(found);
  });
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); show(nearest(...at(event), Math.hypot)); });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== canvas) return; // else the page could not be scrolled past the map
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 300), ...at(event));
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => zoom(2, ...at(event)));
  canvas.addEventListener("focus", () => { if (current < 0) show(nearest(side / 2, side / 2, Math.hypot)); });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step && event.shiftKey) pan(-40 * step[0], -40 * step[1]);
    else if (step && current >= 0) {
      const ahead = (dx, dy) => { // the nearest point ahead; sideways counts double
        const forward = dx * step[0] + dy * step[1], aside = Math.abs(dx * step[1]) + Math.abs(dy * step[0]);
        return forward > 0.5 ? forward + 2 * aside : Infinity;
      };
      show(nearest(...place(current), ahead));
    } else if (event.key === "+" || event.key === "=") zoom(1.5);
    else if (event.key === "-") zoom(1 / 1.5);
    else if (event.key === "0") zoom(0);
    else return;
    event.preventDefault();
  });

  for (const button of all("[data-view]", box)) {
    button.addEventListener("click", () => zoom({ in: 1.6, out: 1 / 1.6, all: 0 }[button.dataset.view]));
  }
  const choose = (chosen) => {
    map = data.maps[chosen];
    for (const button of buttons) button.setAttribute("aria-pressed", button.dataset.map === chosen);
    for (const score of all(".score", box)) score.hidden = score.dataset.map !== chosen;
    redraw();
  };
  for (const button of buttons) button.addEventListener("click", () => choose(button.dataset.map));
  data.legend.forEach(({ name, colour }, label) => {
    const button = document.createElement("button"), swatch = document.createElement("i");
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    swatch.style.background = colour;
    button.append(swatch, name);
    button.addEventListener("click", () => {
      hidden.has(label) ? hidden.delete(label) : hidden.add(label);
      button.setAttribute("aria-pressed", !hidden.has(label));
      redraw();
    });
    box.querySelector(".toggles").append(button);
  });

  box.hidden = false;
  figure.classList.add("scripted");
  new ResizeObserver(redraw).observe(canvas);
  addEventListener("themechange", redraw);
  choose(buttons.at(-1).dataset.map);
}
all(".embedding").forEach(explore);

// --- curves: their values under the pointer, or by the arrow keys -----------------------------------------
function tell(box) {
  const scales = JSON.parse(box.dataset.readout), figure = box.closest("figure"), svg = box.querySelector("svg");
  const value = ({ at, value: [first, last] }, place) => first + ((place - at[0]) / (at[1] - at[0])) * (last - first);
  const written = ({ percent }, number) => (percent ? `${(100 * number).toFixed(1)}%` : Number(number.toPrecision(4)).toLocaleString("en"));
  const curves = scales.curves.map(({ id, name }) => {
    const path = document.getElementById(`${figure.id}-${id}`)?.querySelector("path"); // none where no value is finite
    const numbers = (path?.getAttribute("d").match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
    return { name, path, points: numbers.flatMap((x, i) => (i % 2 ? [] : [[x, numbers[i + 1]]])) };
  }).filter(({ points }) => points.length);
  if (!curves.length) return;
  const guide = document.createElement("i"), shown = document.createElement("output");
  guide.className = "guide";
  shown.className = "readout";
  const hide = () => { guide.hidden = shown.hidden = true; };
  hide();
  box.append(guide, shown);
  svg.setAttribute("tabindex", 0);

  const height = (points, x) => { // of the curve at x; undefined before its start and behind its end
    const after = points.findIndex(([end]) => end >= x);
    if (after < 0 || (after === 0 && points[0][0] > x)) return undefined;
    const [[left, from], [right, to]] = [points[Math.max(after - 1, 0)], points[after]];
    return right > left ? from + ((x - left) / (right - left)) * (to - from) : to;
  };
  const ends = curves.flatMap(({ points }) => [points[0][0], points.at(-1)[0]]), start = Math.min(...ends), end = Math.max(...ends);
  let current;
  const show = (x) => {
    current = Math.min(Math.max(x, start), end);
    const found = curves.map((curve) => ({ ...curve, y: height(curve.points, current) })).filter(({ y }) => y !== undefined);
    const line = (text, path) => {
      const row = document.createElement("span"), swatch = document.createElement("i");
      if (path) { swatch.style.background = getComputedStyle(path).stroke; row.append(swatch); }
      row.append(text);
      return row;
    };
    found.sort((a, b) => a.y - b.y);
    const rows = found.map(({ name, path, y }) => line(`${name}: ${written(scales.y, value(scales.y, y))}`, path));
    const at = value(scales.x, current);
    shown.replaceChildren(line(`${scales.x.label} ${scales.x.percent ? written(scales.x, at) : Math.round(at).toLocaleString("en")}`), ...rows);
    guide.hidden = shown.hidden = false;
    const edge = box.getBoundingClientRect(), matrix = svg.getScreenCTM();
    const screen = (px, py) => { const p = new DOMPoint(px, py).matrixTransform(matrix); return [p.x - edge.left + box.scrollLeft, p.y - edge.top]; };
    const [[left, top], [, bottom]] = [screen(current, scales.y.at[1]), screen(current, scales.y.at[0])];
    Object.assign(guide.style, { left: `${left}px`, top: `${top}px`, height: `${bottom - top}px` });
    const before = current > (start + end) / 2; // on the side with more room, and inside
    const place = before ? left - 8 - shown.offsetWidth : left + 8, most = box.scrollLeft + box.clientWidth - shown.offsetWidth;
    Object.assign(shown.style, { top: `${top}px`, left: `${Math.max(box.scrollLeft, Math.min(place, most))}px` });
  };
  const point = (event) => show(new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()).x);
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", () => { if (document.activeElement !== svg) hide(); });
  svg.addEventListener("blur", hide);
  svg.addEventListener("keydown", (event) => {
    const step = (end - start) / 40;
    const to = { ArrowLeft: (current ?? end) - step, ArrowRight: (current ?? start) + step, Home: start, End: end }[event.key];
    if (event.key === "Escape") return hide();
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
}
all("[data-readout]").forEach(tell);

// --- detections: those from a score on, and how many are right --------------------------------------------
for (const figure of all("figure.boxes")) {
  const slider = figure.querySelector(".level input"), levels = JSON.parse(figure.dataset.levels), boxes = all("[data-score]", figure);
  const share = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)}%` : "unknown"), count = (n) => n.toLocaleString("en");
  slider.hidden = false;
  slider.addEventListener("input", () => {
    const score = Number(slider.value);
    const [, right, wrong, missed] = levels.reduce((a, b) => (Math.abs(b[0] - score) < Math.abs(a[0] - score) ? b : a));
    for (const box of boxes) box.toggleAttribute("hidden", Number(box.dataset.score) < score);
    figure.querySelector(".level strong").textContent = score.toFixed(2);
    figure.querySelector(".level [role=status]").textContent = `${count(right)} true positives, ${count(wrong)} false positives, ${count(missed)} objects missed: precision ${share(right, right + wrong)}, recall ${share(right, right + missed)}`;
  });
}

// --- boxes that scroll: in the order of the keyboard while they hold more than they show ------------------
{
  const watch = new ResizeObserver((entries) => {
    for (const { target: box } of entries) {
      const name = box.closest("figure, .tabular, details, section").querySelector("caption, .title, summary, h2").textContent;
      const needed = box.scrollWidth > box.clientWidth && !box.querySelector("a, button");
      for (const [key, value] of Object.entries({ tabindex: 0, role: "group", "aria-label": name })) {
        needed ? box.setAttribute(key, value) : box.removeAttribute(key);
      }
    }
  });
  all(".scroll, .drawing.wide, .how pre").forEach((box) => watch.observe(box));
}

// --- paper: shows what is folded away; a setting table that nobody opened stays closed ----------------------
{
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details.folded:not([open])");
    opened.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));
}
