"use strict";
/* The heat map: a tree of tests (categories, folders, files, tests) that is shown a node at a time, on a canvas. */
const data = JSON.parse(document.getElementById("data").textContent);

function unpack(text, count) {
  if (!text) return null;
  const raw = atob(text), bits = new Uint8Array(count);
  for (let i = 0; i < count; i++) bits[i] = (raw.charCodeAt(i >> 3) >> (i & 7)) & 1;
  return bits;
}

/* Sums from the left, so that any range of tests is counted by one subtraction. */
function sums(bits, count) {
  const total = new Uint32Array(count + 1);
  for (let i = 0; i < count; i++) total[i + 1] = total[i] + (bits ? bits[i] : 1);
  return total;
}

function tree() {
  const root = { name: "all tests", level: 0, from: 0, to: 0, kids: [] };
  let at = 0;
  for (const [path, category, folder, names] of data.files) {
    const group = kid(root, category, 1, at), service = kid(group, folder, 2, at);
    const file = kid(service, path.split("/").slice(3).join("/"), 3, at);
    file.path = path;
    for (const name of names) {
      file.kids.push({ name, level: 4, from: at, to: at + 1, kids: [], parent: file });
      at++;
    }
    for (const node of [root, group, service, file]) node.to = at;
  }
  return root;
}

function kid(parent, name, level, at) {
  const last = parent.kids[parent.kids.length - 1];
  if (last && last.name === name) return last;
  const made = { name, level, from: at, to: at, kids: [], parent };
  parent.kids.push(made);
  return made;
}

const GUTTER = 40, BAND = 24, LABELS = 74;

class HeatMap {
  constructor(box, crumbs, cell, onBug) {
    Object.assign(this, { box, crumbs, cell, onBug });
    this.canvas = box.querySelector("canvas");
    this.root = tree();
    this.count = this.root.to;
    this.bugs = data.bugs.map(bug => ({
      ...bug, fails: sums(unpack(bug.fails, this.count) || new Uint8Array(this.count), this.count),
      reached: sums(unpack(bug.reached, this.count), this.count),
    }));
    this.shown = this.bugs;
    this.node = this.root;
    this.column = this.row = 0;
    this.chosen = "";
    new ResizeObserver(() => this.draw()).observe(box);
    this.canvas.addEventListener("pointermove", event => this.point(event));
    this.canvas.addEventListener("pointerleave", () => tip.hide());
    this.canvas.addEventListener("click", event => this.click(event));
    box.addEventListener("keydown", event => this.key(event));
    box.addEventListener("focus", () => this.draw());
    box.addEventListener("blur", () => this.draw());
    this.open(this.root);
  }

  open(node) {
    this.node = node;
    this.column = 0;
    this.crumbs.replaceChildren();
    for (let at = node, path = []; ; at = at.parent) {
      path.unshift(at);
      if (at.parent) continue;
      path.forEach((step, index) => {
        const last = index === path.length - 1, made = document.createElement(last ? "b" : "button");
        made.textContent = step.name + (last ? ` (${(step.to - step.from).toLocaleString("en")})` : "");
        if (!last) { made.type = "button"; made.onclick = () => this.open(step); }
        this.crumbs.append(...(index ? [Object.assign(document.createElement("span"), { textContent: "›" })] : []), made);
      });
      break;
    }
    this.draw();
    this.tell();
  }

  /* The columns of the node: as deep in the tree as their width allows. */
  columns() {
    const wide = this.canvas.clientWidth - GUTTER, least = wide < 500 ? 2.6 : 4;
    let found = this.node.kids;
    for (let deeper = 0; deeper < 2; deeper++) {
      const next = found.flatMap(item => item.kids.length ? item.kids : [item]);
      if (next.length === found.length && next[0] === found[0]) break;
      const unreadable = this.node.level > 0 && this.node.kids.length * 34 > wide;
      if (next.length * least > wide || unreadable || (this.node.level === 0 && deeper)) break;
      found = next;
    }
    if (!found.length) found = [this.node];
    // Wider for more tests, but far less than in proportion: a group of two must be seen beside one of three hundred.
    const weights = found.map(item => Math.sqrt(Math.log2(item.to - item.from + 1) + 0.6));
    const total = weights.reduce((one, other) => one + other, 0);
    const spare = Math.max(0, wide - found.length * least);
    let x = GUTTER;
    return found.map((item, index) => {
      const width = Math.min(least, wide / found.length) + spare * weights[index] / total, left = x;
      x += width;
      return { node: item, x: left, width };
    });
  }

