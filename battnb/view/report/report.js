"use strict";
// Brings the report to life: unpacks its data, fills the timeline, makes the table, and links the two.
// Text of candidates only ever becomes a text node, or is escaped first.

(() => {
  const byId = (id) => document.getElementById(id);

  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) node.setAttribute(name, "");
      else if (value !== false && value !== null) node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  const escaped = (text) =>
    String(text).replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);

  async function unpacked(id) {
    const bytes = Uint8Array.from(atob(byId(id).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  }

  // Numbers as words

  function seconds(value) {
    if (value === null || value === undefined) return "not measured";
    if (Math.abs(value) >= 1) return `${value.toFixed(3)} s`;
    return `${(value * 1e3).toFixed(3)} ms`;
  }

  const SHOWN = {
    seconds: (v) => (v === null ? "–" : v.toFixed(v < 0.1 ? 5 : 3)),
    factor: (v) => (v === null ? "–" : v.toFixed(2)),
    count: (v) => (v === null ? "–" : String(v)),
    name: String,
    text: String,
    status: String,
  };
  const NUMBERS = ["seconds", "factor", "count"];

  // Timeline

  class Timeline {
    constructor(data) {
      this.data = data;
      this.bars = data.sources.bars;
      this.count = this.bars.left.length;
      this.onSelect = () => {};
      this.isSelecting = false;
    }

    async draw() {
      this.addColumns();
      await Bokeh.embed.embed_item(JSON.parse(byId("plot-json").textContent));
      this.document = Bokeh.documents[Bokeh.documents.length - 1];
      for (const [name, columns] of Object.entries(this.data.sources)) this.model(name).data = columns;
      this.selection = this.model("bars").selected;
      this.selection.properties.indices.change.connect(() => this.selected());
      this.time = this.model("time");
      this.paint();
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
      for (const button of document.querySelectorAll("[data-move]")) {
        button.addEventListener("click", () => this.move(button.dataset.move));
      }
    }

    model(name) {
      return this.document.get_model_by_name(name);
    }

    models(name) {
      return this.model("plot").renderers.filter((renderer) => renderer.name === name);
    }

    addColumns() {
      const { bars, data } = this;
      const looks = new Map(data.statuses.map((status) => [status.words, status]));
      const column = (make) => Array.from({ length: this.count }, (_, i) => make(i));
      bars.queued = column((i) => (bars.queued_s[i] === null ? "never" : seconds(bars.queued_s[i])));
      bars.started = column((i) => seconds(bars.started_s[i]));
      bars.ended = column((i) => seconds(bars.ended_s[i]));
      bars.waited = column((i) => seconds(bars.wait_s[i]));
      bars.wall = column((i) => seconds(bars.wall_s[i]));
      bars.cpu = column((i) => seconds(bars.cpu_s[i]));
      bars.from_cache = column((i) => (bars.cached[i] ? "yes" : "no"));
      bars.run_label = column((i) => data.runs[bars.run[i]] || "this run");
      bars.hatch = column((i) => looks.get(bars.status[i]).hatch);
      bars.hatch_colour = column((i) => looks.get(bars.status[i]).lines);
    }

    // Colours come from the style sheet, which knows whether it is light or dark.
    paint() {
      const style = getComputedStyle(document.documentElement);
      const colour = (name) => style.getPropertyValue(`--${name}`).trim();
      const [ink, muted, line] = [colour("ink"), colour("muted"), colour("line")];
      const plot = this.model("plot");
      for (const axis of [...plot.below, ...plot.left]) {
        axis.major_label_text_color = axis.axis_label_text_color = muted;
        if (plot.below.includes(axis)) axis.axis_line_color = axis.major_tick_line_color = line;
      }
      for (const grid of plot.center) if ("grid_line_color" in grid) grid.grid_line_color = line;
      const set = (name, property, value) => this.models(name).forEach((r) => (r.glyph[property] = { value }));
      set("words", "text_color", ink);
      set("limit_words", "text_color", colour("bad"));
      set("limit", "line_color", colour("bad"));
      set("ground", "fill_color", colour("lane"));
      set("waiting_steps", "fill_color", colour("waiting"));
      set("waiting_steps", "line_color", colour("waiting"));
      const tints = [colour("band-0"), colour("band-1"), colour("lane")];
      const phases = this.model("phases");
      phases.data = { ...phases.data, colour: phases.data.tint.map((tint) => tints[tint]) };
      this.models("band").forEach((r) => (r.glyph.fill_color = { field: "colour" }));
      // Black on black, or white on white, needs an edge to be seen.
      const unseen = matchMedia("(prefers-color-scheme: dark)").matches ? "#000000" : "#ffffff";
      const bars = this.model("bars");
      bars.data = { ...bars.data, edge: bars.data.fill.map((fill) => (fill === unseen ? muted : fill)) };
      for (const renderer of this.models("work")) renderer.selection_glyph.line_color = { value: ink };
    }

    move(how) {
      const { time } = this;
      const width = time.end - time.start;
      const middle = (time.start + time.end) / 2;
      const whole = [-0.005 * this.data.end_s, 1.015 * this.data.end_s];
      if (how === "all") return this.show(...whole);
      if (how === "in") return this.show(middle - width / 4, middle + width / 4);
      if (how === "out") return this.show(Math.max(middle - width, whole[0]), Math.min(middle + width, whole[1]));
      const step = how === "earlier" ? -width / 2 : width / 2;
      const start = Math.min(Math.max(time.start + step, whole[0]), whole[1] - width);
      return this.show(start, start + width);
    }

    show(start, end) {
      this.time.setv({ start, end });
    }

    filter(shows) {
      const { areas } = this.data.sources;
      this.model("shown_areas").booleans = areas.left.map((_, i) => shows(areas, i));
      const shown = this.bars.left.map((_, i) => shows(this.bars, i));
      this.model("shown").booleans = shown;
      const count = shown.filter(Boolean).length;
      const all = this.count.toLocaleString("en");
      byId("bars-shown").textContent = `${count.toLocaleString("en")} of ${all} bars shown`;
    }

    // The bars of a row of the table, brought into sight.
    select(row) {
      const indices = [];
      for (let i = 0; i < this.count; i += 1) if (this.bars.row[i] === row) indices.push(i);
      this.isSelecting = true;
      this.selection.indices = indices;
      this.isSelecting = false;
      if (!indices.length) return;
      const [first] = indices;
      const [start, end] = [this.bars.left[first], this.bars.right[first]];
      const width = this.time.end - this.time.start;
      if (end < this.time.start || start > this.time.end) {
        this.show((start + end) / 2 - width / 2, (start + end) / 2 + width / 2);
      }
    }

    selected() {
      if (!this.isSelecting) this.onSelect(this.selection.indices);
    }
  }

  const MANY = 16; // more boxes than this are folded

  // Filters: of bars, and of rows as far as they have a status and a worker

  class Filters {
    constructor(data, timeline) {
      this.bars = timeline.bars;
      this.onChange = () => {};
      const { bars } = timeline;
      this.hidden = { run: new Set(), phase: new Set(), status: new Set(), lane: new Set() };
      const form = byId("filters");
      if (data.runs.length > 1) this.add(form, "run", "run", (run) => data.runs[run]);
      this.add(form, "phase", "phase", String);
      this.add(form, "status", "status", String, new Map(data.statuses.map((s) => [s.words, s.fill])));
      this.add(form, "lane", "worker", String);
      const all = make("button", { type: "button", id: "show-all" }, "Show all");
      all.addEventListener("click", () => this.showAll());
      form.append(all);
      form.addEventListener("submit", (event) => event.preventDefault());
    }

    add(form, key, title, words, colours) {
      const counts = new Map();
      for (const value of this.bars[key]) counts.set(value, (counts.get(value) ?? 0) + 1);
      const values = colours ? [...colours.keys()].filter((v) => counts.has(v)) : [...counts.keys()];
      if (key === "lane") values.sort((a, b) => a - b);
      const set = make("fieldset", { id: `filter-${key}` }, make("legend", {}, title));
      if (values.length > 2) set.append(...[true, false].map((isAll) => this.allButton(set, key, title, values, isAll)));
      const place = values.length > MANY ? make("details", {}, make("summary", {}, `${values.length} of them`)) : set;
      if (place !== set) set.append(place);
      for (const value of values) {
        const box = make("input", { type: "checkbox", checked: true, value });
        box.addEventListener("change", () => {
          if (box.checked) this.hidden[key].delete(value);
          else this.hidden[key].add(value);
          this.onChange();
        });
        const label = make("label", {}, box);
        if (colours) {
          const swatch = make("span", { class: "swatch" });
          swatch.style.background = colours.get(value);
          label.append(swatch);
        }
        label.append(`${words(value)} (${counts.get(value).toLocaleString("en")})`);
        place.append(label, " ");
      }
      if (values.length) form.append(set);
    }

    // Shows all of a kind, or none: to look at one alone is then two clicks.
    allButton(set, key, title, values, isAll) {
      const words = isAll ? "all" : "none";
      const button = make("button", { type: "button", class: "small", "aria-label": `${title}: ${words}` }, words);
      button.addEventListener("click", () => {
        this.hidden[key] = new Set(isAll ? [] : values);
        for (const box of set.querySelectorAll("input")) box.checked = isAll;
        this.onChange();
      });
      return button;
    }

    showAll() {
      for (const hidden of Object.values(this.hidden)) hidden.clear();
      for (const box of document.querySelectorAll("#filters input")) box.checked = true;
      this.onChange();
    }

    // Of what is drawn, i-th of some columns; density knows of no phase.
    shows(columns, i) {
      return Object.entries(this.hidden).every(([key, hidden]) => !(key in columns && hidden.has(columns[key][i])));
    }

    showsRow(statuses, worker) {
      const { status, lane } = this.hidden;
      return !(statuses.every((words) => status.has(words)) || (worker !== null && lane.has(worker)));
    }
  }

  // Table

  class Table {
    constructor(data, filters) {
      this.data = data;
      this.filters = filters;
      this.packs = new Map();
      this.onOpen = () => {};
      this.count = data.values.name.length;
      DataTable.ext.search.push((settings, text, index, row) => this.isShown(row));
      this.table = new DataTable("#table", {
        data: Array.from({ length: this.count }, (_, row) => row),
        columns: [this.openerColumn(), ...data.columns.map((column) => this.column(column))],
        order: [],
        deferRender: true,
        autoWidth: false,
        pageLength: 25,
        lengthMenu: [10, 25, 100, 500],
        layout: { topStart: "info", topEnd: "search", bottomStart: "pageLength", bottomEnd: "paging" },
        language: {
          search: "Search",
          info: "_START_ to _END_ of _TOTAL_ candidates",
          infoEmpty: "no candidates",
          infoFiltered: "(of _MAX_)",
          zeroRecords: "No candidate is like that",
          emptyTable: "The run has no candidates",
          lengthMenu: "_MENU_ on a page",
        },
        createdRow: (node) => node.classList.add("row"),
      });
      data.columns.forEach(({ about }, place) => (this.table.column(place + 1).header().title = about));
      byId("table").addEventListener("click", (event) => this.clicked(event));
      this.statuses = data.values.status.map((words) => words.split(" (")[0].split(" → "));
    }

    openerColumn() {
      const button = (row) =>
        `<button type="button" aria-expanded="false" aria-label="Details of ${escaped(this.data.values.name[row])}">+</button>`;
      const title = '<span class="unseen">details</span>';
      return { title, className: "opener", orderable: false, searchable: false, data: (row) => button(row) };
    }

    column({ key, title, kind }) {
      const values = this.data.values[key];
      const isNumber = NUMBERS.includes(kind);
      const fills = new Map(this.data.statuses.map((status) => [status.words, status.fill]));
      const html = (row) => {
        const text = escaped(SHOWN[kind](values[row]));
        const words = kind === "status" ? values[row].split(" → ").pop().split(" (")[0] : "";
        return kind === "status" ? `<span class="swatch" style="background:${fills.get(words)}"></span>${text}` : text;
      };
      return {
        title: escaped(title),
        className: isNumber ? "number" : kind,
        type: isNumber ? "num" : "string",
        // What is searched is unescaped by way of an element: it must be escaped as what is shown is.
        data: (row, type) => {
          if (type === "display") return html(row);
          if (type === "filter") return escaped(SHOWN[kind](values[row]));
          return values[row] ?? (isNumber ? -1 : "");
        },
      };
    }

    isShown(row) {
      const worker = this.data.values.worker?.[row] ?? null;
      return !this.statuses || this.filters.showsRow(this.statuses[row], worker);
    }

    draw() {
      this.table.draw();
    }

    clicked(event) {
      const node = event.target.closest("tr.row");
      if (!node || (event.target.closest("td, button") === null)) return;
      if (String(getSelection()) && !event.target.closest("button")) return;
      const row = this.table.row(node);
      if (row.child.isShown()) this.close(row);
      else this.open(row.data());
    }

    close(row) {
      row.child.hide();
      this.mark(row.node(), false);
    }

    mark(node, isOpen) {
      node.classList.toggle("open", isOpen);
      const button = node.querySelector("button");
      button.setAttribute("aria-expanded", isOpen);
      button.textContent = isOpen ? "−" : "+";
    }

    // Opens a row, on its page; the filter and the search give way if they hide it.
    async open(index, withFocus = false) {
      const order = () => this.table.rows({ search: "applied", order: "applied" }).data().toArray().indexOf(index);
      if (order() < 0) {
        this.table.search("");
        this.filters.showAll();
      }
      const page = Math.floor(order() / this.table.page.len());
      if (page !== this.table.page()) this.table.page(page).draw("page");
      const row = this.table.row((_, data) => data === index);
      row.child(await this.detail(index), "detail-row").show();
      this.mark(row.node(), true);
      this.onOpen(index);
      if (withFocus) {
        row.node().scrollIntoView({ block: "center" });
        row.node().querySelector("button").focus();
      }
    }

    async pack(number) {
      if (!this.packs.has(number)) this.packs.set(number, await unpacked(`pack-${number}`));
      return this.packs.get(number);
    }

    async detail(index) {
      const { together } = this.data;
      const pack = await this.pack(Math.floor(index / together));
      return detailNode(this.data, pack[index % together]);
    }
  }

  // What a row opens to

  function detailNode(data, detail) {
    const node = make("div", { class: "detail" });
    const [first, second] = detail.runs;
    const isSame = second && JSON.stringify(first.samples) === JSON.stringify(second.samples);
    for (const run of detail.runs) {
      if (run.label) node.append(make("h4", {}, `${run.label}: ${run.status}`));
      if (run.note) node.append(make("p", {}, run.note));
      const facts = run.facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)));
      node.append(make("dl", { class: "facts" }, ...facts));
      if (!isSame || run === second) node.append(pairsNode(data, run.samples));
      for (const text of run.texts) node.append(textNode(text, false));
    }
    if (detail.texts === null) {
      node.append(make("p", { class: "cut" }, "Source left out: the report would be too large. The saved run has it."));
    } else {
      detail.texts.forEach((text, i) => node.append(textNode(text, i === 0)));
    }
    return node;
  }

  function textNode({ title, text, cut }, isOpen) {
    const node = make("details", { open: isOpen }, make("summary", {}, title));
    if (cut) node.append(make("p", { class: "cut" }, cut));
    if (text) node.append(make("pre", { tabindex: "0" }, text));
    return node;
  }

  function pairsNode(data, samples) {
    const pairs = samples.map((sample, i) => {
      const { name, input, output } = data.task[i];
      const mark = { correct: " ✓", "not judged": "" }[sample.status] ?? " ✗";
      return make(
        "div",
        { class: "pair" },
        figure(data, `${name}: input`, input, ""),
        figure(data, "wanted", output, "not known"),
        figure(data, `got${mark} ${sample.status}`, sample.output, sample.status),
      );
    });
    return make("div", { class: "pairs" }, ...pairs);
  }

  function figure(data, caption, grid, instead) {
    const inside = grid ? gridNode(data.colours, grid, caption) : make("div", { class: "none" }, instead);
    return make("figure", {}, make("figcaption", {}, caption), inside);
  }

  function gridNode(colours, grid, caption) {
    const [height, width] = [grid.length, grid[0].length];
    const cell = Math.max(3, Math.min(16, Math.floor(110 / Math.max(height, width))));
    const svg = (tag, attributes, ...children) => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      node.append(...children);
      return node;
    };
    const paths = new Map();
    grid.forEach((line, top) => {
      for (let left = 0; left < width; left += 1) {
        paths.set(line[left], `${paths.get(line[left]) ?? ""}M${left} ${top}h1v1h-1z`);
      }
    });
    const cells = [...paths].map(([value, d]) => svg("path", { d, fill: colours[value] }));
    let lines = "";
    for (let row = 1; row < height; row += 1) lines += `M0 ${row}h${width}`;
    for (let column = 1; column < width; column += 1) lines += `M${column} 0v${height}`;
    const rules = svg("path", { d: lines, fill: "none", stroke: "#555555", "vector-effect": "non-scaling-stroke" });
    const [across, down] = [width * cell, height * cell];
    const drawn = svg("g", { transform: `translate(1 1) scale(${cell})`, "shape-rendering": "crispEdges" }, ...cells, rules);
    const frame = svg("rect", { x: 0.5, y: 0.5, width: across + 1, height: down + 1, fill: "none", stroke: "#888888" });
    const label = `${caption}, ${height} x ${width}: ${grid.join(" ")}`;
    return svg("svg", { role: "img", "aria-label": label, width: across + 2, height: down + 2 }, drawn, frame);
  }

  // All together

  async function begin() {
    if (!("DecompressionStream" in window)) throw new Error("it is too old to unpack the data");
    const data = await unpacked("data");
    const timeline = new Timeline(data);
    const filters = new Filters(data, timeline);
    const table = new Table(data, filters);
    await timeline.draw();
    filters.onChange = () => {
      timeline.filter((columns, i) => filters.shows(columns, i));
      table.draw();
    };
    filters.onChange();
    table.onOpen = (row) => timeline.select(row);
    timeline.onSelect = (indices) => tell(timeline, table, indices);
  }

  // What was clicked in the timeline, in words, and the way to its row.
  function tell(timeline, table, indices) {
    const place = byId("selected");
    place.replaceChildren();
    if (!indices.length) return;
    const [i] = indices;
    const { bars } = timeline;
    place.append(`${bars.name[i]}: ${bars.status[i]}, ${bars.cpu[i]} CPU, ${bars.wall[i]} wall, worker ${bars.lane[i]} `);
    if (bars.row[i] < 0) return;
    const button = make("button", { type: "button" }, "Open it in the table");
    button.addEventListener("click", () => table.open(bars.row[i], true));
    place.append(button);
  }

  begin()
    .then(() => {
      performance.mark("ready");
      document.documentElement.dataset.ready = "yes";
    })
    .catch((error) => {
      console.error(error);
      const words = `This browser cannot show the timeline and the table: ${error.message}. Everything else is below.`;
      byId("plot").replaceWith(make("p", { class: "notice bad" }, words));
      document.querySelector(".still").style.display = "block";
    });
})();
