// The timeline: Bokeh draws it; this fills its sources, gives it the colours of the page, and moves it.

const MARGINS_PX = 70; // beside the time axis
const CHARACTER_PX = 6.4; // about what a character of a phase's name takes

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
    this.nameWhenIdle();
    for (const edge of ["start", "end"]) this.time.properties[edge].change.connect(() => this.nameWhenIdle());
    addEventListener("resize", () => this.nameWhenIdle());
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

  nameWhenIdle() {
    if (!this.isNaming) requestAnimationFrame(() => this.name());
    this.isNaming = true;
  }

  // Names of phases where there is room for them, at the left of what is in sight.
  name() {
    this.isNaming = false;
    const pixels = (byId("plot").clientWidth - MARGINS_PX) / (this.time.end - this.time.start);
    const phases = this.model("phases");
    const { left, right, name, words } = phases.data;
    const label_at = left.map((at) => Math.max(at, this.time.start));
    const room = label_at.map((at, i) => (Math.min(right[i], this.time.end) - at) * pixels - 6);
    const fitting = (texts, width) => texts.find((text) => text.length * CHARACTER_PX < width) ?? "";
    const label = name.map((text, i) => (text ? fitting([words[i], text], room[i]) : ""));
    phases.data = { ...phases.data, label, label_at };
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

  // All bars as strong as before one was selected.
  release() {
    this.isSelecting = true;
    this.selection.indices = [];
    this.isSelecting = false;
  }

  selected() {
    if (!this.isSelecting) this.onSelect(this.selection.indices);
  }
}
