// Filters: of bars, and of rows as far as they have a status and a worker.

const MANY = 16; // more boxes than this are folded

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