  bands(columns) {
    const found = [];
    for (const column of columns) {
      let node = column.node;
      while (node.parent && node.parent !== this.node) node = node.parent;
      const last = found[found.length - 1];
      if (last && last.node === node) last.width = column.x + column.width - last.x;
      else found.push({ node, x: column.x, width: column.width });
    }
    return found;
  }

  draw() {
    const width = this.canvas.clientWidth;
    if (!width) return;
    const style = getComputedStyle(document.documentElement), colour = name => style.getPropertyValue("--" + name).trim();
    const columns = this.cells = this.columns(), bands = this.heads = this.bands(columns);
    const labelled = columns[0].node !== bands[0].node && columns.every(item => item.width > 13);
    this.top = BAND + (labelled ? LABELS : 0);
    this.height = this.shown.length > 40 ? 15 : 21;
    const height = this.top + Math.max(1, this.shown.length) * this.height + 2, ratio = Math.min(2, devicePixelRatio || 1);
    this.canvas.style.height = height + "px";
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    pen.textBaseline = "middle";
    const [ink, soft, none, reached, fails] = ["ink", "soft", "none", "reached", "fails"].map(colour);
    this.shown.forEach((bug, index) => {
      const y = this.top + index * this.height, tall = this.height - 2, chosen = bug.id === this.chosen;
      pen.fillStyle = ink;
      pen.font = `${chosen ? "bold " : ""}${this.height > 16 ? 12 : 11}px ${getComputedStyle(document.body).fontFamily}`;
      pen.fillText((chosen ? "▸" : "") + bug.id, 0, y + tall / 2 + 1);
      for (const { node, x, width } of columns) {
        const all = node.to - node.from, wide = width - (width > 3 ? 1 : 0.35);
        const bad = bug.fails[node.to] - bug.fails[node.from], seen = bug.reached[node.to] - bug.reached[node.from];
        const red = bad && Math.max(2, Math.round(tall * bad / all)), both = Math.max(seen, bad);
        const blue = both > bad ? Math.max(2, Math.min(tall - red, Math.round(tall * both / all) - red)) : 0;
        pen.fillStyle = none;
        pen.fillRect(x, y, wide, tall - red - blue);
        if (blue) { pen.fillStyle = reached; pen.fillRect(x, y + tall - red - blue, wide, blue); }
        if (red) { pen.fillStyle = fails; pen.fillRect(x, y + tall - red, wide, red); }
      }
    });
    pen.font = `600 12px ${getComputedStyle(document.body).fontFamily}`;
    bands.forEach(({ node, x, width }, index) => {
      pen.fillStyle = soft;
      if (index) pen.fillRect(x - 1, 2, 1, height);
      this.clipped(pen, node.name, x + 3, BAND / 2, width - 6, ink);
    });
    if (labelled) for (const { node, x, width } of columns) {
      pen.save();
      pen.translate(x + width / 2, this.top - 6);
      pen.rotate(-Math.PI / 3);
      pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
      this.clipped(pen, node.name.replace(/^test_|\.py$/g, ""), 0, 0, LABELS + 4, soft);
      pen.restore();
    }
    if (document.activeElement === this.box && this.cells[this.column]) {
      const { x, width } = this.cells[this.column];
      pen.strokeStyle = colour("ring");
      pen.lineWidth = 2;
      pen.strokeRect(x - 1, this.top + this.row * this.height - 1, width + 1, this.height);
    }
  }

