// What a row opens to: facts, grids wanted beside got, source, inlined form, output.

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
