/* Filters, sorting, the scheme's switch, and one chosen bug shown in every figure. */
const all = (query, from = document) => [...from.querySelectorAll(query)];

const tip = {
  box: document.getElementById("tip-box"),
  show(event, lines) {
    this.box.replaceChildren(...lines.flatMap((line, index) => index ? [document.createElement("br"), line] : [line]));
    this.box.hidden = false;
    const { width, height } = this.box.getBoundingClientRect();
    const below = event.clientY + 18 + height < innerHeight;
    this.box.style.left = Math.max(4, Math.min(innerWidth - width - 4, event.clientX + 14)) + "px";
    this.box.style.top = (below ? event.clientY + 18 : event.clientY - height - 10) + "px";
  },
  hide() { this.box.hidden = true; },
};
addEventListener("scroll", () => tip.hide(), { passive: true });

const state = { family: new Set(), difficulty: new Set(), words: "", chosen: "" };
const map = new HeatMap(document.getElementById("map"), document.getElementById("crumbs"), document.getElementById("cell"), choose);

function fits(bug) {
  return (!state.family.size || state.family.has(bug.family)) && (!state.difficulty.size || state.difficulty.has(bug.difficulty))
    && (!state.words || `${bug.id} ${bug.title}`.toLowerCase().includes(state.words));
}

function refresh() {
  const shown = map.bugs.filter(fits), ids = new Set(shown.map(bug => bug.id));
  for (const element of all("[data-bug]")) element.classList.toggle("out", !ids.has(element.dataset.bug));
  for (const edge of all(".edge")) edge.classList.toggle("out", !ids.has(edge.dataset.from) || !ids.has(edge.dataset.to));
  document.getElementById("shown").value = shown.length === map.bugs.length ? `${shown.length} bugs` : `${shown.length} of ${map.bugs.length} bugs`;
  map.show(shown, state.chosen);
}

function choose(id) {
  state.chosen = state.chosen === id ? "" : id;
  for (const element of all("[data-bug]")) element.classList.toggle("chosen", element.dataset.bug === state.chosen);
  follow();
  map.show(map.shown, state.chosen);
}

/* What the chosen bug is hidden by and what it hides, through any number of steps. */
function follow() {
  const edges = all(".edge"), found = new Set(), graph = document.querySelector(".graph");
  const walk = (id, from, to) => edges.forEach(edge => {
    if (edge.dataset[from] !== id || found.has(edge)) return;
    found.add(edge);
    walk(edge.dataset[to], from, to);
  });
  if (state.chosen) { walk(state.chosen, "from", "to"); walk(state.chosen, "to", "from"); }
  const ends = new Set([...found].flatMap(edge => [edge.dataset.from, edge.dataset.to]));
  edges.forEach(edge => edge.classList.toggle("chain", found.has(edge)));
  all(".node").forEach(node => node.classList.toggle("chain", ends.has(node.dataset.bug)));
  if (graph) graph.classList.toggle("follows", !!state.chosen);
}

for (const chip of all(".chip")) chip.addEventListener("click", () => {
  const kind = chip.dataset.family ? "family" : "difficulty", set = state[kind], value = chip.dataset[kind];
  if (!set.delete(value)) set.add(value);
  chip.setAttribute("aria-pressed", set.has(value));
  refresh();
});
document.getElementById("search").addEventListener("input", event => {
  state.words = event.target.value.trim().toLowerCase();
  refresh();
});
for (const element of all(".node, .dot, .bar, .bugs tbody tr")) {
  element.addEventListener("click", () => choose(element.dataset.bug));
  element.addEventListener("keydown", event => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(element.dataset.bug);
  });
}

for (const button of all("[data-sort]")) button.addEventListener("click", () => {
  const head = button.closest("th"), body = document.querySelector(".bugs tbody"), at = [...head.parentNode.children].indexOf(head);
  const numbers = head.classList.contains("n"), up = head.getAttribute("aria-sort") === "none" ? !numbers : head.getAttribute("aria-sort") !== "ascending";
  all("th", head.parentNode).forEach(other => other.setAttribute("aria-sort", "none"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const value = row => row.children[at].dataset.v;
  const order = (one, other) => isNaN(value(one)) ? value(one).localeCompare(value(other)) : value(one) - value(other);
  body.append(...all("tr", body).sort((one, other) => (up ? 1 : -1) * order(one, other)));
});

const scheme = document.getElementById("scheme"), SCHEMES = { "": ["◐", "Auto"], light: ["☀", "Light"], dark: ["☾", "Dark"] };
function paint(name) {
  if (name) document.documentElement.dataset.scheme = name;
  else delete document.documentElement.dataset.scheme;
  const [sign, word] = SCHEMES[name];
  scheme.children[0].textContent = sign;
  scheme.children[1].textContent = word;
  scheme.setAttribute("aria-label", `Colours: ${word.toLowerCase()}`);
  map.draw();
}
function remembered(value) {
  try {
    if (value === undefined) return localStorage.getItem("omnicloud-scheme") || "";
    localStorage.setItem("omnicloud-scheme", value);
  } catch { /* A page from a file may not keep anything; then it follows the system. */ }
  return "";
}
scheme.addEventListener("click", () => {
  const names = Object.keys(SCHEMES), next = names[(names.indexOf(document.documentElement.dataset.scheme || "") + 1) % 3];
  remembered(next);
  paint(next);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.draw());
addEventListener("beforeprint", () => map.draw());
paint(remembered() in SCHEMES ? remembered() : "");
refresh();