  clipped(pen, text, x, y, width, colour) {
    if (width < 9) return;
    let cut = text;
    while (cut && pen.measureText(cut + (cut === text ? "" : "…")).width > width) cut = cut.slice(0, -1);
    pen.fillStyle = colour;
    if (cut.length > 1 || cut === text) pen.fillText(cut + (cut === text ? "" : "…"), x, y);
  }

  find(event) {
    const box = this.canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    const row = Math.floor((y - this.top) / this.height);
    const column = this.cells.findIndex(item => x >= item.x && x < item.x + item.width);
    const band = this.heads.find(item => x >= item.x && x < item.x + item.width);
    return { row: row < this.shown.length ? row : -1, column, band: y < BAND ? band : null };
  }

  words(bug, node) {
    const all = node.to - node.from, bad = bug.fails[node.to] - bug.fails[node.from];
    const seen = Math.max(bad, bug.reached[node.to] - bug.reached[node.from]);
    const what = node.level === 4 ? (bad ? "fails" : seen ? "reached, passes" : "not reached")
      : `${bad.toLocaleString("en")} fail, ${(seen - bad).toLocaleString("en")} reached and pass, ${(all - seen).toLocaleString("en")} not reached`;
    return [`${bug.id} ${bug.title}`, where(node), what];
  }

  point(event) {
    const { row, column, band } = this.find(event);
    if (band) return tip.show(event, [band.node.name, `${band.node.to - band.node.from} tests`]);
    if (row < 0 && column >= 0) return tip.show(event, [where(this.cells[column].node)]);
    if (row < 0 || column < 0) return tip.hide();
    tip.show(event, this.words(this.shown[row], this.cells[column].node));
  }

  click(event) {
    const { row, column, band } = this.find(event);
    if (band) return this.into(band.node);
    if (row >= 0) this.row = row;
    if (column < 0) return row >= 0 && this.onBug(this.shown[row].id);
    this.column = column;
    if (row < 0) return this.into(this.cells[column].node);
    this.onBug(this.shown[row].id);
    const node = this.cells[column].node;
    this.tell();
    if (node.level < 4) this.into(node);
  }

  into(node) {
    if (node.level < 4 && node !== this.node) this.open(node);
  }

  key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const last = this.cells.length - 1;
    if (step) {
      this.column = Math.max(0, Math.min(last, this.column + step[0]));
      this.row = Math.max(0, Math.min(this.shown.length - 1, this.row + step[1]));
    } else if (event.key === "Home") this.column = 0;
    else if (event.key === "End") this.column = last;
    else if (event.key === "Enter" && this.shown[this.row]) {
      this.onBug(this.shown[this.row].id);
      this.into(this.cells[this.column].node);
    } else if (event.key === "Escape" && this.node.parent) {
      const left = this.node;
      this.open(left.parent);
      this.column = Math.max(0, this.cells.findIndex(item => item.node.from <= left.from && item.node.to > left.from));
    } else return;
    event.preventDefault();
    this.draw();
    this.tell();
  }

  tell() {
    const bug = this.shown[this.row], item = this.cells && this.cells[this.column];
    if (!bug || !item) return this.cell.replaceChildren();
    const [title, place, what] = this.words(bug, item.node), strong = document.createElement("b"), code = document.createElement("code");
    strong.textContent = title;
    code.textContent = place;
    this.cell.replaceChildren(strong, document.createElement("br"), code, document.createElement("br"), what);
  }

  show(bugs, chosen) {
    this.shown = bugs;
    this.chosen = chosen;
    const place = bugs.findIndex(bug => bug.id === chosen);
    this.row = place >= 0 ? place : Math.max(0, Math.min(this.row, bugs.length - 1));
    this.draw();
    this.tell();
  }
}

function where(node) {
  if (node.level === 4) return `${node.parent.path}::${node.name}`;
  if (node.level === 3) return node.path;
  return ["tests", ...(node.level === 2 ? [node.parent.name] : []), ...(node.level ? [node.name] : [])].join("/");
}
